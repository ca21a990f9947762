"""What must not grow in a long time, read at regular times: memory, connections, files, threads, tasks, and a verdict."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Final

from benchmarks.cluster.installation import ClusterTarget
from benchmarks.report import NONE, markdown

GAUGES: Final = {
    "subscribers": 'coday_subscribers{kind="thread"}',
    "runs": "coday_runs_running",
    "tasks": "coday_tasks",
}
TOLERATED: Final = 0.05  # more than before
SLACK: Final = 3.0  # MB or pieces: what comes and goes

Look = dict[str, float]
"""Figures by name; those that nobody tells are missing."""


def look(target: ClusterTarget) -> Look:
    """The figures of this moment."""
    found: Look = {}
    for name, process in target.processes.items():
        found[f"{name} MB"] = process.memory().resident
        found[f"{name} files"] = process.open_files()
        found[f"{name} threads"] = process.threads()
        told = target.metrics(name)
        found |= {f"{name} {gauge}": told[series] for gauge, series in GAUGES.items() if series in told}
    found["PostgreSQL connections"] = target.database.connections()
    found["Redis clients"] = target.database.redis_clients()
    return found


def names(looks: Sequence[Look]) -> list[str]:
    """All figures, in the order in which they were first told."""
    return list(dict.fromkeys(name for found in looks for name in found))


def table_of_looks(looks: Sequence[tuple[str, Look]]) -> str:
    """One row for each look."""
    columns = names([found for _, found in looks])
    rows = [[when, *(f"{found[name]:.0f}" if name in found else NONE for name in columns)] for when, found in looks]
    return markdown(["", *columns], rows)


def verdict(looks: Sequence[Look]) -> str:
    """For each figure the mean of the middle third and of the last third, and whether it is flat."""
    third = max(1, len(looks) // 3)
    rows = [_judged(name, looks[third:-third], looks[-third:]) for name in names(looks)]
    return markdown(["", "middle third", "last third", "verdict"], rows)


def _judged(name: str, middle: Sequence[Look], last: Sequence[Look]) -> list[str]:
    before, after = _mean(name, middle), _mean(name, last)
    flat = after <= before * (1 + TOLERATED) + SLACK
    return [name, f"{before:.1f}", f"{after:.1f}", "flat" if flat else "**grows**"]


def _mean(name: str, looks: Sequence[Look]) -> float:
    return statistics.fmean([found[name] for found in looks if name in found] or [0.0])
