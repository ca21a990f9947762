"""Counting: what was found of what is personal, and what was taken for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.privacy.corpus import Sentence
from threads.privacy.findings import Finding


@dataclass(slots=True)
class Tally:
    """Counts by category.

    ``hidden`` spans are covered by findings to their last letter and digit, under whatever name; ``named`` ones under the
    right one, too. ``right`` findings touch something personal.
    """

    spans: Counter[str] = field(default_factory=Counter)
    hidden: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)

    def add(self, sentence: Sentence, findings: Sequence[Finding]) -> None:
        """Count one sentence."""
        for span in sentence.spans:
            self.spans[span.category] += 1
            if is_hidden(sentence.text, span, findings):
                self.hidden[span.category] += 1
            self.named[span.category] += any(
                touch(span, found) and found.category == span.category for found in findings
            )
        for found in findings:
            self.findings[found.category] += 1
            self.right[found.category] += any(touch(span, found) for span in sentence.spans)

    def recall(self, categories: Iterable[str]) -> float | None:
        """The share of what is personal that is hidden."""
        return _share(self.hidden, self.spans, categories)

    def precision(self, categories: Iterable[str]) -> float | None:
        """The share of what was found that is personal."""
        return _share(self.right, self.findings, categories)


def is_hidden(text: str, span: Finding, findings: Sequence[Finding]) -> bool:
    """Whether no letter and no digit of the span stays in clear."""
    return all(
        not text[place].isalnum() or any(found.start <= place < found.end for found in findings)
        for place in range(span.start, span.end)
    )


def touch(span: Finding, found: Finding) -> bool:
    """Whether two findings overlap."""
    return span.start < found.end and found.start < span.end


def _share(part: Counter[str], whole: Counter[str], categories: Iterable[str]) -> float | None:
    names = list(categories)
    total = sum(whole[name] for name in names)
    return sum(part[name] for name in names) / total if total else None
