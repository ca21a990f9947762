"""What a run tells people about its surroundings: each thing once, as a step in the journal."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.db import transaction

from coday.kernel.database import until_done
from runs import journal, lifecycle
from runs.context import RunContext
from runs.events import DurableEvent, RunStepEvent


async def note(context: RunContext, notices: Iterable[str]) -> list[DurableEvent]:
    """Steps for the notices that the run has not told yet."""
    new = [notice for notice in dict.fromkeys(notices) if notice not in context.noted]
    return await until_done(partial(_write, context, new)) if new else []


@transaction.atomic
def _write(context: RunContext, notices: list[str]) -> list[DurableEvent]:
    run = context.run
    lifecycle.hold_running(run_id=run.id, thread_id=run.thread_id)
    return journal.append(
        [
            RunStepEvent(thread_id=run.thread_id, run_id=run.id, kind="context", status="noted", summary=notice)
            for notice in notices
        ]
    )
