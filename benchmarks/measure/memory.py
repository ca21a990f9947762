"""Memory over many runs: it must be flat."""

from __future__ import annotations

from benchmarks.answers import AnswerShape
from benchmarks.client import run_all
from benchmarks.targets import Target, sockets_on

SHAPE = AnswerShape(tokens=20, pace_ms=2)
SOCKETS = 50


async def memory_over_runs(target: Target, runs: int, every: int) -> list[tuple[int, float]]:
    """Resident MB after each ``every`` runs, 50 at a time, as ``(runs so far, MB)``.

    Each run has a new thread: the context of an old one grows from run to run, and the server's memory with it.
    """
    sizes = []
    for so_far in range(SOCKETS, runs + 1, SOCKETS):
        async with sockets_on(target, SOCKETS) as sockets:
            await run_all(sockets, SHAPE)
        if so_far % every == 0:
            await target.server.wait_until_quiet()
            sizes.append((so_far, target.server.memory().resident))
    return sizes
