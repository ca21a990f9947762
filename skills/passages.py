"""Cuts a source's text into passages, and texts into the words that the full-text index compares.

One rule for words holds on every database: letters and digits, without case and accents. A word that is asked for finds the
words that begin with it, without its usual English or German ending: “Kündigungen” finds “Kündigungsfrist”.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

ENOUGH = 200  # characters that a passage has before a heading begins the next one
GOOD = 1_200  # characters after which a passage ends with its paragraph
MOST = 2_000  # characters of a passage
HEADING_LENGTH = 200
WORD_LENGTH = 64
TERMS = 20  # words of a question that are looked for
SNIPPET = 300  # characters

_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(\S.*)$", re.MULTILINE)
_WORD = re.compile(r"[^\W_]+")
_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
_SENTENCE_END = re.compile(r"[.!?…][)\"”’]?\s+|\n")
_ENDINGS = ("es", "en", "er", "em", "e", "n", "s")
_COMMON_WORDS = """
a an and are as at be by can do does for from how i if in is it its me my of on or our that the there this to us was we what
when where which who why will with you your aber als am auch auf aus bei bin bis da das dass dem den der des die du ein eine
einem einen einer es fur ich ihr im in ist kann man mein mich mir mit nach nicht oder sein sich sie sind so und uns von
vor wann warum was wenn wer wie wir wo zu zum zur
"""
_COMMON = frozenset(_COMMON_WORDS.split())


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage as it is cut: ``start`` in characters; ``heading`` is what it stands under, or the page of a PDF."""

    start: int
    heading: str
    text: str


def split(text: str) -> list[Piece]:
    """Cut a text into passages of at most ``MOST`` characters; joined, they are the text.

    They end where a heading or a page (form feed) begins, else behind a paragraph, a sentence or a word.
    """
    outline = _Outline(text)
    pieces = []
    start = 0
    while start < len(text):
        end = _end_of_passage(text, start, outline)
        pieces.append(Piece(start, outline.heading_at(start, end), text[start:end]))
        start = end
    return pieces


class _Outline:
    """Where headings and pages of a text begin."""

    def __init__(self, text: str) -> None:
        titles = {match.start(): match[1].strip(" #\t")[:HEADING_LENGTH] for match in _HEADING.finditer(text)}
        pages = [match.start() + 1 for match in re.finditer("\f", text)]
        if pages:
            titles |= {start: f"Page {number}" for number, start in enumerate([0, *pages], start=1)}
        self._starts = sorted(titles)
        self._titles = [titles[start] for start in self._starts]

    def heading_at(self, start: int, end: int) -> str:
        """What a passage stands under: the heading before it, or the one it begins with."""
        begins_with = bisect_right(self._starts, start + ENOUGH // 2)
        above = (
            begins_with if begins_with and self._starts[begins_with - 1] < end else bisect_right(self._starts, start)
        )
        return self._titles[above - 1] if above else ""

    def next_after(self, place: int) -> int | None:
        """Where the next heading or page behind a place begins."""
        index = bisect_right(self._starts, place)
        return self._starts[index] if index < len(self._starts) else None


def _end_of_passage(text: str, start: int, outline: _Outline) -> int:
    rest = len(text) - start
    heading = outline.next_after(start + ENOUGH - 1)
    if heading is not None and heading - start <= MOST:
        within = _break(text, start, heading - start)
        return within if heading - start > GOOD and within else heading
    return len(text) if rest <= GOOD else _break(text, start, rest) or start + min(rest, MOST)


def _break(text: str, start: int, rest: int) -> int | None:
    """A good place to end behind ``GOOD`` characters, before ``rest`` and ``MOST`` are over."""
    stop = start + min(rest, MOST)
    for boundary in (_BLANK_LINES, _SENTENCE_END, re.compile(r"\s+")):
        found = boundary.search(text, start + GOOD, stop)
        if found and found.end() > start:
            return found.end()
    return None


# --- Words --------------------------------------------------------------------------------------------------------


def folded(text: str) -> str:
    """A text without case and accents; ß is ss."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def words(*texts: str) -> list[str]:
    """The words of texts, as the index has them."""
    return [word[:WORD_LENGTH] for text in texts for word in _WORD.findall(folded(text))]


@dataclass(frozen=True, slots=True)
class Term:
    """A word to look for; ``open``: words that only begin with it count, too."""

    text: str
    open: bool

    def fits(self, word: str) -> bool:
        """Whether this word of the index is meant."""
        return word.startswith(self.text) if self.open else word == self.text


def terms(question: str) -> list[Term]:
    """What to look for when somebody asks this: its words, those that every text has left out. Whatever else is written in
    the question (quotes, operators) means nothing."""
    asked = list(dict.fromkeys(words(question)))
    telling = [word for word in asked if word not in _COMMON] or asked
    return list(dict.fromkeys(_term(word) for word in telling[:TERMS]))


def _term(word: str) -> Term:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return Term(word.removesuffix(ending), open=True)
    return Term(word, open=len(word) >= 3)


def coverage(wanted: list[Term], indexed: str) -> int:
    """How many of the terms a passage's words hold."""
    there = set(indexed.split())
    return sum(any(term.fits(word) for word in there) for term in wanted)


def snippet(text: str, wanted: list[Term]) -> str:
    """The part of a passage in which most of the terms are, in one line."""
    hits = list(_hits(text, wanted))
    if not hits:
        return _one_line(text, 0, SNIPPET)
    first = max(
        (place for place, _ in hits),
        key=lambda begin: len({term for place, term in hits if begin <= place < begin + SNIPPET - 60}),
    )
    begin = max(0, first - 60)
    return _one_line(text, begin, begin + SNIPPET)


def _hits(text: str, wanted: list[Term]) -> Iterator[tuple[int, Term]]:
    for match in _WORD.finditer(text):
        word = folded(match[0])
        yield from ((match.start(), term) for term in wanted if term.fits(word))


def _one_line(text: str, begin: int, end: int) -> str:
    while 0 < begin < len(text) and text[begin - 1].isalnum():
        begin -= 1
    while end < len(text) and end > begin and text[end - 1].isalnum() and text[end].isalnum():
        end -= 1
    line = " ".join(text[begin:end].split())
    return f"{'…' if begin else ''}{line}{'…' if end < len(text) else ''}"
