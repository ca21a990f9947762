"""A person's tags for their runs and threads.

A tag is known by its name, in whatever case. A run holds the names of its tags as they are shown, and a tagging for each; a
thread holds names alone. All of it is written together, and tags that carry a run or a thread along tell it as its change.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q

from runs import journal
from runs.events import DurableEvent, RunChangedEvent
from runs.models import Run, RunTag, RunTagging
from runs.organize.errors import TagExistsError, TagNotFoundError, TooManyTagsError, TooManyTagsOfRunError
from runs.queries import run_snapshot
from threads.covering import Place, ensure_impersonal
from threads.operations import update_threads
from threads.queries import get_threads, tags_of_threads


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag with how many runs and threads carry it."""

    id: UUID
    name: str
    color: str
    runs: int
    threads: int


def tags_of(*, user_id: UUID) -> list[Tag]:
    """The person's tags by name. Three queries."""
    there = Count("taggings", filter=Q(taggings__run__deleted_at__isnull=True))
    rows = RunTag.objects.filter(user_id=user_id)
    runs = dict(rows.order_by().values_list("pk").annotate(count=there))
    named = tags_of_threads(user_id=user_id).values()
    threads = Counter(name.casefold() for names in named for name in names)
    return [
        Tag(id=row.pk, name=row.name, color=row.color, runs=runs.get(row.pk, 0), threads=threads[row.name.casefold()])
        for row in sorted(rows, key=lambda row: row.name.casefold())
    ]


def get_tag(*, user_id: UUID, tag_id: UUID) -> Tag:
    """One tag.

    Raises:
        TagNotFoundError: it does not exist for this person.
    """
    found = next((tag for tag in tags_of(user_id=user_id) if tag.id == tag_id), None)
    if found is None:
        raise TagNotFoundError
    return found


# --- Names ----------------------------------------------------------------------------------------------------------


def named(*, user_id: UUID, names: Iterable[str]) -> list[RunTag]:
    """The person's tags of these names, each once, in their order; those that do not exist are made, as part of the caller's
    transaction.

    Raises:
        TooManyTagsError: the person may have no more.
    """
    wanted = _once(" ".join(name.split()) for name in names)
    rows = {row.name.casefold(): row for row in RunTag.objects.filter(user_id=user_id)} if wanted else {}
    new = [name for key, name in wanted.items() if key not in rows]
    if new and len(rows) + len(new) > settings.CODAY_MAX_TAGS:
        raise TooManyTagsError(details={"limit": settings.CODAY_MAX_TAGS})
    for name in new:
        made, _ = RunTag.objects.get_or_create(
            user_id=user_id, name=name, defaults={"color": _least_used(rows.values())}
        )
        rows[name.casefold()] = made
    return [rows[key] for key in wanted]


def _once(names: Iterable[str]) -> dict[str, str]:
    """Names by what they are compared by, the first spelling of each, in their order."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name.casefold(), name)
    return found


def _least_used(rows: Collection[RunTag]) -> str:
    """The colour, grey aside, that the fewest of these tags have."""
    used = Counter(row.color for row in rows)
    colors = [color for color in RunTag.Color.values if color != RunTag.Color.GRAY]
    return min(colors, key=lambda color: used[color])


def retagged(
    before: Sequence[str], *, to: Sequence[str] | None, add: Sequence[str] = (), remove: Collection[str] = ()
) -> list[str]:
    """The names that something has after it was tagged anew: those of ``to`` (``None``: those from before), and ``add``,
    without ``remove``, in whatever case that is written.

    Raises:
        TooManyTagsOfRunError: it would have too many.
    """
    gone = {name.casefold() for name in remove}
    names = [name for key, name in _once([*(before if to is None else to), *add]).items() if key not in gone]
    if len(names) > max(settings.CODAY_MAX_TAGS_OF_RUN, len(before)):
        raise TooManyTagsOfRunError(details={"limit": settings.CODAY_MAX_TAGS_OF_RUN})
    return names


def link(*, runs: Collection[Run], tags: Collection[RunTag]) -> None:
    """Have as taggings what these runs show as the names of their tags; ``tags`` are those that are new to any of them."""
    known = {tag.name: tag.pk for tag in tags}
    there = RunTagging.objects.filter(run__in=runs).values_list("pk", "run_id", "tag__name")
    shown = {run.pk: set(run.tags) for run in runs}
    gone = [pk for pk, run_id, name in there if name not in shown[run_id]]
    linked = {(run_id, name) for _, run_id, name in there}
    RunTagging.objects.filter(pk__in=gone).delete()
    new = [
        RunTagging(run_id=run_id, tag_id=known[name])
        for run_id, names in shown.items()
        for name in names
        if name in known and (run_id, name) not in linked
    ]
    RunTagging.objects.bulk_create(new, ignore_conflicts=True)


# --- A person's tags --------------------------------------------------------------------------------------------------


@transaction.atomic
def create_tag(*, user_id: UUID, name: str, color: str = "") -> Tag:
    """Make a tag; without a colour it gets one that is little used.

    Raises:
        TagExistsError: there is one of this name.
        TooManyTagsError: as many as one person may have.
    """
    _refuse_known(name, RunTag.objects.filter(user_id=user_id))
    (row,) = named(user_id=user_id, names=[name])
    if color:
        row.color = color
        row.save(update_fields=["color"])
    return get_tag(user_id=user_id, tag_id=row.pk)


@transaction.atomic
def change_tag(
    *, user_id: UUID, tag_id: UUID, name: str | None = None, color: str | None = None
) -> tuple[Tag, list[DurableEvent]]:
    """Rename a tag, wherever it is, or give it another colour. Returns it with the events to publish.

    Raises:
        TagNotFoundError: it does not exist for this person.
        TagExistsError: another one has this name.
        PersonalTagError: it is in an anonymous thread, and would name somebody there.
        NotAnalysedError: see ``threads.covering``.
    """
    row = _get(user_id, tag_id)
    events: list[DurableEvent] = []
    if color is not None:
        row.color = color
        row.save(update_fields=["color"])
    if name is not None and name != row.name:
        _refuse_known(name, RunTag.objects.filter(user_id=user_id).exclude(pk=tag_id))
        events = _replace(row, name)
        row.name = name
        row.save(update_fields=["name"])
    return get_tag(user_id=user_id, tag_id=tag_id), events


@transaction.atomic
def delete_tag(*, user_id: UUID, tag_id: UUID) -> list[DurableEvent]:
    """Take a tag off everything, and delete it. Returns the events to publish.

    Raises:
        TagNotFoundError: it does not exist for this person.
    """
    row = _get(user_id, tag_id)
    events = _replace(row, None)
    row.delete()
    return events


def _get(user_id: UUID, tag_id: UUID) -> RunTag:
    row = RunTag.objects.filter(user_id=user_id, pk=tag_id).first()
    if row is None:
        raise TagNotFoundError
    return row


def _refuse_known(name: str, rows: Iterable[RunTag]) -> None:
    if name.casefold() in {row.name.casefold() for row in rows}:
        raise TagExistsError(details={"field": "name"})


def _replace(tag: RunTag, name: str | None) -> list[DurableEvent]:
    """Show another name, or none, on all that carries a tag.

    The threads are taken first, as everywhere, then the tag, so that nothing new carries it.
    """
    tagged = Run.objects.filter(taggings__tag=tag)
    threads = {
        thread_id
        for thread_id, names in tags_of_threads(user_id=tag.user_id).items()
        if tag.name.casefold() in {shown.casefold() for shown in names}
    }
    places = get_threads(
        user_id=tag.user_id, thread_ids=threads.union(tagged.values_list("thread_id", flat=True)), lock=True
    )
    RunTag.objects.select_for_update().get(pk=tag.pk)
    if name is not None:
        for thread in places:
            ensure_impersonal(Place(thread.pk, thread.owner_id, thread.anonymous), [name])
    renamed = partial(_renamed, old=tag.name, new=name)
    update_threads(user_id=tag.user_id, thread_ids=sorted(threads), changes={}, retagged=renamed)
    by_thread: defaultdict[UUID, list[Run]] = defaultdict(list)
    for run in tagged.order_by("thread_id", "number"):
        run.tags = renamed(run.tags)
        by_thread[run.thread_id].append(run)
    Run.objects.bulk_update([run for runs in by_thread.values() for run in runs], ["tags"], batch_size=500)
    return [event for runs in by_thread.values() for event in tell(runs, changed=("tags",))]


def _renamed(names: Iterable[str], *, old: str, new: str | None) -> list[str]:
    shown = (new if name.casefold() == old.casefold() else name for name in names)
    return list(_once(name for name in shown if name is not None).values())


def tell(runs: Sequence[Run], *, changed: tuple[str, ...]) -> list[DurableEvent]:
    """Journal what a person changed of runs of one thread."""
    events = [
        RunChangedEvent(thread_id=run.thread_id, run_id=run.pk, run=run_snapshot(run), changed=changed) for run in runs
    ]
    return journal.append(events, seen=True)
