"""Texts as they may be stored in a thread: in an anonymous one with masks in the place of personal data.

A write calls ``cover`` in its transaction. To look at texts takes a while and is done elsewhere, so the first time it
raises ``NotAnalysedError``: nothing is written, and whoever called the write has the texts looked at and calls it again.
``covering`` and ``covering_now`` do that. Nothing that was not looked at gets past ``cover``: that is how it fails closed.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from asgiref.sync import async_to_sync
from django.db import transaction

from coday.kernel.database import in_database
from threads.errors import AnonymizationUnavailableError, PersonalTagError
from threads.masks import mask_texts
from threads.models import Thread
from threads.privacy.analyzer import Rules
from threads.privacy.findings import Finding
from threads.privacy.rules import rules
from threads.privacy.service import find
from threads.signals import masks_made

T = TypeVar("T")
Findings = tuple[Finding, ...]

REMEMBERED = 5_000  # texts whose findings are known: offsets and categories, never the texts
TRIES = 5


class NotAnalysedError(Exception):
    """These texts have to be looked at before they can be stored."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        super().__init__(f"{len(texts)} texts")
        self.texts = texts


class _Known:
    """What was found in texts, by their digests."""

    def __init__(self) -> None:
        self._findings: OrderedDict[bytes, Findings] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, text: str, *, by: Rules) -> Findings | None:
        with self._lock:
            return self._findings.get(_digest(text, by))

    def put(self, text: str, findings: Findings, *, by: Rules) -> None:
        with self._lock:
            self._findings[_digest(text, by)] = findings
            while len(self._findings) > REMEMBERED:
                self._findings.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._findings.clear()


_known = _Known()


def forget() -> None:
    """Look at everything anew (after another analyzer was chosen, and between tests)."""
    _known.clear()


def _digest(text: str, by: Rules) -> bytes:
    thresholds, categories = sorted(by.thresholds.items()), sorted(by.categories)
    told = (categories, thresholds, by.allow_words, by.allow_patterns, by.deny_words, text)
    return hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class Place:
    """Whose thread a text goes into, and whether that is anonymous."""

    thread_id: UUID
    owner_id: UUID
    anonymous: bool


def cover(place: Place, texts: Sequence[str], *, keep_tokens: bool = False) -> tuple[str, ...]:
    """The texts as they may be stored, and sent to a model, as part of the caller's transaction. New masks are told before
    anything that the caller tells afterwards. ``keep_tokens``: tokens in them are ours, and not what somebody typed.

    Raises:
        NotAnalysedError: the thread is anonymous, and some of them were not looked at yet.
    """
    if not place.anonymous:
        return tuple(texts)
    by = rules()
    found = {text: _known.get(text, by=by) if text.strip() else () for text in texts}
    unknown = tuple(text for text, findings in found.items() if findings is None)
    if unknown:
        raise NotAnalysedError(unknown)
    findings = [found[text] or () for text in texts]
    masked = mask_texts(thread_id=place.thread_id, texts=texts, findings=findings, keep_tokens=keep_tokens)
    if masked.new:
        masks_made.send(sender=Thread, thread_id=place.thread_id, owner_id=place.owner_id, masks=masked.new)
    return masked.texts


def cover_json(place: Place, value: Any, *, keep_tokens: bool = False) -> Any:
    """``cover`` for every text inside a JSON value, keys included.

    Raises:
        NotAnalysedError: as ``cover``.
    """
    if not place.anonymous:
        return value
    texts = list(dict.fromkeys(_texts(value)))
    covered = cover(place, texts, keep_tokens=keep_tokens)
    return _replaced(value, dict(zip(texts, covered, strict=True)))


def _texts(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for key, inner in value.items() for text in (key, *_texts(inner))]
        case list() | tuple():
            return [text for inner in value for text in _texts(inner)]
    return []


def _replaced(value: Any, by: dict[str, str]) -> Any:
    match value:
        case str():
            return by[value]
        case dict():
            return {by[key]: _replaced(inner, by) for key, inner in value.items()}
        case list() | tuple():
            return [_replaced(inner, by) for inner in value]
    return value


def ensure_impersonal(place: Place, names: Sequence[str]) -> None:
    """Refuse names that would name somebody in an anonymous thread: they are seen outside of it, so no mask can stand there.

    Raises:
        PersonalTagError: nothing of it is kept, no mask either.
        NotAnalysedError: as ``cover``.
    """
    if not (place.anonymous and names):
        return
    with transaction.atomic():
        for index, (name, covered) in enumerate(zip(names, cover(place, names), strict=True)):
            if name != covered:
                raise PersonalTagError(details={"field": "tags", "index": index})


# --- Those who call writes ------------------------------------------------------------------------------------------


async def covering(write: Callable[[], Awaitable[T]]) -> T:
    """Call a write until all that it wants to store was looked at.

    Raises:
        AnonymizationUnavailableError, AnonymizationInputTooLongError: they cannot be looked at, so nothing was written.
    """
    for _ in range(TRIES):
        try:
            return await write()
        except NotAnalysedError as needed:
            await _analyse(needed.texts)
    raise AnonymizationUnavailableError


def covering_now(write: Callable[[], T]) -> T:
    """``covering`` for synchronous callers.

    Raises:
        AnonymizationUnavailableError, AnonymizationInputTooLongError: as ``covering``.
    """
    for _ in range(TRIES):
        try:
            return write()
        except NotAnalysedError as needed:
            async_to_sync(_analyse)(needed.texts)
    raise AnonymizationUnavailableError


async def _analyse(texts: tuple[str, ...]) -> None:
    by = await in_database(rules)
    for text, findings in zip(texts, await find(texts, rules=by), strict=True):
        _known.put(text, findings, by=by)
