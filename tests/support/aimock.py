"""Runs ``@copilotkit/aimock``, a mock model provider that nobody of this project wrote, as a process of its own.

Installed from ``tests/aimock/package-lock.json``; its answers are in ``tests/aimock/fixtures.json``. Where there is no npm
its tests are skipped, but not in CI.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "aimock"
_CLI = FOLDER / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
_LISTENING = re.compile(r"listening on (http://\S+)")


@contextmanager
def running_aimock() -> Iterator[str]:
    """Start it on a free port; its base URL for OpenAI and Anthropic, without a trailing slash."""
    _install()
    command = ["node", str(_CLI), "--port", "0", "--fixtures", str(FOLDER / "fixtures.json"), "--strict"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield f"{_address(process)}/v1"
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _install() -> None:
    """``npm ci``, unless the locked version is there."""
    if shutil.which("npm") is None:
        message = "npm is not installed: nothing is tested against @copilotkit/aimock"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    installed = FOLDER / "node_modules" / ".package-lock.json"
    with (FOLDER / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test processes side by side install once
        wanted = os.fstat(lock.fileno()).st_mtime
        if not installed.exists() or installed.stat().st_mtime < wanted:
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=FOLDER, check=True, timeout=120)


def _address(process: subprocess.Popen[str]) -> str:
    """Where it says that it listens."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if listening := _LISTENING.search(line):
            return listening[1]
    raise AssertionError(f"aimock did not start:\n{''.join(said)}")
