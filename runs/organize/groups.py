"""Named groups of a thread's runs, which the page can fold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from runs import journal
from runs.errors import RunNotFoundError
from runs.events import DurableEvent, RunThreadEvent
from runs.models import Run, RunGroup
from runs.organize.errors import GroupNotFoundError, TooManyGroupsError
from runs.organize.runs import change_runs
from threads.covering import cover
from threads.models import Thread
from threads.operations import place_of
from threads.queries import get_thread, visible_threads


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group with its runs, by their numbers."""

    id: UUID
    thread_id: UUID
    name: str
    folded: bool
    runs: tuple[UUID, ...]


def groups_of(*, user_id: UUID, thread_id: UUID) -> list[Group]:
    """A thread's groups in the order in which they were made.

    Raises:
        ThreadNotFoundError: it does not exist for this person.
    """
    thread = get_thread(user_id=user_id, thread_id=thread_id)
    runs: defaultdict[UUID, list[UUID]] = defaultdict(list)
    grouped = Run.objects.filter(thread=thread, group__isnull=False, deleted_at__isnull=True).order_by("number")
    for group_id, run_id in grouped.values_list("group_id", "pk"):
        runs[group_id].append(run_id)
    return [
        Group(id=row.pk, thread_id=row.thread_id, name=row.name, folded=row.folded, runs=tuple(runs[row.pk]))
        for row in RunGroup.objects.filter(thread=thread).order_by("id")
    ]


def get_group(*, user_id: UUID, group_id: UUID) -> Group:
    """One group.

    Raises:
        GroupNotFoundError: it does not exist for this person.
    """
    row = RunGroup.objects.filter(pk=group_id, thread__in=visible_threads(user_id=user_id)).first()
    if row is None:
        raise GroupNotFoundError
    return next(group for group in groups_of(user_id=user_id, thread_id=row.thread_id) if group.id == group_id)


@transaction.atomic
def create_group(
    *, user_id: UUID, thread_id: UUID, name: str, run_ids: Sequence[UUID] = ()
) -> tuple[Group, list[DurableEvent]]:
    """Make a group, of these runs. Returns it with the events to publish.

    Raises:
        ThreadNotFoundError: the thread does not exist for this person.
        RunNotFoundError: one of the runs does not exist in it.
        TooManyGroupsError: the thread may have no more.
        NotAnalysedError: see ``threads.covering``.
    """
    thread = get_thread(user_id=user_id, thread_id=thread_id, lock=True)
    if RunGroup.objects.filter(thread=thread).count() >= settings.CODAY_MAX_GROUPS:
        raise TooManyGroupsError(details={"limit": settings.CODAY_MAX_GROUPS})
    if Run.objects.filter(pk__in=run_ids, thread=thread).count() < len(set(run_ids)):
        raise RunNotFoundError(details={"field": "runs"})
    row = RunGroup(thread=thread, name=_covered(thread, name))
    row.save(force_insert=True)
    events = _tell(thread)
    if run_ids:
        events += change_runs(user_id=user_id, run_ids=run_ids, changes={"group": row.pk})[1]
    return get_group(user_id=user_id, group_id=row.pk), events


@transaction.atomic
def change_group(
    *, user_id: UUID, group_id: UUID, name: str | None = None, folded: bool | None = None
) -> tuple[Group, list[DurableEvent]]:
    """Rename, fold or unfold a group. Returns it with the events to publish: none where it stays as it is.

    Raises:
        GroupNotFoundError: it does not exist for this person.
        NotAnalysedError: see ``threads.covering``.
    """
    group = get_group(user_id=user_id, group_id=group_id)
    thread = get_thread(user_id=user_id, thread_id=group.thread_id, lock=True)
    row = RunGroup.objects.get(pk=group_id)
    if name is not None:
        row.name = _covered(thread, name)
    if folded is not None:
        row.folded = folded
    if (row.name, row.folded) == (group.name, group.folded):
        return group, []
    row.save(update_fields=["name", "folded"])
    return get_group(user_id=user_id, group_id=group_id), _tell(thread)


@transaction.atomic
def delete_group(*, user_id: UUID, group_id: UUID) -> list[DurableEvent]:
    """Delete a group. Its runs stay, in no group. Returns the events to publish.

    Raises:
        GroupNotFoundError: it does not exist for this person.
    """
    group = get_group(user_id=user_id, group_id=group_id)
    thread = get_thread(user_id=user_id, thread_id=group.thread_id, lock=True)
    events: list[DurableEvent] = []
    if group.runs:
        events += change_runs(user_id=user_id, run_ids=group.runs, changes={"group": None})[1]
    RunGroup.objects.filter(pk=group_id).delete()
    return events + _tell(thread)


def _covered(thread: Thread, name: str) -> str:
    (covered,) = cover(place_of(thread), [name])
    return covered


def _tell(thread: Thread) -> list[DurableEvent]:
    """Journal the groups that the thread has now."""
    rows = RunGroup.objects.filter(thread=thread).order_by("id")
    groups: list[dict[str, Any]] = [{"id": str(row.pk), "name": row.name, "folded": row.folded} for row in rows]
    return journal.append([RunThreadEvent(thread_id=thread.pk, changed={"groups": groups})], seen=True)
