"""Writes: one keyword-only function per use case, one transaction each."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from PIL import Image, UnidentifiedImageError

from agents.queries import prefers_anonymity
from coday.kernel.errors import InvalidInputError
from coday.kernel.prepared import PreparedInsert, execute
from threads.content import dump_parts
from threads.covering import Place, cover, ensure_impersonal
from threads.errors import (
    AnonymityUnavailableError,
    FolderNotFoundError,
    ImageTooLargeError,
    ThreadNotFoundError,
    UnreadableImageError,
)
from threads.models import ImageAttachment, Message, Thread, ThreadFolder
from threads.privacy import rules as privacy
from threads.privacy.service import warm
from threads.queries import (
    get_thread,
    get_threads,
    image_snapshot,
    journal_ends,
    thread_snapshot,
    thread_snapshots,
)
from threads.signals import thread_changed, thread_created, thread_deleted
from threads.snapshot import ImageSnapshot, MessageSnapshot, ThreadSnapshot

CHANGEABLE = frozenset({"title", "agent", "model", "tags", "pinned", "archived", "folder"})
IMAGE_FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}


@transaction.atomic
def create_thread(
    *, owner_id: UUID, title: str = "", agent: str = "", model: str = "", anonymous: bool | None = False
) -> ThreadSnapshot:
    """Make an empty thread; ``anonymous`` is ``None`` for what its owner prefers.

    Raises:
        AnonymityUnavailableError: anonymous threads cannot be had here.
        NotAnalysedError: see ``threads.covering``.
    """
    anonymous = _is_anonymous(anonymous, owner_id=owner_id)
    source = Thread.TitleSource.PERSON if title else Thread.TitleSource.NONE
    thread = Thread(owner_id=owner_id, title_source=source, agent=agent, model=model, anonymous=anonymous)
    thread.save(force_insert=True)
    if title:
        (thread.title,) = cover(Place(thread.pk, owner_id, anonymous), [title])
        thread.save(update_fields=["title"])
    thread_created.send(sender=Thread, thread_id=thread.pk, owner_id=owner_id)
    if anonymous:
        transaction.on_commit(warm)  # its first message need not wait for that
    return thread_snapshot(thread)


def _is_anonymous(wanted: bool | None, *, owner_id: UUID) -> bool:
    policy = privacy.policy()
    if policy == "off":
        if wanted:
            raise AnonymityUnavailableError(field="anonymous")
        return False
    if policy == "always":
        return True
    return prefers_anonymity(user_id=owner_id) if wanted is None else wanted


def cover_changes(thread: Thread, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What a person writes about a thread, as it may be stored.

    Raises:
        PersonalTagError: the thread is anonymous, and a tag would name somebody.
        NotAnalysedError: see ``threads.covering``.
    """
    place = place_of(thread)
    ensure_impersonal(place, [name for name in changes.get("tags", ()) if name not in thread.tags])
    if "title" not in changes:
        return dict(changes)
    (title,) = cover(place, [changes["title"]])
    return {**changes, "title": title}


def place_of(thread: Thread) -> Place:
    """Where what is written about a thread goes."""
    return Place(thread.pk, thread.owner_id, thread.anonymous)


def make_anonymous(*, thread: Thread) -> None:
    """Have nothing personal stored in a thread from here on, as part of the caller's transaction. There is no way back."""
    thread.anonymous = True
    thread.save(update_fields=["anonymous"])
    thread_changed.send(sender=Thread, thread_id=thread.pk, owner_id=thread.owner_id, changed={"anonymous": True})


def update_thread(*, user_id: UUID, thread_id: UUID, changes: Mapping[str, Any]) -> ThreadSnapshot:
    """Change what a person may change of their thread; tell it with ``thread_changed`` when something did change.

    Raises:
        ThreadNotFoundError: it does not exist for this person.
        FolderNotFoundError: the folder that it should be in does not.
        PersonalTagError: it is anonymous, and a tag would name somebody.
        InvalidInputError: a field that cannot be changed.
    """
    return update_threads(user_id=user_id, thread_ids=[thread_id], changes=changes)[0]


@transaction.atomic
def update_threads(
    *,
    user_id: UUID,
    thread_ids: Sequence[UUID],
    changes: Mapping[str, Any],
    retagged: Callable[[tuple[str, ...]], Sequence[str]] | None = None,
) -> list[ThreadSnapshot]:
    """``update_thread`` for several threads, all or none; ``retagged`` makes new tags out of those that each one has.

    Raises:
        As ``update_thread``.
    """
    unknown = changes.keys() - CHANGEABLE
    if unknown:
        raise InvalidInputError(f"{min(unknown)} cannot be changed.", field=min(unknown))
    rows = {row.pk: row for row in get_threads(user_id=user_id, thread_ids=thread_ids, lock=True)}
    folder = changes.get("folder")
    if folder is not None and not ThreadFolder.objects.filter(pk=folder, owner_id=user_id).exists():
        raise FolderNotFoundError(details={"field": "folder"})
    threads = [rows[thread_id] for thread_id in dict.fromkeys(thread_ids)]
    for thread in threads:
        retagging = {"tags": list(retagged(tuple(thread.tags)))} if retagged else {}
        _update(thread, {**changes, **retagging})
    ends = journal_ends(thread_ids=rows)
    for thread in threads:
        thread.last_seq = ends[thread.pk]
    return thread_snapshots(threads)


def _update(thread: Thread, changes: Mapping[str, Any]) -> None:
    covered = cover_changes(thread, changes)
    changed = {name: value for name, value in covered.items() if getattr(thread, _COLUMNS.get(name, name)) != value}
    if not changed:
        return
    for name, value in changed.items():
        setattr(thread, _COLUMNS.get(name, name), value)
    if "title" in changed:
        thread.title_source = Thread.TitleSource.PERSON
    thread.save(update_fields=[*changed, "title_source"])
    if changed.get("folder"):
        changed["folder"] = str(changed["folder"])
    thread_changed.send(sender=Thread, thread_id=thread.pk, owner_id=thread.owner_id, changed=changed)


_COLUMNS = {"folder": "folder_id"}


def remember_agent(*, thread: Thread, agent: str) -> dict[str, Any]:
    """Note the agent (a slug) that a message names, so that it goes on answering in this thread. Returns what changed."""
    if not agent or agent == thread.agent:
        return {}
    thread.agent = agent
    thread.save(update_fields=["agent"])
    return {"agent": agent}


def set_generated_title(*, thread_id: UUID, title: str) -> bool:
    """Give a thread the title a model wrote, unless it has one. Returns whether it was given."""
    untitled = Thread.objects.filter(pk=thread_id, title_source=Thread.TitleSource.NONE)
    return bool(untitled.update(title=title, title_source=Thread.TitleSource.MODEL))


def hold(*, thread_id: UUID) -> None:
    """Take the thread's row until the caller's transaction ends.

    Whoever writes a run takes its thread first: one order for all, so that nobody waits in a circle. A database with one
    writer (SQLite) has nothing to take.
    """
    if connections[DEFAULT_DB_ALIAS].features.has_select_for_update:
        Thread.objects.select_for_update(no_key=True).filter(pk=thread_id).values_list("pk").first()


def advance(
    *,
    thread_id: UUID,
    events: int,
    head: UUID | None = None,
    number: int | None = None,
    at: datetime | None = None,
    seen: bool = False,
) -> int:
    """Reserve the next ``events`` numbers of the thread's journal and return the last of them.

    Runs inside the caller's transaction: the row stays locked until it commits, so the order of numbers is the order of
    commits. The other arguments set the thread's head, its newest run's number and its time of change. ``seen``: who has read
    everything up to here has read this, too.

    Raises:
        ThreadNotFoundError: the thread is gone.
    """
    database = connections[DEFAULT_DB_ALIAS]
    given = {"head": head, "last_number": number, "updated_at": at}
    columns = tuple(name for name, value in given.items() if value is not None)
    fields = Thread._meta
    values = [fields.get_field(name).get_db_prep_save(given[name], database) for name in columns]  # type: ignore[union-attr]
    key = fields.pk.get_db_prep_value(thread_id, database)
    read = [events] if seen else []
    row = execute(database, _advance_sql(columns, seen=seen), [events, *values, *read, key]).fetchone()
    if row is None:
        raise ThreadNotFoundError
    return int(row[0])


@cache
def _advance_sql(columns: tuple[str, ...], *, seen: bool) -> str:
    read = ("seen_seq = CASE WHEN seen_seq = last_seq THEN last_seq + %s ELSE seen_seq END",) if seen else ()
    assignments = ", ".join(("last_seq = last_seq + %s", *(f"{column} = %s" for column in columns), *read))
    return f"UPDATE {Thread._meta.db_table} SET {assignments} WHERE id = %s RETURNING last_seq"  # noqa: S608


_insert_message = PreparedInsert(Message)


def add_message(message: MessageSnapshot) -> None:
    """Store a new message, as part of the caller's transaction."""
    _insert_message(_message_row(message))


def save_message(message: MessageSnapshot) -> None:
    """Store a message or its newer state."""
    Message.objects.bulk_create(
        [_message_row(message)],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["status", "content"],
    )


def remove_message(*, message_id: UUID) -> None:
    """Remove a message that came to nothing."""
    Message.objects.filter(pk=message_id).delete()


def _message_row(message: MessageSnapshot) -> Message:
    return Message(
        id=message.id,
        thread_id=message.thread_id,
        run_id=message.run_id,
        role=message.role,
        status=message.status,
        content=dump_parts(message.content),
        agent=message.agent,
        model=message.model,
        created_at=message.created_at,
    )


def mark_seen(*, user_id: UUID, thread_id: UUID, seq: int) -> bool:
    """Note how far its owner has read a thread; it never goes back. Returns whether they had not read so far."""
    unread = Thread.objects.filter(pk=thread_id, owner_id=user_id, seen_seq__lt=seq)
    return bool(unread.update(seen_seq=seq))


@transaction.atomic
def delete_thread(*, user_id: UUID, thread_id: UUID) -> None:
    """Delete a thread with its messages, images and (by the database's cascade) its runs and journal.

    Raises:
        ThreadNotFoundError: it does not exist for this person.
    """
    thread = get_thread(user_id=user_id, thread_id=thread_id, lock=True)
    files = [image.file for image in thread.images.all()]
    thread.delete()
    thread_deleted.send(sender=Thread, thread_id=thread_id, owner_id=user_id)
    for file in files:
        transaction.on_commit(lambda file=file: file.delete(save=False))  # type: ignore[misc]


def add_image(*, user_id: UUID, thread_id: UUID, name: str, file: BinaryIO, size: int) -> ImageSnapshot:
    """Keep an uploaded image (``size`` in bytes) after a look at its content.

    Raises:
        ThreadNotFoundError: the thread does not exist for this person.
        ImageTooLargeError: too many bytes or pixels.
        UnreadableImageError: not an image of an accepted format.
    """
    get_thread(user_id=user_id, thread_id=thread_id)
    if size > settings.CODAY_MAX_IMAGE_BYTES:
        raise ImageTooLargeError(field="file", details={"limit": settings.CODAY_MAX_IMAGE_BYTES, "unit": "bytes"})
    media_type, width, height = inspect_image(file)
    image = ImageAttachment(
        thread_id=thread_id, name=name[-200:], media_type=media_type, size=size, width=width, height=height
    )
    file.seek(0)
    image.file.save(str(image.pk), File(file), save=False)
    image.save(force_insert=True)
    return image_snapshot(image)


def inspect_image(file: BinaryIO) -> tuple[str, int, int]:
    """Media type, width and height in pixels, from the content alone.

    Raises:
        ImageTooLargeError, UnreadableImageError: as ``add_image``.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit below is ours
            with Image.open(file, formats=list(IMAGE_FORMATS)) as image:
                width, height = image.size
                media_type = IMAGE_FORMATS[image.format or ""]
                if width * height > settings.CODAY_MAX_IMAGE_PIXELS:
                    limit = settings.CODAY_MAX_IMAGE_PIXELS
                    raise ImageTooLargeError(field="file", details={"limit": limit, "unit": "pixels"})
                image.verify()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError, KeyError) as error:
        raise UnreadableImageError(field="file") from error
    return media_type, width, height
