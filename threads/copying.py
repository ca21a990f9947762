"""Copies what a thread holds into a new thread of the same owner, as far as a fork needs it.

Each function is part of its caller's transaction. Masks keep their tokens, so what was said need not be looked at again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack
from uuid import UUID

from django.core.files import File

from coday.kernel.prepared import PreparedInsert
from threads.covering import Place, cover
from threads.masks import copy_masks
from threads.models import ImageAttachment, Message, Thread, ThreadSkill
from threads.queries import skills_of_threads
from threads.signals import thread_created

LONGEST_TITLE = 200
SUFFIX = " (fork)"


def copy_thread(*, source: Thread, run_id: UUID) -> tuple[Thread, tuple[UUID, ...]]:
    """A new thread like another one, without anything said in it: agent, model, folder and tags, and in an anonymous one the
    masks, whose ids come with it. ``run_id`` is the run that it is forked from."""
    thread = Thread(
        owner_id=source.owner_id, agent=source.agent, model=source.model, anonymous=source.anonymous,
        tags=list(source.tags), folder_id=source.folder_id, forked_from=run_id, forked_from_thread=source.pk,
    )  # fmt: skip
    if source.title:
        kept = source.title.removesuffix(SUFFIX)[: LONGEST_TITLE - len(SUFFIX)]
        thread.title, thread.title_source = f"{kept}{SUFFIX}", source.title_source
    thread.save(force_insert=True)
    masks = copy_masks(source_id=source.pk, target_id=thread.pk) if source.anonymous else ()
    thread_created.send(sender=Thread, thread_id=thread.pk, owner_id=thread.owner_id)
    return thread, masks


def name_copy(*, thread: Thread, title: str) -> None:
    """Give the copy a title that a person wrote.

    Raises:
        NotAnalysedError: see ``threads.covering``.
    """
    (thread.title,) = cover(Place(thread.pk, thread.owner_id, thread.anonymous), [title])
    thread.title_source = Thread.TitleSource.PERSON
    thread.save(update_fields=["title", "title_source"])


def finish_copy(*, thread: Thread, head: UUID, runs: int) -> None:
    """Show the copy's ``head``, the last of so many ``runs``. Whoever makes a copy knows what is in it: nothing is unread."""
    thread.refresh_from_db(fields=["last_seq"])
    thread.head, thread.last_number, thread.seen_seq = head, runs, thread.last_seq
    thread.save(update_fields=["head", "last_number", "seen_seq"])


def copy_images(*, source: Thread, target: Thread, ids: Iterable[UUID], undo: ExitStack) -> dict[UUID, UUID]:
    """Copy images with their files; returns the new ids by the old ones. ``undo`` learns how to remove the files again."""
    copied = {}
    for image in ImageAttachment.objects.filter(thread=source, pk__in=list(ids)):
        twin = ImageAttachment(
            thread=target, name=image.name, media_type=image.media_type, size=image.size, width=image.width,
            height=image.height,
        )  # fmt: skip
        copied[image.pk] = twin.pk
        try:
            with image.file.open("rb") as file:
                twin.file.save(str(twin.pk), File(file), save=False)
        except FileNotFoundError:  # what is lost there is lost here
            twin.file.name = twin.file.field.generate_filename(twin, str(twin.pk))
        else:
            undo.callback(twin.file.delete, save=False)
        twin.save(force_insert=True)
    return copied


def copy_skills(*, source: Thread, target: Thread, runs: Mapping[UUID, UUID]) -> tuple[str, ...]:
    """Have the same skills active, by the same hand; ``runs`` are the new runs by the old ones. Returns their slugs."""
    rows = ThreadSkill.objects.filter(thread=source).order_by("id")
    ThreadSkill.objects.bulk_create(
        ThreadSkill(
            thread=target, skill_id=row.skill_id, by=row.by, run_id=runs.get(row.run_id) if row.run_id else None,
            tool_call_id=row.tool_call_id,
        )
        for row in rows
    )  # fmt: skip
    return skills_of_threads(thread_ids=[target.pk]).get(target.pk, ())


def messages_of(*, run_ids: Collection[UUID]) -> list[Message]:
    """The messages of runs, as they are stored, in the order in which they were said."""
    return list(Message.objects.filter(run_id__in=run_ids).order_by("id"))


def images_in(message: Message) -> set[UUID]:
    """The images that a message shows."""
    return {UUID(part["id"]) for part in message.content if part["type"] == "image"}


def add_copies(messages: Iterable[Message], *, target: Thread, ids: Mapping[UUID, UUID]) -> None:
    """Store these messages, which are of no use afterwards, once more in another thread; ``ids`` are the new ids of messages,
    runs and images by the old ones."""
    _insert_messages.many(_copied(message, target=target, ids=ids) for message in messages)


def _copied(message: Message, *, target: Thread, ids: Mapping[UUID, UUID]) -> Message:
    if shown := images_in(message):
        images = {str(image): str(ids.get(image, image)) for image in shown}
        message.content = [
            {**part, "id": images[part["id"]]} if part["type"] == "image" else part for part in message.content
        ]
    message.id, message.run_id, message.thread_id = ids[message.id], ids[message.run_id], target.pk
    return message


_insert_messages = PreparedInsert(Message)
