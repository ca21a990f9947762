"""Many sockets on one thread, with one run: all of them get the whole text. How far apart do they see its end?"""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from benchmarks.client import run_watched
from benchmarks.cluster.installation import ClusterTarget
from benchmarks.cluster.load import by_process
from benchmarks.coday import watchers_of
from benchmarks.measure.bursts import LONG
from benchmarks.processes import cpu_used
from benchmarks.report import markdown


@dataclass(frozen=True)
class FanOutFigures:
    """Milliseconds from the sending to the first text at the median and at the last socket; seconds
    between the first and the last socket's end, and how late that was; CPU seconds of a run, by process."""

    sockets: int
    median_ms: float
    last_ms: float
    seconds_apart: float
    seconds_late: float
    cpu: dict[str, float]
    deltas_per_token: float
    client_cores: float


async def fan_out_figures(target: ClusterTarget, sockets: int, *, repeats: int) -> list[FanOutFigures]:
    """One run of 200 tokens at a time, watched by so many sockets."""
    figures = []
    async with watchers_of(target, sockets) as watchers:
        for _ in range(repeats):
            burst, cpu = await cpu_used(target.processes, run_watched(watchers, LONG))
            latencies = burst.first_delta_ms
            deltas = sum(exchange.delta_frames for exchange in burst.exchanges)
            figures.append(
                FanOutFigures(
                    sockets=sockets,
                    median_ms=statistics.median(latencies),
                    last_ms=latencies[-1],
                    seconds_apart=burst.seconds_apart,
                    seconds_late=burst.seconds_late,
                    cpu=cpu,
                    deltas_per_token=deltas / sockets / LONG.tokens,
                    client_cores=burst.client_cpu / (LONG.duration + burst.seconds_late),
                )
            )
    return figures


def fan_out_table(results: list[FanOutFigures]) -> str:
    """One row for each run."""
    header = [
        "sockets", "first delta, median / last socket", "first to last end", "ends late by", "CPU",
        "deltas for a token at each socket", "CPU of the load client",
    ]  # fmt: skip
    return markdown(header, [_row(figures) for figures in results])


def _row(figures: FanOutFigures) -> list[str]:
    return [
        f"{figures.sockets}",
        f"{figures.median_ms:,.0f} / {figures.last_ms:,.0f} ms",
        f"{figures.seconds_apart:.2f} s",
        f"{figures.seconds_late:.2f} s",
        by_process(figures.cpu, ".2f", "s"),
        f"{figures.deltas_per_token:.2f}",
        f"{figures.client_cores:.2f} of a core",
    ]
