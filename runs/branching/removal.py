"""Takes runs out of a conversation, and brings them back for a while.

A removed run keeps its row, its messages and its place in the tree: it is only passed over, and what stood behind it stands
behind the nearest run that is left. What was under way is cancelled. What was queued stays queued, and nobody claims it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from coday.kernel.ids import new_id
from runs import journal
from runs.branching.lineage import Lineage
from runs.capture import TreePlace, behind
from runs.errors import DeletionNotFoundError, RunStateError
from runs.events import DurableEvent, RunChangedEvent, RunSnapshot, RunThreadEvent
from runs.lifecycle import end_early, hold_thread
from runs.models import ACTIVE, Run, RunEventRecord
from runs.queries import (
    find_run,
    get_run,
    last_shown_of_lane,
    run_snapshot,
    with_positions,
)
from threads.models import Thread
from threads.queries import count_said, get_thread, visible_threads
from threads.removal import hide, show_head

Scope = Literal["run", "branch"]
SCOPES: tuple[Scope, ...] = ("run", "branch")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a removal would take: runs, what people and agents said in them, those of them that have not ended; and what would
    be shown then."""

    scope: Scope
    runs: int
    messages: int
    unfinished: int
    head_after: UUID | None


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed, delegated runs included. ``running`` are those that a process has to stop; ``lanes`` may go on."""

    deletion: UUID
    run_ids: tuple[UUID, ...]
    undo_until: datetime
    running: tuple[UUID, ...]
    lanes: frozenset[UUID]
    events: list[DurableEvent]


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back. ``lanes`` have work again."""

    runs: list[RunSnapshot]
    lanes: frozenset[UUID]
    events: list[DurableEvent]


def preview(*, user_id: UUID, run_id: UUID, scope: Scope) -> Preview:
    """What ``remove`` would do.

    Raises:
        RunNotFoundError, RunStateError: as there.
    """
    run = _removable(user_id=user_id, run_id=run_id)
    thread = get_thread(user_id=user_id, thread_id=run.thread_id)
    lineage = Lineage.of(run.thread_id)
    gone = _gone(lineage, run, scope)
    unfinished = Run.objects.filter(pk__in=gone, finished_at__isnull=True).count()
    head = lineage.head_without(gone, head=thread.head)
    return Preview(scope, len(gone), count_said(run_ids=gone), unfinished, head)


@transaction.atomic
def remove(*, user_id: UUID, run_id: UUID, scope: Scope) -> Removed:
    """Remove a run, or the branch that begins with it: itself and everything behind it, on all branches. What was delegated
    goes with it.

    Raises:
        RunNotFoundError: it does not exist for this person.
        RunStateError: it was delegated, and goes with what delegated it.
    """
    hold_thread(run_id=run_id)
    run = _removable(user_id=user_id, run_id=run_id)
    thread = get_thread(user_id=user_id, thread_id=run.thread_id)
    lineage = Lineage.of(thread.pk)
    in_tree = _gone(lineage, run, scope)
    gone = lineage.with_delegated(in_tree)
    head = lineage.head_without(in_tree, head=thread.head)
    events = _stop(gone)
    deletion, now = new_id(), timezone.now()
    rows = Run.objects.filter(pk__in=gone, deleted_at__isnull=True)
    running = tuple(rows.filter(status=Run.Status.RUNNING).order_by("number").values_list("pk", flat=True))
    lanes = frozenset(rows.order_by().values_list("lane", flat=True))
    rows.update(deleted_at=now, deletion=deletion)
    hide(run_ids=gone, hidden=True)
    events += tell(thread, {**_all(reattach(thread.pk), "parent"), **_all(gone, "deleted_at")}, head=head)
    until = now + timedelta(seconds=settings.CODAY_UNDO_SECONDS)
    return Removed(deletion, tuple(sorted(gone)), until, running, lanes, events)


def hide_last_words(*, run_ids: Collection[UUID]) -> None:
    """Note on what removed runs said while they were being stopped that it is removed, too."""
    removed = Run.objects.filter(pk__in=run_ids, deleted_at__isnull=False)
    hide(run_ids=list(removed.values_list("pk", flat=True)), hidden=True)


def ensure_removed(*, user_id: UUID, deletion: UUID) -> UUID:
    """The thread that something was removed from by this removal, and is not back.

    Raises:
        DeletionNotFoundError: there is none for this person.
    """
    removed = Run.objects.filter(deletion=deletion, thread__in=visible_threads(user_id=user_id))
    thread_id = removed.order_by().values_list("thread_id", flat=True).first()
    if thread_id is None:
        raise DeletionNotFoundError
    return thread_id


@transaction.atomic
def undo(*, user_id: UUID, deletion: UUID) -> Restored:
    """Bring back what was removed at once: to where it was, and what was shown is shown again if nothing else was since.

    A queued run is in its queue again. Where what stood behind it has started meanwhile, it goes to the end, so that it is
    never answered in the middle of what was said since.

    Raises:
        DeletionNotFoundError: there is no such removal, it was undone already, or is forgotten.
    """
    thread_id = ensure_removed(user_id=user_id, deletion=deletion)
    thread = get_thread(user_id=user_id, thread_id=thread_id, lock=True)
    removed = Run.objects.filter(deletion=deletion)
    runs = list(removed.order_by("number"))
    if not runs:  # somebody else was quicker
        raise DeletionNotFoundError
    head, number = _head_before(thread, runs) or thread.head, thread.last_number
    run_ids = [run.pk for run in runs]
    removed.exclude(status=Run.Status.QUEUED).update(deleted_at=None, deletion=None)
    changed = _all(run_ids, "deleted_at")
    queued = [run for run in runs if run.status == Run.Status.QUEUED]
    for run in queued:
        if _put_back(run, number=number + 1):
            number += 1
            head = run.pk if run.parent_id == head else head
            changed[run.pk] = ("deleted_at", "number", "parent", "lane")
    hide(run_ids=run_ids, hidden=False)
    changed = {**_all(reattach(thread.pk), "parent"), **changed}
    events = tell(thread, changed, head=head or Lineage.of(thread.pk).newest_leaf(), number=number)
    restored = Run.objects.filter(pk__in=run_ids).order_by("number")
    return Restored(
        runs=with_positions(map(run_snapshot, restored)), lanes=frozenset(run.lane for run in queued), events=events
    )


# --- What goes ------------------------------------------------------------------------------------------------------


def _removable(*, user_id: UUID, run_id: UUID) -> Run:
    run = get_run(user_id=user_id, run_id=run_id)
    if run.trigger == Run.Trigger.DELEGATION:
        raise RunStateError("A delegated run cannot be removed alone. Remove what delegated it.")
    return run


def _gone(lineage: Lineage, run: Run, scope: Scope) -> set[UUID]:
    return {run.pk} if scope == "run" else lineage.below(run.pk)


def _stop(run_ids: Collection[UUID]) -> list[DurableEvent]:
    """End what waits, and note that what runs has to end. What only was queued is left as it is, unless it was delegated:
    that ends with what delegated it."""
    events: list[DurableEvent] = []
    unfinished = Run.objects.filter(pk__in=run_ids, finished_at__isnull=True).order_by("number")
    for run_id in unfinished.values_list("pk", flat=True):
        run = find_run(run_id=run_id)  # as it is by now: its end may have been another's
        if run and run.finished_at is None and (run.status in ACTIVE or run.trigger == Run.Trigger.DELEGATION):
            events += end_early(run)
    return events


# --- What comes back ------------------------------------------------------------------------------------------------


def _put_back(run: Run, *, number: int) -> bool:
    """Put a run back into its queue; returns whether it had to go to the end, with this ``number``."""
    late = _is_late(run)
    if late:
        before, in_lane = run.removed_parent or run.parent_id, Run.objects.filter(lane=run.lane)
        in_lane.filter(removed_parent=run.pk).update(removed_parent=before)
        in_lane.filter(parent=run.pk, removed_parent__isnull=True).update(parent=before)
        last = last_shown_of_lane(lane=run.lane)
        place = behind(last) if last else TreePlace(before, new_id())
        run.number, run.parent_id, run.lane, run.removed_parent = number, place.parent_id, place.lane, None
    else:
        following = Run.objects.filter(lane=run.lane, number__gt=run.number).order_by("number").first()
        if following:
            Run.objects.filter(pk=following.pk).update(removed_parent=run.pk)
    run.deleted_at = run.deletion = None
    run.save(update_fields=["number", "parent", "lane", "removed_parent", "deleted_at", "deletion"])
    return late


def _is_late(run: Run) -> bool:
    """Whether something behind a queued run was answered without it, or was said since it was removed and is over."""
    over = Run.objects.filter(lane=run.lane, number__gt=run.number).exclude(status=Run.Status.QUEUED)
    return over.filter(Q(started_at__isnull=False) | Q(created_at__gt=run.deleted_at)).exists()


def _head_before(thread: Thread, runs: Sequence[Run]) -> UUID | None:
    """What was shown before these runs were removed, if that is why another run is shown now."""
    in_tree = [run for run in runs if run.trigger != Run.Trigger.DELEGATION]
    told = RunEventRecord.objects.filter(thread=thread, type="thread").order_by("-seq")
    heads = (
        (payload["changed"]["head"], at)
        for payload, at in told.values_list("payload", "created_at").iterator(chunk_size=50)
        if "head" in payload["changed"]
    )
    moved = next(heads, None)
    if moved is None or not _was_told_at(moved[1], run=in_tree[0]):
        return None  # the person has said something since, or looks at another branch
    before = next(heads, None)
    return UUID(before[0]) if before and before[0] else in_tree[-1].pk


def _was_told_at(moment: datetime, *, run: Run) -> bool:
    """Whether the run's removal was told in the journal at this moment: what is told at once has one time."""
    told = RunEventRecord.objects.filter(run_id=run.pk, type="run", created_at=moment)
    told_of = [payload["run"]["deleted_at"] for payload in told.values_list("payload", flat=True)]
    return run.deleted_at in [datetime.fromisoformat(at) for at in told_of if at]


# --- The tree, and what is told of it -------------------------------------------------------------------------------


def reattach(thread_id: UUID) -> set[UUID]:
    """Have every run that is shown stand behind the nearest run before it that is left; returns those that stand elsewhere
    now."""
    lineage = Lineage.of(thread_id)
    changed = set()
    for node in lineage.nodes.values():
        if node.removed:
            continue
        parent = lineage.nearest_left(node)
        if parent != node.parent:
            removed_parent = None if parent == node.before else node.before
            Run.objects.filter(pk=node.id).update(parent=parent, removed_parent=removed_parent)
            changed.add(node.id)
    return changed


def _all(run_ids: Iterable[UUID], *fields: str) -> dict[UUID, tuple[str, ...]]:
    return dict.fromkeys(run_ids, fields)


def tell(
    thread: Thread, changed: Mapping[UUID, tuple[str, ...]], *, head: UUID | None, number: int | None = None
) -> list[DurableEvent]:
    """Journal which fields of which runs changed, and the thread's head where that is another one; the head is set."""
    runs = Run.objects.filter(pk__in=changed).order_by("number")
    events: list[DurableEvent] = [
        RunChangedEvent(thread_id=thread.pk, run_id=run.id, run=run, changed=changed[run.id])
        for run in with_positions(map(run_snapshot, runs))
    ]
    if head != thread.head:
        show_head(thread_id=thread.pk, head=head)
        events.append(RunThreadEvent(thread_id=thread.pk, changed={"head": str(head) if head else None}))
    return journal.append(events, number=number, seen=True) if events else []
