"""What a thread holds, read for an export, and written again by an import. Runs are none of its concern.

Each write is part of its caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile

from coday.kernel.crypto import keyed_digest
from coday.kernel.prepared import PreparedInsert
from threads.errors import AnonymityRequiredError, AnonymityUnavailableError, FolderNotFoundError, ImageTooLargeError
from threads.masks import masks_of
from threads.models import ImageAttachment, Mask, Message, Thread, ThreadFolder
from threads.operations import inspect_image
from threads.privacy import rules as privacy
from threads.privacy.variants import canonical
from threads.signals import thread_created


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskValue:
    """What the token of this category and number stands for; empty where that is not known."""

    category: str
    number: int
    value: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageBytes:
    """An image of a thread with its content."""

    id: UUID
    name: str
    content: bytes


# --- Reads ----------------------------------------------------------------------------------------------------------


def mask_values(*, thread_id: UUID, reveal: bool) -> list[MaskValue]:
    """All masks of a thread in the order in which they were made; with ``reveal`` with those values that can be read."""
    values = {mask.id: mask.value for mask in masks_of(thread_id=thread_id).entries} if reveal else {}
    rows = Mask.objects.filter(thread_id=thread_id).order_by("pk").values_list("pk", "category", "number")
    return [MaskValue(category=category, number=number, value=values.get(pk, "")) for pk, category, number in rows]


def images_with_bytes(*, thread_id: UUID, ids: Iterable[UUID]) -> Iterator[ImageBytes]:
    """These images of a thread, one at a time; one whose file is lost is left out."""
    for image_id in sorted(ids):
        image = ImageAttachment.objects.filter(thread_id=thread_id, pk=image_id).first()
        if image is None:
            continue
        try:
            with image.file.open("rb") as file:
                yield ImageBytes(id=image.pk, name=image.name, content=file.read())
        except FileNotFoundError:
            continue


def folder_name(*, thread: Thread) -> str:
    """The name of the folder that a thread is in, if it is in one."""
    if thread.folder_id is None:
        return ""
    return ThreadFolder.objects.filter(pk=thread.folder_id).values_list("name", flat=True).first() or ""


# --- Writes ---------------------------------------------------------------------------------------------------------


def ensure_may_come_in(*, anonymous: bool) -> None:
    """Refuse a thread that this site would not make: nothing is stored in clear where all threads are anonymous, and none
    looks private where that cannot be had.

    Raises:
        AnonymityRequiredError, AnonymityUnavailableError
    """
    policy = privacy.policy()
    if policy == "always" and not anonymous:
        raise AnonymityRequiredError
    if policy == "off" and anonymous:
        raise AnonymityUnavailableError


def add_thread(thread: Thread) -> None:
    """Store a thread that comes from elsewhere, without anything in it.

    Raises:
        AnonymityRequiredError, AnonymityUnavailableError: see ``ensure_may_come_in``.
    """
    ensure_may_come_in(anonymous=thread.anonymous)
    thread.save(force_insert=True)
    thread_created.send(sender=Thread, thread_id=thread.pk, owner_id=thread.owner_id)


def add_masks(masks: Iterable[MaskValue], *, thread_id: UUID) -> list[UUID]:
    """Have tokens stand for values, and keep the place of those whose value is not known: no other value may ever get their
    number. Returns the ids of the new masks. One that is there twice, by its token or its value, counts once."""
    rows: dict[tuple[str, int], Mask] = {}
    values = set[str]()
    for mask in masks:
        key = canonical(mask.category, mask.value) if mask.value else f"{mask.category}_{mask.number}, unknown"
        if (mask.category, mask.number) in rows or key in values:
            continue
        values.add(key)
        digest = keyed_digest(f"{thread_id}:{key}", purpose="masks")
        rows[mask.category, mask.number] = Mask(
            thread_id=thread_id, category=mask.category, number=mask.number, value=mask.value, digest=digest
        )
    Mask.objects.bulk_create(rows.values())
    return [row.pk for row in rows.values()]


def add_image(*, thread: Thread, name: str, content: bytes, undo: ExitStack) -> UUID:
    """Keep an image after a look at its content; ``undo`` learns how to remove its file again.

    Raises:
        ImageTooLargeError, UnreadableImageError: see ``threads.operations.add_image``.
    """
    if len(content) > settings.CODAY_MAX_IMAGE_BYTES:
        raise ImageTooLargeError(details={"limit": settings.CODAY_MAX_IMAGE_BYTES, "unit": "bytes"})
    media_type, width, height = inspect_image(BytesIO(content))
    image = ImageAttachment(
        thread=thread, name=name, media_type=media_type, size=len(content), width=width, height=height
    )
    image.file.save(str(image.pk), ContentFile(content), save=False)
    undo.callback(image.file.delete, save=False)
    image.save(force_insert=True)
    return image.pk


def add_messages(messages: Iterable[Message]) -> None:
    """Store messages whose rows are complete."""
    _insert_messages.many(messages)


def finish_thread(*, thread: Thread, head: UUID | None, last_number: int, updated_at: datetime) -> None:
    """Show the thread's ``head``. Whoever brings a thread in knows what is in it: nothing is unread."""
    thread.refresh_from_db(fields=["last_seq"])
    thread.head, thread.last_number, thread.seen_seq, thread.updated_at = head, last_number, thread.last_seq, updated_at
    thread.save(update_fields=["head", "last_number", "seen_seq", "updated_at"])


def folder_of_name(*, owner_id: UUID, name: str) -> UUID:
    """The person's folder of this name, in whatever case.

    Raises:
        FolderNotFoundError
    """
    folders = ThreadFolder.objects.filter(owner_id=owner_id).values_list("pk", "name")
    found = next((pk for pk, known in folders if known.casefold() == name.casefold()), None)
    if found is None:
        raise FolderNotFoundError
    return found


def owned(*, owner_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Those of these ids that are threads of this person."""
    return set(Thread.objects.filter(owner_id=owner_id, pk__in=ids).values_list("pk", flat=True))


_insert_messages = PreparedInsert(Message)
