"""Reads. Every id that a caller names is resolved through ``visible_threads``: what is not theirs does not exist."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, reduce
from operator import or_
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.db.models import OuterRef, Q, QuerySet, Subquery, TextField, UUIDField, Value
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce, Left
from django.db.models.lookups import Contains

from coday.kernel.prepared import Param, PreparedQuery
from threads.content import load_parts
from threads.errors import ImageNotFoundError, ThreadNotFoundError
from threads.models import ImageAttachment, Message, Thread, ThreadSkill
from threads.privacy.tokens import without_begun_token
from threads.snapshot import ImageSnapshot, MessageSnapshot, ThreadSnapshot


def visible_threads(*, user_id: UUID | Param) -> QuerySet[Thread]:
    """The threads this person may see. The one permission rule: a thread belongs to its owner."""
    return Thread.objects.filter(owner_id=user_id)


def _thread_of_user() -> QuerySet[Thread]:
    threads = visible_threads(user_id=Param("user_id", UUIDField()))
    return threads.filter(pk=Param("thread_id", UUIDField())).order_by()


_THREAD = PreparedQuery(_thread_of_user)
_LOCKED_THREAD = PreparedQuery(lambda: _thread_of_user().select_for_update(no_key=True))


def get_thread(*, user_id: UUID, thread_id: UUID, lock: bool = False) -> Thread:
    """One visible thread; ``lock`` holds its row until the transaction ends.

    Raises:
        ThreadNotFoundError: it does not exist, or not for this person.
    """
    thread = (_LOCKED_THREAD if lock else _THREAD).first(user_id=user_id, thread_id=thread_id)
    if thread is None:
        raise ThreadNotFoundError
    return thread


def get_threads(*, user_id: UUID, thread_ids: Collection[UUID], lock: bool = False) -> list[Thread]:
    """These visible threads, in the order of their ids; ``lock`` holds their rows, taken in this order.

    Raises:
        ThreadNotFoundError: one of them does not exist, or not for this person.
    """
    threads = visible_threads(user_id=user_id).filter(pk__in=thread_ids).order_by("pk")
    found = list(threads.select_for_update(no_key=True) if lock else threads)
    if len(found) < len(set(thread_ids)):
        raise ThreadNotFoundError
    return found


def tags_of_threads(*, user_id: UUID) -> dict[UUID, list[str]]:
    """The tags of each of the person's threads that has any."""
    return dict(visible_threads(user_id=user_id).exclude(tags=[]).order_by().values_list("pk", "tags"))


def is_untitled(*, thread_id: UUID) -> bool:
    """Whether neither a person nor a model has named the thread."""
    return bool(_UNTITLED.rows(thread_id=thread_id))


_UNTITLED = PreparedQuery(
    lambda: (
        Thread.objects.filter(pk=Param("thread_id", UUIDField()), title_source=Thread.TitleSource.NONE)
        .order_by()
        .values_list("pk")
    )
)


def journal_end(*, thread_id: UUID) -> int:
    """The number of the thread's newest journal entry, 0 for none."""
    return Thread.objects.filter(pk=thread_id).values_list("last_seq", flat=True).first() or 0


def journal_ends(*, thread_ids: Collection[UUID]) -> dict[UUID, int]:
    """The number of the newest journal entry of each of these threads."""
    return dict(Thread.objects.filter(pk__in=thread_ids).values_list("pk", "last_seq"))


def find_threads(
    *,
    user_id: UUID,
    text: str = "",
    archived: bool | None = False,
    folder: UUID | Literal["none"] | None = None,
    tag: str = "",
) -> QuerySet[Thread]:
    """The person's threads, pinned ones first, then newest; ``text`` is looked for in titles. ``folder`` is one of theirs, or
    ``none`` for threads that are in no folder; ``tag`` is a tag's name.
    """
    threads = visible_threads(user_id=user_id)
    if folder == "none":
        threads = threads.filter(folder__isnull=True)
    elif folder is not None:
        threads = threads.filter(folder=folder)
    if archived is not None:
        threads = threads.filter(archived=archived)
    if text:
        threads = threads.filter(title__icontains=text)
    return threads.filter(_has_tag(tag)) if tag else threads


def _has_tag(name: str) -> Q:
    """As JSON text: not every database can look into a list, and each writes what is not ASCII in its own way."""
    as_text = Cast("tags", TextField())
    written = {json.dumps(name), json.dumps(name, ensure_ascii=False)}
    return reduce(or_, (Q(Contains(as_text, Value(text))) for text in sorted(written)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPosition:
    """A place in the list of threads: pinned ones first, then newest, then by id."""

    pinned: bool
    updated_at: datetime
    id: UUID

    @classmethod
    def of(cls, thread: Thread) -> ListPosition:
        """Where this thread stands."""
        return cls(pinned=thread.pinned, updated_at=thread.updated_at, id=thread.pk)


def behind(threads: QuerySet[Thread], position: ListPosition | None) -> QuerySet[Thread]:
    """Those of these threads that come after a place in the list (``None``: all), in the list's order."""
    ordered = threads.order_by("-pinned", "-updated_at", "-id")
    if position is None:
        return ordered
    as_old = Q(updated_at__lt=position.updated_at) | Q(updated_at=position.updated_at, pk__lt=position.id)
    later = Q(pinned=position.pinned) & as_old
    return ordered.filter(later | Q(pinned=False) if position.pinned else later)


def messages_of_runs(*, run_ids: Iterable[UUID]) -> dict[UUID, list[MessageSnapshot]]:
    """The messages of each run, in the order they were said."""
    found: dict[UUID, list[MessageSnapshot]] = {run_id: [] for run_id in run_ids}
    names = _run_names(len(found))
    for message in _messages_of_runs(len(found)).all(**dict(zip(names, found, strict=True))) if found else ():
        found[message.run_id].append(message_snapshot(message))
    return found


def marks_of_messages(*, run_ids: Collection[UUID]) -> list[tuple[str, str]]:
    """Ids and states of what was said in these runs: other ones mean that something else was said."""
    said = Message.objects.filter(run_id__in=run_ids).order_by("id").values_list("pk", "status")
    return [(str(message_id), status) for message_id, status in said]


def _run_names(count: int) -> list[str]:
    return [f"run_{index}" for index in range(count)]


@cache
def _messages_of_runs(count: int) -> PreparedQuery[Message]:
    """The messages of so many runs. Counts are at most a page's, so few statements are kept."""
    ids = [Param(name, UUIDField()) for name in _run_names(count)]
    return PreparedQuery(lambda: Message.objects.filter(run_id__in=ids).order_by("id"))  # type: ignore[misc]


def messages_of_run(*, run_id: UUID) -> list[MessageSnapshot]:
    """The messages of one run, in the order they were said."""
    return [message_snapshot(message) for message in _MESSAGES_OF_RUN.all(run_id=run_id)]


_MESSAGES_OF_RUN = PreparedQuery(lambda: Message.objects.filter(run_id=Param("run_id", UUIDField())).order_by("id"))


def said_in_runs(*, run_ids: Iterable[UUID]) -> dict[UUID, list[MessageSnapshot]]:
    """What people and models said in each run, in the order in which they did, without results of tools."""
    found: dict[UUID, list[MessageSnapshot]] = {run_id: [] for run_id in run_ids}
    for message in Message.objects.filter(run_id__in=list(found), role__in=SAID).order_by("id"):
        found[message.run_id].append(message_snapshot(message))
    return found


def messages_by_id(*, ids: Iterable[UUID]) -> dict[UUID, MessageSnapshot]:
    """Messages by id; those that are gone are left out."""
    return {message.pk: message_snapshot(message) for message in Message.objects.filter(pk__in=list(ids))}


def images_of_thread(*, thread_id: UUID, ids: Sequence[UUID]) -> dict[UUID, ImageAttachment]:
    """The thread's images with these ids.

    Raises:
        ImageNotFoundError: one of them is not in this thread.
    """
    if not ids:
        return {}
    found = {image.pk: image for image in ImageAttachment.objects.filter(thread_id=thread_id, pk__in=ids)}
    for image_id in ids:
        if image_id not in found:
            raise ImageNotFoundError(details={"field": "images", "id": str(image_id)})
    return found


def get_image(*, user_id: UUID, thread_id: UUID, image_id: UUID) -> ImageAttachment:
    """One image, by its thread and the thread's owner.

    Raises:
        ThreadNotFoundError, ImageNotFoundError
    """
    get_thread(user_id=user_id, thread_id=thread_id)
    return images_of_thread(thread_id=thread_id, ids=[image_id])[image_id]


SAID = (Message.Role.USER, Message.Role.ASSISTANT)


def count_said(*, run_ids: Collection[UUID]) -> int:
    """How many messages people and agents said in these runs."""
    return Message.objects.filter(run_id__in=run_ids, role__in=SAID).count()


EXCERPT = 80  # characters


def thread_snapshot(thread: Thread) -> ThreadSnapshot:
    """A thread's row as a value."""
    return thread_snapshots([thread])[0]


def thread_snapshots(threads: Sequence[Thread]) -> list[ThreadSnapshot]:
    """Threads' rows as values; those without a title with an excerpt of their first message. At most two queries."""
    excerpts = _excerpts([thread.pk for thread in threads if not thread.title])
    skills = skills_of_threads(thread_ids=[thread.pk for thread in threads])
    return [
        _thread_snapshot(thread, excerpt=excerpts.get(thread.pk, ""), skills=skills.get(thread.pk, ()))
        for thread in threads
    ]


def skills_of_threads(*, thread_ids: Collection[UUID]) -> dict[UUID, tuple[str, ...]]:
    """The slugs of the skills that are active in each of these threads, in the order in which they were activated."""
    found: dict[UUID, tuple[str, ...]] = {}
    rows = (
        ThreadSkill.objects.filter(thread__in=thread_ids).order_by("id") if thread_ids else ThreadSkill.objects.none()
    )
    for thread_id, slug in rows.values_list("thread_id", "skill__slug"):
        found[thread_id] = (*found.get(thread_id, ()), slug)
    return found


def _excerpts(ids: Sequence[UUID]) -> dict[UUID, str]:
    """How the first messages of these threads begin, in one line."""
    if not ids:
        return {}
    first = Message.objects.filter(thread=OuterRef("pk"), role=Message.Role.USER, removed=False).order_by("id")
    beginning = Subquery(first.values(beginning=_beginning())[:1])
    found = Thread.objects.filter(pk__in=ids).order_by().values_list("pk", beginning)
    return {thread_id: excerpt_of(said) for thread_id, said in found if said}


def beginnings_of_runs(*, thread_id: UUID) -> dict[UUID, str]:
    """How the inputs of a thread's runs begin, each in one line; those without words are left out."""
    given = Message.objects.filter(thread_id=thread_id, role__in=(Message.Role.USER, Message.Role.SYSTEM))
    found: dict[UUID, str] = {}
    for run_id, said in given.order_by("id").values_list("run_id", _beginning()):
        found.setdefault(run_id, said or "")
    return {run_id: excerpt_of(said) for run_id, said in found.items() if said}


def _beginning() -> Left:
    """How a message begins. The database cuts it: it may be long."""
    parts = range(settings.CODAY_MAX_IMAGES + 1)  # images come before the text
    return Left(Coalesce(*(KeyTextTransform("text", KeyTransform(index, "content")) for index in parts)), 4 * EXCERPT)


def excerpt_of(text: str) -> str:
    """How a text begins, in one line. No token of a mask is cut: half of one would stand for nothing."""
    line = " ".join(text.split())
    return line if len(line) <= EXCERPT else f"{without_begun_token(line[: EXCERPT - 1]).rstrip()}…"


def _thread_snapshot(thread: Thread, *, excerpt: str, skills: tuple[str, ...]) -> ThreadSnapshot:
    return ThreadSnapshot(
        id=thread.pk,
        owner_id=thread.owner_id,
        title=thread.title,
        excerpt=excerpt,
        agent=thread.agent,
        model=thread.model,
        anonymous=thread.anonymous,
        head=thread.head,
        tags=tuple(thread.tags),
        pinned=thread.pinned,
        archived=thread.archived,
        folder=thread.folder_id,
        forked_from=thread.forked_from,
        forked_from_thread=thread.forked_from_thread,
        skills=skills,
        last_seq=thread.last_seq,
        created_at=thread.created_at,
        updated_at=thread.updated_at,
    )


def message_snapshot(message: Message) -> MessageSnapshot:
    """A message's row as a value."""
    return MessageSnapshot(
        id=message.pk,
        thread_id=message.thread_id,
        run_id=message.run_id,
        role=message.role,  # type: ignore[arg-type]  # the column's choices are the literals
        status=message.status,  # type: ignore[arg-type]
        content=load_parts(message.content),
        agent=message.agent,
        model=message.model,
        created_at=message.created_at,
    )


def image_snapshot(image: ImageAttachment) -> ImageSnapshot:
    """An image's row as a value."""
    return ImageSnapshot(
        id=image.pk,
        thread_id=image.thread_id,
        name=image.name,
        media_type=image.media_type,
        size=image.size,
        width=image.width,
        height=image.height,
    )
