"""``docs/exchange.md`` says of each part of the schema which fields it has; the version changes when they do."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from runs.exchange.documents import ALL, VERSION

PAGE = (Path(__file__).parents[3] / "docs" / "exchange.md").read_text()
PARTS = re.compile(r"^- \*\*([\w ]+)\*\*.*?: (`.*)$", re.MULTILINE)
TOLD = {name: dict(re.findall(r"`(\w+)`(\??)", fields)) for name, fields in PARTS.findall(PAGE)}


def test_every_part_of_the_schema_is_described_field_by_field() -> None:
    said = {
        _words(kind.__name__): {field.name: "" if field.required else "?" for field in msgspec.structs.fields(kind)}
        for kind in ALL
    }
    assert said == TOLD


def test_the_version_is_the_one_that_is_described() -> None:
    assert f"## The schema, version {VERSION}\n" in PAGE


def _words(name: str) -> str:
    """``ToolUseDocument`` as the page has it."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name.removesuffix("Document")).lower()
