"""Measures how long it takes to fit a thread of 1,000 runs into a model's window; prints Markdown tables."""

from __future__ import annotations

from benchmarks.installed import measure

if __name__ == "__main__":
    measure("benchmarks.context", description=__doc__)
