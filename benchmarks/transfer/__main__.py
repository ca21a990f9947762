"""``python -m benchmarks.transfer``: what export and import of 10,000 runs take, on SQLite and, with ``--postgres URL`` (of a
server, without a database), on PostgreSQL; prints Markdown. Each database is made for the measurement and goes with it."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

import msgspec

from benchmarks.__main__ import machine
from benchmarks.search.__main__ import environments
from benchmarks.transfer.figures import Told, table


def measured(database: str, *, runs: int, postgres: str) -> Told:
    """The figures of one database."""
    with environments(database, keep=None, postgres=postgres) as settings:
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "coday.settings", **settings}
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], env=env, check=True)
        command = [sys.executable, "-m", "benchmarks.transfer.inside", str(runs)]
        printed = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout
    return msgspec.json.decode(printed.splitlines()[-1], type=Told)


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.transfer", description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--postgres", default="", help="URL of a PostgreSQL server")
    arguments = parser.parse_args()
    print(f"{machine()}\n", flush=True)
    databases = ["sqlite", *(["postgresql"] if arguments.postgres else [])]
    print(table([measured(name, runs=arguments.runs, postgres=arguments.postgres) for name in databases]))


if __name__ == "__main__":
    main()
