"""What a person finds: runs by their words and by what they are, threads by their titles and by what was said in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet

from runs.events import RunSnapshot
from runs.models import Run, RunTagging, ToolCall
from runs.queries import run_snapshot, visible_runs, with_positions
from runs.search import full_text
from runs.search.indexing import index_pending
from runs.search.masked import Question, with_masks
from runs.search.snippets import Snippet, snippet_of
from runs.search.words import Term, has_all, terms_of
from threads.content import ImagePart, text_of
from threads.queries import said_in_runs, thread_snapshots, visible_threads
from threads.snapshot import MessageSnapshot, ThreadSnapshot

SHOWN = 8  # threads, and runs, that the palette shows
THREADS = 500  # in which something was said, that a list of threads is filtered by


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilters:
    """What runs have to be: everything that is given. ``tag``, ``tool`` are names, ``agent``, ``model`` slugs; ``importance``
    and ``cost`` the least."""

    thread: UUID | None = None
    group: UUID | None = None
    tag: str | None = None
    status: str | None = None
    kind: str | None = None
    trigger: str | None = None
    agent: str | None = None
    model: str | None = None
    tool: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    importance: int | None = None
    cost: Decimal | None = None
    pinned: bool | None = None
    template: UUID | None = None
    rating: int | None = None


_COLUMNS = {
    "thread": "thread_id", "group": "group_id", "status": "status", "kind": "kind", "trigger": "trigger", "agent": "agent",
    "model": "model", "since": "created_at__gte", "until": "created_at__lt", "importance": "importance__gte",
    "cost": "cost__gte", "pinned": "pinned", "template": "template", "rating": "rating",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hit:
    """A run that was found, where it is, and the part that has the words that were asked for."""

    run: RunSnapshot
    thread: ThreadSnapshot
    snippet: Snippet | None = None


@dataclass(frozen=True, slots=True)
class ThreadHit:
    """A thread that was found by its title, or by what was said in it: then with the best of the runs."""

    thread: ThreadSnapshot
    hit: Hit | None = None


def filtered_runs(*, user_id: UUID, filters: RunFilters) -> QuerySet[Run]:
    """The runs that the person may see and that are as asked for."""
    given = {column: getattr(filters, name) for name, column in _COLUMNS.items()}
    runs = visible_runs(user_id=user_id).filter(
        **{column: value for column, value in given.items() if value is not None}
    )
    if filters.tag is not None:
        tagged = RunTagging.objects.filter(tag__user_id=user_id, tag__name=filters.tag)
        runs = runs.filter(pk__in=tagged.order_by().values("run_id"))
    if filters.tool is not None:
        runs = runs.filter(pk__in=ToolCall.objects.filter(name=filters.tool).order_by().values("run_id"))
    return runs


def ask(*, user_id: UUID, text: str) -> Question:
    """What a person's words mean in the search. What of theirs the index does not know yet is brought in first, as far as one
    batch goes."""
    index_pending(user_id=user_id)
    return with_masks(terms_of(text), user_id=user_id)


def search_runs(*, user_id: UUID, question: Question, filters: RunFilters) -> list[UUID]:
    """The runs that have all the words, the best first; of very many the newest ``full_text.RANKED``."""
    among = filtered_runs(user_id=user_id, filters=filters)
    return full_text.find(terms=question.terms, owner_id=user_id, among=among)


def found_runs(*, run_ids: Sequence[UUID]) -> list[Run]:
    """Found runs in this order, with their threads; one that went since then is left out."""
    runs = Run.objects.select_related("thread").in_bulk(run_ids)
    return [runs[run_id] for run_id in run_ids if run_id in runs]


def hits_of(*, runs: Sequence[Run], question: Question | None = None) -> list[Hit]:
    """These runs, which the person may see, as they are shown: in this order, each with its thread and with the part that
    answers the question; without one with how it begins."""
    shown = with_positions(map(run_snapshot, runs))
    threads = {thread.id: thread for thread in thread_snapshots(list({run.thread for run in runs}))}
    said = said_in_runs(run_ids=[run.id for run in shown])
    return [Hit(run, threads[run.thread_id], _snippet(run, said[run.id], question)) for run in shown]


def _snippet(run: RunSnapshot, said: Iterable[MessageSnapshot], question: Question | None) -> Snippet:
    texts = [text for message in said for text in texts_of(message) if text]
    if question is None:
        return snippet_of(texts[:1], ())
    return snippet_of(texts, question.terms, masks=question.masks.get(run.thread_id))


def texts_of(message: MessageSnapshot) -> list[str]:
    """What a message says, and what its images show."""
    return [text_of(message.content), *(part.alt for part in message.content if isinstance(part, ImagePart))]


# --- Threads --------------------------------------------------------------------------------------------------------


def threads_with(*, user_id: UUID, question: Question) -> Q:
    """What the person's threads have to be to have these words, all in the title or all in one run."""
    runs = search_runs(user_id=user_id, question=question, filters=RunFilters())
    said = Run.objects.filter(pk__in=runs[:THREADS]).order_by().values("thread_id")
    return Q(pk__in=titled(user_id, question.terms)) | Q(pk__in=said)


def titled(user_id: UUID, terms: Sequence[Term]) -> list[UUID]:
    """The threads whose titles have the words, newest first. No database folds letters as the index does, so this does."""
    titles = visible_threads(user_id=user_id).exclude(title="").order_by("-updated_at").values_list("pk", "title")
    return [pk for pk, title in titles if has_all(terms, title)] if terms else []


def look_up(*, user_id: UUID, text: str) -> tuple[list[ThreadHit], list[Hit]]:
    """What the palette shows for these words: threads, first those that have them in their titles, and runs."""
    question = ask(user_id=user_id, text=text)
    found = search_runs(user_id=user_id, question=question, filters=RunFilters())
    hits = hits_of(runs=found_runs(run_ids=found[:SHOWN]), question=question)
    named = titled(user_id, question.terms)[:SHOWN]
    rows = visible_threads(user_id=user_id).in_bulk(named)
    shown = thread_snapshots([rows[pk] for pk in named if pk in rows])
    threads = {thread.id: ThreadHit(thread) for thread in shown}
    for hit in hits:
        threads.setdefault(hit.thread.id, ThreadHit(hit.thread, hit))
    return list(threads.values())[:SHOWN], hits
