"""What people do to runs to find them again: a title now; tags, groups and scores when they come."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from runs import journal
from runs.events import DurableEvent, RunChangedEvent, RunSnapshot
from runs.lifecycle import hold_thread
from runs.queries import get_run, run_snapshot


@transaction.atomic
def set_title(*, user_id: UUID, run_id: UUID, title: str) -> tuple[RunSnapshot, list[DurableEvent]]:
    """Name a run, in any state that it is in. Returns it with the events to publish: none where the name is the same.

    Raises:
        RunNotFoundError: it does not exist for this person.
    """
    hold_thread(run_id=run_id)
    run = get_run(user_id=user_id, run_id=run_id)
    if run.title == title:
        return run_snapshot(run), []
    run.title = title
    run.save(update_fields=["title"])
    named = run_snapshot(run)
    event = RunChangedEvent(thread_id=run.thread_id, run_id=run.pk, run=named, changed=("title",))
    return named, journal.append([event])
