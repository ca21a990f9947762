"""One document becomes one thread, in its caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings

from coday.kernel.errors import CodayError
from runs import journal
from runs.exchange.documents import ThreadDocument
from runs.exchange.incoming import Importer, Incoming, Surroundings
from runs.exchange.texts import covered as as_covered
from runs.models import RunSchedule, RunTag, RunTemplate
from runs.organize.errors import TooManyTagsError
from runs.organize.tags import named
from threads.covering import Place, ensure_impersonal
from threads.errors import FolderExistsError, FolderNotFoundError, PersonalTagError, TooManyFoldersError
from threads.folders import create_folder
from threads.models import Thread
from threads.transfer import (
    MaskValue,
    add_image,
    add_masks,
    add_messages,
    add_thread,
    finish_thread,
    folder_of_name,
)


@dataclass(kw_only=True)
class Brought:
    """A thread that has come in: its id, the new ids of its runs and its own by the old ones, and what was left out."""

    thread_id: UUID
    ids: dict[str, UUID]
    problems: list[str] = field(default_factory=list)


def bring_in(
    document: ThreadDocument,
    *,
    importer: Importer,
    covered: bool,
    elsewhere: Mapping[str, UUID] | None = None,
    undo: ExitStack,
) -> Brought:
    """Make a new thread of a document, whether or not there is one like it.

    Args:
        covered: it was written here: in an anonymous thread, masks stand in it wherever they have to. Otherwise its texts are
            looked at.
        elsewhere: new ids, by the old ones, of threads and runs that it may refer to.
        undo: learns how to remove files again.

    Raises:
        AnonymityRequiredError, AnonymityUnavailableError: this site does not make such a thread.
        NotAnalysedError: see ``threads.covering``.
    """
    problems: list[str] = []
    known = elsewhere or {}
    thread = _thread(document, importer=importer, elsewhere=known)
    add_thread(thread)
    place = Place(thread.pk, thread.owner_id, thread.anonymous)
    masks = [MaskValue(category=mask.category, number=mask.number, value=mask.value) for mask in document.masks]
    mask_ids = add_masks(masks, thread_id=thread.pk) if thread.anonymous else []
    if thread.anonymous and not covered:
        document = as_covered(document, place=place)
    thread.title = document.title[:200]
    tags = _tags(document, place=place, covered=covered, problems=problems)
    thread.tags = [name for name in document.tags if name in tags][: settings.CODAY_MAX_TAGS_OF_RUN]
    thread.folder_id = _folder(document.folder, owner_id=importer.user_id, problems=problems)
    thread.save(update_fields=["title", "tags", "folder"])
    around = Surroundings(
        images=_images(document, thread=thread, undo=undo, problems=problems), elsewhere=known, tags=tags,
        templates=_own_templates(document, owner_id=importer.user_id),
        schedules=_own_schedules(document, owner_id=importer.user_id),
    )  # fmt: skip
    incoming = Incoming(document, thread=thread, importer=importer, surroundings=around)
    incoming.write()
    add_messages(incoming.messages())
    journal.take_over(list(incoming.entries(masks=mask_ids)))
    last = max((run.number for run in document.runs), default=0)
    finish_thread(
        thread=thread, head=incoming.head, last_number=last, updated_at=Incoming.possible(document.updated_at)
    )
    if incoming.dropped:
        problems.append(f"{incoming.dropped} events of kinds that are not known here were left out.")
    ids = {run.id: incoming.ids[run.id] for run in document.runs}
    return Brought(thread_id=thread.pk, ids={**ids, document.id: thread.pk}, problems=problems)


def _thread(document: ThreadDocument, *, importer: Importer, elsewhere: Mapping[str, UUID]) -> Thread:
    """The row, without what has to be looked at."""
    fork = document.forked_from
    run, source = (elsewhere.get(fork.run), elsewhere.get(fork.thread)) if fork else (None, None)
    return Thread(
        owner_id=importer.user_id, title_source=document.title_source, agent=document.agent, model=document.model,
        anonymous=document.anonymous, pinned=document.pinned, archived=document.archived,
        forked_from=run if source else None, forked_from_thread=source if run else None,
        created_at=Incoming.possible(document.created_at),
    )  # fmt: skip


def _tags(document: ThreadDocument, *, place: Place, covered: bool, problems: list[str]) -> dict[str, RunTag]:
    """The person's tags by the names that the document has for them; new ones get its colours."""
    names = list(dict.fromkeys([*document.tags, *(name for run in document.runs for name in run.tags)]))
    if not names:
        return {}
    there = {tag.name.casefold() for tag in RunTag.objects.filter(user_id=place.owner_id)}
    try:
        if not covered:
            ensure_impersonal(place, names)
        tags = named(user_id=place.owner_id, names=names)
    except (TooManyTagsError, PersonalTagError) as error:
        problems.append(f"Its tags were left out. {error.message}")
        return {}
    colors = {tag.name.casefold(): tag.color for tag in document.tag_colors}
    for tag in tags:
        color = colors.get(tag.name.casefold())
        if color and color != tag.color and tag.name.casefold() not in there:
            tag.color = color
            tag.save(update_fields=["color"])
    by_key = {tag.name.casefold(): tag for tag in tags}
    return {name: by_key[key] for name in names if (key := " ".join(name.split()).casefold()) in by_key}


def _folder(name: str, *, owner_id: UUID, problems: list[str]) -> UUID | None:
    """The person's folder of this name, which is made where there is none."""
    if not name.strip():
        return None
    try:
        return folder_of_name(owner_id=owner_id, name=name)
    except FolderNotFoundError:
        pass
    try:
        return create_folder(user_id=owner_id, name=name).id
    except (TooManyFoldersError, FolderExistsError) as error:
        problems.append(f"It is in no folder. {error.message}")
        return None


def _images(document: ThreadDocument, *, thread: Thread, undo: ExitStack, problems: list[str]) -> dict[str, UUID]:
    """The images, each looked at; the new ids by the old ones."""
    found = {}
    for image in document.images:
        try:
            found[image.id] = add_image(thread=thread, name=image.name[:200], content=image.data, undo=undo)
        except CodayError as error:
            problems.append(f"The image “{image.name or image.id}” was left out. {error.message}")
    return found


def _own_templates(document: ThreadDocument, *, owner_id: UUID) -> frozenset[UUID]:
    ids = _uuids(run.template.id for run in document.runs if run.template)
    return frozenset(RunTemplate.objects.filter(user_id=owner_id, pk__in=ids).values_list("pk", flat=True))


def _own_schedules(document: ThreadDocument, *, owner_id: UUID) -> frozenset[UUID]:
    ids = _uuids(run.schedule for run in document.runs if run.schedule)
    return frozenset(RunSchedule.objects.filter(user_id=owner_id, pk__in=ids).values_list("pk", flat=True))


def _uuids(texts: Iterable[str]) -> set[UUID]:
    found = set()
    for text in set(texts):
        try:
            found.add(UUID(text))
        except ValueError:
            continue
    return found
