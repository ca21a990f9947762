"""One row of the table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Self

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """How long something took, in milliseconds, and how long it may take at most."""

    name: str
    median: float
    slowest: float
    target: float

    @classmethod
    def of(cls, name: str, seconds: Sequence[float], *, target: float) -> Self:
        """From measured seconds."""
        return cls(name, median=statistics.median(seconds) * 1e3, slowest=max(seconds) * 1e3, target=target)

    @property
    def row(self) -> str:
        """As a line of a Markdown table."""
        return f"| {self.name} | {self.median:,.1f} ms | {self.slowest:,.1f} ms | < {self.target:,.0f} ms |"
