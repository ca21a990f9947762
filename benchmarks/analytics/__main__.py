"""``python -m benchmarks.analytics``: what the analytics cost with 100,000 runs, on SQLite and on PostgreSQL; prints
Markdown. Each database is made for the measurement and goes with it."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

import msgspec

from benchmarks.__main__ import machine
from benchmarks.analytics.figures import Told, table
from benchmarks.search.__main__ import DATABASES, environments


def measured(database: str, *, runs: int, postgres: str) -> Told:
    """The figures of one database."""
    with environments(database, keep=None, postgres=postgres) as settings:
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "coday.settings", **settings}
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], env=env, check=True)
        command = [sys.executable, "-m", "benchmarks.analytics.inside", str(runs)]
        printed = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout
    return msgspec.json.decode(printed.splitlines()[-1], type=Told)


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.analytics", description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--only", choices=DATABASES, action="append")
    parser.add_argument("--postgres", default="postgres://postgres@127.0.0.1:5432", help="server")
    arguments = parser.parse_args()
    print(f"{machine()}\n", flush=True)
    told = [measured(name, runs=arguments.runs, postgres=arguments.postgres) for name in arguments.only or DATABASES]
    print(f"{told[0].runs:,} runs over a year, half of them one person's.\n\n{table(told)}")


if __name__ == "__main__":
    main()
