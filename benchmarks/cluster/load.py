"""Many runs at once, each with its own socket and thread: first deltas, lateness, CPU and memory of each process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.client import Burst, run_all
from benchmarks.coday import CodayTarget
from benchmarks.measure.bursts import LONG, FirstDeltas, first_deltas
from benchmarks.processes import cpu_used, machine_used
from benchmarks.report import markdown
from benchmarks.targets import sockets_on


@dataclass(frozen=True)
class LoadFigures:
    """Of ``runs`` runs in all: CPU in seconds for 1,000 tokens and resident MB, by process; how busy the client kept one
    core, and everybody all of them. ``sessions``, ``retold``, ``mended`` and ``late`` are sums over the runs
    (see ``Exchange``)."""

    runs: int
    first: FirstDeltas
    cpu: dict[str, float]
    resident: dict[str, float]
    deltas_per_token: float
    sessions: int
    retold: int
    mended: float
    late: int
    client_cores: float
    machine: float


async def load_figures(target: CodayTarget, runs: int, *, repeats: int) -> LoadFigures:
    """So many runs of 200 tokens at once, repeatedly, each time in new threads. Every text is checked."""
    bursts: list[Burst] = []
    cpu = dict.fromkeys(target.processes, 0.0)
    machine = 0.0
    for _ in range(repeats):
        async with sockets_on(target, runs) as sockets:
            (burst, busy), used = await cpu_used(target.processes, machine_used(run_all(sockets, LONG)))
        bursts.append(burst)
        machine = max(machine, busy)
        cpu = {name: seconds + used[name] for name, seconds in cpu.items()}
    exchanges = [exchange for burst in bursts for exchange in burst.exchanges]
    tokens = len(exchanges) * LONG.tokens
    return LoadFigures(
        runs=len(exchanges),
        first=first_deltas(bursts),
        cpu={name: 1000 * seconds / tokens for name, seconds in cpu.items()},
        resident={name: process.memory().resident for name, process in target.processes.items()},
        deltas_per_token=sum(exchange.delta_frames for exchange in exchanges) / tokens,
        sessions=sum(exchange.sessions for exchange in exchanges),
        retold=sum(exchange.retold for exchange in exchanges),
        mended=sum(exchange.mended for exchange in exchanges) / sum(len(exchange.text) for exchange in exchanges),
        late=sum(exchange.late for exchange in exchanges),
        client_cores=sum(burst.client_cpu for burst in bursts) / sum(LONG.duration + b.seconds_late for b in bursts),
        machine=machine,
    )


def by_process(figures: Mapping[str, float], form: str, unit: str) -> str:
    """One figure of each process."""
    return ", ".join(f"{name} {value:{form}} {unit}" for name, value in figures.items())


def latencies(first: FirstDeltas) -> str:
    """The percentiles."""
    return f"{first.p50:,.0f} / {first.p95:,.0f} / {first.p99:,.0f} ms"


ROWS: tuple[tuple[str, Callable[[LoadFigures], str]], ...] = (
    ("first delta, p50 / p95 / p99", lambda f: latencies(f.first)),
    ("ends late by", lambda f: f"{f.first.seconds_late:.2f} s"),
    ("CPU for 1,000 tokens", lambda f: by_process(f.cpu, ".3f", "s")),
    ("deltas received for a token", lambda f: f"{f.deltas_per_token:.2f}"),
    ("sessions begun again", lambda f: f"{f.sessions} in {f.runs} runs"),
    ("texts told again because deltas were lost", lambda f: f"{f.retold}"),
    ("text that came with the stored message first", lambda f: f"{f.mended:.1%}"),
    ("messages that began after they were stored", lambda f: f"{f.late}"),
    ("resident memory", lambda f: by_process(f.resident, ".0f", "MB")),
    ("CPU of the load client", lambda f: f"{f.client_cores:.2f} of a core"),
    ("the machine was busy", lambda f: f"{f.machine:.0%}"),
)


def load_table(results: Sequence[tuple[str, LoadFigures]]) -> str:
    """One column for each case."""
    header = ["", *(name for name, _ in results)]
    return markdown(header, [[name, *(cell(figures) for _, figures in results)] for name, cell in ROWS])
