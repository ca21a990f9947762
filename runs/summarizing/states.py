"""Whether a run is in the model's view: whole, as its summary, or not at all. The run itself is never touched."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from django.db import transaction

from runs import journal
from runs.errors import RunStateError
from runs.events import DurableEvent, RunChangedEvent, RunSnapshot
from runs.models import Run, RunSummary
from runs.organize.runs import change_runs as change_what_is_said
from runs.queries import get_runs, run_snapshot
from threads.queries import get_threads

Shown = Literal["full", "excluded"]


@transaction.atomic
def change_runs(
    *, user_id: UUID, run_ids: Sequence[UUID], changes: Mapping[str, Any]
) -> tuple[list[RunSnapshot], list[DurableEvent]]:
    """``organize.runs.change_runs``, and whether the runs are shown to models (``context``): all of it, or nothing.

    Raises:
        As that and ``show`` do.
    """
    rest = {name: value for name, value in changes.items() if name != "context"}
    if "context" not in changes:
        return change_what_is_said(user_id=user_id, run_ids=run_ids, changes=rest)
    _, shown = show(user_id=user_id, run_ids=run_ids, context=changes["context"])
    changed, said = change_what_is_said(user_id=user_id, run_ids=run_ids, changes=rest)
    return changed, [*shown, *said]


@transaction.atomic
def show(*, user_id: UUID, run_ids: Sequence[UUID], context: Shown) -> tuple[list[RunSnapshot], list[DurableEvent]]:
    """Leave runs out of the model's view, or take them back into it whole: all of them, or none. A run leaves its summary,
    which is stale from then on.

    Returns the runs, in the order in which they were named, and the events to publish.

    Raises:
        RunNotFoundError: one of them does not exist for this person.
        RunStateError: one of them has not ended.
    """
    threads = {run.thread_id for run in get_runs(user_id=user_id, run_ids=run_ids)}
    get_threads(user_id=user_id, thread_ids=threads, lock=True)
    runs = {run.pk: run for run in get_runs(user_id=user_id, run_ids=run_ids)}
    if any(run.finished_at is None for run in runs.values()):
        message = "A run that has not ended is always in the model's view."
        raise RunStateError(message, details={"field": "context"})
    changed = [run for run in runs.values() if run.context != context]
    if context == "excluded":
        forget(runs=changed)
    events = place(runs=changed, context=context, summary=None)
    return [run_snapshot(runs[run_id]) for run_id in dict.fromkeys(run_ids)], events


def place(*, runs: Collection[Run], context: str, summary: RunSummary | None) -> list[DurableEvent]:
    """Write how runs are shown, in the caller's transaction, and journal it. A summary that stands for nothing more goes."""
    if not runs:
        return []
    left = {run.summary_id for run in runs if run.summary_id and run.summary_id != (summary and summary.pk)}
    for run in runs:
        run.context, run.summary = context, summary
    Run.objects.bulk_update(runs, ["context", "summary"], batch_size=500)
    RunSummary.objects.filter(pk__in=left, upto__isnull=True, runs__isnull=True).delete()
    by_thread = sorted(runs, key=lambda run: (run.thread_id, run.number))
    threads = dict.fromkeys(run.thread_id for run in by_thread)
    return [
        event
        for thread_id in threads
        for event in journal.append([_told(run) for run in by_thread if run.thread_id == thread_id], seen=True)
    ]


def forget(*, runs: Collection[Run]) -> None:
    """What was made to fit a window and may speak of these runs is not used any more: it is made anew without them."""
    for thread_id in {run.thread_id for run in runs}:
        oldest = min(run.number for run in runs if run.thread_id == thread_id)
        later = Run.objects.filter(thread_id=thread_id, number__gte=oldest).values("pk")
        RunSummary.objects.filter(thread_id=thread_id, upto__in=later).delete()


def _told(run: Run) -> RunChangedEvent:
    return RunChangedEvent(
        thread_id=run.thread_id, run_id=run.pk, run=run_snapshot(run), changed=("context", "summary")
    )
