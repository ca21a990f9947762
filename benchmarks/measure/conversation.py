"""One person who writes, reads the answer and writes again: milliseconds to each first delta."""

from __future__ import annotations

from benchmarks.answers import AnswerShape
from benchmarks.client import run_all
from benchmarks.sockets import Socket

SHORT = AnswerShape(tokens=10)


async def converse(socket: Socket, runs: int) -> list[float]:
    """Milliseconds to the first delta of each of ``runs`` runs, one after the other in one thread."""
    return [latency for _ in range(runs) for latency in (await run_all([socket], SHORT)).first_delta_ms]
