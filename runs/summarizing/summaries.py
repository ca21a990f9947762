"""Summaries that stand for runs in the model's view: those that a person asked for, and those that were made to fit a window.

A person's summary counts where all of its runs are on the branch. What was made to fit a window counts on every branch that
goes through its last run.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from coday.kernel.errors import InvalidInputError
from runs.errors import RunNotFoundError, RunStateError
from runs.events import DurableEvent, RunSnapshot
from runs.lifecycle import hold_running
from runs.models import Run, RunSummary
from runs.queries import Stretch, find_run
from runs.summarizing.errors import SummaryNotFoundError
from runs.summarizing.states import place
from threads import operations as threads
from threads.covering import Place, cover
from threads.queries import get_thread, marks_of_messages, visible_threads

LONGEST = 100_000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A summary and what it stands for: ``runs`` in the order of their numbers, or all up to the run ``upto``, whose number
    is ``upto_number``. ``stale``: its runs are others than those that were summarised, or say something else."""

    id: UUID
    thread_id: UUID
    text: str
    runs: tuple[UUID, ...] = ()
    upto: UUID | None = None
    upto_number: int = 0
    written_by: str = "model"
    model: str = ""
    made_by_run: UUID | None = None
    stale: bool = False
    created_at: datetime
    updated_at: datetime


# --- Read -----------------------------------------------------------------------------------------------------------


def of_thread(*, user_id: UUID, thread_id: UUID) -> list[Summary]:
    """The summaries of a thread, oldest first.

    Raises:
        ThreadNotFoundError: it does not exist for this person.
    """
    get_thread(user_id=user_id, thread_id=thread_id)
    return _values(RunSummary.objects.filter(thread_id=thread_id))


def get_summary(*, user_id: UUID, summary_id: UUID) -> Summary:
    """One summary that this person may see.

    Raises:
        SummaryNotFoundError: there is none.
    """
    return _values([_row(user_id, summary_id)])[0]


def of_branch(*, summary_ids: Collection[UUID], branch: Sequence[Stretch]) -> tuple[Summary, ...]:
    """Those of these summaries that count on a branch: all of their runs are on it, none of them removed."""
    if not summary_ids:
        return ()
    found = list(RunSummary.objects.filter(pk__in=summary_ids))
    members = _members([row.pk for row in found])
    return tuple(
        _value(row, members[row.pk], None)
        for row in found
        if all(run.deleted_at is None and any(part.holds(run) for part in branch) for run in members[row.pk])
    )


def memory_of(*, thread_id: UUID, branch: Sequence[Stretch]) -> Summary | None:
    """The newest of those made to fit a window whose last run is on the branch. One that may speak of what was removed or
    pruned since is none."""
    for row in RunSummary.objects.filter(thread_id=thread_id, upto__isnull=False).order_by("-id"):
        last = find_run(run_id=row.upto) if row.upto else None
        if last and any(stretch.holds(last) for stretch in branch) and not _is_gone_since(row, upto=last.number):
            return _values([row])[0]
    return None


def _is_gone_since(row: RunSummary, *, upto: int) -> bool:
    gone = Q(deleted_at__gte=row.created_at) | Q(pruned_at__gte=row.created_at)
    return Run.objects.filter(gone, thread_id=row.thread_id, number__lte=upto).exists()


def summarizable(*, user_id: UUID, thread_id: UUID, run_ids: Collection[UUID]) -> list[Run]:
    """These runs of a thread, by number, if they can be summarised.

    Raises:
        RunNotFoundError: one of them is not in this thread, or not for this person.
        RunStateError: one has not ended, or nothing is left of what was said in it.
    """
    found = Run.objects.filter(pk__in=run_ids, thread_id=thread_id, deleted_at__isnull=True)
    runs = list(found.filter(thread__in=visible_threads(user_id=user_id)).order_by("number"))
    if len(runs) < len(set(run_ids)):
        raise RunNotFoundError(details={"field": "runs"})
    if any(run.finished_at is None for run in runs):
        raise RunStateError("Only runs that have ended can be summarised.", details={"field": "runs"})
    if any(run.pruned_at for run in runs):
        raise RunStateError("Nothing is left of what was said in one of these runs.", details={"field": "runs"})
    return runs


# --- Write ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def save(*, run: RunSnapshot, run_ids: Sequence[UUID], text: str, model: str) -> list[DurableEvent]:
    """Have a text that a run has written stand for runs, which leave the summaries that they were in.

    Raises:
        RunNotFoundError, RunStateError: the runs are not what they were.
        RunLostError: the run is no longer this process's.
    """
    hold_running(run_id=run.id, thread_id=run.thread_id)
    runs = summarizable(user_id=run.user_id, thread_id=run.thread_id, run_ids=run_ids)
    row = RunSummary(thread_id=run.thread_id, text=text[:LONGEST], model=model, made_by_run=run.id)
    row.digest = _digest(runs)
    row.save(force_insert=True)
    return place(runs=runs, context=Run.Context.SUMMARISED, summary=row)


@transaction.atomic
def remember(*, run: RunSnapshot, upto: UUID, text: str, model: str, instead_of: UUID | None) -> Summary:
    """Keep what was made to fit a window, in the place of an earlier one.

    Raises:
        RunLostError: the run is no longer this process's.
    """
    hold_running(run_id=run.id, thread_id=run.thread_id)
    if instead_of:
        RunSummary.objects.filter(pk=instead_of, upto__isnull=False).delete()
    row = RunSummary(thread_id=run.thread_id, text=text[:LONGEST], model=model, made_by_run=run.id, upto=upto)
    row.save(force_insert=True)
    return _values([row])[0]


@transaction.atomic
def edit(*, user_id: UUID, summary_id: UUID, text: str) -> Summary:
    """Put a person's words in the place of a summary's. They have read it: it is not stale any more.

    Raises:
        SummaryNotFoundError: there is none for this person.
        InvalidInputError: nothing is in it.
        NotAnalysedError: see ``threads.covering``.
    """
    row = _row(user_id, summary_id)
    thread = get_thread(user_id=user_id, thread_id=row.thread_id, lock=True)
    if not text.strip():
        raise InvalidInputError("A summary without words stands for nothing. Delete it instead.", field="text")
    (row.text,) = cover(Place(thread.pk, thread.owner_id, thread.anonymous), [text])
    row.written_by = RunSummary.By.PERSON
    row.digest = _digest(list(row.runs.order_by("number"))) if row.upto is None else ""
    row.save(update_fields=["text", "written_by", "digest", "updated_at"])
    return _values([row])[0]


@transaction.atomic
def take_back(*, user_id: UUID, summary_id: UUID) -> list[DurableEvent]:
    """Delete a summary: its runs are whole again.

    Raises:
        SummaryNotFoundError: there is none for this person.
    """
    row = _row(user_id, summary_id)
    threads.hold(thread_id=row.thread_id)
    events = place(runs=list(row.runs.all()), context=Run.Context.FULL, summary=None)
    RunSummary.objects.filter(pk=row.pk).delete()
    return events


def _row(user_id: UUID, summary_id: UUID) -> RunSummary:
    visible = RunSummary.objects.filter(thread__in=visible_threads(user_id=user_id))
    row = visible.filter(pk=summary_id).first()
    if row is None:
        raise SummaryNotFoundError
    return row


def _values(rows: Iterable[RunSummary] | QuerySet[RunSummary]) -> list[Summary]:
    found = list(rows)
    members = _members([row.pk for row in found if row.upto is None])
    last = Run.objects.in_bulk([row.upto for row in found if row.upto])
    return [_value(row, members[row.pk], last.get(row.upto) if row.upto else None) for row in found]


def _value(row: RunSummary, runs: Sequence[Run], last: Run | None) -> Summary:
    return Summary(
        id=row.pk,
        thread_id=row.thread_id,
        text=row.text,
        runs=tuple(run.pk for run in runs),
        upto=row.upto,
        upto_number=last.number if last else 0,
        written_by=row.written_by,
        model=row.model,
        made_by_run=row.made_by_run,
        stale=bool(row.digest) and _digest(runs) != row.digest,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _members(summary_ids: Collection[UUID]) -> defaultdict[UUID, list[Run]]:
    """The runs of each summary by number, what was removed included."""
    found: defaultdict[UUID, list[Run]] = defaultdict(list)
    if summary_ids:
        for run in Run.objects.filter(summary__in=summary_ids).order_by("number"):
            if run.summary_id:
                found[run.summary_id].append(run)
    return found


def _digest(runs: Sequence[Run]) -> str:
    """A fingerprint of what runs say."""
    facts = [(str(run.pk), run.deleted_at is None, run.pruned_at is None) for run in runs]
    said = marks_of_messages(run_ids=[run.pk for run in runs])
    return hashlib.sha256(repr((facts, said)).encode()).hexdigest()
