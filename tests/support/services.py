"""PostgreSQL and Redis for tests: the ones that are shared on this machine, and private ones that a test may stop.

    with Postgres() as server:          # its own data directory and port
        server.stop(immediate=True)     # as a power cut does
        server.start()

A private server ends with the process that started it, even one that is killed. ``Database`` looks into one database past
the product's own code, and holds the product up at a point that a test chooses.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, NoReturn, Self
from uuid import uuid4

import psycopg
import pytest
import redis
from psycopg import sql
from psycopg.rows import dict_row

from tests.support.forked import PROJECT
from tests.support.replies import PATIENCE
from tests.support.server import free_port

POSTGRES_URL = "postgres://postgres@127.0.0.1:5432"
REDIS_URL = "redis://127.0.0.1:6379"
LOOK_EVERY = 0.02  # seconds

Row = dict[str, Any]


def wait_until(condition: Callable[[], bool], what: str, *, patience: float = PATIENCE) -> None:
    """Look until a condition holds; a failure that names it when it takes too long."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(LOOK_EVERY)


def missing(reason: str) -> NoReturn:
    """Skip the test, loudly; where all services are promised, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


# --- Servers --------------------------------------------------------------------------------------------------------


class Service(ABC):
    """A private server in a directory of its own."""

    binary: ClassVar[str]

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"coday-{self.binary}-"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it is, without a database."""

    def start(self) -> None:
        """Start, and return when it answers."""
        if self._process is not None:
            return
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.guarded", *self._command()],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(self._answers, f"{self.binary} answers")

    def stop(self, *, immediate: bool = False) -> None:
        """Stop: every connection is cut. ``immediate``: without tidying up, as a power cut does."""
        if self._process is None:
            return
        self._end(self._process, immediate=immediate)
        assert self._process.stdin is not None
        self._process.wait(PATIENCE)
        self._process.stdin.close()
        self._process = None

    @abstractmethod
    def _command(self) -> Sequence[str]: ...

    @abstractmethod
    def _answers(self) -> bool: ...

    @abstractmethod
    def _end(self, process: subprocess.Popen[bytes], *, immediate: bool) -> None: ...


class Postgres(Service):
    """A PostgreSQL server without a password and without care for its disk."""

    binary = "postgres"

    def __init__(self) -> None:
        self._binaries = _postgres_binaries()
        super().__init__()
        if os.geteuid() == 0:  # it refuses to run as root
            shutil.chown(self.folder, "postgres", "postgres")
        initialise = [f"{self._binaries}/initdb", "-D", str(self.folder), "-U", "postgres", "-A", "trust", "-N"]
        subprocess.run([*self._as_postgres(), *initialise], check=True, stdout=subprocess.DEVNULL, cwd="/")

    @property
    def url(self) -> str:
        """Where it is, without a database."""
        return f"postgres://postgres@127.0.0.1:{self.port}"

    def _command(self) -> Sequence[str]:
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        given = [argument for name, value in options.items() for argument in ("-c", f"{name}={value}")]
        server = [f"{self._binaries}/postgres", "-D", str(self.folder), "-p", str(self.port)]
        return [*self._as_postgres(), *server, *given]

    def _answers(self) -> bool:
        try:
            psycopg.connect(f"{self.url}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _end(self, process: subprocess.Popen[bytes], *, immediate: bool) -> None:
        postmaster = int((self.folder / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGQUIT if immediate else signal.SIGINT)

    def _as_postgres(self) -> list[str]:
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []


class Redis(Service):
    """A Redis server that keeps nothing."""

    binary = "redis-server"

    def __init__(self) -> None:
        if shutil.which(self.binary) is None:
            missing("no redis-server here")
        super().__init__()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self.port}"

    def _command(self) -> Sequence[str]:
        return [self.binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]

    def _answers(self) -> bool:
        return redis_answers(self.url)

    def _end(self, process: subprocess.Popen[bytes], *, immediate: bool) -> None:
        os.killpg(process.pid, signal.SIGKILL)


def redis_answers(url: str) -> bool:
    """Whether a Redis is there."""
    with redis.Redis.from_url(url, socket_connect_timeout=2) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


def _postgres_binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else missing("no PostgreSQL server here")


# --- Databases ------------------------------------------------------------------------------------------------------


class Database:
    """One database on a server, until the block ends. ``template``: the name of the database that it is a copy of."""

    def __init__(self, *, server: str, template: str = "template1") -> None:
        self.name = f"coday_{uuid4().hex}"
        self.url = f"{server}/{self.name}"
        self._server = f"{server}/postgres"
        self._template = template

    def __enter__(self) -> Self:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._administer(create.format(sql.Identifier(self.name), sql.Identifier(self._template)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._administer(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(self.name)))

    def rows(self, query: str, *values: object) -> list[Row]:
        """What a query finds."""
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def value(self, query: str, *values: object) -> Any:
        """The one value that a query finds."""
        (row,) = self.rows(query, *values)
        (value,) = row.values()
        return value

    def write(self, statement: str, *values: object) -> None:
        """Change something, as somebody else would."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode(), values)

    @contextmanager
    def held_thread(self, thread_id: str) -> Iterator[Hold]:
        """Hold a thread's row: whoever wants to write one of its runs waits until the block ends."""
        with psycopg.connect(self.url) as connection:
            connection.execute("SELECT id FROM threads_thread WHERE id = %s FOR UPDATE", [thread_id])
            yield Hold(self, connection.info.backend_pid)
            connection.rollback()

    @contextmanager
    def held_before(self, table: str, condition: str) -> Iterator[Hold]:
        """Hold up every update of a table whose ``NEW`` row fits the condition, in the middle of its transaction, until
        the block ends."""
        self.write(_BARRIER.format(table=table, condition=condition))
        with psycopg.connect(self.url) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_BARRIER_KEY])
            yield Hold(self, connection.info.backend_pid)
            connection.rollback()

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(statement)


@dataclass(frozen=True)
class Hold:
    """What a test holds in a database. ``pid``: of its connection's process there."""

    database: Database
    pid: int

    def waiting(self, *, count: int = 1) -> None:
        """Wait until so many transactions wait for it, or for one that does."""
        wait_until(lambda: self.database.value(_WAITING, self.pid) >= count, f"{count} transactions are held up")


_WAITING = """
WITH RECURSIVE held AS (
    SELECT pid FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))
    UNION
    SELECT behind.pid FROM pg_stat_activity behind, held WHERE held.pid = ANY(pg_blocking_pids(behind.pid))
)
SELECT count(*) FROM held
"""
_BARRIER_KEY = 20_260_721
_BARRIER = f"""
CREATE OR REPLACE FUNCTION test_barrier() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock_shared({_BARRIER_KEY}); RETURN NEW; END $$;
CREATE OR REPLACE TRIGGER test_barrier BEFORE UPDATE ON {{table}}
FOR EACH ROW WHEN ({{condition}}) EXECUTE FUNCTION test_barrier();
"""


def shared_postgres() -> str:
    """The shared PostgreSQL server's address; skips where there is none."""
    try:
        psycopg.connect(f"{POSTGRES_URL}/postgres", connect_timeout=5).close()
    except psycopg.OperationalError as error:
        missing(f"no PostgreSQL at {POSTGRES_URL}: {error}")
    return POSTGRES_URL


def shared_redis() -> str:
    """The shared Redis server's address; skips where there is none."""
    if not redis_answers(REDIS_URL):
        missing(f"no Redis at {REDIS_URL}")
    return REDIS_URL
