"""The load client: starts runs together, on prepared sockets and with prepared frames, and waits until all have ended."""

from __future__ import annotations

import asyncio
import gc
import resource
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.answers import AnswerShape
from benchmarks.exchange import BrokenAnswerError, Exchange
from benchmarks.frames import create_frame
from benchmarks.sockets import PATIENCE_SECONDS, Socket

Start = Callable[[Sequence[Exchange]], Awaitable[None]]


@dataclass(frozen=True)
class Burst:
    """Runs that were started together, and the CPU seconds that the client itself needed for them."""

    exchanges: list[Exchange]
    client_cpu: float

    @property
    def first_delta_ms(self) -> list[float]:
        """Milliseconds to the first delta of each run, from its own sending, ascending."""
        return sorted(exchange.first_delta_ms for exchange in self.exchanges)

    @property
    def seconds_late(self) -> float:
        """How much later the last run ended than if every answer had begun when the first frame was sent."""
        start = min(exchange.sent_at for exchange in self.exchanges)
        end = max(exchange.ended_at for exchange in self.exchanges)
        return end - start - self.exchanges[0].shape.duration

    @property
    def seconds_apart(self) -> float:
        """From the first end to the last one."""
        ends = [exchange.ended_at for exchange in self.exchanges]
        return max(ends) - min(ends)


async def run_all(sockets: Sequence[Socket], shape: AnswerShape, *, gap: float = 0.0) -> Burst:
    """Start one run on each socket and wait until all have ended.

    ``gap`` is the time between two starts in seconds; without one, all frames leave in one turn of the event loop.

    Raises:
        BrokenAnswerError: a text was lost, reordered or not stored as it was sent, or a run did not complete.
    """
    frames = [create_frame(shape) for _ in sockets]

    async def start(exchanges: Sequence[Exchange]) -> None:
        began = time.perf_counter()
        for index, (socket, frame, exchange) in enumerate(zip(sockets, frames, exchanges, strict=True)):
            if gap:
                await asyncio.sleep(began + index * gap - time.perf_counter())
            exchange.sent_at = time.perf_counter()
            socket.send(frame)

    return await follow(sockets, shape, start)


async def run_watched(sockets: Sequence[Socket], shape: AnswerShape) -> Burst:
    """Start one run on the first of the sockets, which are all on its thread, and wait until each has seen its end.

    Raises:
        BrokenAnswerError: as ``run_all``.
    """
    frame = create_frame(shape)

    async def start(exchanges: Sequence[Exchange]) -> None:
        now = time.perf_counter()
        for exchange in exchanges:
            exchange.sent_at = now
        sockets[0].send(frame)

    return await follow(sockets, shape, start)


async def follow(sockets: Sequence[Socket], shape: AnswerShape, start: Start) -> Burst:
    """Give each socket an exchange, start what they will see, and wait until all have seen its end."""
    exchanges = [Exchange(shape) for _ in sockets]
    for socket, exchange in zip(sockets, exchanges, strict=True):
        socket.exchange = exchange
    with no_garbage_collection():
        cpu_before = own_cpu_seconds()
        await start(exchanges)
        await all_ended(exchanges)
        client_cpu = own_cpu_seconds() - cpu_before
    for socket in sockets:
        socket.exchange = None
    return Burst(exchanges, client_cpu)


async def all_ended(exchanges: Sequence[Exchange], *, patience: float = PATIENCE_SECONDS) -> None:
    """Wait until every run has ended.

    Raises:
        BrokenAnswerError: one has ended badly, or not within ``patience`` seconds.
    """
    waiting = [exchange.ended for exchange in exchanges]
    done, pending = await asyncio.wait(waiting, timeout=patience, return_when=asyncio.FIRST_EXCEPTION)
    for ended in done:
        ended.result()
    if pending:
        unended = next(exchange for exchange in exchanges if exchange.ended in pending)
        shown = f"{len(unended.text)} of {len(unended.shape.text)} code points"
        raise BrokenAnswerError(
            f"{len(pending)} of {len(waiting)} runs did not end within {patience:g} s; run {unended.run_id} has {shown}"
        )


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """The client's own pauses must not be measured as the server's."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def own_cpu_seconds() -> float:
    """User and system time of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
