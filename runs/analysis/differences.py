"""How one text became another, word by word. What it costs is bounded, whatever the texts are.

Myers' greedy algorithm ("An O(ND) Difference Algorithm and Its Variations", 1986) finds the shortest way in a time that grows
with the square of the number of edits. Where that is too many, lines are compared first, and only what lies between equal
lines by its words; what is still too different is told as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, Literal, TypeAlias, TypeVar

from threads.privacy.tokens import TOKEN

Op = Literal["equal", "insert", "delete"]

STEPS: Final = 1_500_000
"""What one difference may cost, in places that are looked at: about half a second."""
STEPS_AT_ONCE: Final = 400_000
"""What one piece of it may cost: about 600 edits."""

# Scripts that are written without spaces: each sign is a word, with the marks that belong to it.
_SIGNS: Final = r"\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
_MARKS: Final = r"\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
# Punctuation stands alone, but for what joins letters (U+200C, U+200D) and the underscore of names in programs.
_ALONE: Final = (
    r"!-/:-@\[-^`{-~\u00a1-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u2000-\u200b\u200e-\u206f\u3000-\u303f"
    r"\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
_WORD: Final = re.compile(rf"(?:{TOKEN.pattern})|\n|[^\S\n]+|[{_SIGNS}][{_MARKS}]*|[^\s{_ALONE}{_SIGNS}]+|[\s\S]")

T = TypeVar("T")
Line: TypeAlias = tuple[str, ...]
Match: TypeAlias = tuple[int, int, int]
"""Where something equal begins in both, and how long it is."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The way from one text to another: the texts of ``equal`` and ``delete`` make the first, those of ``equal`` and
    ``insert`` the second. ``similarity`` is the part of both that is equal, from 0 to 1. ``coarse``: something was too
    different, or too long, for its words to be compared."""

    ops: tuple[tuple[Op, str], ...]
    similarity: float
    coarse: bool = False


def difference(before: str, after: str, *, same_tokens: bool = True) -> Difference:
    """How ``before`` became ``after``.

    Args:
        same_tokens: a token that stands for a personal value means the same in both. In two threads it does not, and is
            then no part of what is equal.
    """
    comparison = _Comparison(same_tokens=same_tokens)
    changes = _without_chaff(_changes(comparison.texts(_words(before), _words(after))))
    equal = sum(len(change.equal) for change in changes)
    both = len(before) + len(after)
    return Difference(
        ops=tuple(chain.from_iterable(change.ops() for change in changes)),
        similarity=2 * equal / both if both else 1.0,
        coarse=comparison.coarse,
    )


class _Comparison:
    """One difference while it is found: what it may still cost, and whether that was enough."""

    def __init__(self, *, same_tokens: bool) -> None:
        self.coarse = False
        self._same_tokens = same_tokens
        self._steps = STEPS

    def texts(self, a: list[str], b: list[str]) -> Iterator[tuple[Op, Sequence[str]]]:
        """Compare words, or else lines and then words."""
        matches = self._matches(a, b, self._word_key)
        if matches is not None:
            yield from _script(a, b, matches)
        else:
            yield from self._lines(_lines(a), _lines(b))

    def _lines(self, a: list[Line], b: list[Line]) -> Iterator[tuple[Op, Sequence[str]]]:
        matches = self._matches(a, b, self._line_key)
        if matches is None:
            self.coarse = True
        gone: list[str] = []
        come: list[str] = []
        for op, lines in _script(a, b, matches or []):
            words = [word for line in lines for word in line]
            if op == "equal":
                yield from self._piece(gone, come)
                yield "equal", words
                gone, come = [], []
            else:
                (gone if op == "delete" else come).extend(words)
        yield from self._piece(gone, come)

    def _piece(self, gone: list[str], come: list[str]) -> Iterator[tuple[Op, Sequence[str]]]:
        matches = self._matches(gone, come, self._word_key)
        if matches is None:
            self.coarse = True
        yield from _script(gone, come, matches or [])

    def _matches(self, a: Sequence[T], b: Sequence[T], key: Callable[[T, int], Hashable]) -> list[Match] | None:
        """What is equal in both, in its order; ``None`` where finding it costs too much."""
        numbers: dict[Hashable, int] = {}  # comparing numbers is cheap
        left = [numbers.setdefault(key(item, 0), len(numbers)) for item in a]
        right = [numbers.setdefault(key(item, 1), len(numbers)) for item in b]
        start = _common(left, right)
        end = _common(left[start:][::-1], right[start:][::-1])
        found, steps = _shortest(
            left[start : len(left) - end], right[start : len(right) - end], steps=min(self._steps, STEPS_AT_ONCE)
        )
        self._steps -= steps
        if found is None:
            return None
        inner = [(x + start, y + start, length) for x, y, length in found]
        return [(0, 0, start), *inner, (len(a) - end, len(b) - end, end)]

    def _word_key(self, word: str, side: int) -> Hashable:
        return word if self._same_tokens or not TOKEN.fullmatch(word) else (side, word)

    def _line_key(self, line: Line, side: int) -> Hashable:
        return line if self._same_tokens else tuple(self._word_key(word, side) for word in line)


def _words(text: str) -> list[str]:
    return [match[0] for match in _WORD.finditer(text)]


def _lines(words: Iterable[str]) -> list[Line]:
    lines: list[Line] = []
    line: list[str] = []
    for word in words:
        line.append(word)
        if word == "\n":
            lines.append(tuple(line))
            line = []
    return [*lines, tuple(line)] if line else lines


def _common(a: Sequence[int], b: Sequence[int]) -> int:
    """How many items both begin with."""
    shorter = min(len(a), len(b))
    return next((place for place in range(shorter) if a[place] != b[place]), shorter)


def _shortest(a: Sequence[int], b: Sequence[int], *, steps: int) -> tuple[list[Match] | None, int]:
    """What is equal on the shortest way from one to the other, and how many steps were taken to find it."""
    if not a or not b:
        return [], 0
    taken = 0
    # Diagonal (place in a less place in b) → the furthest place in a that was reached on it, and what was equal until there.
    reached: dict[int, tuple[int, Any]] = {1: (0, None)}
    for edits in range(len(a) + len(b) + 1):
        if taken > steps:
            break
        for diagonal in range(-edits, edits + 1, 2):
            down = diagonal == -edits or (diagonal != edits and reached[diagonal - 1][0] < reached[diagonal + 1][0])
            x, path = reached[diagonal + 1 if down else diagonal - 1]
            start = x if down else x + 1
            x, y = start, start - diagonal
            while x < len(a) and y < len(b) and a[x] == b[y]:
                x, y = x + 1, y + 1
            if x > start:
                path = (path, (start, start - diagonal, x - start))
            taken += 1 + x - start
            if x >= len(a) and y >= len(b):
                return _unrolled(path), taken
            reached[diagonal] = (x, path)
    return None, taken


def _unrolled(path: Any) -> list[Match]:
    matches = []
    while path is not None:
        path, match = path
        matches.append(match)
    return matches[::-1]


def _script(a: Sequence[T], b: Sequence[T], matches: Iterable[Match]) -> Iterator[tuple[Op, Sequence[T]]]:
    """What goes and what comes between what is equal."""
    x = y = 0
    for start_x, start_y, length in [*matches, (len(a), len(b), 0)]:
        yield "delete", a[x:start_x]
        yield "insert", b[y:start_y]
        x, y = start_x + length, start_y + length
        yield "equal", a[start_x:x]


@dataclass(frozen=True, slots=True)
class _Change:
    """What goes and what comes in one place, and what is equal behind it."""

    gone: str
    come: str
    equal: str

    @property
    def size(self) -> int:
        return max(len(self.gone), len(self.come))

    def after(self, earlier: _Change) -> _Change:
        """Both changes as one: what is equal between them goes and comes too."""
        return _Change(
            gone=earlier.gone + earlier.equal + self.gone,
            come=earlier.come + earlier.equal + self.come,
            equal=self.equal,
        )

    def ops(self) -> Iterator[tuple[Op, str]]:
        if self.gone:
            yield "delete", self.gone
        if self.come:
            yield "insert", self.come
        if self.equal:
            yield "equal", self.equal


def _changes(script: Iterable[tuple[Op, Sequence[str]]]) -> list[_Change]:
    changes: list[_Change] = []
    gone: list[str] = []
    come: list[str] = []
    equal: list[str] = []
    for op, words in script:
        if not words:
            continue
        if op != "equal" and equal:
            changes.append(_Change("".join(gone), "".join(come), "".join(equal)))
            gone, come, equal = [], [], []
        {"delete": gone, "insert": come, "equal": equal}[op].extend(words)
    return [*changes, _Change("".join(gone), "".join(come), "".join(equal))]


def _without_chaff(changes: Iterable[_Change]) -> list[_Change]:
    """The changes without the little that is equal by chance between larger ones: single words in other sentences, spaces."""
    kept: list[_Change] = []
    for change in changes:
        while kept and _is_chaff(kept[-1], change):
            change = change.after(kept.pop())
        kept.append(change)
    return kept


def _is_chaff(earlier: _Change, later: _Change) -> bool:
    return "\n" not in earlier.equal and len(earlier.equal) <= min(earlier.size, later.size)
