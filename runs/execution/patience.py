"""Says why a run waits that nothing in its lane keeps waiting."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import transaction

from runs import journal, lifecycle
from runs.events import DurableEvent, RunStepEvent
from runs.models import Run
from runs.queries import find_run, running_of, unfinished_of_lane
from runs.runners import alive


@transaction.atomic
def note_wait(*, run_id: UUID) -> list[DurableEvent]:
    """Tell, once, why a run has not started although nothing in its lane is before it."""
    lifecycle.hold_thread(run_id=run_id)
    run = find_run(run_id=run_id)
    if run is None or run.status != Run.Status.QUEUED:
        return []
    first = unfinished_of_lane(lane=run.lane)[0]
    if first.pk != run.pk or not lifecycle.may_follow(run):
        return []
    step = RunStepEvent(
        thread_id=run.thread_id, run_id=run.pk, kind="queue", status="waiting", summary=_why_it_waits(run)
    )
    return journal.append([step])


def _why_it_waits(run: Run) -> str:
    of_user, _ = running_of(user_id=run.user_id, provider=run.provider)
    if of_user >= settings.CODAY_MAX_RUNS_PER_USER:
        return f"{of_user} of your runs are under way, as many as you may have. This one starts when one of them has ended."
    if settings.DISTRIBUTED and not alive(kind="worker"):
        return "No worker is running at the moment. Your message is kept, and is answered when one is there."
    return "The server is busy. Your message is kept, and is answered when there is a free place."
