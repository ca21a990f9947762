"""Sockets that drop at random moments and join again after the last number that they saw, until their run has ended.

Each viewer sees its thread's journal without a gap and nothing of it twice (``Exchange.count``), in the end the whole text.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from benchmarks.answers import AnswerShape
from benchmarks.client import all_ended
from benchmarks.cluster.installation import ClusterTarget
from benchmarks.cluster.load import by_process
from benchmarks.exchange import Exchange
from benchmarks.frames import create_frame
from benchmarks.processes import cpu_used
from benchmarks.report import markdown
from benchmarks.sockets import Socket

ANSWER: Final = AnswerShape(tokens=400, pace_ms=50)
LONGEST_STAY: Final = 5.0  # seconds
LONGEST_ABSENCE: Final = 10.0
SEED: Final = 20260721


@dataclass
class Viewer:
    """Somebody with a bad connection. ``join_ms``: from the opening of a socket to its ``session`` frame."""

    target: ClusterTarget
    thread_id: str
    exchange: Exchange = field(default_factory=lambda: Exchange(ANSWER))
    socket: Socket | None = None
    drops: int = 0
    join_ms: list[float] = field(default_factory=list)

    async def join(self) -> None:
        """Open a socket after what was seen so far."""
        began = time.perf_counter()
        seen = self.exchange.last_seq
        self.socket = await self.target.open_socket(self.thread_id, after=seen, exchange=self.exchange)
        self.join_ms.append((time.perf_counter() - began) * 1000)

    async def watch(self, chance: random.Random) -> None:
        """Drop and join again until the run's end has been seen."""
        while not await self.ended_within(chance.uniform(0, LONGEST_STAY)):
            self.leave()
            self.drops += 1
            await asyncio.sleep(chance.uniform(0, LONGEST_ABSENCE))
            await self.join()
        self.exchange.ended.result()

    async def ended_within(self, seconds: float) -> bool:
        """Wait so long; whether the exchange is over, well or not."""
        await asyncio.wait([self.exchange.ended], timeout=seconds)
        return self.exchange.ended.done()

    def leave(self) -> None:
        """Drop the socket."""
        if self.socket:
            self.socket.close()


@dataclass(frozen=True)
class RejoinFigures:
    """What was asked of the server, and the median and longest time to a ``session`` frame; CPU seconds by process."""

    viewers: int
    threads: int
    rejoins: int
    join_median_ms: float
    join_longest_ms: float
    cpu: dict[str, float]


async def rejoin_figures(target: ClusterTarget, *, threads: int, viewers: int) -> RejoinFigures:
    """``viewers`` sockets, the same number on each thread; one run in each."""
    thread_ids = [target.new_thread() for _ in range(threads)]
    watching = [Viewer(target, thread_ids[index % threads]) for index in range(viewers)]
    for viewer in watching:
        await viewer.join()
    _, cpu = await cpu_used(target.processes, _run(watching, threads))
    joins = [milliseconds for viewer in watching for milliseconds in viewer.join_ms[1:]]
    return RejoinFigures(
        viewers=viewers,
        threads=threads,
        rejoins=len(joins),
        join_median_ms=statistics.median(joins),
        join_longest_ms=max(joins),
        cpu=cpu,
    )


async def _run(viewers: Sequence[Viewer], threads: int) -> None:
    """The first viewer of each thread asks."""
    for viewer in viewers[:threads]:
        assert viewer.socket is not None
        viewer.socket.send(create_frame(ANSWER))
    chances = [random.Random(SEED + index) for index in range(len(viewers))]  # noqa: S311  # guards nothing
    watching = [asyncio.create_task(viewer.watch(chance)) for viewer, chance in zip(viewers, chances, strict=True)]
    try:
        await all_ended([viewer.exchange for viewer in viewers])
        await asyncio.gather(*watching)
    finally:
        for task in watching:
            task.cancel()
        for viewer in viewers:
            viewer.leave()


def rejoin_table(figures: RejoinFigures) -> str:
    """One row."""
    header = ["sockets", "threads", "joined again", "to the session frame, median / longest", "CPU"]
    row = [
        f"{figures.viewers}",
        f"{figures.threads}",
        f"{figures.rejoins:,} times",
        f"{figures.join_median_ms:,.0f} / {figures.join_longest_ms:,.0f} ms",
        by_process(figures.cpu, ".1f", "s"),
    ]
    return markdown(header, [row])
