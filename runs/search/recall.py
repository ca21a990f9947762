"""What an agent is told of a person's earlier conversations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from runs.models import Run
from runs.queries import visible_runs
from runs.search import full_text
from runs.search.find import found_runs, texts_of, titled
from runs.search.indexing import index_pending
from runs.search.snippets import snippet_of
from runs.search.words import Term, terms_of
from threads.queries import said_in_runs, visible_threads
from threads.snapshot import MessageRole, MessageSnapshot

RANKED: Final = 200  # runs, the newest ones that have the words


@dataclass(frozen=True, slots=True)
class Recalled:
    """A thread in which words were said, or whose title has them: when it was said last, and lines of who said it."""

    id: UUID
    title: str
    newest: datetime
    lines: tuple[tuple[MessageRole, str], ...] = ()


def recall(*, user_id: UUID, text: str, besides: UUID, threads: int, lines: int) -> list[Recalled]:
    """The best of the person's threads for these words, without anonymous ones; with what was said in the best ``lines`` runs
    of each. The run ``besides`` does not count."""
    index_pending(user_id=user_id)
    terms = terms_of(text)
    among = visible_runs(user_id=user_id).filter(thread__anonymous=False).exclude(pk=besides)
    found: dict[UUID, list[Run]] = {}
    for run in found_runs(run_ids=full_text.find(terms=terms, owner_id=user_id, among=among, limit=RANKED)):
        found.setdefault(run.thread_id, []).append(run)
    kept = [runs[:lines] for runs in found.values()][:threads]
    said = said_in_runs(run_ids=[run.pk for runs in kept for run in runs])
    recalled = [_recalled(runs, said, terms) for runs in kept]
    named = [pk for pk in titled(user_id, terms) if pk not in found]
    others = visible_threads(user_id=user_id).filter(pk__in=named, anonymous=False).order_by("-updated_at")
    rest = others[: threads - len(recalled)]
    return recalled + [Recalled(thread.pk, thread.title, thread.updated_at) for thread in rest]


def _recalled(runs: Sequence[Run], said: Mapping[UUID, list[MessageSnapshot]], terms: Sequence[Term]) -> Recalled:
    shown = [
        (message.role, snippet.text)
        for run in runs
        for message in said[run.pk]
        if (snippet := snippet_of(texts_of(message), terms)).marks
    ]
    thread = runs[0].thread
    return Recalled(thread.pk, thread.title, max(run.created_at for run in runs), tuple(shown))
