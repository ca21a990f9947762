"""A steady load over many minutes: does anything grow that should not?

A number of people at a time, each in conversation after conversation: most read, some cancel, some drop and join again, some
read too slowly. What each of them is told is checked as everywhere.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from dataclasses import dataclass
from typing import Final

from benchmarks.answers import AnswerShape
from benchmarks.client import all_ended
from benchmarks.cluster.installation import ClusterTarget
from benchmarks.cluster.leaks import Look, look, table_of_looks, verdict
from benchmarks.cluster.rejoin import Viewer
from benchmarks.exchange import Exchange
from benchmarks.frames import cancel_frame, create_frame
from benchmarks.sockets import Socket

FLOOD: Final = AnswerShape(tokens=8_000, pace_ms=1)
LOOK_AWAY: Final = 10.0  # seconds that a slow reader reads nothing
HABITS: Final = ("read",) * 12 + ("cancel",) * 4 + ("rejoin",) * 3 + ("look away",)


@dataclass
class Tally:
    """What the crowd has done so far."""

    runs: int = 0
    cancelled: int = 0
    rejoins: int = 0
    overflows: int = 0

    def __str__(self) -> str:
        """One line."""
        return (
            f"{self.runs:,} runs, of which {self.cancelled:,} were cancelled; {self.rejoins:,} sockets dropped and joined"
            f" again, {self.overflows:,} began again because their reader was too slow."
        )


class Person:
    """One of the crowd. Whom they meet and what they do depends on the number alone."""

    def __init__(self, target: ClusterTarget, number: int, tally: Tally) -> None:
        self._target = target
        self._chance = random.Random(number)  # noqa: S311  # guards nothing
        self._tally = tally

    async def live(self, until: float) -> None:
        """Hold conversations until then (``time.monotonic``)."""
        while time.monotonic() < until:
            thread_id = await asyncio.to_thread(self._target.new_thread)
            for _ in range(self._chance.randint(1, 3)):
                await self._converse(thread_id, self._chance.choice(HABITS))
                self._tally.runs += 1

    async def _converse(self, thread_id: str, habit: str) -> None:
        shape = AnswerShape(tokens=self._chance.randint(20, 400))
        match habit:
            case "rejoin":
                await self._rejoin(thread_id, shape)
            case "look away":
                await self._look_away(thread_id)
            case _:
                socket = await self._target.open_socket(thread_id)
                exchange = ask(socket, shape, cancelled=habit == "cancel")
                if exchange.cancelled:
                    await self._cancel(socket, exchange)
                await all_ended([exchange])
                socket.close()

    async def _cancel(self, socket: Socket, exchange: Exchange) -> None:
        await asyncio.wait([exchange.ended], timeout=self._chance.uniform(0.1, exchange.shape.duration))
        if exchange.run_id and not exchange.ended.done():
            socket.send(cancel_frame(exchange.run_id))
            self._tally.cancelled += 1

    async def _rejoin(self, thread_id: str, shape: AnswerShape) -> None:
        viewer = Viewer(self._target, thread_id, Exchange(shape))
        await viewer.join()
        assert viewer.socket is not None
        viewer.socket.send(create_frame(shape))
        await viewer.watch(self._chance)
        viewer.leave()
        self._tally.rejoins += viewer.drops

    async def _look_away(self, thread_id: str) -> None:
        socket = await self._target.open_socket(thread_id, narrow=True)
        exchange = ask(socket, FLOOD)
        socket.transport.pause_reading()
        await asyncio.sleep(LOOK_AWAY)
        socket.transport.resume_reading()
        await all_ended([exchange])
        socket.close()
        self._tally.overflows += exchange.sessions


def ask(socket: Socket, shape: AnswerShape, *, cancelled: bool = False) -> Exchange:
    """Start a run on a socket."""
    exchange = socket.exchange = Exchange(shape, sent_at=time.perf_counter(), cancelled=cancelled)
    socket.send(create_frame(shape))
    return exchange


async def soak(target: ClusterTarget, *, people: int, minutes: float) -> str:
    """What was seen in each minute, and the verdict.

    Raises:
        BrokenAnswerError: somebody was told something wrong, or nothing.
    """
    tally = Tally()
    until = time.monotonic() + minutes * 60
    watching = asyncio.create_task(look_regularly(target, tally, every=min(60.0, minutes * 60 / 6), until=until))
    crowd = [asyncio.create_task(Person(target, number, tally).live(until)) for number in range(people)]
    try:
        await asyncio.gather(watching, *crowd)
    finally:
        for task in (watching, *crowd):
            task.cancel()
    looks = watching.result()
    return f"{tally}\n\n{table_of_looks(looks)}\n\n{verdict([found for _, found in looks])}"


async def look_regularly(target: ClusterTarget, tally: Tally, *, every: float, until: float) -> list[tuple[str, Look]]:
    """Look every so many seconds, and tell on standard error that it goes on."""
    looks: list[tuple[str, Look]] = []
    start = time.monotonic()
    while time.monotonic() + every / 2 < until:
        await asyncio.sleep(start + (len(looks) + 1) * every - time.monotonic())
        minutes = (time.monotonic() - start) / 60
        looks.append((f"{minutes:.1f} min", await asyncio.to_thread(look, target)))
        print(f"{minutes:.1f} min: {tally}", file=sys.stderr)
    return looks
