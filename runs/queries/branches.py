"""Branches, read lane by lane: a lane is one line of runs, and it starts at its first run's parent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from uuid import UUID

from django.db.models import IntegerField, Q, UUIDField

from coday.kernel.prepared import Param, PreparedQuery
from runs.errors import RunNotFoundError
from runs.events import RunSnapshot
from runs.models import Run
from runs.queries.lookup import find_run
from runs.queries.snapshot import run_snapshot
from threads.queries import messages_by_id, messages_of_runs
from threads.snapshot import MessageSnapshot

TURNS_AT_ONCE = 100


def branch(*, run: Run, size: int = 50) -> Iterator[list[Run]]:
    """The run and those before it on its branch, newest first, in lists of at most ``size``, without what was removed."""
    segment: Run | None = run
    while segment is not None:
        oldest = segment
        number = segment.number
        while runs := _line(size).all(lane=segment.lane, number=number):
            if there := [run for run in runs if run.deleted_at is None]:
                yield there
            oldest = runs[-1]
            number = oldest.number - 1
            if len(runs) < size:
                break
        segment = find_run(run_id=oldest.parent_id) if oldest.parent_id else None


@cache
def _line(size: int) -> PreparedQuery[Run]:
    """A lane's runs up to a number, newest first, at most ``size`` of them."""
    lane, number = Param("lane", UUIDField()), Param("number", IntegerField())
    return PreparedQuery(lambda: Run.objects.filter(lane=lane, number__lte=number).order_by("-number")[:size])


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a branch: the runs of one lane up to a number."""

    lane: UUID
    number: int

    def holds(self, run: Run) -> bool:
        """Whether the run is in it."""
        return run.lane == self.lane and run.number <= self.number


def stretches(*, run: Run) -> list[Stretch]:
    """The branch that ends with the run, newest part first."""
    found: list[Stretch] = []
    end: Run | None = run
    while end is not None:
        found.append(Stretch(end.lane, end.number))
        first = Run.objects.filter(lane=end.lane).order_by("number").first()
        end = find_run(run_id=first.parent_id) if first and first.parent_id else None
    return found


def older_that_stay(*, stretches: Iterable[Stretch], before: int, importance: int, most: int) -> list[Run]:
    """The runs of a branch before a number that are pinned, at least this important, or have a summary: at most so many of
    them, oldest first."""
    where = [Q(lane=one.lane, number__lte=one.number) for one in stretches]
    stays = Q(pinned=True) | Q(importance__gte=importance) | Q(summary__isnull=False)
    there = Q(deleted_at__isnull=True, pruned_at__isnull=True)
    runs = Run.objects.filter(stays, there, reduce(or_, where), number__lt=before)
    return list(runs.exclude(context=Run.Context.EXCLUDED).order_by("-number")[:most])[::-1]


def runs_between(*, stretches: Iterable[Stretch], spans: Iterable[tuple[int, int]]) -> list[Run]:
    """The runs of a branch whose numbers are in one of these spans, ends included, oldest first."""
    there = reduce(or_, [Q(lane=one.lane, number__lte=one.number) for one in stretches])
    asked = reduce(or_, [Q(number__gte=first, number__lte=last) for first, last in spans])
    return list(Run.objects.filter(there, asked, deleted_at__isnull=True).order_by("number"))


def earlier_turns(*, parent: Run, size: int = TURNS_AT_ONCE) -> Iterator[tuple[RunSnapshot, list[MessageSnapshot]]]:
    """A run and those before it on its branch, each with its messages, newest run first, read a page at a time. Pruned ones,
    of which nothing is left to be read, are passed over."""
    for runs in branch(run=parent, size=size):
        whole = [run for run in runs if run.pruned_at is None]
        messages = messages_of_runs(run_ids=[run.pk for run in whole])
        for run in whole:
            yield run_snapshot(run), messages[run.pk]


def branch_messages(*, head: Run, before: UUID | None = None, size: int = 50) -> list[MessageSnapshot]:
    """The newest ``size`` messages of the branch that ends with ``head``, newest first; ``before`` goes on from a page.

    Raises:
        RunNotFoundError: ``before`` is no message of this thread.
    """
    start = head if before is None else _run_of_message(thread_id=head.thread_id, message_id=before)
    found: list[MessageSnapshot] = []
    for runs in branch(run=start, size=size):
        messages = messages_of_runs(run_ids=[run.pk for run in runs])
        for run in runs:
            said = reversed(messages[run.pk])
            # In the page's first run alone: a queued input is older than the end of the answer that it waits for.
            found.extend(said if before is None or run.pk != start.pk else (m for m in said if m.id < before))
        if len(found) >= size:
            break
    return found[:size]


def _run_of_message(*, thread_id: UUID, message_id: UUID) -> Run:
    message = messages_by_id(ids=[message_id]).get(message_id)
    run = Run.objects.filter(pk=message.run_id, thread_id=thread_id).first() if message else None
    if run is None:
        raise RunNotFoundError
    return run
