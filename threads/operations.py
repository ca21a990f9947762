"""Writes: one keyword-only function per use case, one transaction each."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from PIL import Image, UnidentifiedImageError

from coday.kernel.errors import InvalidInputError
from coday.kernel.prepared import PreparedInsert, execute
from threads.content import dump_parts
from threads.errors import (
    AnonymityUnavailableError,
    ImageTooLargeError,
    ThreadNotFoundError,
    UnreadableImageError,
)
from threads.models import ImageAttachment, Message, Thread
from threads.queries import get_thread, image_snapshot, thread_snapshot
from threads.signals import thread_changed, thread_created, thread_deleted
from threads.snapshot import ImageSnapshot, MessageSnapshot, ThreadSnapshot

CHANGEABLE = frozenset({"title", "agent", "model", "tags", "pinned", "archived"})
IMAGE_FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}


@transaction.atomic
def create_thread(
    *, owner_id: UUID, title: str = "", agent: str = "", model: str = "", anonymous: bool = False
) -> ThreadSnapshot:
    """Make an empty thread.

    Raises:
        AnonymityUnavailableError: anonymous threads cannot be had here.
    """
    if anonymous:
        raise AnonymityUnavailableError(field="anonymous")
    source = Thread.TitleSource.PERSON if title else Thread.TitleSource.NONE
    thread = Thread(owner_id=owner_id, title=title, title_source=source, agent=agent, model=model)
    thread.save(force_insert=True)
    thread_created.send(sender=Thread, thread_id=thread.pk, owner_id=owner_id)
    return thread_snapshot(thread)


@transaction.atomic
def update_thread(*, user_id: UUID, thread_id: UUID, changes: Mapping[str, Any]) -> ThreadSnapshot:
    """Change what a person may change of their thread; tell it with ``thread_changed`` when something did change.

    Raises:
        ThreadNotFoundError: it does not exist for this person.
        InvalidInputError: a field that cannot be changed.
    """
    thread = get_thread(user_id=user_id, thread_id=thread_id, lock=True)
    unknown = changes.keys() - CHANGEABLE
    if unknown:
        raise InvalidInputError(f"{min(unknown)} cannot be changed.", field=min(unknown))
    changed = {name: value for name, value in changes.items() if getattr(thread, name) != value}
    if not changed:
        return thread_snapshot(thread)
    for name, value in changed.items():
        setattr(thread, name, value)
    if "title" in changed:
        thread.title_source = Thread.TitleSource.PERSON
    thread.save(update_fields=[*changed, "title_source"])
    thread_changed.send(sender=Thread, thread_id=thread_id, owner_id=user_id, changed=changed)
    thread.refresh_from_db(fields=["last_seq"])
    return thread_snapshot(thread)


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
    *, thread_id: UUID, events: int, head: UUID | None = None, number: int | None = None, at: datetime | None = None
) -> int:
    """Reserve the next ``events`` numbers of the thread's journal and return the last of them.

    Runs inside the caller's transaction: the row stays locked until it commits, so the order of numbers is the order of
    commits. The other arguments set the thread's head, its newest run's number and its time of change.

    Raises:
        ThreadNotFoundError: the thread is gone.
    """
    database = connections[DEFAULT_DB_ALIAS]
    given = {"head": head, "last_number": number, "updated_at": at}
    columns = tuple(name for name, value in given.items() if value is not None)
    fields = Thread._meta
    values = [fields.get_field(name).get_db_prep_save(given[name], database) for name in columns]  # type: ignore[union-attr]
    key = fields.pk.get_db_prep_value(thread_id, database)
    row = execute(database, _advance_sql(columns), [events, *values, key]).fetchone()
    if row is None:
        raise ThreadNotFoundError
    return int(row[0])


@cache
def _advance_sql(columns: tuple[str, ...]) -> str:
    assignments = ", ".join(("last_seq = last_seq + %s", *(f"{column} = %s" for column in columns)))
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


def mark_seen(*, user_id: UUID, thread_id: UUID, seq: int) -> None:
    """Note how far its owner has read a thread; it never goes back."""
    Thread.objects.filter(pk=thread_id, owner_id=user_id, seen_seq__lt=seq).update(seen_seq=seq)


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
    media_type, width, height = _inspect(file)
    image = ImageAttachment(
        thread_id=thread_id, name=name[-200:], media_type=media_type, size=size, width=width, height=height
    )
    file.seek(0)
    image.file.save(str(image.pk), File(file), save=False)
    image.save(force_insert=True)
    return image_snapshot(image)


def _inspect(file: BinaryIO) -> tuple[str, int, int]:
    """Media type, width and height in pixels, from the content alone."""
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
