"""Memory over many runs: it must be flat."""

from __future__ import annotations

from benchmarks.answers import AnswerShape
from benchmarks.client import run_all
from benchmarks.targets import Target

SHAPE = AnswerShape(tokens=20, pace_ms=2)
SOCKETS = 50


async def memory_over_runs(target: Target, runs: int, every: int) -> list[tuple[int, float]]:
    """Resident MB after each ``every`` runs, 50 at a time in 50 threads, as ``(runs so far, MB)``."""
    sockets = await target.open_sockets(SOCKETS)
    sizes = []
    for so_far in range(SOCKETS, runs + 1, SOCKETS):
        await run_all(sockets, SHAPE)
        if so_far % every == 0:
            await target.server.wait_until_quiet()
            sizes.append((so_far, target.server.memory().resident))
    for socket in sockets:
        socket.close()
    return sizes
