"""``python -m benchmarks.search``: what the search costs with 100,000 runs, on SQLite and on PostgreSQL; prints Markdown.

Each database is made for the measurement and goes with it, unless ``--keep`` names a directory: then the next measurement
finds its runs there.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from benchmarks.__main__ import machine
from benchmarks.cluster.services import Services, new_database
from benchmarks.search.figures import Told, table

DATABASES = ("postgresql", "sqlite")


@contextmanager
def environments(database: str, *, keep: Path | None, postgres: str) -> Iterator[dict[str, str]]:
    """The settings of an installation with this database."""
    with TemporaryDirectory(prefix="coday-benchmark-") as scratch:
        env = {"CODAY_DATA_DIR": str(keep or scratch), "CODAY_LOCAL_MODEL": "off", "DATABASE_URL": ""}
        if database == "sqlite":
            yield env
            return
        with new_database(Services(postgres, redis="")) as made:
            yield {**env, "DATABASE_URL": made.url}


def measured(database: str, *, runs: int, keep: Path | None, postgres: str) -> Told:
    """The figures of one database."""
    with environments(database, keep=keep, postgres=postgres) as settings:
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "coday.settings", **settings}
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], env=env, check=True)
        command = [sys.executable, "-m", "benchmarks.search.inside", str(runs)]
        printed = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout
    return msgspec.json.decode(printed.splitlines()[-1], type=Told)


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--only", choices=DATABASES, action="append")
    parser.add_argument("--keep", type=Path, help="directory of the SQLite database")
    parser.add_argument("--postgres", default="postgres://postgres@127.0.0.1:5432", help="server")
    arguments = parser.parse_args()
    print(f"{machine()}\n", flush=True)
    told = [
        measured(name, runs=arguments.runs, keep=arguments.keep, postgres=arguments.postgres)
        for name in arguments.only or DATABASES
    ]
    print(f"{told[0].runs:,} runs, {told[0].of_busiest:,} of them of who searches.\n\n{table(told)}")


if __name__ == "__main__":
    main()
