"""What model calls were shown, kept so that it can be looked at again.

A record refers to the thread's own messages by the numbers of their runs, and to what was added to them by fingerprints of
texts, which are kept once for each thread: most calls of a thread are told the same before it begins.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from coday.kernel.prepared import PreparedInsert
from runs.models import ContextText, ModelCall
from runs.queries import get_run
from runs.summarizing.errors import ModelCallNotFoundError

MOST_KNOWN = 10_000  # fingerprints that this process remembers to have written
KNOWN_SECONDS = 60.0  # for so long: pruning takes away texts that no call is left to refer to


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """What one model call was shown. ``manifest`` is JSON, ``texts`` are what it refers to, by their fingerprints."""

    thread_id: UUID
    run_id: UUID
    position: int
    model: str
    manifest: Mapping[str, Any]
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCall:
    """A record as it was kept."""

    position: int
    model: str
    manifest: Mapping[str, Any]
    created_at: datetime


def fingerprint(text: str) -> str:
    """What tells a text from others."""
    return hashlib.sha256(text.encode()).hexdigest()


_insert = PreparedInsert(ModelCall)
_known: OrderedDict[tuple[UUID, str], float] = OrderedDict()
"""Until when these texts of threads are taken to be there."""


def keep(record: CallRecord) -> None:
    """Write a record down, in the caller's transaction."""
    now = time.monotonic()
    new = [digest for digest in record.texts if _known.get((record.thread_id, digest), now) <= now]
    if new:
        rows = [ContextText(thread_id=record.thread_id, digest=digest, text=record.texts[digest]) for digest in new]
        ContextText.objects.bulk_create(rows, ignore_conflicts=True)
        transaction.on_commit(partial(_note, record.thread_id, new))
    row = ModelCall(run_id=record.run_id, position=record.position, model=record.model, manifest=dict(record.manifest))
    _insert(row)


def _note(thread_id: UUID, digests: Collection[str]) -> None:
    for digest in digests:
        _known[thread_id, digest] = time.monotonic() + KNOWN_SECONDS
    while len(_known) > MOST_KNOWN:
        _known.popitem(last=False)


def of_run(*, user_id: UUID, run_id: UUID) -> list[KeptCall]:
    """What is kept of a run's model calls, in their order.

    Raises:
        RunNotFoundError: it does not exist for this person.
    """
    get_run(user_id=user_id, run_id=run_id)
    return [_kept(row) for row in ModelCall.objects.filter(run_id=run_id).order_by("position")]


def get_call(*, user_id: UUID, run_id: UUID, position: int) -> KeptCall:
    """What is kept of one model call.

    Raises:
        RunNotFoundError: the run does not exist for this person.
        ModelCallNotFoundError: nothing is kept of this call.
    """
    get_run(user_id=user_id, run_id=run_id)
    row = ModelCall.objects.filter(run_id=run_id, position=position).first()
    if row is None:
        raise ModelCallNotFoundError
    return _kept(row)


def texts_of(*, thread_id: UUID, digests: Collection[str]) -> dict[str, str]:
    """The kept texts with these fingerprints."""
    rows = ContextText.objects.filter(thread_id=thread_id, digest__in=digests)
    return dict(rows.values_list("digest", "text"))


def _kept(row: ModelCall) -> KeptCall:
    return KeptCall(position=row.position, model=row.model, manifest=row.manifest, created_at=row.created_at)
