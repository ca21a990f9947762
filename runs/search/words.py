"""Texts as the words that the index compares, and questions as what is looked for: in Python, so that every database finds
the same. ``skills.passages`` says what a word is: letters and digits, without case and accents.

English and German words are found in their other forms: what is asked for is looked for as it is, and open behind its stem
(“Kündigungen” finds “Kündigungsfrist”). What stands inside words is indexed beside them: the ends of long words, unless the
text is English (“Frist” finds “Kündigungsfrist”), and the humps of identifiers (“name” finds “getUserName”).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from skills.passages import folded, words

TEXT = 200_000  # characters of a run that are indexed, from its beginning
DISTINCT = 10_000  # words of a document, and as many parts of words
LENGTH = 300_000  # bytes of either: a tsvector holds one megabyte
REPEATS = 5  # times that a word counts
TERMS = 12  # words of a question that are looked for
COMPOUND = 9  # letters of a word whose ends are indexed
END = 4  # letters of the shortest of these ends

_HUMPED = re.compile(r"[A-Za-z][a-z0-9]*(?:[A-Z][a-z0-9]+)+")
_HUMP = re.compile(r"[A-Z]?[a-z0-9]+")
_DIGRAPH = re.compile("[aou]e")
_ENGLISH_WORDS = """
a an and are as at be but by can do for from had has have he how i if in is it its my not of on or our she that the
their there they this to was we were what when which who will with would you your
"""
_GERMAN_WORDS = """
aber als am auch auf aus bei bin bis das dass dem den der des die dies ein eine einem einen einer er es fur habe hat
ich ihr im ist kann konnen man mein mir mit nach nicht noch nur oder sein sich sie sind so uber um und uns vom von war
was wenn wer werden wie wir wird zu zum zur
"""
_ENGLISH, _GERMAN = frozenset(_ENGLISH_WORDS.split()), frozenset(_GERMAN_WORDS.split())
_COMMON = _ENGLISH | _GERMAN
# An ending goes where so many letters stay.
_ENDINGS = (
    ("ungen", 6), ("ung", 6), ("ings", 4), ("ing", 4), ("ies", 4), ("ied", 4), ("es", 4), ("en", 4), ("er", 4), ("em", 4),
    ("ed", 4), ("e", 4), ("n", 4), ("s", 4), ("y", 4),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """A run as the index has it: words with blanks between them, in no order that says anything."""

    title: str
    words: str
    parts: str


def words_of(*, title: str, texts: Iterable[str], names: Iterable[str] = ()) -> Words:
    """The words of a run's title, of what was said in it, and names that are no prose (of tools, of masks)."""
    counted, parts = Counter[str](), dict.fromkeys(_parts_of(title, words(title)))
    left = TEXT
    for text in texts:
        shown, left = text[:left], left - len(text[:left])
        said = words(shown)
        counted.update(said)
        parts |= dict.fromkeys(_parts_of(shown, said))
    counted.update(words(*names))
    repeated = (" ".join([word] * min(times, REPEATS)) for word, times in counted.most_common(DISTINCT))
    inside = (part for part in list(parts)[:DISTINCT] if part not in counted)
    return Words(title=_joined(words(title)), words=_joined(repeated), parts=_joined(inside))


def _joined(given: Iterable[str]) -> str:
    """With blanks between them, as many as there is room for."""
    kept, length = [], 0
    for words_ in given:
        length += len(words_.encode()) + 1
        if length > LENGTH:
            break
        kept.append(words_)
    return " ".join(kept)


def _parts_of(text: str, said: list[str]) -> list[str]:
    """What stands inside the words of a text."""
    parts = [hump.lower() for match in _HUMPED.finditer(text) for hump in _HUMP.findall(match[0])]
    distinct = dict.fromkeys(said)
    if not _is_english(said):
        parts += [
            word[start:]
            for word in distinct
            if len(word) >= COMPOUND and word.isalpha()
            for start in range(3, len(word) - END + 1)
        ]
    return parts + [_DIGRAPH.sub(_first, word) for word in distinct if _DIGRAPH.search(word)]


def _first(match: re.Match[str]) -> str:
    """ä is a here, so ae may be a."""
    return match[0][0]


def _is_english(said: list[str]) -> bool:
    return sum(word in _ENGLISH for word in said) > sum(word in _GERMAN for word in said)


# --- Questions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Form:
    """A word to look for; ``open``: words that begin with it count, too."""

    text: str
    open: bool

    def fits(self, word: str) -> bool:
        """Whether a word of the index is meant."""
        return word.startswith(self.text) if self.open else word == self.text


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a question, in the forms in which it may have been written; ``names`` are exact words of the index that
    stand for it (masks)."""

    word: str
    forms: tuple[Form, ...]
    names: tuple[str, ...] = ()

    def fits(self, word: str) -> bool:
        """Whether a word of the index is meant."""
        return any(form.fits(word) for form in self.forms)


def terms_of(question: str) -> tuple[Term, ...]:
    """What to look for when somebody asks this: its words, without those that every text has. Whatever else is written in the
    question (quotes, operators) means nothing."""
    asked = list(dict.fromkeys(words(question)))
    telling = [word for word in asked if word not in _COMMON] or asked
    return tuple(Term(word, _forms(word)) for word in telling[:TERMS])


def _forms(word: str) -> tuple[Form, ...]:
    stems = [_stem(word)]
    if _DIGRAPH.search(word):
        stems.append(_stem(_DIGRAPH.sub(_first, word)))
    opened = [Form(stem, open=len(stem) >= 3) for stem in stems]
    exact = [] if opened[0].text == word else [Form(word, open=False)]
    return tuple(dict.fromkeys([*exact, *opened]))


def _stem(word: str) -> str:
    for ending, stays in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= stays and word.isalpha():
            stem = word.removesuffix(ending)
            return stem[:-1] if ending.startswith("ing") and len(stem) > 3 and stem[-1] == stem[-2] else stem
    return word


def has_all(terms: Sequence[Term], text: str) -> bool:
    """Whether a text has every term, as the index would find it."""
    flat = folded(text)
    seen = f"{flat} {_DIGRAPH.sub(_first, flat)}"
    if not all(any(form.text in seen for form in term.forms) for term in terms):
        return False  # most texts of many, and quickly
    said = words(text)
    held = {*said, *_parts_of(text, said)}
    return all(any(term.fits(word) for word in held) for term in terms)
