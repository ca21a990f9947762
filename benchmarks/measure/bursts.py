"""Runs started at once: first deltas, lateness, CPU of the server's process tree, and bytes on the wire.

Short and long answers together split CPU and bytes into a fixed part per run and a part that grows with the answer.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.answers import AnswerShape
from benchmarks.client import Burst, run_all
from benchmarks.processes import cpu_used
from benchmarks.sockets import Socket
from benchmarks.targets import Target

LONG = AnswerShape(tokens=200)
SHAPES = (AnswerShape(tokens=10), AnswerShape(tokens=100), LONG)
PAUSE = AnswerShape(tokens=2, pace_ms=3000)


@dataclass(frozen=True)
class Sample:
    """One burst and the server's CPU seconds for it, counted until the server was quiet again."""

    shape: AnswerShape
    burst: Burst
    server_cpu: float

    @property
    def runs(self) -> int:
        """How many runs were started at once."""
        return len(self.burst.exchanges)


@dataclass(frozen=True)
class FirstDeltas:
    """Milliseconds to the first delta, and seconds by which the last run ended late (the worst burst's)."""

    p50: float
    p95: float
    p99: float
    seconds_late: float


@dataclass(frozen=True)
class Line:
    """``fixed + slope * x``, the least squares fit of some points."""

    fixed: float
    slope: float


async def sample_burst(target: Target, sockets: Sequence[Socket], shape: AnswerShape, *, gap: float = 0.0) -> Sample:
    """Start a run on each socket, at once or ``gap`` seconds apart, and wait until the server is done with it all."""
    burst, cpu = await cpu_used({"server": target.server}, run_all(sockets, shape, gap=gap))
    return Sample(shape, burst, cpu["server"])


async def cpu_to_first_delta(target: Target, sockets: Sequence[Socket]) -> float:
    """CPU seconds per run up to its first delta: the answers pause after their first token, and the server is read then.

    Other work on the machine delays a first delta, but adds nothing to this.
    """
    await target.server.wait_until_quiet()
    before = target.server.cpu_seconds()
    burst = asyncio.create_task(run_all(sockets, PAUSE))
    await asyncio.sleep(0.8 * PAUSE.duration)
    seconds = target.server.cpu_seconds() - before
    await burst
    return seconds / len(sockets)


def first_deltas(bursts: Sequence[Burst]) -> FirstDeltas:
    """The figures of all runs of the bursts together."""
    pooled = sorted(latency for burst in bursts for latency in burst.first_delta_ms)
    return FirstDeltas(
        p50=statistics.median(pooled),
        p95=pooled[int(len(pooled) * 0.95)],
        p99=pooled[int(len(pooled) * 0.99)],
        seconds_late=max(burst.seconds_late for burst in bursts),
    )


def cpu_per_1000_tokens(samples: Sequence[Sample]) -> float:
    """CPU seconds of the server for 1,000 tokens of answers of the samples' length, runs' fixed part included."""
    tokens = sum(sample.runs * sample.shape.tokens for sample in samples)
    return 1000 * sum(sample.server_cpu for sample in samples) / tokens


def client_cores(samples: Sequence[Sample]) -> float:
    """The part of one core that the client needed: well under 1, or it was the bottleneck."""
    seconds = sum(sample.shape.duration + sample.burst.seconds_late for sample in samples)
    return sum(sample.burst.client_cpu for sample in samples) / seconds


def cpu_line(samples: Sequence[Sample]) -> Line:
    """CPU seconds per run over its tokens: fixed per run, and per token."""
    return fit([(sample.shape.tokens, sample.server_cpu / sample.runs) for sample in samples])


def other_bytes_line(samples: Sequence[Sample]) -> Line:
    """Bytes of all frames but deltas, over the bytes of the run's texts: a constant, and a factor."""
    exchanges = [exchange for sample in samples for exchange in sample.burst.exchanges]
    return fit([(exchange.text_bytes, exchange.other_bytes) for exchange in exchanges])


def max_delta_overhead(samples: Sequence[Sample]) -> int:
    """The most bytes that a delta frame had beside its text."""
    return max(exchange.delta_overhead for sample in samples for exchange in sample.burst.exchanges)


def fit(points: Sequence[tuple[float, float]]) -> Line:
    """The least squares line through points."""
    slope, intercept = statistics.linear_regression(*zip(*points, strict=True))
    return Line(fixed=intercept, slope=slope)
