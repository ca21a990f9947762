"""An analyzer for tests: it finds what is called so here, at once, and does what a test wants when told to."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from threads.privacy.analyzer import Rules
from threads.privacy.findings import Finding

ENGINE = "tests.support.pii.analyzer"
BROKEN = "tests.support.pii.broken"
CRASHING = "tests.support.pii.crashing"
DYING = "tests.support.pii.dying"
NAMES = ("Max Mustermann", "Erika Musterfrau", "Jane Roe")
_PATTERNS = (
    ("PERSON", re.compile("|".join(NAMES))),
    ("EMAIL", re.compile(r"[\w.]+@[\w.]+\w")),
    ("IBAN", re.compile(r"DE\d{20}")),
)


class WordAnalyzer:
    """Finds the names above, e-mail addresses and IBANs."""

    def analyze(self, texts: Sequence[str], *, rules: Rules) -> list[list[Finding]]:
        """By regular expressions."""
        return [
            [
                Finding(*found.span(), category, 1.0)
                for category, pattern in _PATTERNS
                for found in pattern.finditer(text)
            ]
            for text in texts
        ]


class CrashingAnalyzer:
    """Takes its process with it."""

    def analyze(self, texts: Sequence[str], *, rules: Rules) -> list[list[Finding]]:
        """Never answers."""
        os._exit(9)


def analyzer() -> WordAnalyzer:
    """One that works."""
    return WordAnalyzer()


def crashing() -> CrashingAnalyzer:
    """One that ends its process."""
    return CrashingAnalyzer()


def broken() -> WordAnalyzer:
    """One that cannot be loaded."""
    raise ImportError("no such model")


class DyingAnalyzer(WordAnalyzer):
    """Takes its process with it when it is asked for the n-th time, however many processes it was in until then."""

    def analyze(self, texts: Sequence[str], *, rules: Rules) -> list[list[Finding]]:
        """Find, or die: ``CODAY_PII_DIES_AT`` says when, the file ``CODAY_PII_COUNTER`` how often it was asked."""
        counter = Path(os.environ["CODAY_PII_COUNTER"])
        counter.write_text(f"{counter.read_text()}x")
        if len(counter.read_text()) >= int(os.environ["CODAY_PII_DIES_AT"]):
            os._exit(9)
        return super().analyze(texts, rules=rules)


def dying() -> DyingAnalyzer:
    """One that dies at a certain point, and at each one after it."""
    return DyingAnalyzer()
