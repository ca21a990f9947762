"""Export as JSON: threads one by one, runs page by page, so that any amount of them takes the same memory.

An export is a stream of bytes. Each step of it is by itself: between two of them no query is open, so that they may be
taken on different threads and connections. What was removed is not exported, and neither is what is nobody's business:
idempotency keys, the processes that executed a run, what still goes on after it, a provider's proof of thinking.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db.models import QuerySet
from django.utils import timezone

from coday.kernel.crypto import keyed_digest
from runs.exchange.documents import (
    FORMAT,
    VERSION,
    ForkDocument,
    GroupDocument,
    ImageDocument,
    ImagePlaceDocument,
    MaskDocument,
    RunDocument,
    SummaryDocument,
    TagDocument,
    ThreadDocument,
    encode,
)
from runs.exchange.rows import run_documents
from runs.models import Run, RunGroup, RunSummary, RunTag
from runs.queries import branch, find_run
from threads.models import Thread
from threads.privacy.tokens import TOKEN, name_of_match
from threads.queries import skills_of_threads, visible_threads
from threads.transfer import folder_name, images_with_bytes, mask_values

AT_ONCE: Final = 100  # runs that are read at once
SEAL: Final = "exchange"
KEPT: Final = (
    "title", "title_source", "agent", "model", "anonymous", "tags", "pinned", "archived", "created_at", "updated_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A thread, by its id, and which of its runs: ``None`` for all."""

    thread: UUID
    runs: frozenset[UUID] | None = None


# --- What is chosen -------------------------------------------------------------------------------------------------


def everything_of(*, user_id: UUID) -> list[Chosen]:
    """All threads of a person, oldest first, so that a fork comes after what it was forked from."""
    return [Chosen(thread=pk) for pk in visible_threads(user_id=user_id).order_by("pk").values_list("pk", flat=True)]


def chosen_thread(*, thread: Thread, shown: bool) -> Chosen:
    """A thread with all of its runs or, with ``shown``, those of the branch that is shown."""
    return Chosen(thread=thread.pk, runs=runs_of_branch(head=thread.head) if shown else None)


def by_thread(runs: Iterable[Run]) -> list[Chosen]:
    """These runs by their threads, each with what it delegated."""
    found: dict[UUID, set[UUID]] = {}
    for run in runs:
        found.setdefault(run.thread_id, set()).add(run.pk)
    return [Chosen(thread=pk, runs=frozenset(with_delegated(ids))) for pk, ids in sorted(found.items())]


def runs_of_branch(*, head: UUID | None) -> frozenset[UUID]:
    """The runs of the branch that ends with a run, with what they delegated."""
    run = find_run(run_id=head) if head else None
    line = {one.pk for page in branch(run=run, size=AT_ONCE) for one in page} if run else set()
    return frozenset(with_delegated(line))


def with_delegated(ids: Collection[UUID]) -> set[UUID]:
    """These runs, and those that they delegated to, level by level."""
    found, level = set(ids), set(ids)
    while level:
        delegated = Run.objects.filter(cause_run__in=level, trigger=Run.Trigger.DELEGATION, deleted_at__isnull=True)
        level = set(delegated.values_list("pk", flat=True)) - found
        found |= level
    return found


# --- A file ---------------------------------------------------------------------------------------------------------


def export_json(*, user_id: UUID, chosen: Iterable[Chosen], reveal: bool) -> Iterator[bytes]:
    """A whole file. A thread that is gone meanwhile is left out.

    Args:
        user_id: who exports: their threads, and nobody else's.
        chosen: what of them.
        reveal: put the values of masks beside the tokens.
    """
    head = {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": timezone.now(),
        "masks": "reveal" if reveal else "keep",
    }
    yield encode(head)[:-1] + b',"threads":['
    separator = b""
    for one in chosen:
        thread = visible_threads(user_id=user_id).filter(pk=one.thread).first()
        if thread is not None:
            yield separator
            yield from thread_json(thread=thread, runs=one.runs, reveal=reveal)
            separator = b","
    yield b"]}\n"


def thread_json(
    *, thread: Thread, runs: Collection[UUID] | None = None, reveal: bool = False, images: bool = True
) -> Iterator[bytes]:
    """One thread as a JSON object. The caller has checked that it may be seen."""
    writer = _Writer(thread=thread, runs=runs, reveal=reveal, images=images)
    digest = hashlib.sha256()
    for chunk in writer.chunks():
        digest.update(chunk)
        yield chunk
    yield b',"seal":"' + seal_of(digest.hexdigest()).encode() + b'"}' if thread.anonymous else b"}"


def seal_of(digest: str) -> str:
    """What shows that these bytes (their SHA-256) were written here: that masks stand in them wherever they have to."""
    return keyed_digest(digest, purpose=SEAL)


def thread_document(
    *, thread: Thread, runs: Collection[UUID] | None = None, reveal: bool = False, images: bool = True
) -> dict[str, Any]:
    """One thread as JSON values, for what keeps it. The caller has checked that it may be seen."""
    written = b"".join(thread_json(thread=thread, runs=runs, reveal=reveal, images=images))
    document: dict[str, Any] = msgspec.json.decode(written)
    document.pop("seal", None)
    return document


class Pages:
    """A thread's document without its end, and its runs, which are read page by page; ``runs`` are those that are chosen,
    ``None`` for all."""

    def __init__(self, *, thread: Thread, runs: Collection[UUID] | None) -> None:
        self._thread = thread
        self._runs = runs

    def head(self) -> ThreadDocument:
        """What the thread itself is, without runs, masks and images."""
        thread = self._thread
        fork = ForkDocument(run=str(thread.forked_from), thread=str(thread.forked_from_thread))
        return ThreadDocument(
            **{name: getattr(thread, name) for name in KEPT}, id=str(thread.pk), tag_colors=self._tag_colors(),
            folder=folder_name(thread=thread), head=str(thread.head) if thread.head else None,
            forked_from=fork if thread.forked_from else None,
            skills=list(skills_of_threads(thread_ids=[thread.pk]).get(thread.pk, ())), groups=self._groups(),
            summaries=self._summaries(),
        )  # fmt: skip

    def runs(self) -> Iterator[RunDocument]:
        """The runs by number; chosen ones in pages of their own, whatever else the thread holds."""
        for page in self._pages():
            yield from run_documents(list(page))

    def _pages(self) -> Iterator[QuerySet[Run]]:
        there = Run.objects.filter(thread=self._thread, deleted_at__isnull=True).order_by("number")
        if self._runs is not None:
            ids = sorted(self._runs)
            yield from (there.filter(pk__in=ids[at : at + AT_ONCE]) for at in range(0, len(ids), AT_ONCE))
            return
        last = 0
        while numbers := list(there.filter(number__gt=last).values_list("number", flat=True)[:AT_ONCE]):
            yield there.filter(number__gt=last, number__lte=numbers[-1])
            last = numbers[-1]

    @cached_property
    def _named_by_runs(self) -> tuple[set[str], set[UUID], set[UUID]]:
        """The names of the tags, and the ids of the groups and summaries, of the runs."""
        tags, groups, summaries = set[str](), set[UUID](), set[UUID]()
        for page in self._pages():
            for names, group, summary in page.values_list("tags", "group", "summary"):
                tags.update(names)
                groups.add(group)
                summaries.add(summary)
        return tags, groups, summaries

    def _tag_colors(self) -> list[TagDocument]:
        used = self._named_by_runs[0].union(self._thread.tags)
        tags = RunTag.objects.filter(user_id=self._thread.owner_id).order_by("name")
        return [TagDocument(name=tag.name, color=tag.color) for tag in tags if tag.name in used]  # type: ignore[arg-type]

    def _groups(self) -> list[GroupDocument]:
        rows = RunGroup.objects.filter(thread=self._thread).order_by("id")
        used = self._named_by_runs[1]
        return [
            GroupDocument(id=str(row.pk), name=row.name, folded=row.folded)
            for row in rows
            if self._runs is None or row.pk in used
        ]

    def _summaries(self) -> list[SummaryDocument]:
        rows = RunSummary.objects.filter(thread=self._thread).order_by("id")
        used = self._named_by_runs[2]
        return [_summary(row) for row in rows if self._runs is None or row.pk in used]


class _Writer:
    """Writes one thread. What its runs show and name is noted on the way: images and masks come behind them."""

    def __init__(self, *, thread: Thread, runs: Collection[UUID] | None, reveal: bool, images: bool) -> None:
        self._thread = thread
        self._pages = Pages(thread=thread, runs=runs)
        self._whole = runs is None
        self._reveal = reveal
        self._with_images = images
        self._images = set[UUID]()
        self._named = set[str]()

    def chunks(self) -> Iterator[bytes]:
        """The object without its end."""
        yield self._noted(encode(self._pages.head())[:-1])
        yield from _listed("runs", self._runs())
        if self._thread.anonymous:
            yield from _listed("masks", map(encode, self._masks()))
        if self._with_images and self._images:
            found = images_with_bytes(thread_id=self._thread.pk, ids=self._images)
            documents = (ImageDocument(id=str(one.id), name=one.name, data=one.content) for one in found)
            yield from _listed("images", map(encode, documents))

    def _runs(self) -> Iterator[bytes]:
        for run in self._pages.runs():
            shown = (
                part for message in run.messages for part in message.content if isinstance(part, ImagePlaceDocument)
            )
            self._images.update(UUID(part.id) for part in shown)
            yield self._noted(encode(run))

    def _noted(self, chunk: bytes) -> bytes:
        if self._thread.anonymous and not self._whole:
            self._named.update(name_of_match(token) for token in TOKEN.finditer(chunk.decode()))
        return chunk

    def _masks(self) -> Iterator[MaskDocument]:
        """The thread's masks; where only some of its runs are exported, those that stand in them."""
        for mask in mask_values(thread_id=self._thread.pk, reveal=self._reveal):
            if self._whole or f"{mask.category}_{mask.number}" in self._named:
                yield MaskDocument(category=mask.category, number=mask.number, value=mask.value)


def _summary(row: RunSummary) -> SummaryDocument:
    kept: dict[str, Any] = {
        name: getattr(row, name) for name in ("text", "written_by", "model", "digest", "created_at")
    }
    runs: dict[str, Any] = {name: str(value) for name in ("upto", "made_by_run") if (value := getattr(row, name))}
    return SummaryDocument(**kept, **runs, id=str(row.pk))


def _listed(name: str, items: Iterable[bytes]) -> Iterator[bytes]:
    yield b"," + json.dumps(name).encode() + b":["
    separator = b""
    for item in items:
        yield separator + item
        separator = b","
    yield b"]"
