"""Drivers take inputs in and have their runs executed. No socket and no request owns a run: a door hands an input over and
may go away.

``LocalDriver`` executes the runs itself, in the server's own event loop. ``distributed`` leaves them to workers.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from functools import partial
from typing import ParamSpec
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from coday.kernel.database import DATABASE_AWAY, in_database
from coday.kernel.ids import new_id
from coday.kernel.tasks import Tasks, carry_through
from runs import answers, lifecycle, runners
from runs.backlog import startable_lanes
from runs.capture import Created
from runs.delivery import Delivery, delivery
from runs.events import RunSnapshot
from runs.execution.clock import do_chores, ticks
from runs.execution.executor import Claimed, RunExecutor, claim
from runs.execution.keeper import Keeper
from runs.execution.patience import note_wait
from runs.inputs import Asker, RunToolResultInput
from runs.observing import metrics
from runs.queries import still_running
from runs.wiring import Wiring
from threads.covering import covering

logger = logging.getLogger(__name__)

P = ParamSpec("P")

EXPLAIN_AFTER = 3.0  # seconds that a run is queued in an idle lane before its reason is told
Write = Callable[[], Created]


class Driver(ABC):
    """What the doors know of the execution of runs."""

    def __init__(self, *, delivery: Delivery) -> None:
        self._delivery = delivery
        self._waits = Tasks()

    async def capture(self, write: Callable[P, Created], /, *args: P.args, **kwargs: P.kwargs) -> RunSnapshot:
        """Capture an input with one of the writes of ``capture`` and ``branching``, announce it, make way for it where it
        asks for that, and have its lane looked at; all of it even when the caller goes away meanwhile.

        Raises:
            CodayError: what ``write`` raises; then nothing was captured.
        """
        return await carry_through(self._capture(partial(write, *args, **kwargs)))

    async def cancel(self, *, asker: Asker, run_id: UUID, thread_id: UUID | None = None) -> RunSnapshot:
        """Stop a run (of this thread, where one is given). A run that has ended already stays as it is.

        Raises:
            RunNotFoundError: it does not exist for this person.
        """
        return await carry_through(self._cancel(asker=asker, run_id=run_id, thread_id=thread_id))

    async def answer(
        self, *, asker: Asker, run_id: UUID, given: RunToolResultInput, thread_id: UUID | None = None
    ) -> RunSnapshot:
        """Take in answers to a run's waiting calls, and have it go on when they were the last ones.

        Raises:
            CodayError: what ``answers.answer`` raises; then nothing was taken in.
        """
        write = partial(answers.answer, asker=asker, run_id=run_id, given=given, thread_id=thread_id)
        return await carry_through(self._answer(write))

    async def _answer(self, write: Callable[[], answers.Answered]) -> RunSnapshot:
        answered = await covering(partial(in_database, write))
        self._delivery.publish(answered.events, owner_id=answered.run.user_id)
        if answered.goes_on:
            self.wake(answered.run.lane)
        return answered.run

    async def _capture(self, write: Write) -> RunSnapshot:
        created, started = await covering(partial(self._take_in, write))
        run = created.run
        for waits in (*(() if started or created.repeated else (run,)), *created.others):
            self._waits.start(self._explain_wait(waits))
        if created.interrupts:
            asker = Asker(user_id=run.user_id, username=run.username)
            await self.cancel(asker=asker, run_id=created.interrupts)
        return run

    async def _explain_wait(self, run: RunSnapshot) -> None:
        """Tell why a run does not start, where nothing before it is the reason."""
        await asyncio.sleep(EXPLAIN_AFTER)
        self._delivery.publish(await in_database(note_wait, run_id=run.id), owner_id=run.user_id)

    async def _cancel(self, *, asker: Asker, run_id: UUID, thread_id: UUID | None) -> RunSnapshot:
        run, events = await in_database(lifecycle.cancel, asker=asker, run_id=run_id, thread_id=thread_id)
        self._delivery.publish(events, owner_id=run.user_id)
        if run.is_terminal:
            if events:
                metrics.run_ended(run)
            self.wake(run.lane)
        else:
            self._stop(run.id)
        if events or not run.is_terminal:
            for running in await in_database(still_running, run_id=run.id):
                self._stop(running)
        return run

    async def halt(self, run_ids: Collection[UUID]) -> None:
        """Stop runs whose cancellation is written, and wait until they are over."""
        for run_id in run_ids:
            self._stop(run_id)
        for run_id in run_ids:
            await self.ended(run_id)

    @abstractmethod
    async def start(self) -> None:
        """Begin to work."""

    async def stop(self) -> None:
        """End in order."""
        self._waits.cancel()
        await self._waits.idle()

    @abstractmethod
    async def ended(self, run_id: UUID) -> None:
        """Wait until a run that was cancelled is over."""

    @abstractmethod
    def wake(self, lane: UUID) -> None:
        """Have a lane looked at. Harmless when there is no work in it or it is busy."""

    @abstractmethod
    async def _take_in(self, write: Write) -> tuple[Created, bool]:
        """Write an input, announce it, and have its lane looked at; returns whether it was started, too."""

    @abstractmethod
    def _stop(self, run_id: UUID) -> None:
        """Reach for a running run whose cancellation is written."""


class LocalDriver(Driver):
    """Runs are asyncio tasks here, at most one active in each lane."""

    def __init__(self, *, wiring: Wiring, delivery: Delivery) -> None:
        super().__init__(delivery=delivery)
        self._id = new_id()
        self._wiring = wiring
        self._executor = RunExecutor(execute=wiring.execute_run_and_set_title(), delivery=delivery, freed=self.wake)
        self._keeper = Keeper(
            runner_id=self._id, kind="server", capacity=settings.CODAY_MAX_RUNS, executor=self._executor
        )
        self._looks = Tasks()
        self._clock = Tasks()
        self._stopping = False

    async def start(self) -> None:
        """Sweep up what the last process left, then go on with what was queued."""
        await self._keeper.start()
        alone = partial(runners.left_by_others, runner_id=self._id)  # every other process is dead
        await self._recover(runners.abandoned if settings.SHARED_DATABASE else alone)
        self._look(None)
        self._clock.start(self._tick())

    async def stop(self) -> None:
        """Give what runs ``CODAY_SHUTDOWN_SECONDS`` to end, interrupt the rest, and close the providers' connections."""
        self._stopping = True
        await super().stop()
        self._clock.cancel()
        await self._clock.idle()
        await self._looks.idle()
        await self._executor.drain(patience=settings.CODAY_SHUTDOWN_SECONDS)
        await self._looks.idle()
        await self._keeper.stop()
        await self._wiring.aclose()

    async def idle(self) -> None:
        """Wait until no run, title or look for work is under way."""
        while self._executor.busy or self._looks.busy:
            await self._executor.idle()
            await self._looks.idle()

    async def ended(self, run_id: UUID) -> None:
        """Wait until a run of this process is over."""
        await self._executor.ended(run_id)

    def wake(self, lane: UUID) -> None:
        """Look for work in a lane, unless the process is about to end."""
        self._look(lane)

    async def _tick(self) -> None:
        async for timestamp in ticks():
            try:
                if settings.SHARED_DATABASE:
                    await self._recover(runners.abandoned)
                await do_chores(timestamp, tell=self._executor.tell)
                self._look(None)  # nothing should be waiting unseen, but nothing may
            except DATABASE_AWAY:
                logger.warning("The database does not answer: the next tick will do.")

    async def _recover(self, left: Callable[[], list[UUID]]) -> None:
        for run_id in await in_database(left):
            await self._executor.recover(run_id)

    def _look(self, lane: UUID | None) -> None:
        if not self._stopping:
            self._looks.start(self._look_for_work(lane))

    async def _look_for_work(self, lane: UUID | None) -> None:
        """Start what may run now: the lane's next run, and what was kept waiting for a free place."""
        with self._executor.claiming():
            for claimed in await in_database(self._claim_all, lane):
                self._executor.start(claimed)

    def _claim_all(self, lane: UUID | None) -> list[Claimed]:
        free = settings.CODAY_MAX_RUNS - len(self._executor.running)
        claims = (claim(startable, runner=self._id) for startable in startable_lanes(first=lane, limit=max(0, free)))
        return [claimed for claimed in claims if claimed]

    async def _take_in(self, write: Write) -> tuple[Created, bool]:
        with self._executor.claiming():
            created, claimed = await in_database(self._write_and_claim, write)
            self._delivery.publish(created.events, owner_id=created.run.user_id)
            if claimed:
                self._executor.start(claimed)
        for other in created.others:
            self.wake(other.lane)
        return created, claimed is not None

    def _write_and_claim(self, write: Write) -> tuple[Created, Claimed | None]:
        """One visit to the database, one commit: an input that finds its lane idle starts without a detour."""
        with transaction.atomic():
            created = write()
            may_start = not self._stopping and len(self._executor.running) < settings.CODAY_MAX_RUNS
            return created, claim(created.run.lane, runner=self._id) if may_start else None

    def _stop(self, run_id: UUID) -> None:
        self._executor.cancel(run_id)


# --- The driver of this process -------------------------------------------------------------------------------------

_drivers: dict[asyncio.AbstractEventLoop, Driver] = {}


async def get_driver() -> Driver:
    """The driver of the running event loop, started when it is first needed."""
    loop = asyncio.get_running_loop()
    driver = _drivers.get(loop)
    if driver is None:
        for closed in [known for known in _drivers if known.is_closed()]:
            del _drivers[closed]
        driver = _drivers[loop] = import_string(settings.RUN_DRIVER)()
        metrics.watch_tasks(loop)
        await driver.start()
    return driver


def local_driver() -> LocalDriver:
    """A driver for this process's doors."""
    return LocalDriver(wiring=Wiring(), delivery=delivery)


async def start_driver() -> None:
    """Start the driver with its server."""
    await get_driver()


async def stop_driver() -> None:
    """Stop the driver of the running event loop, if there is one."""
    driver = _drivers.pop(asyncio.get_running_loop(), None)
    if driver is not None:
        await driver.stop()
