"""Processes that run ``manage.py``, forked from one that has imported the heavy libraries already.

    process = Forked("serve", "--bootstrap", environment={...})
    process.kill()

To start Python and to import these libraries takes a second of CPU time, and the tests start hundreds of processes. From
there on, each does what it does elsewhere: environment, settings, session and working directory are its own.

This module is also the program that forks. It is asked over a socket, with the ends of pipes for the standard streams; it
knows nothing of Django's settings. Between it and each process stands one that waits for the process's end and tells of it.
"""

from __future__ import annotations

import atexit
import json
import os
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from io import BufferedReader, FileIO, TextIOWrapper
from pathlib import Path
from threading import Thread
from typing import Final

PROJECT: Final = Path(__file__).resolve().parent.parent.parent
PRELOADED: Final = (  # by every process, and without settings
    "aiohttp", "channels_redis.pubsub", "cryptography.fernet", "django.core.management", "django.db.models", "genai_prices",
    "httpx", "jsonschema", "mcp", "PIL.Image", "procrastinate", "prometheus_client", "psycopg_pool", "redis.asyncio",
    "uvicorn", "yaml",
)  # fmt: skip
_MESSAGE: Final = 1024 * 1024  # bytes, at most
_NUMBER: Final = struct.Struct("i")


class Forked:
    """``manage.py`` with these arguments and this environment. Has what tests need of ``subprocess.Popen``.

    It ends when the process that started it does, even one that is killed, and everything that it has started with it.
    """

    def __init__(self, *arguments: str, environment: Mapping[str, str], separate_errors: bool = False) -> None:
        stdin, life = os.pipe()
        output, stdout = os.pipe()
        errors, stderr = os.pipe() if separate_errors else (None, os.dup(stdout))
        told, telling = os.pipe()
        given = (stdin, stdout, stderr, telling)
        asked = json.dumps({"arguments": arguments, "environment": dict(environment)}).encode()
        socket.send_fds(_forker(), [asked], given)
        for descriptor in given:
            os.close(descriptor)
        self._life = FileIO(life, "w")  # kept open, and never written to
        self._told = FileIO(told)
        self.stdout = TextIOWrapper(BufferedReader(FileIO(output)), encoding="utf-8")
        self.stderr = None if errors is None else TextIOWrapper(BufferedReader(FileIO(errors)), encoding="utf-8")
        self.pid = self._hear()
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """How it ended (a signal's number is negative), ``None`` while it runs."""
        return self._ended(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises:
            TimeoutExpired: it has not come after so many seconds.
        """
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
        return code

    def communicate(self) -> tuple[str, str]:
        """Wait for its end; what it wrote to standard output, and apart from that as errors."""
        errors: list[str] = []
        reader = Thread(target=lambda: errors.extend(self.stderr or ()))
        reader.start()
        written = self.stdout.read()
        reader.join()
        self.wait()
        return written, "".join(errors)

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """Close the pipes of one that has ended, or end it."""
        for pipe in (self.stdout, self.stderr, self._life, self._told):
            if pipe is not None:
                pipe.close()

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._told], [], [], timeout)[0]:
            self.returncode = self._hear()
        return self.returncode

    def _hear(self) -> int:
        """The next number that is told of it: its id, then how it ended."""
        number: int
        (number,) = _NUMBER.unpack(self._told.read(_NUMBER.size) or b"")
        return number


@cache
def _forker() -> socket.socket:
    """The connection to this process's forker, which ends with it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.support.forked", str(theirs.fileno())]
    process = subprocess.Popen(command, cwd=PROJECT, pass_fds=[theirs.fileno()], start_new_session=True)
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


# --- The program ----------------------------------------------------------------------------------------------------


def _serve(asked: socket.socket) -> None:
    """Fork whenever it is asked to. Returns in the processes that were forked; here it ends with whoever asks."""
    for name in PRELOADED:
        import_module(name)
    sys.dont_write_bytecode = False  # the next process is spared from compiling again
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody here waits for them
    while True:
        message, descriptors, _flags, _address = socket.recv_fds(asked, _MESSAGE, 4)
        if not message:
            os._exit(0)
        if os.fork() == 0:
            break
        for descriptor in descriptors:
            os.close(descriptor)
    asked.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *streams, telling = descriptors
    pid = os.fork()
    if pid:
        _watch(pid, streams, telling)
    os.close(telling)
    _become(json.loads(message), streams)


def _watch(pid: int, streams: list[int], telling: int) -> None:
    """Tell the process's id, and how it ended."""
    for descriptor in streams:
        os.close(descriptor)
    os.write(telling, _NUMBER.pack(pid))
    _, status = os.waitpid(pid, 0)
    os.write(telling, _NUMBER.pack(os.waitstatus_to_exitcode(status)))
    os._exit(0)


def _become(asked: dict[str, object], streams: list[int]) -> None:
    """Be ``manage.py``."""
    os.setsid()
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    Thread(target=_end_with_starter, daemon=True).start()
    os.environ.clear()
    os.environ.update(asked["environment"])  # type: ignore[call-overload]
    sys.stdout.reconfigure(write_through=True)  # type: ignore[union-attr]
    sys.argv = ["manage.py", *asked["arguments"]]  # type: ignore[misc]
    runpy.run_path("manage.py", run_name="__main__")


def _end_with_starter() -> None:
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
