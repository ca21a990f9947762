"""The part of what was said in a run that shows why it was found."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from runs.search.words import Term
from skills.passages import folded
from threads.privacy.tokens import TOKEN, name_of_match

LENGTH = 200  # characters
BEFORE = 60  # of them before the first hit
INSIDE = 4  # characters of a form that counts inside a word
LOOKED_AT = 50_000  # characters of a text


@dataclass(frozen=True, slots=True)
class Snippet:
    """One line of text, and where in it the hits are: code points, in order, none in another."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Hit:
    start: int
    end: int
    term: int


def snippet_of(
    texts: Sequence[str], terms: Sequence[Term], *, masks: Mapping[str, Collection[str]] | None = None
) -> Snippet:
    """The part of these texts in which most of the terms are; where none is, the beginning of the first text.

    Args:
        texts: what was said, in order; masked in an anonymous thread. Tokens of masks are never cut.
        terms: what was asked for.
        masks: the words of the question that the values of tokens have, by the tokens' names.
    """
    best, best_text, most = Snippet(""), "", 0
    for text in texts:
        text = text[:LOOKED_AT]
        tokens = list(TOKEN.finditer(text))
        hits = sorted(_hits(text, terms, tokens, masks or {}), key=lambda hit: hit.start)
        reach = LENGTH - BEFORE
        begin, told = max(
            (
                (hit.start, len({one.term for one in _within(hits[at:], hit.start + reach)}))
                for at, hit in enumerate(hits)
            ),
            key=lambda found: found[1],
            default=(0, 0),
        )
        if told > most or not best_text:
            best, best_text, most = _line(text, max(0, begin - BEFORE) if told else 0, hits, tokens), text, told
    return best


def _within(hits: Sequence[_Hit], end: int) -> Iterator[_Hit]:
    for hit in hits:
        if hit.start >= end:
            return
        yield hit


def _hits(
    text: str, terms: Sequence[Term], tokens: Sequence[re.Match[str]], masks: Mapping[str, Collection[str]]
) -> Iterator[_Hit]:
    flat, places = _flattened(text)
    spans = [token.span() for token in tokens]
    for number, term in enumerate(terms):
        for start, end in _found(flat, term):
            start, end = (places[start], places[end]) if places else (start, end)
            if not any(start < until and end > since for since, until in spans):
                yield _Hit(start, end, number)
        for token in tokens:
            if term.word in masks.get(name_of_match(token), ()):
                yield _Hit(*token.span(), number)


def _found(flat: str, term: Term) -> Iterator[tuple[int, int]]:
    """The words that are meant, whole."""
    for form in term.forms:
        at = flat.find(form.text)
        while at >= 0:
            start, end = _word_around(flat, at, at + len(form.text))
            is_whole = start == at and end == at + len(form.text)
            is_begun = form.open and (start == at or (len(form.text) >= INSIDE and at - start >= 3))
            if is_whole or is_begun:
                yield start, end
            at = flat.find(form.text, end)


def _word_around(text: str, start: int, end: int) -> tuple[int, int]:
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return start, end


def _flattened(text: str) -> tuple[str, Sequence[int]]:
    """The folded text, and where in the text each of its places is (nothing where that is the same place)."""
    if text.isascii():
        return text.lower(), ()
    pieces = [_folded_character(character) for character in text]
    flat = "".join(pieces)
    if all(len(piece) == 1 for piece in pieces):
        return flat, ()
    ends = list(accumulate(map(len, pieces)))
    places = [at for at, piece in enumerate(pieces) for _ in piece]
    return flat, [*places, len(ends)]


@lru_cache(maxsize=4_096)
def _folded_character(character: str) -> str:
    return folded(character)


def _line(text: str, begin: int, hits: Sequence[_Hit], tokens: Sequence[re.Match[str]]) -> Snippet:
    begin, end = _whole_words(text, begin, min(len(text), begin + LENGTH), [token.span() for token in tokens])
    while begin < end and text[begin].isspace():
        begin += 1
    shown, places = ["…"] if begin else [], {}
    length = len(shown)
    for at in range(begin, end):
        places[at] = length
        blank = text[at].isspace()
        if not (blank and at > begin and text[at - 1].isspace()):
            shown.append(" " if blank else text[at])
            length += 1
    line = "".join(shown).rstrip()
    marks: list[tuple[int, int]] = []
    for hit in hits:
        if hit.start < begin or hit.end > end or (marks and places[hit.start] < marks[-1][1]):
            continue
        marks.append((places[hit.start], places[hit.end - 1] + 1))
    return Snippet(line + ("…" if end < len(text) else ""), tuple(marks))


def _whole_words(text: str, begin: int, end: int, spans: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The window moved so that it cuts neither a word (of a usual length) nor a token."""
    first, _ = _word_around(text, begin, begin)
    begin = first if begin - first <= 40 else begin
    if end < len(text) and text[end].isalnum():
        last, _ = _word_around(text, end, end)
        end = last if end - last <= 40 and last > begin else end
    for since, until in spans:
        begin = since if since < begin < until else begin
        end = until if since < end < until else end
    return begin, end
