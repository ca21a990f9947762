"""What is told of a measurement, and its Markdown."""

from __future__ import annotations

from typing import Final

import msgspec

TARGET_MS: Final = 150


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds of one kind of request. ``least`` is what it takes where nothing else is done."""

    name: str
    least: float
    p50: float
    p95: float


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What one database had in it, and what each kind of request took."""

    database: str
    threads: int
    figures: list[Figure]


def table(told: list[Told]) -> str:
    """A row for each kind of request, a column for each database: the least, the median, the 95th percentile."""
    names = [one.database for one in told]
    rows = [["", *names], ["---", *["---:"] * len(names)]]
    rows += [
        [figures[0].name, *(f"{figure.least:.0f} / {figure.p50:.0f} / {figure.p95:.0f} ms" for figure in figures)]
        for figures in zip(*(one.figures for one in told), strict=True)
    ]
    rows.append(["target", *(f"< {TARGET_MS} ms" for _ in names)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
