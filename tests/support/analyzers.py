"""Analyzers for tests, which need no model: they run in the analyzer's process, named by ``CODAY_PII_ENGINE``."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence

from threads.privacy.analyzer import Rules
from threads.privacy.findings import Finding

KNOWN = {
    "PERSON": r"Erika Mustermann|Mustermann, Erika|Max Mustermann|Jane Roe",
    "EMAIL": r"[\w.]+@[\w.]+\w",
    "PHONE": r"\+\d[\d ]{6,}\d",
}


class WordList:
    """Finds a few names, and whatever looks like an e-mail address or a telephone number."""

    def analyze(self, texts: Sequence[str], *, rules: Rules) -> list[list[Finding]]:
        """The findings of each text."""
        return [
            [
                Finding(match.start(), match.end(), category, 1.0)
                for category, pattern in KNOWN.items()
                for match in re.finditer(pattern, text)
            ]
            for text in texts
        ]


class Failing(WordList):
    """Fails in the way that a text asks for: ``crash``, ``hang`` or ``raise``; or takes its time: ``slow``."""

    def analyze(self, texts: Sequence[str], *, rules: Rules) -> list[list[Finding]]:
        """The findings, unless a text asks for something else."""
        for text in texts:
            if "crash" in text:
                os._exit(1)
            if "hang" in text:
                time.sleep(600)
            if "slow" in text:
                time.sleep(0.025)
            if "raise" in text:
                raise RuntimeError(text)
        return super().analyze(texts, rules=rules)


def analyzer() -> WordList:
    """A word list."""
    return WordList()


def failing_analyzer() -> Failing:
    """A word list that fails on demand."""
    return Failing()


def broken_analyzer() -> WordList:
    """Cannot be loaded."""
    raise RuntimeError("There is no model.")
