"""Measures inside of an installation, by a process with its settings.

On SQLite in a directory of its own and, with ``--postgres URL`` (of a server, without a database), on PostgreSQL in a
database of its own.
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


def measure(package: str, *, description: str | None) -> None:
    """Run ``package.inside`` for each database, and print its figures as Markdown tables."""
    parser = argparse.ArgumentParser(prog=f"python -m {package}", description=description)
    parser.add_argument("--postgres", help="URL of a PostgreSQL server")
    postgres = parser.parse_args().postgres
    print(f"{machine()}\n", flush=True)
    _print_table(package, "SQLite")
    if postgres:
        with new_database(Services(postgres, redis="")) as database:
            _print_table(package, "PostgreSQL", DATABASE_URL=database.url)


def _print_table(package: str, name: str, **services: str) -> None:
    with tempfile.TemporaryDirectory(prefix="coday-benchmark-") as directory, running_provider() as provider:
        installation = install(Path(directory), provider, services=services)
        command = [sys.executable, "-m", f"{package}.inside"]
        env = {**os.environ, **installation.env}
        told = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]
    print(f"| {name} | median | slowest | target |\n| --- | --- | --- | --- |")
    for figure in msgspec.json.decode(told, type=list[Figure]):
        print(figure.row)
    print(flush=True)
