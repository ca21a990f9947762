"""What is told of a measurement, and its Markdown."""

from __future__ import annotations

from typing import Final

import msgspec

TARGET_MS: Final = {"postgresql": 200, "sqlite": 400}


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds of one kind of request, and how many results its fullest page had. ``alone`` is nearest to what it takes
    when nobody else wants the machine: each query's quickest request, of the slowest query."""

    name: str
    alone: float
    p50: float
    p95: float
    found: int


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What one database had in it, and what searching it took. Sizes in bytes; ``indexing`` in seconds, absent where the runs
    had been written before."""

    database: str
    runs: int
    of_busiest: int
    texts: int
    index: int
    indexing: float | None
    figures: list[Figure]


def table(told: list[Told]) -> str:
    """A row for each kind of request, a column for each database."""
    names = [one.database for one in told]
    header = ["alone / p50 / p95", *names]
    rows = [header, ["---", *["---:"] * len(names)]]
    rows += [
        [figures[0].name, *(f"{figure.alone:.0f} / {figure.p50:.0f} / {figure.p95:.0f} ms" for figure in figures)]
        for figures in zip(*(one.figures for one in told), strict=True)
    ]
    rows.append(["target", *(f"< {TARGET_MS[name]} ms" for name in names)])
    rows.append(["index, for texts of", *(f"{_megabytes(one.index)} for {_megabytes(one.texts)}" for one in told)])
    rows.append(["to index a run", *(_each(one) for one in told)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _each(told: Told) -> str:
    return f"{told.indexing / told.runs * 1_000:.1f} ms" if told.indexing else "–"


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.0f} MB"
