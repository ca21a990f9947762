"""What an analyzer found in a text: plain values, and how findings that overlap become one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

CATEGORIES: Final = (
    "PERSON",
    "ADDRESS",
    "LOCATION",
    "EMAIL",
    "PHONE",
    "IBAN",
    "BANK_ACCOUNT",
    "CREDIT_CARD",
    "DATE_OF_BIRTH",
    "TAX_ID",
    "SOCIAL_SECURITY",
    "HEALTH_INSURANCE",
    "ID_CARD",
    "PASSPORT",
    "DRIVING_LICENCE",
    "LICENCE_PLATE",
    "IP_ADDRESS",
    "OTHER",
)
"""What can be found, in the order in which people are asked about it. ``OTHER`` is what the site forbids by name."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A piece of a text that tells who somebody is.

    ``start`` and ``end`` count code points; ``score`` is how sure the analyzer is, from 0 to 1.
    """

    start: int
    end: int
    category: str
    score: float

    @property
    def length(self) -> int:
        """How many code points it covers."""
        return self.end - self.start

    def moved(self, by: int) -> Finding:
        """The same finding in a text in which ``by`` code points more stand before it."""
        return Finding(self.start + by, self.end + by, self.category, self.score)


def longest(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings in order of the text, without overlaps: of those that overlap, the longest stays.

    Where two are equally long, the surer one stays. What only a shorter finding covered is given to the longer one that it
    overlaps, so that nothing which was found is left in clear.
    """
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda finding: (finding.start, -finding.end)):
        if kept and finding.start < kept[-1].end:
            kept[-1] = _joined(kept[-1], finding)
        elif finding.length > 0:
            kept.append(finding)
    return tuple(kept)


def _joined(first: Finding, second: Finding) -> Finding:
    """Both as one, under the name of the longer, then of the surer."""
    leading = max(first, second, key=lambda finding: (finding.length, finding.score))
    return Finding(first.start, max(first.end, second.end), leading.category, leading.score)
