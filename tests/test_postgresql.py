"""The engine's own tests once more, on PostgreSQL: the state machine, the driver, limits, recovery, races for real locks.
And what each database does in its own way: the full-text index."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from tests.support.forked import PROJECT

ENGINE = (
    "test_lifecycle.py",
    "execution/test_driver.py",
    "test_concurrency.py",
    "execution/test_recovery.py",
    "execution/test_limits.py",
    "test_journal.py",
    "test_background.py",
    "exchange/test_sharing.py",
    "notifying/test_finding.py",
    "notifying/test_sending.py",
    "reuse/test_slots.py",
    "retention/test_selection.py",
    "retention/test_prune.py",
    "retention/test_erase.py",
)
ADDRESS = ("127.0.0.1", 5432)


@pytest.fixture
def database_url() -> str:
    """A server that trusts this machine, with a database to begin from."""
    try:
        socket.create_connection(ADDRESS, timeout=2).close()
    except OSError:
        reason = "PostgreSQL does not listen on 127.0.0.1:5432"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return "postgres://postgres@127.0.0.1:5432/postgres"


def test_the_engine_keeps_its_promises_on_postgresql(database_url: str) -> None:
    files = [*(f"tests/runs/{name}" for name in ENGINE), "tests/skills/test_queries.py"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--create-db", *files],
        cwd=PROJECT,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        | {"DATABASE_URL": database_url, "REDIS_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8_000:]
