"""Executes claimed runs as asyncio tasks of this process, publishes what they yield, and stops them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from math import inf
from typing import TypeGuard
from uuid import UUID

from coday.kernel.database import in_database
from coday.kernel.tasks import Tasks
from runs import lifecycle
from runs.capture import Created
from runs.context import LoadedContext, read_ahead
from runs.delivery import Delivery
from runs.events import DurableEvent, RunChangedEvent, RunEvent, RunSnapshot
from runs.execute import ExecuteRunAndSetTitle
from runs.execution.recovery import recover, repeat_interrupted
from runs.observing import metrics
from runs.observing.observation import observed
from runs.steering import give_back

logger = logging.getLogger(__name__)

LAST_WORDS = 10.0  # seconds that a stopped run gets to store what was said


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that this process has to execute."""

    run: RunSnapshot
    events: list[DurableEvent]
    context: LoadedContext


def claim(lane: UUID, *, runner: UUID) -> Claimed | None:
    """Claim the lane's next run, and read on the same visit to the database what it needs."""
    claimed = lifecycle.claim_next(lane=lane, runner=runner)
    return Claimed(claimed.run, claimed.events, read_ahead(run=claimed.run)) if claimed else None


@dataclass(slots=True)
class _Execution:
    """A run's task. Cancelled before its first step, a task would never run, and nobody would write the run's end: so a
    cancellation that comes that early waits for it."""

    task: asyncio.Task[None] | None = None
    begun: bool = False
    cancelled: bool = False
    over: bool = False  # the run has ended, and its title is being written
    waits: bool = False  # the run was put aside

    def begin(self) -> None:
        """The task's first step."""
        self.begun = True
        self.task = asyncio.current_task()
        if self.cancelled and self.task:
            self.task.cancel()

    def note(self, event: RunEvent, run: RunSnapshot) -> None:
        """Take note of what the run tells of itself."""
        if isinstance(event, RunChangedEvent) and event.run.id == run.id:
            self.over = self.over or event.ends_run
            self.waits = event.run.status == "waiting"

    def cancel(self) -> None:
        """Stop it. To repeat it changes nothing."""
        if self.begun and self.task and not self.cancelled:
            self.task.cancel()
        self.cancelled = True


class RunExecutor:
    """The runs of this process. ``freed`` is called with the lane of each run that has ended."""

    def __init__(self, *, execute: ExecuteRunAndSetTitle, delivery: Delivery, freed: Callable[[UUID], None]) -> None:
        self._execute = execute
        self._delivery = delivery
        self._freed = freed
        self._tasks = Tasks()
        self._executions: dict[UUID, _Execution] = {}
        self._claims = 0  # under way
        self._cancelled_early: set[UUID] = set()
        self._trusted_until = inf

    @property
    def running(self) -> frozenset[UUID]:
        """The runs that have not ended."""
        return frozenset(run_id for run_id, execution in self._executions.items() if not execution.over)

    @contextmanager
    def claiming(self) -> Iterator[None]:
        """Around a claim and the ``start`` of what was claimed: a cancellation that comes between them is not lost."""
        self._claims += 1
        try:
            yield
        finally:
            self._claims -= 1
            if not self._claims:
                self._cancelled_early.clear()

    @property
    def busy(self) -> bool:
        """Whether a run, or what follows its end, is under way."""
        return self._tasks.busy

    def start(self, claimed: Claimed) -> asyncio.Task[None]:
        """Execute a run. Its task ends when everything that follows its end (a title) is done, too."""
        self._delivery.publish(claimed.events, owner_id=claimed.run.user_id)
        execution = self._executions[claimed.run.id] = _Execution()
        execution.task = self._tasks.start(self._carry_out(claimed, execution))
        if claimed.run.id in self._cancelled_early:
            execution.cancel()
        return execution.task

    def cancel(self, run_id: UUID) -> None:
        """Stop a run whose cancellation is written, if it is one of this process's. To repeat it changes nothing."""
        if execution := self._executions.get(run_id):
            execution.cancel()
        elif self._claims:
            self._cancelled_early.add(run_id)

    def trust_until(self, moment: float) -> None:
        """Until when (``time.monotonic``) the runs are surely this process's. After that nothing transient is told: the
        process may have been halted, and somebody else may have ended them."""
        self._trusted_until = moment

    def lose(self, run_id: UUID) -> None:
        """Stop a run that somebody else has ended."""
        if execution := self._executions.get(run_id):
            logger.warning("Run %s was taken from this process: it was silent for too long.", run_id)
            execution.cancel()

    async def ended(self, run_id: UUID) -> None:
        """Wait until a run of this process is over."""
        execution = self._executions.get(run_id)
        if execution and execution.task and not execution.over:
            await asyncio.wait([execution.task])

    async def recover(self, run_id: UUID) -> None:
        """End a run for a process that cannot."""
        recovered = await in_database(recover, run_id=run_id)
        if recovered:
            logger.warning("Run %s was left by its process: it is %s now.", run_id, recovered.run.status)
            metrics.run_ended(recovered.run)
            self._publish(recovered.run, recovered.events)
            self._freed(recovered.run.lane)

    def tell(self, created: Created) -> None:
        """Tell what was captured without a door (a timer, a deadline), and wake its lane."""
        self._publish(created.run, created.events)

    async def drain(self, *, patience: float) -> None:
        """Let the runs go on for ``patience`` seconds, then stop them; each writes its last words."""
        await self._tasks.idle(patience=patience)
        for execution in self._executions.values():
            execution.cancel()
        await self._tasks.idle(patience=LAST_WORDS)

    async def idle(self) -> None:
        """Wait until no run is under way."""
        await self._tasks.idle()

    async def _carry_out(self, claimed: Claimed, execution: _Execution) -> None:
        run = claimed.run
        execution.begin()
        try:
            with observed(run, context=claimed.context.context) as observe:
                async with aclosing(self._execute(run, claimed.context)) as produced:
                    async for event in produced:
                        observe(event)
                        execution.note(event, run)
                        await self._tell(event, run)
        finally:
            self._executions.pop(run.id, None)
            self._delivery.forget(thread_id=run.thread_id, run_id=run.id)
        if execution.waits:  # it may have its answers already, and be claimed again now that it is out of the way
            self._freed(run.lane)

    async def _tell(self, event: RunEvent, run: RunSnapshot) -> None:
        if event.durable or time.monotonic() < self._trusted_until:
            self._delivery.publish([event], owner_id=run.user_id)
        if _ends(event, run):
            await self._end(event.run)
        elif isinstance(event, RunChangedEvent) and event.run.status == "queued":  # it was delegated
            self._freed(event.run.lane)

    async def _end(self, run: RunSnapshot) -> None:
        self._freed(run.lane)
        if run.commanded:
            for created in await in_database(give_back, run_id=run.id):
                self.tell(created)
        if run.status == "interrupted":
            self._publish(run, await in_database(repeat_interrupted, run_id=run.id))

    def _publish(self, run: RunSnapshot, events: list[DurableEvent]) -> None:
        """Tell what was written, and wake the lanes of new runs."""
        self._delivery.publish(events, owner_id=run.user_id)
        for event in events:
            if isinstance(event, RunChangedEvent) and event.run.status == "queued":
                self._freed(event.run.lane)


def _ends(event: RunEvent, run: RunSnapshot) -> TypeGuard[RunChangedEvent]:
    """Whether this is the run's own end: a stream also tells of runs that were delegated."""
    return isinstance(event, RunChangedEvent) and event.ends_run and event.run.id == run.id
