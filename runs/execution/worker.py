"""A worker: executes the runs that the queue's jobs point at, and does what the cluster's clock says is due."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from django.conf import settings
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from coday.kernel.database import DATABASE_AWAY, in_database
from coday.kernel.ids import new_id
from coday.kernel.tasks import Tasks, carry_through
from runs import runners
from runs.backlog import startable_lanes
from runs.delivery import delivery
from runs.execution.clock import do_chores
from runs.execution.executor import Claimed, RunExecutor, claim
from runs.execution.keeper import Keeper
from runs.execution.relay import ChannelRelay
from runs.execution.tasks import CLOCK, RUNS, look
from runs.observing import metrics
from runs.wiring import Wiring

logger = logging.getLogger(__name__)

LANES_PER_LOOK = 10  # runs that one job starts at most
LANES_PER_END = 3  # jobs that the end of a run puts into the queue at most
LANES_PER_TICK = 1_000
RETRY_AFTER = 1.0  # seconds until the queue is listened to again when the database was away
POLL = 0.5  # seconds; a notification is sooner
QUEUE_AWAY = (ConnectorException, *DATABASE_AWAY)


class Worker:
    """``concurrency`` runs at once, until ``stop`` is called."""

    def __init__(self, *, concurrency: int) -> None:
        self._id = new_id()
        self._concurrency = concurrency
        self._wiring = Wiring()
        self._executor = RunExecutor(
            execute=self._wiring.execute_run_and_set_title(), delivery=delivery, freed=self._on_freed
        )
        self._keeper = Keeper(runner_id=self._id, kind="worker", capacity=concurrency, executor=self._executor)
        self._relay = ChannelRelay(delivery=delivery, layer=get_channel_layer(), on_cancel=self._executor.cancel)
        self._jobs = Tasks()
        self._claims = asyncio.Lock()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Take no more runs, give those under way their time, hand over what is left."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until ``stop`` is called, through outages of the database and of the channel layer."""
        delivery.relay = self._relay
        metrics.watch_tasks(asyncio.get_running_loop())
        await self._relay.start()
        await self._keeper.start()
        async with AsyncExitStack() as stack:
            stack.enter_context(app.replace_connector(DjangoConnector().get_worker_connector()))
            await stack.enter_async_context(app.open_async())
            await self._take_jobs()
            logger.info("Waiting up to %g s for %d runs.", settings.CODAY_SHUTDOWN_SECONDS, len(self._executor.running))
            await self._executor.drain(patience=settings.CODAY_SHUTDOWN_SECONDS)
            await self._jobs.idle(patience=RETRY_AFTER)
        await self._keeper.stop()
        await self._relay.stop()
        await self._wiring.aclose()

    async def look(self, lane: UUID) -> None:
        """Execute the lane's next run, if it may start now. A run goes on although its job is taken away."""
        if self._stopping.is_set():
            self._on_freed(lane)  # somebody else's, then
            return
        tasks = await carry_through(self._claim(lane))  # what is claimed is started, whatever becomes of the job
        if tasks:
            await asyncio.wait(tasks)

    async def tick(self, timestamp: int) -> None:
        """What is due in the whole cluster: runs and jobs of dead processes, and lanes that nobody looked at."""
        for run_id in await in_database(runners.abandoned):
            await self._executor.recover(run_id)
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=settings.CODAY_LEASE_SECONDS):
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)
        await do_chores(timestamp, tell=self._executor.tell)
        await self._defer(await in_database(_lanes_to_wake, limit=LANES_PER_TICK))

    async def _claim(self, lane: UUID) -> list[asyncio.Task[None]]:
        """Start the lane's next run, and with it others that wait: jobs are fetched one by one, and when many wait at once
        a busy worker comes to the last of them late. One claim at a time, or they would all reach for the same lanes."""
        async with self._claims:
            with self._executor.claiming():
                return [self._executor.start(claimed) for claimed in await in_database(self._claim_some, lane)]

    def _claim_some(self, lane: UUID) -> list[Claimed]:
        free = self._concurrency - len(self._executor.running)
        lanes = startable_lanes(first=lane, limit=max(0, min(free, LANES_PER_LOOK)))
        claims = (claim(startable, runner=self._id) for startable in lanes)
        return [claimed for claimed in claims if claimed]

    def _on_freed(self, lane: UUID) -> None:
        self._jobs.start(self._go_on(lane))

    async def _go_on(self, lane: UUID) -> None:
        await self._defer(await in_database(_lanes_to_wake, first=lane, limit=LANES_PER_END))

    async def _defer(self, lanes: list[UUID]) -> None:
        if lanes:
            arguments: list[dict[str, Any]] = [{"lane": str(lane)} for lane in lanes]
            await look.batch_defer_async(*arguments)

    async def _take_jobs(self) -> None:
        """Listen to the queue. Its loops end when the database goes away: then they are begun again."""
        while not self._stopping.is_set():
            listening = [
                asyncio.create_task(self._listen(queue=RUNS, concurrency=self._concurrency)),
                asyncio.create_task(self._listen(queue=CLOCK, concurrency=1)),
            ]
            stopping = asyncio.create_task(self._stopping.wait())
            await asyncio.wait([*listening, stopping], return_when=asyncio.FIRST_COMPLETED)
            for task in [*listening, stopping]:
                task.cancel()
            await asyncio.wait([*listening, stopping])
            if not self._stopping.is_set():
                self._note(listening)
                await asyncio.sleep(RETRY_AFTER)

    async def _listen(self, *, queue: str, concurrency: int) -> None:
        options: dict[str, Any] = {
            "queues": [queue],
            "name": f"{queue}-{self._id.hex[:8]}",
            "concurrency": concurrency,
            "fetch_job_polling_interval": POLL,
            "shutdown_graceful_timeout": 0.0,  # the runs are not the jobs' to end
            "update_heartbeat_interval": settings.CODAY_LEASE_SECONDS / 5,
            "stalled_worker_timeout": settings.CODAY_LEASE_SECONDS,
            "delete_jobs": "always",
            "install_signal_handlers": False,
            "additional_context": {"worker": self},
        }
        await app.run_worker_async(**options)

    def _note(self, listening: list[asyncio.Task[None]]) -> None:
        for task in listening:
            error = None if task.cancelled() else task.exception()
            if error and not isinstance(error, QUEUE_AWAY):
                raise error
        logger.warning("The queue is away; listening again in %g s.", RETRY_AFTER)


def _lanes_to_wake(*, first: UUID | None = None, limit: int) -> list[UUID]:
    """Lanes that could go on and that no job in the queue points at."""
    lanes = startable_lanes(first=first, limit=limit)
    waiting = ProcrastinateJob.objects.filter(task_name=look.name, status="todo", args__lane__in=list(map(str, lanes)))
    known = set(waiting.values_list("args__lane", flat=True)) if lanes else set()
    return [lane for lane in lanes if str(lane) not in known]
