"""Measures how long it takes to fit a thread of 1,000 runs into a model's window; prints Markdown tables.

On SQLite in a directory of its own and, with ``--postgres URL`` (of a server, without a database), on PostgreSQL in a
database of its own. The measuring itself (``inside.py``) runs as a process with that installation's settings.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from benchmarks.__main__ import machine
from benchmarks.cluster.services import Services, new_database
from benchmarks.coday import install
from benchmarks.targets import running_provider
from benchmarks.tools.figures import Figure


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.context", description=__doc__)
    parser.add_argument("--postgres", help="URL of a PostgreSQL server")
    postgres = parser.parse_args().postgres
    print(f"{machine()}\n", flush=True)
    print_table("SQLite")
    if postgres:
        with new_database(Services(postgres, redis="")) as database:
            print_table("PostgreSQL", DATABASE_URL=database.url)


def print_table(name: str, **services: str) -> None:
    """Measure on one database."""
    with tempfile.TemporaryDirectory(prefix="coday-benchmark-") as directory, running_provider() as provider:
        installation = install(Path(directory), provider, services=services)
        command = [sys.executable, "-m", "benchmarks.context.inside"]
        env = {**os.environ, **installation.env}
        told = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]
    print(f"| {name} | median | slowest | target |\n| --- | --- | --- | --- |")
    for figure in msgspec.json.decode(told, type=list[Figure]):
        print(figure.row)
    print(flush=True)


if __name__ == "__main__":
    main()
