"""What is told of a measurement, and its Markdown."""

from __future__ import annotations

from typing import Final

import msgspec

TARGET_MS: Final = 500


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds of one kind of request, the quickest (nobody else wanted the machine), the median, the 95th percentile."""

    name: str
    runs: int
    alone: float
    p50: float
    p95: float


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What one database had in it, and what was measured."""

    database: str
    runs: int
    figures: list[Figure]


def table(told: list[Told]) -> str:
    """A row for each kind of request, a column for each database."""
    header = ["alone / p50 / p95", "runs", *(one.database for one in told)]
    rows = [header, ["---", *["---:"] * (len(header) - 1)]]
    rows += [
        [
            figures[0].name,
            f"{figures[0].runs:,}",
            *(f"{figure.alone:.0f} / {figure.p50:.0f} / {figure.p95:.0f} ms" for figure in figures),
        ]
        for figures in zip(*(one.figures for one in told), strict=True)
    ]
    rows.append(["target", "", *[f"< {TARGET_MS} ms"] * len(told)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
