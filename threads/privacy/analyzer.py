"""The port to whatever finds personal data, and the rules that a site gives it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Protocol

from threads.privacy.findings import CATEGORIES, Finding

DEFAULT_THRESHOLD: Final = 0.5
"""How sure an analyzer has to be where the site says nothing."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What counts as personal on this site. Crosses a process border: give plain values.

    Attributes:
        categories: what is looked for, of ``CATEGORIES``.
        thresholds: the lowest score that counts, by category, from 0 to 1.
        allow_words: what is never personal, compared without case: a finding that is one of them is dropped.
        allow_patterns: regular expressions; a finding that one of them matches as a whole is dropped.
        deny_words: what is always personal, compared without case, as a whole word, as ``OTHER``.
    """

    categories: frozenset[str] = frozenset(CATEGORIES)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    allow_words: tuple[str, ...] = ()
    allow_patterns: tuple[str, ...] = ()
    deny_words: tuple[str, ...] = ()

    def threshold(self, category: str) -> float:
        """The lowest score at which a finding of the category counts."""
        return self.thresholds.get(category, DEFAULT_THRESHOLD)


class PiiAnalyzer(Protocol):
    """Finds personal data. Synchronous and CPU-bound: it lives in a process of its own (``threads.privacy.service``)."""

    def analyze(self, texts: Sequence[str], *, rules: Rules) -> list[list[Finding]]:
        """The findings of each text, which may overlap, with offsets in code points."""
        ...


def ruled(text: str, findings: Iterable[Finding], *, rules: Rules) -> list[Finding]:
    """The findings that count by the site's rules, and what the site forbids by name."""
    counting = [
        finding
        for finding in findings
        if finding.category in rules.categories
        and finding.score >= rules.threshold(finding.category)
        and not _is_allowed(text[finding.start : finding.end], rules)
    ]
    return [*counting, *_denied(text, rules)]


def _is_allowed(said: str, rules: Rules) -> bool:
    if any(said.casefold() == word.casefold() for word in rules.allow_words):
        return True
    return any(re.fullmatch(pattern, said) for pattern in rules.allow_patterns)


def _denied(text: str, rules: Rules) -> Iterator[Finding]:
    if rules.deny_words:
        for match in _any_of(rules.deny_words).finditer(text):
            yield Finding(match.start(), match.end(), "OTHER", 1.0)


@lru_cache(maxsize=16)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """Finds any of the words, the longest first, not within another word."""
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
