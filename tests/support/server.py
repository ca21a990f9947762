"""Real Coday processes for tests: ``manage.py serve --bootstrap`` on a free port, and ``manage.py worker``.

    with CodayServer(data_dir=tmp_path, environment={"OPENAI_BASE_URL": …}) as server:
        httpx.get(server.base_url)
        server.kill()      # as a crash does
        server.restart()   # on the same data and port

A server is ready when it has said where it is: its port accepts connections from then on. No process outlives the one that
started it, even one that is killed.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import ClassVar, Self

from tests.support.forked import Forked

ADMIN_PASSWORD = "correct horse battery staple"
STOP_SECONDS = 10.0
# What of our own environment would change what the server does.
CONFIGURATION = (
    "DJANGO_SETTINGS_MODULE", "CODAY_", "OPENAI_", "ANTHROPIC_", "OLLAMA_",
    "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS", "DEBUG", "HOST",
)  # fmt: skip


class CodayProcess:
    """One process of an installation and its data directory. ``environment`` configures it as an operator would."""

    ready: ClassVar[str]
    """How the line begins that says that the process has started."""

    def __init__(self, *command: str, data_dir: Path, environment: Mapping[str, str]) -> None:
        self._command = command
        self.data_dir = data_dir
        self.output: list[str] = []
        self._environment = self._complete(environment)
        self._process: Forked | None = None
        self._reader: Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.terminate()

    @property
    def process(self) -> Forked:
        """The running (or last) process."""
        assert self._process is not None, "it was never started"
        return self._process

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start, and return when it is ready."""
        self.launch()
        self.await_ready()

    def launch(self) -> None:
        """Start, and return at once."""
        self._process = Forked(*self._command, environment=self._environment)

    def await_ready(self) -> None:
        """Wait for the line that says so."""
        for line in self.process.stdout:
            self.output.append(line)
            if line.startswith(self.ready):
                break
        else:
            code = self._ended()
            raise AssertionError(f"It ended with {code}:\n{self.text}")
        # Its output has to be read, or it would stand still when the pipe is full.
        self._reader = Thread(target=self.output.extend, args=(self.process.stdout,), daemon=True)
        self._reader.start()

    def terminate(self) -> int:
        """End it in order (SIGTERM) and return its exit code; one that has ended already keeps its own."""
        self.process.send_signal(signal.SIGTERM)
        return self._ended()

    def kill(self) -> int:
        """End it as a crash does (SIGKILL to this process alone)."""
        self.process.kill()
        return self._ended()

    def pause(self) -> None:
        """Halt it in the middle of whatever it does (SIGSTOP)."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on (SIGCONT)."""
        self.process.send_signal(signal.SIGCONT)

    def restart(self) -> None:
        """Start again on the same data; ends it first if it runs."""
        if self.process.poll() is None:
            self.terminate()
        self.start()

    @property
    def text(self) -> str:
        """Everything that it printed so far."""
        return "".join(self.output)

    def manage(self, *arguments: str) -> str:
        """Run another ``manage.py`` command on the same data and return what it printed."""
        with closing(Forked(*arguments, environment=self._environment, separate_errors=True)) as process:
            written, errors = process.communicate()
            if code := process.wait():
                raise subprocess.CalledProcessError(code, arguments, written, errors)
        return written

    def _ended(self) -> int:
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"It did not end:\n{self.text}") from None
        if self._reader is not None:
            self._reader.join(STOP_SECONDS)
        self.process.close()
        return code

    def _complete(self, environment: Mapping[str, str]) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(CONFIGURATION)}
        return {
            **inherited,
            "CODAY_DATA_DIR": str(self.data_dir),
            "CODAY_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "CODAY_LOCAL_MODEL": "off",
            "CODAY_SHUTDOWN_SECONDS": "0.2",
            "DJANGO_SETTINGS_MODULE": "tests.served_settings",
            "OLLAMA_HOST": "127.0.0.1:9",  # nobody listens there
            **environment,
        }


class CodayServer(CodayProcess):
    """One web server. Without a provider in its environment, only the demo model is there."""

    ready = "Coday is at "
    admin_username = "admin"
    admin_password = ADMIN_PASSWORD

    def __init__(self, *, data_dir: Path, environment: Mapping[str, str] | None = None) -> None:
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.websocket_url = f"ws://127.0.0.1:{self.port}"
        complete = {"PORT": str(self.port), **(environment or {})}
        super().__init__("serve", "--bootstrap", data_dir=data_dir, environment=complete)

    def launch(self) -> None:
        """Start, and return at once. A new installation on SQLite is spared its migrations."""
        if not self._environment.get("DATABASE_URL"):
            migrate(self.data_dir / "coday.sqlite3")
        super().launch()


class CodayWorker(CodayProcess):
    """One worker. Its environment has to name the database and Redis."""

    ready = "This worker executes "

    def __init__(self, *, data_dir: Path, concurrency: int, environment: Mapping[str, str]) -> None:
        super().__init__("worker", "--concurrency", str(concurrency), data_dir=data_dir, environment=environment)


def migrate(database: Path) -> None:
    """Make an SQLite database with all tables and no rows, unless there is one: by a copy, which takes no time."""
    if not database.exists():
        database.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_migrated(), database)


@cache
def _migrated() -> Path:
    """The database that the others are copies of."""
    folder = Path(tempfile.mkdtemp(prefix="coday-migrated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    CodayProcess(data_dir=folder, environment={}).manage("migrate", "--verbosity", "0")
    return folder / "coday.sqlite3"


def free_port() -> int:
    """A TCP port on loopback that nobody uses at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port
