"""Coday under measurement: ``manage.py serve`` on SQLite in a directory of its own, with the mock as its provider.

Limits on how much one person may ask are lifted: here one person is the crowd.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.exchange import Exchange
from benchmarks.measure.startup import seconds_to_first_page
from benchmarks.processes import ServerProcess, running
from benchmarks.sockets import Socket, open_socket

PASSWORD = "benchmark-password"  # of a server that lives as long as a measurement
LOG_CHARACTERS_SHOWN = 5_000
FIRST_PAGE = "/accounts/login/"
LIFTED = {
    "CODAY_USER_REQUESTS_PER_SECOND": "100000",
    "CODAY_TOKEN_REQUESTS_PER_SECOND": "100000",
    "CODAY_RUNS_PER_MINUTE": "100000",
    "CODAY_MAX_RUNS_PER_USER": "1000",
}


@dataclass(frozen=True)
class Installation:
    """A migrated database and the environment that every command on it gets."""

    env: dict[str, str]
    port: int
    log: Path

    def command(self, *arguments: str) -> str:
        """Run ``python <arguments>`` to its end and return what it prints."""
        result = subprocess.run(
            [sys.executable, *arguments], env={**os.environ, **self.env}, check=True, capture_output=True, text=True
        )
        return result.stdout


@dataclass(frozen=True)
class CodayTarget:
    """A running server and a person who is logged in to it."""

    server: ServerProcess
    installation: Installation
    seconds_to_first_page: float
    rest: httpx.Client

    async def open_sockets(self, count: int) -> list[Socket]:
        """Open sockets, each on a new thread, past their ``session`` frames."""
        return [await self.open_socket(self.new_thread()) for _ in range(count)]

    async def open_socket(
        self, thread_id: str, *, after: int | None = None, exchange: Exchange | None = None, narrow: bool = False
    ) -> Socket:
        """A socket on a thread, past its ``session`` frame. ``exchange`` gets its frames, that one included."""
        query = "" if after is None else f"?after={after}"
        url = f"ws://127.0.0.1:{self.installation.port}/ws/threads/{thread_id}/{query}"
        headers = {"Authorization": self.rest.headers["Authorization"]}
        opened = await open_socket(url, headers, exchange=exchange, narrow=narrow)
        await opened.first_frame
        return opened

    @property
    def processes(self) -> dict[str, ServerProcess]:
        """The processes by name."""
        return {"server": self.server}

    def new_thread(self) -> str:
        """The id of a new, empty thread."""
        return str(self.rest.post("threads/", json={}).raise_for_status().json()["id"])

    def threads(self) -> bytes:
        """The first page of the person's threads, as it comes."""
        return self.rest.get("threads/").raise_for_status().content

    def newest_messages(self, thread_id: str) -> bytes:
        """The newest page of a thread's messages, as it comes."""
        return self.rest.get(f"threads/{thread_id}/messages/").raise_for_status().content

    def seed_history(self, runs: int) -> str:
        """The id of a thread with so many earlier runs, written straight into the database."""
        return self.installation.command("-m", "benchmarks.seed", str(runs)).strip()


@asynccontextmanager
async def watchers_of(target: CodayTarget, count: int) -> AsyncIterator[list[Socket]]:
    """Sockets on one new thread for as long as the block lasts."""
    thread_id = target.new_thread()
    sockets = [await target.open_socket(thread_id) for _ in range(count)]
    try:
        yield sockets
    finally:
        for opened in sockets:
            opened.close()


@contextmanager
def running_coday(provider: str) -> Iterator[CodayTarget]:
    """Coday with the provider at this base URL, on an empty database."""
    with tempfile.TemporaryDirectory(prefix="coday-benchmark-") as directory:
        installation = install(Path(directory), provider)
        started = time.perf_counter()
        command = ["manage.py", "serve", "--bootstrap"]
        with (
            running(command, env=installation.env, log=installation.log) as server,
            log_shown_on_error(installation.log),
        ):
            seconds = seconds_to_first_page(installation.port, FIRST_PAGE, since=started)
            with logged_in(installation) as rest:
                yield CodayTarget(server, installation, seconds, rest)


@contextmanager
def log_shown_on_error(log: Path) -> Iterator[None]:
    """Copy the end of a log to standard error when the block fails: the file goes away with its directory."""
    failed = True
    try:
        yield
        failed = False
    finally:
        if failed:
            sys.stderr.write(log.read_text()[-LOG_CHARACTERS_SHOWN:])


def install(directory: Path, provider: str, *, services: Mapping[str, str] | None = None) -> Installation:
    """Make all that ``serve`` expects to find, in an empty database: the one that ``services`` name, or on SQLite."""
    port = free_port()
    env = {
        "CODAY_DATA_DIR": str(directory),
        "DATABASE_URL": f"sqlite:///{directory / 'coday.sqlite3'}",
        "PORT": str(port),
        "OPENAI_BASE_URL": provider,
        "OPENAI_API_KEY": "benchmark",
        "CODAY_DEFAULT_MODEL": "mock",
        "CODAY_LOCAL_MODEL": "off",
        "CODAY_ADMIN_PASSWORD": PASSWORD,
        "DJANGO_SETTINGS_MODULE": "coday.settings",
        **LIFTED,
        **(services or {}),
    }
    installation = Installation(env=env, port=port, log=directory / "server.log")
    installation.command("manage.py", "bootstrap")
    return installation


@contextmanager
def logged_in(installation: Installation) -> Iterator[httpx.Client]:
    """A REST client with a fresh token of the admin."""
    base_url = f"http://127.0.0.1:{installation.port}/api/v1/"
    credentials = {"username": "admin", "password": PASSWORD}
    with httpx.Client(base_url=base_url, trust_env=False, timeout=60) as rest:
        token = rest.post("tokens/", json=credentials).raise_for_status().json()["token"]
        rest.headers["Authorization"] = f"Bearer {token}"
        yield rest


def free_port() -> int:
    """A port of loopback that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
