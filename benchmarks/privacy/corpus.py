"""The labelled sentences: written for this, in the style of offices, support, medicine and town halls; nobody in them exists.

A line of ``labelled/<language>.jsonl`` is ``{"text", "style", "spans": [[start, end, category], ...]}`` with offsets in code
points. Every third sentence is held out: recognizers are made better on the others only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from threads.privacy.findings import Finding

FOLDER: Final = Path(__file__).parent / "labelled"
LANGUAGES: Final = ("en", "de")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence, and what in it is personal."""

    language: str
    text: str
    held_out: bool
    spans: tuple[Finding, ...]


def sentences(language: str) -> list[Sentence]:
    """All sentences in a language."""
    lines = (FOLDER / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()
    return [_sentence(language, index, json.loads(line)) for index, line in enumerate(lines)]


def _sentence(language: str, index: int, value: dict[str, list[tuple[int, int, str]]]) -> Sentence:
    spans = tuple(Finding(start, end, category, 1.0) for start, end, category in value["spans"])
    return Sentence(language=language, text=str(value["text"]), held_out=index % 3 == 2, spans=spans)
