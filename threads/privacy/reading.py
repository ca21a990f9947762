"""From what a token classifier thinks of words to findings: whole words, whole names, whole addresses.

The model does not see capitals and decides word by word. Here a name is what stands together: two words that may each be a
name are one, a capitalised word right behind a name belongs to it, and a noun behind an article is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from math import prod
from pathlib import Path
from typing import Final

from threads.privacy.findings import Finding
from threads.privacy.rampart import Labelled

NAMES: Final = frozenset({"GIVEN_NAME", "SURNAME"})
PLACES: Final = frozenset({"BUILDING_NUMBER", "STREET_NAME", "SECONDARY_ADDRESS", "CITY", "STATE", "ZIP_CODE"})
NUMBERS: Final = {
    "PHONE": "PHONE",
    "TAX_ID": "TAX_ID",
    "BANK_ACCOUNT": "BANK_ACCOUNT",
    "ROUTING_NUMBER": "BANK_ACCOUNT",
    "GOVERNMENT_ID": "ID_CARD",
    "PASSPORT": "PASSPORT",
    "DRIVERS_LICENSE": "DRIVING_LICENCE",
}
FLOOR: Final = 0.15
"""Below this chance, a word is nothing, whatever stands beside it."""

ALONE: Final = 0.5
"""What a place has to reach word by word."""

KNOWN: Final = 0.4
"""The chance that a common given name with a capital is one, whatever the model thinks."""

WITH_SURNAME: Final = 0.6
"""The least chance of a common given name with another name beside it: the model takes "Max Mustermann" for an example."""

AMONG_CAPITALS: Final = 0.97
"""What a small word has to reach in a text that does write capitals."""

_WORD: Final = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_PARTICLES: Final = (
    r"(?:(?:von|vom|van|der|den|de|del|zu|zum|al|el|bin|ibn|da|di|dos|du|la|le|ten|ter|y|e|Freiherr|Graf|[A-Z]\.) )*"
)
_BETWEEN_NAMES: Final = re.compile(rf"(?:\.? |, |-|\s){_PARTICLES}")
_BETWEEN_PLACES: Final = re.compile(r"[\s,;/|·.#-]{1,3}(?:(?:Apt|in|OT|D|Wohnung|Whg)\.?[ -]?)?")
_BETWEEN_NUMBERS: Final = re.compile(r"[\s()/+.-]{1,3}")
_ARTICLE: Final = re.compile(
    r"\b(?i:der|die|das|den|dem|des|ein|eine|einen|einem|einer|kein|keine|im|am|zum|zur|the|a|an) $"
)
_LISTED: Final = re.compile(r"\s*(?:$|[,;:()\n\d|/])", re.MULTILINE)
_DIGITS: Final = range(5, 16)


@lru_cache(maxsize=1)
def given_names() -> frozenset[str]:
    """Common given names of many countries, in small letters, without those that are everyday words, too."""
    return frozenset((Path(__file__).parent / "given_names.txt").read_text(encoding="utf-8").split())


def read_names(text: str, tokens: Sequence[Labelled]) -> list[Finding]:
    """People and places."""
    words = _words(text, tokens)
    return [*_names(text, words), *_places(text, words)]


def read_numbers(text: str, tokens: Sequence[Labelled]) -> list[Finding]:
    """Numbers, by what the model takes them for: it takes many for something that are nothing."""
    wanted = [word for word in _words(text, tokens) if word.label in NUMBERS and word.chance >= ALONE]
    found = []
    for label, neighbours in groupby(wanted, key=lambda word: word.label):
        for group in _groups(text, list(neighbours), _BETWEEN_NUMBERS):
            start, end = group[0].start, group[-1].end
            if sum(character.isdigit() for character in text[start:end]) in _DIGITS:
                found.append(Finding(start, end, NUMBERS[label], min(word.chance for word in group)))
    return found


def _words(text: str, tokens: Sequence[Labelled]) -> list[Labelled]:
    """Whole words: each with the label of its likeliest part, and what its letters think on average."""
    words = []
    for match in _WORD.finditer(text):
        parts = [token for token in tokens if token.start < match.end() and token.end > match.start()]
        if parts:
            letters = sum(part.end - part.start for part in parts)
            chance = sum(part.chance * (part.end - part.start) for part in parts) / letters
            likeliest = max(parts, key=lambda part: part.chance)
            words.append(_known(match.group(), Labelled(match.start(), match.end(), likeliest.label, chance)))
    return words


def _known(said: str, word: Labelled) -> Labelled:
    """A common given name is one even where the model does not know it."""
    if _is_given_name(said):
        if word.label not in NAMES and word.chance < ALONE:
            return replace(word, label="GIVEN_NAME", chance=KNOWN)
        return replace(word, chance=max(word.chance, KNOWN))
    return word


def _is_given_name(said: str) -> bool:
    return said[0].isupper() and said.partition("-")[0].lower() in given_names()


def _names(text: str, words: Sequence[Labelled]) -> Iterator[Finding]:
    shouting_or_small = not any(text[word.start].isupper() for word in words[1:])
    candidates = [word for word in words if word.label in NAMES and word.chance >= FLOOR]
    for group in _groups(text, [*candidates], _BETWEEN_NAMES):
        named = [word for word in group if _may_be_name(text, word, small_letters=shouting_or_small)]
        if not named:
            continue
        named = [*_before(text, named[0], words), *named, *_behind(text, named[-1], words)]
        chance = 1 - prod(1 - word.chance for word in named)
        if len(named) > 1 and any(_is_given_name(text[word.start : word.end]) for word in named):
            chance = max(chance, WITH_SURNAME)
        if len(named) == 1 and _ARTICLE.search(text, 0, named[0].start) and chance < AMONG_CAPITALS:
            continue
        if len(named) > 1 or chance >= ALONE:
            yield Finding(named[0].start, named[-1].end, "PERSON", chance)


def _may_be_name(text: str, word: Labelled, *, small_letters: bool) -> bool:
    said = text[word.start : word.end]
    if any(character.isdigit() for character in said):
        return False
    return not said[0].islower() or small_letters or word.chance >= AMONG_CAPITALS


def _behind(text: str, last: Labelled, words: Sequence[Labelled]) -> Iterator[Labelled]:
    """Capitalised words right behind a name: its surname, which the model may never have seen."""
    if not text[last.start].isupper():
        return
    for word in words:
        if word.start == last.end + 1 and text[last.end] == " " and _is_surname_like(text[word.start : word.end], word):
            yield word
            last = word


def _before(text: str, first: Labelled, words: Sequence[Labelled]) -> Iterator[Labelled]:
    """A surname in front, as lists have it: "MUSTERMANN, Max", and "Mustermann, Max" where nothing is said of him."""
    if not _is_given_name(text[first.start : first.end]):
        return
    for word in words:
        said = text[word.start : word.end]
        if word.end + 2 == first.start and text[word.end : first.start] == ", " and word.label not in PLACES:
            listed = _LISTED.match(text, first.end)
            if said.isalpha() and len(said) > 2 and (said.isupper() or (said[0].isupper() and listed)):
                yield word


def _is_surname_like(said: str, word: Labelled) -> bool:
    return (
        said[0].isupper()
        and not said.isupper()
        and said.replace("-", "").replace("'", "").isalpha()
        and (word.label in NAMES or word.chance < ALONE)
    )


def _places(text: str, words: Sequence[Labelled]) -> Iterator[Finding]:
    for group in _groups(
        text, [word for word in words if word.label in PLACES and word.chance >= ALONE], _BETWEEN_PLACES
    ):
        labels = {word.label for word in group}
        chance = max(word.chance for word in group)
        if "STREET_NAME" in labels or "SECONDARY_ADDRESS" in labels or {"ZIP_CODE", "CITY"} <= labels:
            yield Finding(group[0].start, group[-1].end, "ADDRESS", chance)
        elif "CITY" in labels:
            yield Finding(group[0].start, group[-1].end, "LOCATION", chance)


def _groups(text: str, words: Sequence[Labelled], between: re.Pattern[str]) -> Iterator[list[Labelled]]:
    """Words that belong together, since nothing but what may stand between two of them does."""
    group: list[Labelled] = []
    for word in words:
        if group and not between.fullmatch(text, group[-1].end, word.start):
            yield group
            group = []
        group.append(word)
    if group:
        yield group
