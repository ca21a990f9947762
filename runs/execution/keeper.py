"""Keeps the leases of this process's runs: says that it lives, hears of cancellations, and puts right what went apart.

The database is the truth. What reaches this process by a faster road (a cancellation) is only sooner.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from itertools import count
from math import inf
from uuid import UUID

from django.conf import settings

from coday.kernel.database import DATABASE_AWAY, in_database
from runs import runners
from runs.execution.executor import RunExecutor

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.5  # seconds: a cancellation arrives within a second
BEATS_PER_LEASE = 5
SUSPICIOUS_AFTER = 2.0  # seconds that a difference may be a matter of order
IDLE_TICKS = 4  # a process without runs looks only so often


class Keeper:
    """One task beside the runs of a process."""

    def __init__(self, *, runner_id: UUID, kind: str, capacity: int, executor: RunExecutor) -> None:
        self._runner_id = runner_id
        self._kind = kind
        self._capacity = capacity
        self._executor = executor
        self._task: asyncio.Task[None] | None = None
        self._beaten_at = 0.0
        # Ended by somebody else, and not by ourselves a moment ago; ours, and not just being started.
        self._taken = _Suspects(after=SUSPICIOUS_AFTER)
        self._strays = _Suspects(after=settings.CODAY_LEASE_SECONDS)

    async def start(self) -> None:
        """Register the process; from now on it counts as alive."""
        self._executor.trust_until(self._lease())
        await self._register()
        self._task = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """The process executes nothing any more."""
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])
        try:
            await in_database(runners.unregister, runner_id=self._runner_id)
        except DATABASE_AWAY:
            logger.warning("The database does not answer: this process is forgotten when its lease is over.")

    def _lease(self) -> float:
        return time.monotonic() + settings.CODAY_LEASE_SECONDS if settings.SHARED_DATABASE else inf

    async def _register(self) -> None:
        name = f"{socket.gethostname()}:{os.getpid()}"
        await in_database(
            runners.register, runner_id=self._runner_id, kind=self._kind, name=name, capacity=self._capacity
        )

    async def _keep(self) -> None:
        for tick in count():
            await asyncio.sleep(LOOK_EVERY)
            if not (self._executor.running or self._beat_is_due()) and tick % IDLE_TICKS:
                continue
            try:
                await self._look()
            except DATABASE_AWAY as error:
                logger.warning("The database does not answer: %s", type(error).__name__)

    async def _look(self) -> None:
        lease = self._lease()
        executed = self._executor.running  # before the database is read: what starts meanwhile is no stray
        known = await in_database(self._beat_and_read)
        self._executor.trust_until(lease)
        for run_id, cancel_requested in known.items():
            if cancel_requested:
                self._executor.cancel(run_id)
        for run_id in self._taken.lasting(executed & self._executor.running - known.keys()):
            self._executor.lose(run_id)
        for run_id in self._strays.lasting(frozenset(known) - executed - self._executor.running):
            await self._executor.recover(run_id)

    def _beat_is_due(self) -> bool:
        since = time.monotonic() - self._beaten_at
        return bool(settings.SHARED_DATABASE) and since >= settings.CODAY_LEASE_SECONDS / BEATS_PER_LEASE

    def _beat_and_read(self) -> dict[UUID, bool]:
        if self._beat_is_due():
            self._beaten_at = time.monotonic()
            runners.beat(runner_id=self._runner_id)
        return runners.runs_of(runner_id=self._runner_id)


class _Suspects:
    """Runs of which this process and the database say different things, and since when."""

    def __init__(self, *, after: float) -> None:
        self._after = after
        self._since: dict[UUID, float] = {}

    def lasting(self, suspects: frozenset[UUID]) -> list[UUID]:
        """Those of these that were suspects at each look for so many seconds."""
        now = time.monotonic()
        self._since = {run_id: self._since.get(run_id, now) for run_id in suspects}
        return [run_id for run_id, since in self._since.items() if now - since >= self._after]
