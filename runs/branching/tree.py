"""Reads of a thread's tree of runs: what stands beside a run, what is newest below it, and the map of it all.

A delegated run is on no branch, and neither is what was removed: no run has a removed one as its parent.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec
from django.db.models import Q, QuerySet

from runs.events import RunOrigin
from runs.models import Run
from threads.queries import beginnings_of_runs


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """A run as the map of a thread's branches shows it. ``label`` is its title, else how its input begins."""

    id: UUID
    number: int
    parent: UUID | None
    lane: UUID
    status: str
    kind: str
    trigger: str
    agent: str
    model: str
    label: str
    created_at: datetime
    batch: UUID | None
    pinned: bool
    importance: int
    tags: tuple[str, ...]
    group: UUID | None
    origin: RunOrigin | None


def newest_leaf(*, thread_id: UUID, below: UUID) -> UUID:
    """The newest run at and ``below`` a run of a thread: a leaf, since what follows is newer."""
    under, newest = {below}, below
    for run_id, parent_id in _on_branches(thread_id).order_by("number").values_list("pk", "parent_id"):
        if parent_id in under:
            under.add(run_id)
            newest = run_id
    return newest


def siblings_of(*, thread_id: UUID, run_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """All attempts at the turn of each of these runs, itself among them, oldest first; runs without another are left out."""
    there = _on_branches(thread_id)
    parents = set(there.filter(pk__in=run_ids).values_list("parent_id", flat=True))
    beside = Q(parent__in=parents - {None}) | (Q(parent__isnull=True) if None in parents else Q(parent__in=()))
    families: dict[UUID | None, list[UUID]] = {}
    for run_id, parent_id in there.filter(beside).order_by("number").values_list("pk", "parent_id"):
        families.setdefault(parent_id, []).append(run_id)
    return {run_id: family for family in families.values() if len(family) > 1 for run_id in family if run_id in run_ids}


def branches(*, thread_id: UUID) -> list[Leaf]:
    """All runs of a thread's branches, by number. Two queries, however many runs there are."""
    labels = beginnings_of_runs(thread_id=thread_id)
    return [
        Leaf(
            id=run.pk, number=run.number, parent=run.parent_id, lane=run.lane, status=run.status, kind=run.kind,
            trigger=run.trigger, agent=run.agent, model=run.model, created_at=run.created_at,
            label=run.title or labels.get(run.pk, ""), batch=run.batch, pinned=run.pinned, importance=run.importance,
            tags=tuple(run.tags), group=run.group_id,
            origin=RunOrigin(run_id=run.origin_run, how=run.origin) if run.origin_run else None,
        )
        for run in _on_branches(thread_id).order_by("number").only(*_MAPPED)
    ]  # fmt: skip


_MAPPED = (
    "number", "parent_id", "lane", "status", "kind", "trigger", "agent", "model", "title", "created_at", "batch", "pinned",
    "importance", "tags", "group_id", "origin", "origin_run",
)  # fmt: skip


def _on_branches(thread_id: UUID) -> QuerySet[Run]:
    there = Run.objects.filter(thread_id=thread_id, deleted_at__isnull=True)
    return there.exclude(trigger=Run.Trigger.DELEGATION)
