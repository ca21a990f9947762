"""Long texts in pieces that an analyzer can take, so that nothing worth finding is cut in two unseen.

Neighbouring pieces overlap by more than the longest thing that is looked for: what one piece cuts stands whole in the other,
and what both found becomes one finding again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from threads.privacy.findings import Finding, longest

SIZE: Final = 700
"""Code points of a piece, at most: in as much context as this the default model reads best, and not slowly."""

OVERLAP: Final = 120
"""Code points that two neighbours share, at most; at least half as many."""

_BREAKS: Final = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"[.!?:;]\s+"), re.compile(r"\s+"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: which text's, where it begins there in code points, and what it says."""

    of: int
    start: int
    text: str


def cut(texts: Sequence[str], *, size: int = SIZE, overlap: int = OVERLAP) -> Iterator[Piece]:
    """All texts in pieces of at most ``size`` code points, in order; a blank text has none."""
    for index, text in enumerate(texts):
        if text.strip():
            for start, end in _spans(text, size=size, overlap=overlap):
                yield Piece(index, start, text[start:end])


def _spans(text: str, *, size: int, overlap: int) -> Iterator[tuple[int, int]]:
    start = 0
    while start + size < len(text):
        end = _break(text, start + size // 2, start + size)
        yield start, end
        start = _break(text, end - overlap, end - overlap // 2)
    yield start, len(text)


def _break(text: str, first: int, last: int) -> int:
    """Where it is best to cut between two places: after a paragraph, a line, a sentence, a word, or else at the last."""
    for kind in _BREAKS:
        ends = [match.end() for match in kind.finditer(text, first, last)]
        if ends:
            return ends[-1]
    return last


def merge(
    count: int, pieces: Iterable[Piece], findings: Iterable[Sequence[Finding]]
) -> tuple[tuple[Finding, ...], ...]:
    """The findings of ``count`` texts from those of their pieces, in order and without overlaps."""
    found: list[list[Finding]] = [[] for _ in range(count)]
    for piece, here in zip(pieces, findings, strict=True):
        found[piece.of].extend(finding.moved(piece.start) for finding in here)
    return tuple(longest(of_text) for of_text in found)
