"""Measures a thread of 2,000 runs on 50 branches: opened, switched between branches, forked; prints Markdown tables."""

from __future__ import annotations

from benchmarks.installed import measure

if __name__ == "__main__":
    measure("benchmarks.branches", description=__doc__)
