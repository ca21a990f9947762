"""Finding personal data, for the rest of the server: one process beside it, kept, killed when late, started anew.

Texts go there in small batches, so that a short message does not wait until a long text is through. Whatever fails, the
caller is told that nothing could be made anonymous: there is no way to get an unexamined text back.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.conf import settings

from threads.errors import AnonymizationInputTooLongError, AnonymizationUnavailableError
from threads.privacy.analyzer import Rules
from threads.privacy.findings import Finding
from threads.privacy.pieces import Piece, cut, merge
from threads.privacy.process import AnalyzerProcess, ProcessFailedError

logger = logging.getLogger(__name__)

BATCH: Final = 2_000
"""Code points that are asked about at once: about a fifth of a second."""

PER_LIMIT: Final = 20_000
"""Code points for which a text is granted ``CODAY_PII_SECONDS`` once more, and each batch of it no more than that."""

STALE: Final = 60.0
"""Seconds after which whoever glances at the analyzer's health has it looked at again."""

_SAMPLE: Final = "Please write to jane.roe@example.com."


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyzerHealth:
    """Whether personal data can be found at the moment, and in one sentence for an admin what was seen."""

    ok: bool
    detail: str


@lru_cache(maxsize=1)
def _turns() -> ThreadPoolExecutor:
    """The one thread that talks to the process: batches of all callers, in the order in which they came."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="anonymization")


_process = AnalyzerProcess()


class _Seen:
    """How the analyzer did when it was last asked, whoever asked; and that somebody is about to look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looking = False
        self._at = -math.inf
        self.health: AnalyzerHealth | None = None

    def note(self, health: AnalyzerHealth) -> None:
        """Remember what was just seen."""
        with self._lock:
            self.health, self._at, self._looking = health, time.monotonic(), False

    def takes_a_look(self, *, after: float) -> bool:
        """Whether the caller is the one to look, since nobody has for so many seconds, and nobody is about to."""
        with self._lock:
            if self._looking or time.monotonic() - self._at < after:
                return False
            self._looking = True
            return True

    def forget(self) -> None:
        """Know nothing."""
        with self._lock:
            self.health, self._at, self._looking = None, -math.inf, False


_seen = _Seen()
WORKS: Final = "The analyzer of personal data works."
FAILED: Final = "Personal data cannot be found: anonymous conversations cannot go on."


async def find(texts: Sequence[str], *, rules: Rules) -> tuple[tuple[Finding, ...], ...]:
    """The findings of each text, in order of the text and without overlaps.

    Raises:
        AnonymizationInputTooLongError: the texts have more than ``CODAY_PII_CHARS`` code points together.
        AnonymizationUnavailableError: the analyzer cannot be loaded, fails, or takes more than ``CODAY_PII_SECONDS`` for a
            batch or for each ``PER_LIMIT`` code points that were begun, waiting for others included.
    """
    _check_length(texts)
    limit = settings.CODAY_PII_SECONDS
    end = time.monotonic() + limit * max(math.ceil(sum(map(len, texts)) / PER_LIMIT), 1)
    pieces = list(cut(texts))
    found: list[list[Finding]] = []
    for batch in _batches(pieces):
        said = [piece.text for piece in batch]
        deadline = min(time.monotonic() + limit, end)
        turn = _turns().submit(_ask, said, rules=rules, deadline=deadline)
        found += await _in_time(asyncio.wrap_future(turn), deadline)
    return merge(len(texts), pieces, found)


async def health() -> AnalyzerHealth:
    """Asks the analyzer about a sentence of its own. Takes as long as loading it, where nobody has needed it yet."""
    since = time.monotonic()
    try:
        (found,) = await find([_SAMPLE], rules=Rules())
    except AnonymizationUnavailableError:
        return AnalyzerHealth(ok=False, detail=FAILED)
    if not found:
        return AnalyzerHealth(ok=False, detail="The analyzer answers, but it does not find an e-mail address.")
    return AnalyzerHealth(ok=True, detail=f"The analyzer answered in {time.monotonic() - since:.1f} seconds.")


def warm() -> None:
    """Have the analyzer loaded before somebody waits for it. Returns at once; a failure is told to whoever needs it then."""
    if _process.pid is None and _seen.takes_a_look(after=0.0):
        _turns().submit(_look)


def glance() -> AnalyzerHealth | None:
    """How the analyzer did lately, ``None`` where nobody knows yet. Returns at once, and has it looked at for the next glance
    where that was a while ago."""
    if _seen.takes_a_look(after=STALE):
        _turns().submit(_look)
    return _seen.health


def close() -> None:
    """End the process (at shutdown, and after tests). The next text starts another."""
    _process.end()
    _seen.forget()


def _check_length(texts: Sequence[str]) -> None:
    length, limit = sum(map(len, texts)), settings.CODAY_PII_CHARS
    if length > limit:
        raise AnonymizationInputTooLongError(details={"limit": limit, "length": length})


def _batches(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """The pieces in groups of about ``BATCH`` code points."""
    ends = itertools.accumulate(len(piece.text) for piece in pieces)
    for _, group in itertools.groupby(zip(pieces, ends, strict=True), key=lambda pair: pair[1] // BATCH):
        yield [piece for piece, _ in group]


async def _in_time(found: asyncio.Future[list[list[Finding]]], deadline: float) -> list[list[Finding]]:
    """The answer, or the one error that callers know."""
    try:
        async with asyncio.timeout(max(deadline - time.monotonic(), 0) + 1):  # the process has ended a second before
            return await found
    except (ProcessFailedError, TimeoutError) as error:
        logger.warning("Personal data could not be looked for: %s", error or "it took too long")
        raise AnonymizationUnavailableError from error


def _ask(texts: list[str], *, rules: Rules, deadline: float) -> list[list[Finding]]:
    """One batch, on the thread that talks to the process."""
    try:
        found = _process.ask(texts, rules=rules, engine=settings.CODAY_PII_ENGINE, deadline=deadline)
    except ProcessFailedError:
        _seen.note(AnalyzerHealth(ok=False, detail=FAILED))
        raise
    _seen.note(AnalyzerHealth(ok=True, detail=WORKS))
    return found


def _look() -> None:
    """Ask about a sentence of our own; what comes of it is noted."""
    with suppress(ProcessFailedError):
        _ask([_SAMPLE], rules=Rules(), deadline=time.monotonic() + settings.CODAY_PII_SECONDS)
