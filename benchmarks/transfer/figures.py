"""What was measured of export and import, and how it is printed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one database: seconds, bytes of the file, and the bytes that an export held at most beyond those from
    before, of a tenth of the runs and of all of them."""

    database: str
    runs: int
    file: int
    importing: float
    exporting: float
    markdown: float
    held_tenth: int
    held: int


def table(told: Sequence[Told]) -> str:
    """A Markdown table."""
    rows = [
        ("runs, size of the file", [f"{one.runs:,}, {one.file / 1e6:.1f} MB" for one in told]),
        ("import (below 2 minutes)", [f"{one.importing:.1f} s" for one in told]),
        ("export as JSON", [f"{one.exporting:.1f} s, {one.file / 1e6 / one.exporting:.1f} MB/s" for one in told]),
        ("export as Markdown", [f"{one.markdown:.1f} s" for one in told]),
        ("memory of an export: a tenth, all", [f"{one.held_tenth / 1e6:.1f}, {one.held / 1e6:.1f} MB" for one in told]),
    ]  # fmt: skip
    head = [f"| | {' | '.join(one.database for one in told)} |", f"| --- |{' --- |' * len(told)}"]
    return "\n".join([*head, *(f"| {name} | {' | '.join(values)} |" for name, values in rows)])
