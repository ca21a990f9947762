"""``python -m benchmarks``: measures the relays and Coday in one run, side by side, and prints a Markdown table."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvloop

from benchmarks.coday import running_coday
from benchmarks.figures import FULL, PARTS, QUICK, Effort, Figures, measure
from benchmarks.measure.startup import seconds_to_first_page
from benchmarks.report import table
from benchmarks.targets import RELAYS, Target, running_provider, running_relay

CODAY = "coday"
TARGETS = (*(f"relay-{client}" for client in RELAYS), CODAY)


@contextmanager
def started(name: str, provider: str) -> Iterator[tuple[Target, float]]:
    """The named target and the seconds that it took to its first page."""
    if name == CODAY:
        with running_coday(provider) as coday:
            yield coday, coday.seconds_to_first_page
        return
    since = time.perf_counter()
    with running_relay(name.removeprefix("relay-"), provider) as relay:
        yield relay, seconds_to_first_page(relay.port, "/", since=since)


async def run(targets: list[str], parts: tuple[str, ...], effort: Effort) -> dict[str, Figures]:
    """The figures of each target, measured one target after the other against one provider."""
    results = {}
    with running_provider() as provider:
        for name in targets:
            print(f"measuring {name}", file=sys.stderr)
            with started(name, provider) as (target, seconds):
                results[name] = await measure(target, seconds, parts, effort)
    return results


def machine() -> str:
    """What the figures were measured on."""
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, Linux {platform.release()}; load before {load}"


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    parser.add_argument("--only", action="append", choices=TARGETS, help="a target; may be repeated")
    parser.add_argument("--part", action="append", choices=PARTS, help="a part; may be repeated")
    arguments = parser.parse_args()
    print(f"{machine()}\n", flush=True)
    targets, parts = arguments.only or list(TARGETS), tuple(arguments.part or PARTS)
    print(table(uvloop.run(run(targets, parts, QUICK if arguments.quick else FULL))))


if __name__ == "__main__":
    main()
