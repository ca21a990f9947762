"""Runs that are executed as a driver executes them, observed."""

from __future__ import annotations

from contextlib import aclosing

from coday.kernel.database import in_database
from runs import capture, lifecycle
from runs.context import read_ahead
from runs.events import RunEvent
from runs.inputs import parse_request
from runs.lifecycle import Claimed
from runs.observing.observation import observed
from runs.wiring import Wiring
from tests.runs.conversation import Cast


def claim(cast: Cast, text: str) -> Claimed:
    """Capture an input and claim its run."""
    request = parse_request({"input": {"type": "user", "text": text}})
    run = capture.create(asker=cast.asker, thread_id=cast.thread_id, request=request).run
    claimed = lifecycle.claim_next(lane=run.lane)
    assert claimed is not None
    return claimed


async def execute(cast: Cast, wiring: Wiring, *, text: str = "Hello?") -> list[RunEvent]:
    """The events of a run from its first to its last, each of them observed."""
    claimed = await in_database(claim, cast, text)
    loaded = await in_database(read_ahead, run=claimed.run)
    events: list[RunEvent] = []
    with observed(claimed.run, context=loaded.context) as observe:
        async with aclosing(wiring.execute_run_and_set_title()(claimed.run, loaded)) as produced:
            async for event in produced:
                observe(event)
                events.append(event)
    return events
