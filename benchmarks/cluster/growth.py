"""How the cost of a run and of reading grows: with threads in the database, runs in a thread, subscribers of a run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.answers import AnswerShape
from benchmarks.client import run_all, run_watched
from benchmarks.cluster.installation import ClusterTarget
from benchmarks.cluster.load import by_process
from benchmarks.cluster.rows import copy_thread
from benchmarks.coday import watchers_of
from benchmarks.measure.bursts import LONG
from benchmarks.processes import cpu_used
from benchmarks.report import NONE, markdown
from benchmarks.sockets import Socket

REPEATS: Final = 10
SHORT: Final = AnswerShape(tokens=10, pace_ms=2)


@dataclass(frozen=True)
class GrowthFigures:
    """Medians in milliseconds (first delta: at the last of the subscribers), and CPU seconds of a run, by process."""

    case: str
    first_delta_ms: float
    cpu: dict[str, float]
    threads_ms: float | None = None
    messages_ms: float | None = None


async def growth_figures(
    target: ClusterTarget, *, threads: Sequence[int], runs: Sequence[int], subscribers: Sequence[int]
) -> list[GrowthFigures]:
    """One row for each number. The threads stay in the database while the rest is measured."""
    model = await model_thread(target)
    figures, there = [], 1
    for count in sorted(threads):
        newest = copy_thread(target.database, model=model, threads=count - there, runs=1)
        there = count
        figures.append(await reading_and_asking(target, f"{count:,} threads", newest))
    for count in runs:
        newest = copy_thread(target.database, model=model, threads=1, runs=count)
        figures.append(await reading_and_asking(target, f"{count:,} runs in the thread", newest))
    for count in subscribers:
        async with watchers_of(target, count) as sockets:
            first_delta_ms, cpu = await asking(target, sockets)
        figures.append(GrowthFigures(f"{count:,} subscribers", first_delta_ms, cpu))
    return figures


async def model_thread(target: ClusterTarget) -> str:
    """A thread with one completed run of 200 tokens, and its title."""
    thread_id = target.new_thread()
    socket = await target.open_socket(thread_id)
    await run_all([socket], LONG)
    socket.close()
    await target.worker.wait_until_quiet()
    return thread_id


async def reading_and_asking(target: ClusterTarget, case: str, thread_id: str) -> GrowthFigures:
    """Everything that is measured in one thread."""
    threads_ms = median_ms(target.threads)
    messages_ms = median_ms(lambda: target.newest_messages(thread_id))
    socket = await target.open_socket(thread_id)
    first_delta_ms, cpu = await asking(target, [socket])
    socket.close()
    return GrowthFigures(case, first_delta_ms, cpu, threads_ms, messages_ms)


async def asking(target: ClusterTarget, sockets: Sequence[Socket]) -> tuple[float, dict[str, float]]:
    """The median time to the first delta, and the CPU of a run. The first run, with its title, is not counted."""
    await run_watched(sockets, SHORT)

    async def repeatedly() -> list[float]:
        return [(await run_watched(sockets, SHORT)).first_delta_ms[-1] for _ in range(REPEATS)]

    latencies, cpu = await cpu_used(target.processes, repeatedly())
    return statistics.median(latencies), {name: seconds / REPEATS for name, seconds in cpu.items()}


def median_ms(read: Callable[[], bytes]) -> float:
    """The median of the milliseconds that reading takes."""
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        read()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def growth_table(results: Sequence[GrowthFigures]) -> str:
    """One row for each case."""
    header = ["", "first delta", "page of threads", "newest page of messages", "CPU of a run"]
    return markdown(header, [_row(figures) for figures in results])


def _row(figures: GrowthFigures) -> list[str]:
    pages = [NONE if value is None else f"{value:.0f} ms" for value in (figures.threads_ms, figures.messages_ms)]
    milliseconds = {name: seconds * 1000 for name, seconds in figures.cpu.items()}
    return [figures.case, f"{figures.first_delta_ms:.0f} ms", *pages, by_process(milliseconds, ".1f", "ms")]
