"""Shapes: what identifiers and introductions look like, and the checks that tell a number from an identifier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

SURE: Final = 0.9
LIKELY: Final = 0.6
UNSURE: Final = 0.3
"""Scores. What is unsure counts only beside a word that explains it, which lifts it by 0.35, to 0.4 at least."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One way in which something personal is written.

    Attributes:
        name: for people who look into it.
        category: of ``threads.privacy.findings.CATEGORIES``.
        pattern: for the ``regex`` module, case-sensitive; ``\\K`` drops what stands before it from the match.
        score: how sure a match is by itself.
        context: words of which one, in any case and within a compound, makes an unsure match likely.
        require: what a match has to fulfil to be one at all.
        proof: what makes a match certain, such as a check digit; one without it stays as unsure as it is.
    """

    name: str
    category: str
    pattern: str
    score: float
    context: tuple[str, ...] = ()
    require: Callable[[str], bool] | None = field(default=None, repr=False)
    proof: Callable[[str], bool] | None = field(default=None, repr=False)

    def judged(self, text: str) -> float:
        """The score of what was matched; 0 where it is none."""
        if self.require is not None and not self.require(text):
            return 0.0
        return 1.0 if self.proof is not None and self.proof(text) else self.score


def digits(text: str) -> str:
    """The digits in it."""
    return "".join(character for character in text if character.isdecimal())


def is_day(text: str) -> bool:
    """Whether three numbers in it are a day of somebody's life, in the order of either language."""
    if any(character.isalpha() for character in text):
        return True  # a month by its name
    parts = [int(part) for part in "".join(c if c.isdecimal() else " " for c in text).split()]
    if len(parts) != 3:
        return False
    orders = [parts] if parts[0] > 31 else [[parts[2], parts[1], parts[0]], [parts[2], parts[0], parts[1]]]
    return any(_exists(*order) for order in orders)


def _exists(year: int, month: int, day: int) -> bool:
    year += 1900 if year < 100 else 0
    try:
        return 1890 <= date(year, month, day).year <= 2100
    except ValueError:
        return False
