"""What a thread shows no more, and what is then forgotten for good. Each function is part of its caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import transaction

from threads.content import ImagePart, load_parts
from threads.models import ImageAttachment, Message, Thread


def hide(*, run_ids: Collection[UUID], hidden: bool) -> None:
    """Note on the messages of these runs whether they are removed."""
    Message.objects.filter(run_id__in=run_ids).exclude(removed=hidden).update(removed=hidden)


def show_head(*, thread_id: UUID, head: UUID | None) -> None:
    """Let the thread show the branch that ends with this run, or nothing."""
    Thread.objects.filter(pk=thread_id).update(head=head)


def forget(*, thread_id: UUID, run_ids: Collection[UUID], kept_images: Collection[UUID] = ()) -> None:
    """Delete the messages of these runs, and the images that nothing else in the thread holds. Those that ``kept_images``
    names stay."""
    gone = Message.objects.filter(thread_id=thread_id, run_id__in=run_ids)
    images = _images(gone.values_list("content", flat=True)) - set(kept_images)
    if images:
        others = Message.objects.filter(thread_id=thread_id, role=Message.Role.USER).exclude(run_id__in=run_ids)
        images -= _images(others.values_list("content", flat=True).iterator())
    gone.delete()
    attachments = ImageAttachment.objects.filter(thread_id=thread_id, pk__in=images)
    files = [attachment.file for attachment in attachments]
    attachments.delete()
    for file in files:
        transaction.on_commit(lambda file=file: file.delete(save=False))  # type: ignore[misc]


def _images(contents: Iterable[list[dict[str, object]]]) -> set[UUID]:
    parts = (part for content in contents for part in load_parts(content))
    return {part.id for part in parts if isinstance(part, ImagePart)}
