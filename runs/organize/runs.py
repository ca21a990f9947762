"""What a person says about runs: their title, tags, importance, group, and whether they are pinned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from coday.kernel.errors import InvalidInputError
from runs.events import DurableEvent, RunSnapshot
from runs.importance import UNKNOWN, Facts, facts_of, score_of
from runs.models import Run, RunGroup, RunTag
from runs.organize.errors import GroupNotFoundError
from runs.organize.tags import link, named, retagged, tell
from runs.queries import get_runs, run_snapshot
from threads.covering import Place, cover, ensure_impersonal
from threads.queries import get_threads

CHANGEABLE = frozenset({"title", "tags", "add_tags", "remove_tags", "importance", "pinned", "group"})
COLUMNS = ("title", "tags", "importance", "importance_by", "pinned", "group", "unindexed")
SAID = ("title", "tags", "importance", "importance_by", "pinned", "group_id")
"""What is told when it has changed, by the names of the columns."""


@transaction.atomic
def change_run(*, user_id: UUID, run_id: UUID, changes: Mapping[str, Any]) -> tuple[RunSnapshot, list[DurableEvent]]:
    """``change_runs`` for one run."""
    (run,), events = change_runs(user_id=user_id, run_ids=[run_id], changes=changes)
    return run, events


@transaction.atomic
def change_runs(
    *, user_id: UUID, run_ids: Sequence[UUID], changes: Mapping[str, Any]
) -> tuple[list[RunSnapshot], list[DurableEvent]]:
    """Change what a person may say about runs, all or none, in whatever state they are. An ``importance`` of ``None`` gives
    it back to the score, a ``group`` of ``None`` takes them out of theirs.

    Returns the runs, in the order in which they were named, and the events to publish: none for a run that stays as it is.

    Raises:
        RunNotFoundError: one of them does not exist for this person.
        GroupNotFoundError: the group does not exist in each of their threads.
        TooManyTagsError, TooManyTagsOfRunError: see ``tags``.
        PersonalTagError: a thread is anonymous, and a tag would name somebody.
        NotAnalysedError: see ``threads.covering``.
        InvalidInputError: a field that cannot be changed.
    """
    unknown = changes.keys() - CHANGEABLE
    if unknown:
        raise InvalidInputError(f"{min(unknown)} cannot be changed.", field=min(unknown))
    runs = _held(user_id, run_ids)
    before = {run.pk: _said(run) for run in runs}
    tags = named(user_id=user_id, names=[*changes.get("tags", ()), *changes.get("add_tags", ())])
    group = _group(changes.get("group"), runs)
    for run in runs:
        _change(run, changes, tags=tags, group=group)
    facts = facts_of(run_ids=[run.pk for run in runs])
    for run in runs:
        _score(run, facts[run.pk])
    changed = {run.pk: _differences(before[run.pk], _said(run)) for run in runs}
    written = [run for run in runs if changed[run.pk]]
    Run.objects.bulk_update(written, COLUMNS, batch_size=500)
    if any("tags" in names for names in changed.values()):
        link(runs=written, tags=tags)
    by_id = {run.pk: run for run in runs}
    return [run_snapshot(by_id[run_id]) for run_id in dict.fromkeys(run_ids)], _tell(written, changed)


def tag(*, user_id: UUID, run_id: UUID, names: Sequence[str]) -> list[DurableEvent]:
    """Add tags to a run, as part of the caller's transaction. Returns the events to publish.

    Raises:
        As ``change_runs``.
    """
    return change_run(user_id=user_id, run_id=run_id, changes={"add_tags": names})[1]


def pin(*, user_id: UUID, run_id: UUID, pinned: bool = True) -> list[DurableEvent]:
    """Pin a run, as part of the caller's transaction. Returns the events to publish.

    Raises:
        RunNotFoundError: it does not exist for this person.
    """
    return change_run(user_id=user_id, run_id=run_id, changes={"pinned": pinned})[1]


def _held(user_id: UUID, run_ids: Collection[UUID]) -> list[Run]:
    """The runs, once their threads are taken: in the order of their ids, as everybody takes several."""
    threads = {run.thread_id for run in get_runs(user_id=user_id, run_ids=run_ids)}
    get_threads(user_id=user_id, thread_ids=threads, lock=True)
    return get_runs(user_id=user_id, run_ids=run_ids)


def _group(group_id: UUID | None, runs: Collection[Run]) -> RunGroup | None:
    if group_id is None:
        return None
    group = RunGroup.objects.filter(pk=group_id, thread__in={run.thread_id for run in runs}).first()
    if group is None or any(run.thread_id != group.thread_id for run in runs):
        raise GroupNotFoundError(details={"field": "group"})
    return group


def _change(run: Run, changes: Mapping[str, Any], *, tags: Sequence[RunTag], group: RunGroup | None) -> None:
    place = Place(run.thread_id, run.user_id, run.anonymous)
    if "title" in changes:
        (title,) = cover(place, [changes["title"]])
        run.unindexed = run.unindexed or title != run.title
        run.title = title
    if not changes.keys().isdisjoint({"tags", "add_tags", "remove_tags"}):
        before, run.tags = run.tags, _tags(run, changes, tags=tags)
        ensure_impersonal(place, [name for name in run.tags if name not in before])
    if "pinned" in changes:
        run.pinned = changes["pinned"]
    if "group" in changes:
        run.group = group
    if "importance" in changes:
        given = changes["importance"]
        run.importance_by = Run.ImportanceBy.SCORE if given is None else Run.ImportanceBy.PERSON
        run.importance = run.importance if given is None else given


def _tags(run: Run, changes: Mapping[str, Any], *, tags: Sequence[RunTag]) -> list[str]:
    """As the tags are spelled."""
    spelled = {row.name.casefold(): row.name for row in tags}

    def of(field: str) -> list[str]:
        return [spelled[" ".join(name.split()).casefold()] for name in changes.get(field, ())]

    to = of("tags") if "tags" in changes else None
    return retagged(run.tags, to=to, add=of("add_tags"), remove=changes.get("remove_tags", ()))


def _score(run: Run, facts: Facts) -> None:
    """What a run is worth by itself, where no person has said something else."""
    if run.importance_by == Run.ImportanceBy.SCORE:
        ended = run.finished_at is not None
        run.importance = score_of(run, deeds=facts.deeds, derived=facts.derived) if ended else UNKNOWN


def _said(run: Run) -> dict[str, Any]:
    return {name: getattr(run, name) for name in SAID}


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name.removesuffix("_id") for name in SAID if before[name] != after[name])


def _tell(runs: Collection[Run], changed: Mapping[UUID, tuple[str, ...]]) -> list[DurableEvent]:
    """Journal what changed, thread by thread."""
    by_kind: defaultdict[tuple[UUID, tuple[str, ...]], list[Run]] = defaultdict(list)
    for run in sorted(runs, key=lambda run: (run.thread_id, run.number)):
        by_kind[run.thread_id, changed[run.pk]].append(run)
    return [event for (_, names), alike in by_kind.items() for event in tell(alike, changed=names)]
