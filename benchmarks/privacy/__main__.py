"""``python -m benchmarks.privacy``: precision and recall of the analyzer by category and language, and its time for 1 KB."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterable, Sequence
from typing import Final

from benchmarks.privacy.corpus import LANGUAGES, Sentence, sentences
from benchmarks.privacy.score import Tally, is_hidden, touch
from threads.privacy.analyzer import PiiAnalyzer, Rules, ruled
from threads.privacy.findings import CATEGORIES, Finding
from threads.privacy.pieces import cut, merge
from threads.privacy.worker import load

STRUCTURED: Final = [name for name in CATEGORIES if name not in {"PERSON", "ADDRESS", "LOCATION", "OTHER"}]
GROUPS: Final = {"**identifiers**": STRUCTURED, "**everything**": list(CATEGORIES)}
RULES: Final = Rules()


def found_in(analyzer: PiiAnalyzer, text: str) -> tuple[Finding, ...]:
    """What the server would find in a text."""
    pieces = list(cut([text]))
    said = [piece.text for piece in pieces]
    found = analyzer.analyze(said, rules=RULES)
    kept = [ruled(text, findings, rules=RULES) for text, findings in zip(said, found, strict=True)]
    return merge(1, pieces, kept)[0]


def table(tallies: dict[str, Tally]) -> str:
    """Recall and precision as a Markdown table: a row for each category, then the groups."""
    head = " | ".join(f"{language}: n | recall | named | precision" for language in tallies)
    rows = [f"| category | {head} |", "| --- |" + " ---: |" * 4 * len(tallies)]
    for name, group in {**{name: [name] for name in CATEGORIES}, **GROUPS}.items():
        rows.append(f"| {name} | " + " | ".join(_cells(tally, group) for tally in tallies.values()) + " |")
    return "\n".join(rows)


def _cells(tally: Tally, group: Iterable[str]) -> str:
    names = list(group)
    count = sum(tally.spans[name] for name in names)
    named = sum(tally.named[name] for name in names) / count if count else None
    shares = [_percent(share) for share in (tally.recall(names), named, tally.precision(names))]
    return " | ".join([str(count or "–"), *shares])


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def mistakes(sentence: Sentence, findings: Sequence[Finding]) -> list[str]:
    """What stayed in clear and what was hidden for nothing, in words."""
    text = sentence.text
    missed = [span for span in sentence.spans if not is_hidden(text, span, findings)]
    wrong = [found for found in findings if not any(touch(span, found) for span in sentence.spans)]
    return [
        *(f"  clear: {span.category} {text[span.start : span.end]!r}" for span in missed),
        *(f"  wrong: {found.category} {text[found.start : found.end]!r} {found.score:.2f}" for found in wrong),
    ]


def seconds_per_kilobyte(analyzer: PiiAnalyzer, language: str, *, repeats: int = 10) -> float:
    """The median for 1,000 characters of the corpus."""
    text = " ".join(sentence.text for sentence in sentences(language))[:1000]
    times = []
    for _ in range(repeats):
        since = time.perf_counter()
        found_in(analyzer, text)
        times.append(time.perf_counter() - since)
    return statistics.median(times)


def main() -> None:
    """Parse the command line, count, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.privacy", description=__doc__)
    parser.add_argument("--engine", default="threads.privacy.presidio.analyzer", help="what makes the analyzer")
    parser.add_argument("--part", choices=("all", "held-out", "open"), default="all", help="which sentences")
    parser.add_argument("--mistakes", action="store_true", help="print what stayed in clear or was hidden for nothing")
    arguments = parser.parse_args()
    since = time.perf_counter()
    analyzer = load(arguments.engine)
    print(f"loaded in {time.perf_counter() - since:.1f} s\n")
    tallies = {language: Tally() for language in LANGUAGES}
    for language, tally in tallies.items():
        for sentence in sentences(language):
            if arguments.part == "all" or sentence.held_out == (arguments.part == "held-out"):
                findings = found_in(analyzer, sentence.text)
                tally.add(sentence, findings)
                if arguments.mistakes and (wrong := mistakes(sentence, findings)):
                    print("\n".join([sentence.text, *wrong]))
    print(table(tallies))
    for language in LANGUAGES:
        print(f"\n1 KB ({language}): {1000 * seconds_per_kilobyte(analyzer, language):.0f} ms", end="")
    print()


if __name__ == "__main__":
    main()
