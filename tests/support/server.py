"""Real Coday processes for tests: ``manage.py serve --bootstrap`` on a free port, and ``manage.py worker``.

    with CodayServer(data_dir=tmp_path, environment={"OPENAI_BASE_URL": …}) as server:
        httpx.get(server.base_url)
        server.kill()      # as a crash does
        server.restart()   # on the same data and port

A server is ready when it has said where it is: its port accepts connections from then on. No process outlives the one that
started it, even one that is killed.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import ClassVar, Self

PROJECT = Path(__file__).resolve().parent.parent.parent
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
        self._process: subprocess.Popen[str] | None = None
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
    def process(self) -> subprocess.Popen[str]:
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
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.guarded", "manage.py", *self._command],
            cwd=PROJECT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def await_ready(self) -> None:
        """Wait for the line that says so."""
        assert self.process.stdout is not None
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
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def _ended(self) -> int:
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"It did not end:\n{self.text}") from None
        if self._reader is not None:
            self._reader.join(STOP_SECONDS)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        return code

    def _complete(self, environment: Mapping[str, str]) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(CONFIGURATION)}
        return {
            **inherited,
            "CODAY_DATA_DIR": str(self.data_dir),
            "CODAY_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "CODAY_LOCAL_MODEL": "off",
            "CODAY_SHUTDOWN_SECONDS": "0.2",
            "OLLAMA_HOST": "127.0.0.1:9",  # nobody listens there
            "PYTHONUNBUFFERED": "1",
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


class CodayWorker(CodayProcess):
    """One worker. Its environment has to name the database and Redis."""

    ready = "This worker executes "

    def __init__(self, *, data_dir: Path, concurrency: int, environment: Mapping[str, str]) -> None:
        super().__init__("worker", "--concurrency", str(concurrency), data_dir=data_dir, environment=environment)


def free_port() -> int:
    """A TCP port on loopback that nobody uses at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port
