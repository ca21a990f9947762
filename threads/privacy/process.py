"""The process in which personal data is found: started late, asked one thing at a time, killed when it is late."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from threads.privacy.analyzer import Rules
from threads.privacy.findings import Finding
from threads.privacy.worker import rules_as_json

ROOT: Final = Path(__file__).resolve().parents[2]
PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "SYSTEMROOT")


class ProcessFailedError(Exception):
    """The process could not be started, ended, was late or answered nonsense. Says nothing about any text."""


class AnalyzerProcess:
    """One process and the pipes to it. Whoever asks while another is asking waits for them."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._engine, self._ready = "", False
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process's id, while there is one."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def ask(self, texts: Sequence[str], *, rules: Rules, engine: str, deadline: float) -> list[list[Finding]]:
        """The findings of each text, by the engine at this dotted path.

        Args:
            deadline: of the monotonic clock; what has not answered by then is killed.

        Raises:
            ProcessFailedError: there is no answer.
        """
        with self._turn:
            if deadline <= time.monotonic():
                raise ProcessFailedError("others took all the time")
            process = self._running(engine)
            with self._killed_at(deadline, process):
                self._await_ready(process)
                said = _exchange(process, {"texts": list(texts), "rules": rules_as_json(rules)})
                return _findings(said, count=len(texts))

    def end(self) -> None:
        """Kill the process; the next question starts another."""
        with self._turn:
            self._end()

    def _running(self, engine: str) -> subprocess.Popen[bytes]:
        """The process, started where it does not run or runs another engine."""
        if self._process is not None and (self._process.poll() is not None or engine != self._engine):
            self._end()
        if self._process is None:
            self._engine, self._ready, self._process = engine, False, _start(engine)
        return self._process

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        """A new process says when its analyzer is loaded."""
        if not self._ready:
            self._ready = bool(_said(process).get("ready"))

    @contextmanager
    def _killed_at(self, deadline: float, process: subprocess.Popen[bytes]) -> Iterator[None]:
        """Whoever is late is killed, which ends every wait for it; after a failure none is left to answer late."""
        timer = threading.Timer(deadline - time.monotonic(), process.kill)
        timer.start()
        answered = False
        try:
            yield
            answered = True
        finally:
            timer.cancel()
            if not answered:
                self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with process:  # closes its pipes and waits for it
                pass


def _start(engine: str) -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    pii = {name: value for name, value in os.environ.items() if name.startswith("CODAY_PII_")}
    try:
        return subprocess.Popen(  # noqa: S603 - the interpreter that runs this, and a path from the settings
            [sys.executable, "-m", "threads.privacy.worker", engine],
            cwd=ROOT,
            env=environment | pii,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a trace may quote a text
        )
    except OSError as error:
        raise ProcessFailedError("the process cannot be started") from error


def _exchange(process: subprocess.Popen[bytes], question: dict[str, Any]) -> dict[str, Any]:
    try:
        assert process.stdin is not None  # noqa: S101 - it was asked for
        process.stdin.write(json.dumps(question).encode() + b"\n")
        process.stdin.flush()
    except OSError as error:
        raise ProcessFailedError("the analyzer has ended") from error
    return _said(process)


def _said(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The next line. An end instead of one is a process that failed or was killed."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    line = process.stdout.readline()
    if not line.endswith(b"\n"):
        raise ProcessFailedError("the analyzer failed or was too slow")
    try:
        said: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise ProcessFailedError("the analyzer answered nonsense") from error
    return said


def _findings(said: dict[str, Any], *, count: int) -> list[list[Finding]]:
    try:
        found = [[Finding(*values) for values in findings] for findings in said["findings"]]
    except (KeyError, TypeError) as error:
        raise ProcessFailedError("the analyzer answered nonsense") from error
    if len(found) != count:
        raise ProcessFailedError("the analyzer answered something else")
    return found
