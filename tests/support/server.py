"""A real Coday server for tests: ``manage.py serve --bootstrap`` in a process of its own, on a free port.

    with CodayServer(data_dir=tmp_path, environment={"OPENAI_BASE_URL": …}) as server:
        httpx.get(server.base_url)
        server.kill()      # as a crash does
        server.restart()   # on the same data and port

It is ready when it has said where it is: its port accepts connections from then on. It does not outlive the process that
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
from typing import Self

PROJECT = Path(__file__).resolve().parent.parent.parent
ADMIN_PASSWORD = "correct horse battery staple"
STOP_SECONDS = 10.0
# What of our own environment would change what the server does.
CONFIGURATION = (
    "DJANGO_SETTINGS_MODULE", "CODAY_", "OPENAI_", "ANTHROPIC_", "OLLAMA_",
    "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS", "DEBUG", "HOST",
)  # fmt: skip


class CodayServer:
    """One server process and its data directory.

    ``environment`` configures it as an operator would; without a provider in it, only the demo model is there.
    """

    admin_username = "admin"
    admin_password = ADMIN_PASSWORD

    def __init__(self, *, data_dir: Path, environment: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.websocket_url = f"ws://127.0.0.1:{self.port}"
        self.output: list[str] = []
        self._environment = self._complete(environment or {})
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
        assert self._process is not None, "the server was never started"
        return self._process

    def start(self) -> None:
        """Start, and return when the port accepts connections."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.guarded", "manage.py", "serve", "--bootstrap"],
            cwd=PROJECT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.output.append(line)
            if line.startswith("Coday is at "):
                break
        else:
            code = self._ended()
            raise AssertionError(f"The server ended with {code}:\n{self.text}")
        # Its output has to be read, or it would stand still when the pipe is full.
        self._reader = Thread(target=self.output.extend, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def terminate(self) -> int:
        """End it in order (SIGTERM) and return its exit code; one that has ended already keeps its own."""
        self.process.send_signal(signal.SIGTERM)
        return self._ended()

    def kill(self) -> int:
        """End it as a crash does (SIGKILL to the server alone)."""
        self.process.kill()
        return self._ended()

    def restart(self) -> None:
        """Start again on the same data and port; ends it first if it runs."""
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
            raise AssertionError(f"The server did not end:\n{self.text}") from None
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
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
            **environment,
        }


def free_port() -> int:
    """A TCP port on loopback that nobody uses at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port
