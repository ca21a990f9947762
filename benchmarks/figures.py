"""The figures of one target, measured in a fixed order, each part on request."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from benchmarks.answers import AnswerShape
from benchmarks.client import Burst
from benchmarks.coday import CodayTarget
from benchmarks.measure.bursts import (
    LONG,
    SHAPES,
    FirstDeltas,
    Line,
    Sample,
    client_cores,
    cpu_line,
    cpu_per_1000_tokens,
    cpu_to_first_delta,
    first_deltas,
    max_delta_overhead,
    other_bytes_line,
    sample_burst,
)
from benchmarks.measure.conversation import converse
from benchmarks.measure.history import HistoryFigures, history_figures
from benchmarks.measure.memory import memory_over_runs
from benchmarks.processes import Memory
from benchmarks.targets import Target, sockets_on

PARTS = ("start", "single", "bursts", "history", "memory")
ARRIVAL_GAP_SECONDS = 0.002
WARM_UP = AnswerShape(tokens=5, pace_ms=1)


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    repeats: int
    conversation_runs: int
    history_runs: int
    memory_runs: int


FULL = Effort(repeats=2, conversation_runs=30, history_runs=2500, memory_runs=1000)
QUICK = Effort(repeats=1, conversation_runs=10, history_runs=2500, memory_runs=400)


@dataclass(frozen=True)
class WireFigures:
    """Bytes: the most that a delta has beside its text; of all other frames, over the bytes of the texts."""

    delta_overhead: int
    others: Line


@dataclass(frozen=True)
class CpuFigures:
    """CPU seconds of the server's process tree, and the part of a core that the client took."""

    per_1000_tokens: float
    line: Line
    to_first_delta: float
    client_cores: float


@dataclass
class Figures:
    """What was measured of one target; ``None`` or empty is not measured, or does not exist there."""

    start_seconds: float | None = None
    idle: Memory | None = None
    single_ms: float | None = None
    at_once: dict[int, FirstDeltas] = field(default_factory=dict)
    arriving: FirstDeltas | None = None
    first_runs: CpuFigures | None = None
    follow_ups: CpuFigures | None = None
    wire: WireFigures | None = None
    history: HistoryFigures | None = None
    memory: list[tuple[int, float]] = field(default_factory=list)


async def measure(target: Target, start_seconds: float, parts: tuple[str, ...], effort: Effort) -> Figures:
    """Measure the named parts of a target that has just been started."""
    figures = Figures()
    if "start" in parts:
        await target.server.wait_until_quiet()
        figures.start_seconds, figures.idle = start_seconds, target.server.memory()
    await warm_up(target)
    if "single" in parts:
        figures.single_ms = await single(target, effort)
    if "bursts" in parts:
        await bursts(target, figures, effort)
    if isinstance(target, CodayTarget):
        if "history" in parts:
            figures.history = await history_figures(target, target.seed_history(effort.history_runs))
        if "memory" in parts:
            figures.memory = await memory_over_runs(target, effort.memory_runs, every=100)
    return figures


async def warm_up(target: Target) -> None:
    """Make the server load and connect what it does once."""
    async with sockets_on(target, 4) as sockets:
        for socket in sockets:
            await converse(socket, 2)


async def single(target: Target, effort: Effort) -> float:
    """The median of one person's first deltas, in milliseconds."""
    async with sockets_on(target, 1) as [socket]:
        return statistics.median((await converse(socket, effort.conversation_runs + 1))[1:])


async def bursts(target: Target, figures: Figures, effort: Effort) -> None:
    """Everything that is measured with many runs together."""
    first, follow_up = await fifty_of_each_length(target, effort)
    early, early_follow_up = await cpu_before_first_delta(target, effort)
    figures.at_once[50] = first_deltas([sample.burst for sample in first if sample.shape == LONG])
    figures.first_runs, figures.follow_ups = cpu_figures(first, early), cpu_figures(follow_up, early_follow_up)
    figures.wire = WireFigures(max_delta_overhead(first), other_bytes_line(first))
    figures.arriving = first_deltas(await long_bursts(target, 50, effort, gap=ARRIVAL_GAP_SECONDS))
    figures.at_once[100] = first_deltas(await long_bursts(target, 100, effort))


async def fifty_of_each_length(target: Target, effort: Effort) -> tuple[list[Sample], list[Sample]]:
    """50 runs at once, short and long: the first runs of new threads, and the second ones."""
    first, follow_up = [], []
    for shape in SHAPES * effort.repeats:
        async with sockets_on(target, 50) as sockets:
            first.append(await sample_burst(target, sockets, shape))
            follow_up.append(await sample_burst(target, sockets, shape))
    return first, follow_up


async def long_bursts(target: Target, runs: int, effort: Effort, *, gap: float = 0.0) -> list[Burst]:
    """Long runs in new threads, at once or ``gap`` seconds apart."""
    samples = []
    for _ in range(effort.repeats):
        async with sockets_on(target, runs) as sockets:
            samples.append(await sample_burst(target, sockets, LONG, gap=gap))
    return [sample.burst for sample in samples]


async def cpu_before_first_delta(target: Target, effort: Effort) -> tuple[float, float]:
    """CPU seconds per run before its first delta, of the first and the second runs of 50 threads."""
    first, follow_up = [], []
    for _ in range(effort.repeats):
        async with sockets_on(target, 50) as sockets:
            first.append(await cpu_to_first_delta(target, sockets))
            follow_up.append(await cpu_to_first_delta(target, sockets))
    return statistics.fmean(first), statistics.fmean(follow_up)


def cpu_figures(samples: list[Sample], to_first_delta: float) -> CpuFigures:
    """The CPU figures of bursts of all lengths."""
    long = [sample for sample in samples if sample.shape == LONG]
    return CpuFigures(cpu_per_1000_tokens(long), cpu_line(samples), to_first_delta, client_cores(long))
