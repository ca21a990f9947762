"""What a thread shows no more, and what is then forgotten for good. Each function is part of its caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import BigIntegerField, F, Func, OuterRef, Subquery, Sum, TextField
from django.db.models.functions import Cast, Coalesce

from threads.content import ImagePart, load_parts
from threads.models import ImageAttachment, Mask, Message, Thread
from threads.privacy.tokens import TOKEN, name_of_match


def hide(*, run_ids: Collection[UUID], hidden: bool) -> None:
    """Note on the messages of these runs whether they are removed."""
    Message.objects.filter(run_id__in=run_ids).exclude(removed=hidden).update(removed=hidden)


def show_head(*, thread_id: UUID, head: UUID | None) -> None:
    """Let the thread show the branch that ends with this run, or nothing."""
    Thread.objects.filter(pk=thread_id).update(head=head)


def forget(*, thread_id: UUID, run_ids: Collection[UUID], kept_images: Collection[UUID] = ()) -> None:
    """Delete the messages of these runs, and the images that nothing else in the thread holds. Those that ``kept_images``
    names stay."""
    _forget_images(thread_id, run_ids, kept=kept_images)
    Message.objects.filter(thread_id=thread_id, run_id__in=run_ids).delete()


def empty(*, thread_id: UUID, run_ids: Collection[UUID], kept_images: Collection[UUID] = ()) -> frozenset[UUID]:
    """``forget`` the messages of these runs, but for the first of each: that one stays, without content, so that the run has
    its place among what was said. Returns the ids of those that stay."""
    _forget_images(thread_id, run_ids, kept=kept_images)
    said = Message.objects.filter(thread_id=thread_id, run_id__in=run_ids)
    first: dict[UUID, UUID] = {}
    for run_id, message_id in said.order_by("id").values_list("run_id", "pk"):
        first.setdefault(run_id, message_id)
    said.exclude(pk__in=first.values()).delete()
    said.update(content=[])
    return frozenset(first.values())


def forget_origins(*, thread_ids: Collection[UUID]) -> None:
    """Have copies of these threads, which may be other people's, not name them any more."""
    Thread.objects.filter(forked_from_thread__in=thread_ids).update(forked_from=None, forked_from_thread=None)


def forget_files(*, thread_id: UUID) -> int:
    """Delete the files that a thread which is gone has left behind, with their folder; returns how many. Not part of any
    transaction."""
    folder = f"images/{thread_id}"
    try:
        _, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return 0
    for name in names:
        default_storage.delete(f"{folder}/{name}")
    default_storage.delete(folder)
    return len(names)


def forget_masks(*, thread_id: UUID, texts: Iterable[str]) -> None:
    """Delete the masks of a thread whose tokens stand in none of its messages any more, and in none of these texts."""
    used = {name_of_match(token) for text in _and_said(thread_id, texts) for token in TOKEN.finditer(text)}
    names = Mask.objects.filter(thread_id=thread_id).values_list("pk", "category", "number")
    unused = [pk for pk, category, number in names if f"{category}_{number}" not in used]
    Mask.objects.filter(pk__in=unused).delete()


def _and_said(thread_id: UUID, texts: Iterable[str]) -> Iterator[str]:
    yield from texts
    said = Message.objects.filter(thread_id=thread_id).order_by()
    yield from said.values_list(Cast("content", TextField()), flat=True).iterator()


class _Bytes(Func):
    """How many bytes a text has."""

    function = "OCTET_LENGTH"
    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Older ones have no such function."""
        return self.as_sql(compiler, connection, template="LENGTH(CAST(%(expressions)s AS BLOB))", **context)


def bytes_of_run(run_id: OuterRef | F) -> Coalesce:
    """How many bytes the database keeps of what was said in a run, as an expression of a query."""
    said = Message.objects.filter(run_id=run_id).order_by().values("run_id")
    size = said.annotate(bytes=Sum(_Bytes(Cast("content", TextField())))).values("bytes")
    return Coalesce(Subquery(size), 0, output_field=BigIntegerField())


def _forget_images(thread_id: UUID, run_ids: Collection[UUID], *, kept: Collection[UUID]) -> None:
    """Delete the images that only these runs hold, and that are not ``kept``, with their files."""
    said = Message.objects.filter(thread_id=thread_id)
    images = _images(said.filter(run_id__in=run_ids).values_list("content", flat=True)) - set(kept)
    if images:
        others = said.filter(role=Message.Role.USER).exclude(run_id__in=run_ids)
        images -= _images(others.values_list("content", flat=True).iterator())
    attachments = ImageAttachment.objects.filter(thread_id=thread_id, pk__in=images)
    files = [attachment.file for attachment in attachments]
    attachments.delete()
    for file in files:
        transaction.on_commit(lambda file=file: file.delete(save=False))  # type: ignore[misc]


def _images(contents: Iterable[list[dict[str, object]]]) -> set[UUID]:
    parts = (part for content in contents for part in load_parts(content))
    return {part.id for part in parts if isinstance(part, ImagePart)}
