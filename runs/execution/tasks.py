"""The queue's jobs. A job holds no work: it says "look at this lane", and the run rows say what there is to do.

Only loaded where the queue is (PostgreSQL): see ``runs.execution.distributed`` and ``runs.execution.worker``.
"""

from __future__ import annotations

from uuid import UUID

from procrastinate import JobContext
from procrastinate.contrib.django import app

from runs.execution.clock import TICK

RUNS = "runs"
CLOCK = "clock"


@app.task(name="runs.look", queue=RUNS, pass_context=True)
async def look(context: JobContext, lane: str) -> None:
    """Execute the lane's next run here, if there is one and the lane is idle. The job lasts as long as its run."""
    await context.additional_context["worker"].look(UUID(lane))


@app.periodic(cron=f"* * * * * */{TICK}")
@app.task(name="runs.tick", queue=CLOCK, pass_context=True)
async def tick(context: JobContext, timestamp: int) -> None:
    """The cluster's clock: one worker does at each time what is due."""
    await context.additional_context["worker"].tick(timestamp)
