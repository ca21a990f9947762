"""Finds personal data, as a program of its own with nothing of the server's: no secrets, no database, no event loop.

    python -m threads.privacy.worker threads.privacy.presidio.analyzer

The argument is what makes the analyzer. Once it is loaded, the program says ``{"ready": true}``; then a line of JSON asks,
``{"texts": [...], "rules": {...}}``, and a line answers, ``{"findings": [[[start, end, category, score], ...], ...]}``. A
failure ends the program without a word about the texts. It ends when nobody asks any more.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import IO, Any, Final

from threads.privacy.analyzer import PiiAnalyzer, Rules, ruled

if sys.platform != "win32":
    import resource

MEMORY: Final = 8 * 1024**3  # bytes of address space; what is used is a fraction of it
NICENESS: Final = 5  # answers that stream elsewhere come first


def rules_from(value: dict[str, Any]) -> Rules:
    """The rules as ``rules_as_json`` wrote them."""
    return Rules(
        categories=frozenset(value["categories"]),
        thresholds=value["thresholds"],
        allow_words=tuple(value["allow_words"]),
        allow_patterns=tuple(value["allow_patterns"]),
        deny_words=tuple(value["deny_words"]),
    )


def rules_as_json(rules: Rules) -> dict[str, Any]:
    """The rules as plain values."""
    return {
        "categories": sorted(rules.categories),
        "thresholds": dict(rules.thresholds),
        "allow_words": list(rules.allow_words),
        "allow_patterns": list(rules.allow_patterns),
        "deny_words": list(rules.deny_words),
    }


def answer(analyzer: PiiAnalyzer, question: dict[str, Any]) -> dict[str, Any]:
    """What is found in the texts of one question, by its rules."""
    texts, rules = question["texts"], rules_from(question["rules"])
    found = analyzer.analyze(texts, rules=rules)
    kept = [ruled(text, findings, rules=rules) for text, findings in zip(texts, found, strict=True)]
    return {"findings": [[[f.start, f.end, f.category, f.score] for f in findings] for findings in kept]}


def load(path: str) -> PiiAnalyzer:
    """The analyzer that the function at this dotted path makes."""
    module, _, name = path.rpartition(".")
    factory: Callable[[], PiiAnalyzer] = getattr(import_module(module), name)
    return factory()


def serve(analyzer: PiiAnalyzer, questions: IO[bytes], answers: IO[bytes]) -> None:
    """Answer until the questions end."""
    _say(answers, {"ready": True})
    for line in questions:
        _say(answers, answer(analyzer, json.loads(line)))


def _say(answers: IO[bytes], value: dict[str, Any]) -> None:
    answers.write(json.dumps(value).encode() + b"\n")
    answers.flush()


def _restrain() -> None:
    """Fewer rights than the caller's, and none of its signals."""
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends this program when it ends
    if sys.platform != "win32":
        os.nice(NICENESS)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(path: str) -> None:
    """Answer on standard output, which belongs to nobody else from here on."""
    _restrain()
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # what a library prints
        serve(load(path), sys.stdin.buffer, answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
