"""``python -m benchmarks.cluster``: measures a web process and a worker on PostgreSQL and Redis; prints Markdown tables."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import uvloop

from benchmarks.__main__ import machine
from benchmarks.cluster.fan_out import fan_out_figures, fan_out_table
from benchmarks.cluster.growth import growth_figures, growth_table
from benchmarks.cluster.installation import ClusterTarget, running_cluster
from benchmarks.cluster.load import load_figures, load_table
from benchmarks.cluster.rejoin import rejoin_figures, rejoin_table
from benchmarks.cluster.services import Services
from benchmarks.cluster.soak import soak
from benchmarks.coday import running_coday
from benchmarks.figures import warm_up
from benchmarks.targets import running_provider


@dataclass(frozen=True)
class Sizes:
    """How much is measured: numbers of runs, sockets and threads."""

    few_runs: int
    many_runs: int
    repeats: int
    sockets: int
    streaming_threads: int
    threads: tuple[int, ...]
    runs: tuple[int, ...]
    subscribers: tuple[int, ...]
    people: int


FULL = Sizes(50, 200, 3, 500, 50, (10, 1_000, 100_000), (1, 100, 5_000), (1, 50, 500), 20)
SMALL = Sizes(3, 6, 1, 12, 3, (10, 50), (1, 30), (1, 10), 5)


@dataclass(frozen=True)
class Setting:
    """Where and how much."""

    provider: str
    services: Services
    sizes: Sizes
    minutes: float


async def load(setting: Setting) -> str:
    """The cluster with few and many runs at once, and one process on SQLite with many."""
    sizes = setting.sizes
    results = []
    with running_cluster(setting.provider, setting.services) as cluster:
        await warm_up(cluster)
        for runs in (sizes.few_runs, sizes.many_runs):
            figures = await load_figures(cluster, runs, repeats=sizes.repeats)
            results.append((f"web and worker, {runs} runs at once", figures))
    with running_coday(setting.provider) as alone:
        await warm_up(alone)
        figures = await load_figures(alone, sizes.many_runs, repeats=sizes.repeats)
        results.append((f"one process on SQLite, {sizes.many_runs} runs", figures))
    return load_table(results)


async def fan_out(cluster: ClusterTarget, setting: Setting) -> str:
    """One run and many sockets."""
    return fan_out_table(await fan_out_figures(cluster, setting.sizes.sockets, repeats=setting.sizes.repeats))


async def rejoin(cluster: ClusterTarget, setting: Setting) -> str:
    """Sockets that come and go."""
    sizes = setting.sizes
    return rejoin_table(await rejoin_figures(cluster, threads=sizes.streaming_threads, viewers=sizes.sockets))


async def growth(cluster: ClusterTarget, setting: Setting) -> str:
    """A database that fills."""
    sizes = setting.sizes
    return growth_table(
        await growth_figures(cluster, threads=sizes.threads, runs=sizes.runs, subscribers=sizes.subscribers)
    )


async def soaked(cluster: ClusterTarget, setting: Setting) -> str:
    """A steady load."""
    return await soak(cluster, people=setting.sizes.people, minutes=setting.minutes)


def on_cluster(part: Callable[[ClusterTarget, Setting], Awaitable[str]]) -> Callable[[Setting], Awaitable[str]]:
    """The part on a new installation."""

    async def run(setting: Setting) -> str:
        with running_cluster(setting.provider, setting.services) as cluster:
            await warm_up(cluster)
            return await part(cluster, setting)

    return run


PARTS: dict[str, Callable[[Setting], Awaitable[str]]] = {
    "load": load,
    "fan-out": on_cluster(fan_out),
    "rejoin": on_cluster(rejoin),
    "growth": on_cluster(growth),
    "soak": on_cluster(soaked),
}


async def run(parts: list[str], services: Services, sizes: Sizes, minutes: float) -> None:
    """Measure one part after the other against one provider; print each when it is there."""
    with running_provider() as provider:
        for name in parts:
            print(f"measuring {name}", file=sys.stderr)
            print(f"### {name}\n\n{await PARTS[name](Setting(provider, services, sizes, minutes))}\n", flush=True)


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__)
    parser.add_argument("--small", action="store_true", help="small sizes, to try the benchmark itself")
    parser.add_argument("--part", action="append", choices=PARTS, help="may be repeated; without it all but the soak")
    parser.add_argument(
        "--minutes", type=float, default=0.0, help="of soak, which is a part then; 20 where it is named"
    )
    parser.add_argument("--postgres", default="postgres://postgres@127.0.0.1:5432", help="URL of the server")
    parser.add_argument("--redis", default="redis://127.0.0.1:6379", help="URL")
    arguments = parser.parse_args()
    parts = arguments.part or [name for name in PARTS if name != "soak" or arguments.minutes]
    services = Services(arguments.postgres, arguments.redis)
    print(f"{machine()}\n", flush=True)
    uvloop.run(run(parts, services, SMALL if arguments.small else FULL, arguments.minutes or 20.0))


if __name__ == "__main__":
    main()
