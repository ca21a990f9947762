"""The local driver: claims queued runs and owns the tasks that execute them, in the server's own event loop.

No socket and no request owns a run: a door hands an input over with ``capture`` and may go away.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, ParamSpec
from uuid import UUID

from django.db import transaction

from coday.kernel.database import in_database
from coday.kernel.tasks import carry_through
from runs import lifecycle
from runs.capture import Created
from runs.context import LoadedContext, read_ahead
from runs.delivery import Delivery, delivery
from runs.events import DurableEvent, RunChangedEvent, RunEvent, RunSnapshot
from runs.execute import ExecuteRunAndSetTitle
from runs.inputs import Asker
from runs.wiring import Wiring

logger = logging.getLogger(__name__)

P = ParamSpec("P")

STOP_PATIENCE = 10.0  # seconds that runs get to write their last words at shutdown


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A run that this process has to execute."""

    run: RunSnapshot
    events: list[DurableEvent]
    context: LoadedContext


class LocalDriver:
    """Runs are asyncio tasks here, at most one active in each lane."""

    def __init__(self, *, wiring: Wiring, delivery: Delivery) -> None:
        self._wiring = wiring
        self._delivery = delivery
        self._execute: ExecuteRunAndSetTitle = wiring.execute_run_and_set_title()
        self._tasks: set[asyncio.Task[None]] = set()
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._cancelled_early: set[UUID] = set()
        self._stopping = False

    async def start(self) -> None:
        """Sweep up what the last process left, then go on with what was queued."""
        for event in await in_database(lifecycle.sweep):
            if isinstance(event, RunChangedEvent):
                logger.warning("Run %s was interrupted by a restart.", event.run.id)
        for lane in await in_database(lifecycle.lanes_with_work):
            self.wake(lane)

    async def stop(self) -> None:
        """Interrupt what runs, let it write its last words, and close the providers' connections."""
        self._stopping = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_PATIENCE)
        await self._wiring.aclose()

    async def capture(self, write: Callable[P, Created], /, *args: P.args, **kwargs: P.kwargs) -> RunSnapshot:
        """Capture an input with one of the writes of ``lifecycle`` and ``branching``, announce it, make way for it where it
        asks for that, and start its lane; all of it even when the caller goes away meanwhile.

        Raises:
            CodayError: what ``write`` raises; then nothing was captured.
        """
        return await carry_through(self._capture(partial(write, *args, **kwargs)))

    async def _capture(self, write: Callable[[], Created]) -> RunSnapshot:
        created, claimed = await in_database(_write_and_claim, write)
        run = created.run
        self._delivery.publish(created.events, owner_id=run.user_id)
        if claimed:
            self._start(self._carry_out(claimed))
        if created.interrupts:
            asker = Asker(user_id=run.user_id, username=run.username)
            await self.cancel(asker=asker, run_id=created.interrupts)
        return run

    async def cancel(self, *, asker: Asker, run_id: UUID, thread_id: UUID | None = None) -> RunSnapshot:
        """Stop a run (of this thread, where one is given). A run that has ended already stays as it is.

        Raises:
            RunNotFoundError: it does not exist for this person.
        """
        return await carry_through(self._cancel(asker=asker, run_id=run_id, thread_id=thread_id))

    async def _cancel(self, *, asker: Asker, run_id: UUID, thread_id: UUID | None) -> RunSnapshot:
        run, events = await in_database(lifecycle.cancel, asker=asker, run_id=run_id, thread_id=thread_id)
        self._delivery.publish(events, owner_id=run.user_id)
        if run.is_terminal:
            self.wake(run.lane)
        elif task := self._running.get(run_id):
            task.cancel()
        else:
            self._cancelled_early.add(run_id)  # claimed this very moment: its task looks here before it begins
        return run

    async def ended(self, run_id: UUID) -> None:
        """Wait until a run of this process is over."""
        if task := self._running.get(run_id):
            await asyncio.wait([task])

    def wake(self, lane: UUID) -> None:
        """Look for work in a lane. Harmless when there is none or the lane is busy."""
        if self._stopping:
            return
        self._start(self._look(lane))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            # The run's own failures end in its guard: this is the database, at the last words. A restart sweeps it up.
            logger.error("A lane's task failed.", exc_info=error)

    async def _look(self, lane: UUID) -> None:
        claimed = await in_database(_claim, lane)
        if claimed:
            await self._carry_out(claimed)

    async def _carry_out(self, claimed: _Claimed) -> None:
        run = claimed.run
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # a coroutine of ours runs in a task
        self._running[run.id] = task
        if run.id in self._cancelled_early:
            task.cancel()
        try:
            self._delivery.publish(claimed.events, owner_id=run.user_id)
            await self._execute_and_publish(run, claimed.context)
        finally:
            self._release(run)
            self._delivery.forget(thread_id=run.thread_id, run_id=run.id)

    async def _execute_and_publish(self, run: RunSnapshot, context: LoadedContext) -> None:
        async with aclosing(self._execute(run, context)) as produced:
            async for event in produced:
                self._delivery.publish([event], owner_id=run.user_id)
                if _ends(event):
                    self._release(run)
                    self.wake(run.lane)  # whatever state this one ended in

    def _release(self, run: RunSnapshot) -> None:
        self._running.pop(run.id, None)
        self._cancelled_early.discard(run.id)


def _write_and_claim(write: Callable[[], Created]) -> tuple[Created, _Claimed | None]:
    """One visit to the database, one commit: an input that finds its lane idle starts without a detour."""
    with transaction.atomic():
        created = write()
        return created, _claim(created.run.lane)


def _claim(lane: UUID) -> _Claimed | None:
    """Claim the lane's next run, and read on the same visit what it needs."""
    claimed = lifecycle.claim_next(lane=lane)
    return _Claimed(claimed.run, claimed.events, read_ahead(run=claimed.run)) if claimed else None


def _ends(event: RunEvent) -> bool:
    return isinstance(event, RunChangedEvent) and event.ends_run


# --- The driver of this process -------------------------------------------------------------------------------------

_drivers: dict[asyncio.AbstractEventLoop, LocalDriver] = {}


async def get_driver() -> LocalDriver:
    """The driver of the running event loop, started when it is first needed."""
    loop = asyncio.get_running_loop()
    driver = _drivers.get(loop)
    if driver is None:
        for closed in [known for known in _drivers if known.is_closed()]:
            del _drivers[closed]
        driver = _drivers[loop] = LocalDriver(wiring=Wiring(), delivery=delivery)
        await driver.start()
    return driver


async def start_driver() -> None:
    """Start the driver with its server."""
    await get_driver()


async def stop_driver() -> None:
    """Stop the driver of the running event loop, if there is one."""
    driver = _drivers.pop(asyncio.get_running_loop(), None)
    if driver is not None:
        await driver.stop()
