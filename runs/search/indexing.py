"""Brings the index up to date, off the path of runs: what changes a run's text notes ``unindexed``, and the clock or the
person's next search brings it in."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from runs.models import Run, RunDocument
from runs.search.full_text import scope_of
from runs.search.masked import mask_word
from runs.search.words import words_of
from threads.content import ImagePart, ToolUsePart, text_of
from threads.privacy.tokens import TOKEN, name_of_match
from threads.queries import said_in_runs
from threads.snapshot import MessageSnapshot

BATCH = 25  # runs that are indexed in one transaction: others wait for it, on SQLite all who write


def is_pending(*, user_id: UUID | None = None) -> bool:
    """Whether the index does not know a run, of this person or of anybody, as it is."""
    return _pending(user_id).exists()


def index_pending(*, user_id: UUID | None = None, limit: int = BATCH) -> int:
    """Index some of the runs that the index does not know as they are: of one person, the newest first, or of everybody.
    Returns how many. A running one is left alone: it will be different in a moment."""
    if not is_pending(user_id=user_id):
        return 0
    with transaction.atomic():
        pending = _pending(user_id)
        if connection.features.has_select_for_update:
            pending = pending.select_for_update(skip_locked=True)  # whoever changes one of them notes it anew
        return _index(sorted(pending.select_related("thread")[:limit], key=lambda run: run.pk))


def _pending(user_id: UUID | None) -> QuerySet[Run]:
    pending = Run.objects.filter(unindexed=True).exclude(status=Run.Status.RUNNING)
    return pending.order_by("user_id", "pk") if user_id is None else pending.filter(user_id=user_id).order_by("-pk")


def _index(runs: list[Run]) -> int:
    # Noted first: whatever changes a run after this is waited for, and notes it again.
    Run.objects.filter(pk__in=[run.pk for run in runs]).update(unindexed=False)
    said = said_in_runs(run_ids=[run.pk for run in runs])
    RunDocument.objects.bulk_create(
        [_document(run, said[run.pk]) for run in runs],
        update_conflicts=True,
        unique_fields=["run"],
        update_fields=["scope", "title", "words", "parts"],
    )
    return len(runs)


def _document(run: Run, said: Iterable[MessageSnapshot]) -> RunDocument:
    texts, names = [], []
    for message in said:
        texts.append(text_of(message.content))
        texts += [part.alt for part in message.content if isinstance(part, ImagePart)]
        names += [part.name for part in message.content if isinstance(part, ToolUsePart)]
    if run.anonymous:
        names += [mask_word(run.thread_id, name_of_match(token)) for text in texts for token in TOKEN.finditer(text)]
        texts = [TOKEN.sub(" ", text) for text in texts]
    found = words_of(title=TOKEN.sub(" ", run.title), texts=texts, names=names)
    return RunDocument(
        run=run, scope=scope_of(run.thread.owner_id), title=found.title, words=found.words, parts=found.parts
    )
