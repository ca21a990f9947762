"""Reads. Every id that a caller names is resolved through ``visible_threads``: what is not theirs does not exist."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db.models import OuterRef, Q, QuerySet, Subquery, UUIDField
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Coalesce, Left
from django.utils.text import Truncator

from coday.kernel.prepared import Param, PreparedQuery
from threads.content import load_parts
from threads.errors import ImageNotFoundError, ThreadNotFoundError
from threads.models import ImageAttachment, Message, Thread
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


def find_threads(*, user_id: UUID, text: str = "", archived: bool | None = False) -> QuerySet[Thread]:
    """The person's threads, pinned ones first, then newest; ``text`` is looked for in titles."""
    threads = visible_threads(user_id=user_id)
    if archived is not None:
        threads = threads.filter(archived=archived)
    if text:
        threads = threads.filter(title__icontains=text)
    return threads


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


EXCERPT = 80  # characters


def thread_snapshot(thread: Thread) -> ThreadSnapshot:
    """A thread's row as a value."""
    return thread_snapshots([thread])[0]


def thread_snapshots(threads: Sequence[Thread]) -> list[ThreadSnapshot]:
    """Threads' rows as values; those without a title with an excerpt of their first message."""
    excerpts = _excerpts([thread.pk for thread in threads if not thread.title])
    return [_thread_snapshot(thread, excerpt=excerpts.get(thread.pk, "")) for thread in threads]


def _excerpts(ids: Sequence[UUID]) -> dict[UUID, str]:
    """How the first messages of these threads begin, in one line. The database cuts them: they may be long."""
    if not ids:
        return {}
    parts = range(settings.CODAY_MAX_IMAGES + 1)  # images come before the text
    text = Coalesce(*(KeyTextTransform("text", KeyTransform(index, "content")) for index in parts))
    first = Message.objects.filter(thread=OuterRef("pk"), role=Message.Role.USER).order_by("id")
    beginning = Subquery(first.values(beginning=Left(text, 4 * EXCERPT))[:1])
    found = Thread.objects.filter(pk__in=ids).order_by().values_list("pk", beginning)
    return {thread_id: Truncator(" ".join(said.split())).chars(EXCERPT) for thread_id, said in found if said}


def _thread_snapshot(thread: Thread, *, excerpt: str) -> ThreadSnapshot:
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
