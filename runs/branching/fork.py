"""A fork: the branch up to a run, copied into a new thread, where it can go on by itself.

Whoever opens the new thread sees what they saw on the branch, and its journal, read from the beginning, shows the same.
What is copied: runs with what people say about them, what was said and called in them, commands, the runs that they delegated
to, images, masks, active skills. What is not: the bill (a copy has cost nothing), approvals that hold for a thread, and what
still goes on after its run, which ends where it began.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from coday.kernel.ids import new_id
from runs import importance, journal
from runs.branching.twins import Original, Twins, read
from runs.errors import ForkTooLongError, RunStateError
from runs.events import DurableEvent, RunMasksEvent, RunThreadEvent, SealedMask
from runs.lifecycle import hold_thread
from runs.models import Run, RunEventRecord
from runs.queries import branch, ensure_whole, get_run
from threads import copying
from threads.queries import get_thread, thread_snapshot
from threads.snapshot import ThreadSnapshot

AT_ONCE = 100  # runs that are read at once


@dataclass(frozen=True, slots=True)
class Forked:
    """The new thread, and what there is to tell in the one that it was forked from."""

    thread: ThreadSnapshot
    events: list[DurableEvent]


def fork(*, user_id: UUID, run_id: UUID, title: str = "") -> Forked:
    """Copy the branch up to and with a run into a new thread. Without a ``title``, it is named after the first one.

    Raises:
        RunNotFoundError: the run does not exist for this person.
        RunStateError: it, or a run before it, has not ended; or it was delegated.
        RunPrunedError: its words are gone; those of runs before it may be.
        ForkTooLongError: the branch has more runs than a fork may have.
        NotAnalysedError: see ``threads.covering``.
    """
    with ExitStack() as undo:
        with transaction.atomic():
            forked = _fork(user_id=user_id, run_id=run_id, title=title, undo=undo)
        undo.pop_all()
    return forked


def _fork(*, user_id: UUID, run_id: UUID, title: str, undo: ExitStack) -> Forked:
    run = get_run(user_id=user_id, run_id=run_id)
    ensure_whole(run)
    line = _line_of(run)
    source = get_thread(user_id=user_id, thread_id=run.thread_id)
    thread, masks = copying.copy_thread(source=source, run_id=run.pk)
    if title:
        copying.name_copy(thread=thread, title=title)
    original = _read(line)
    images = copying.copy_images(source=source, target=thread, ids=original.images, undo=undo)
    twins = Twins(original, thread_id=thread.pk, images=images)
    twins.write()
    copying.add_copies(original.messages, target=thread, ids=twins.ids)
    skills = copying.copy_skills(source=source, target=thread, runs=twins.ids)
    head = twins.ids[run.pk]
    journal.take_over(
        [*_masks(thread.pk, masks), *twins.entries(), _thread(thread.pk, head, skills=skills, twins=twins)]
    )
    copying.finish_copy(thread=thread, head=head, runs=len(twins.runs))
    hold_thread(run_id=run.pk)
    return Forked(thread=thread_snapshot(thread), events=importance.rescore(run_id=run.pk))


def _line_of(run: Run) -> list[Run]:
    """The branch up to a run, oldest first."""
    if run.trigger == Run.Trigger.DELEGATION:
        raise RunStateError("A delegated run cannot be forked. Fork what delegated it.")
    line: list[Run] = []
    for runs in branch(run=run, size=AT_ONCE):
        line += runs
        if len(line) > settings.CODAY_MAX_FORK_RUNS:
            raise ForkTooLongError(details={"limit": settings.CODAY_MAX_FORK_RUNS})
    unfinished = next((one for one in line if one.finished_at is None), None)
    if unfinished:
        details = {"status": unfinished.status, "run_id": str(unfinished.pk)}
        raise RunStateError("What has not ended cannot be forked yet.", details=details)
    return line[::-1]


def _read(line: Sequence[Run]) -> Original:
    runs = sorted([*line, *_delegated_by(line)], key=lambda run: run.number)
    return read(runs=runs, line=[run.pk for run in line])


def _delegated_by(runs: Sequence[Run]) -> list[Run]:
    """What these runs have delegated, and those that they delegated to, as far as it has ended."""
    found: list[Run] = []
    level = [run.pk for run in runs]
    while level:
        delegated = Run.objects.filter(cause_run__in=level, trigger=Run.Trigger.DELEGATION, finished_at__isnull=False)
        found += (more := list(delegated))
        level = [run.pk for run in more]
    return found


def _masks(thread_id: UUID, ids: Sequence[UUID]) -> list[RunEventRecord]:
    """The journal keeps ids of masks alone, so nothing is opened for it."""
    masks = tuple(SealedMask(id=mask_id, token="", category="", sealed="") for mask_id in ids)
    return [journal.entry_of(RunMasksEvent(id=new_id(), thread_id=thread_id, masks=masks))] if masks else []


def _thread(thread_id: UUID, head: UUID, *, skills: Sequence[str], twins: Twins) -> RunEventRecord:
    groups = [{"id": str(group.pk), "name": group.name, "folded": group.folded} for group in twins.groups]
    also: dict[str, Any] = {"skills": list(skills), "groups": groups}
    changed = {"head": str(head), **{name: value for name, value in also.items() if value}}
    return journal.entry_of(RunThreadEvent(id=new_id(), thread_id=thread_id, changed=changed))
