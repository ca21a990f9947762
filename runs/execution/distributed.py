"""The driver of a web process beside workers: it takes inputs in, and workers execute the runs."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

from channels.layers import get_channel_layer
from django.db import transaction

from coday.kernel.database import in_database
from coday.kernel.tasks import Tasks
from runs import runners
from runs.capture import Created
from runs.delivery import Delivery, delivery
from runs.execution.driver import Driver, Write
from runs.execution.relay import ChannelRelay
from runs.execution.tasks import look
from runs.queries import find_run

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.1  # seconds between two looks whether a run has ended


class QueueDriver(Driver):
    """Each run gets a job, which is written with it; a worker finds it within milliseconds."""

    def __init__(self, *, delivery: Delivery) -> None:
        super().__init__(delivery=delivery)
        self._relay = ChannelRelay(delivery=delivery, layer=get_channel_layer())
        delivery.relay = self._relay
        self._tasks = Tasks()

    async def start(self) -> None:
        """Listen to what workers tell."""
        await self._relay.start()
        if not await in_database(runners.alive, kind="worker"):
            logger.warning("No worker is there: runs are queued until one is started (manage.py worker).")

    async def stop(self) -> None:
        """Say what is still to be said."""
        await super().stop()
        await self._tasks.idle()
        await self._relay.stop()
        self._delivery.relay = None

    async def ended(self, run_id: UUID) -> None:
        """Wait until a run is over, wherever it is executed."""
        while (run := await in_database(find_run, run_id=run_id)) and run.finished_at is None:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_EVERY)

    def wake(self, lane: UUID) -> None:
        """Put a job into the queue."""
        self._tasks.start(self._defer(lane))

    async def _defer(self, lane: UUID) -> None:
        await in_database(look.defer, lane=str(lane))

    async def _take_in(self, write: Write) -> tuple[Created, bool]:
        created = await in_database(_write_and_defer, write)
        self._delivery.publish(created.events, owner_id=created.run.user_id)
        return created, False

    def _stop(self, run_id: UUID) -> None:
        self._relay.cancel(run_id)


def _write_and_defer(write: Write) -> Created:
    """One commit: no input without a job."""
    with transaction.atomic():
        created = write()
        for run in () if created.repeated else (created.run, *created.others):
            look.defer(lane=str(run.lane))
        return created


def queue_driver() -> QueueDriver:
    """A driver for this process's doors."""
    return QueueDriver(delivery=delivery)
