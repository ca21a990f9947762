"""Servers that are npm packages, which nobody of this project wrote: installed from a lock file, run with node.

Where there is no npm their tests are skipped, but not in CI.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import IO

import pytest

STOP_SECONDS = 10


def install(folder: Path) -> None:
    """``npm ci`` in a folder that has a lock file, unless what it names is there."""
    if shutil.which("npm") is None:
        message = f"npm is not installed: nothing is tested against what {folder.name}/package-lock.json names"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    installed = folder / "node_modules" / ".package-lock.json"
    with (folder / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # test processes side by side install once
        wanted = os.fstat(lock.fileno()).st_mtime
        if not installed.exists() or installed.stat().st_mtime < wanted:
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, check=True, timeout=120)


@contextmanager
def running(
    *command: str, ready: re.Pattern[str], environment: Mapping[str, str] | None = None
) -> Iterator[re.Match[str]]:
    """Run a command until the block ends; how a line of its output says that it has started."""
    process = subprocess.Popen(
        command,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        started = _started(process.stdout, ready)
        # What it says from here on is read and dropped, or it would stand still when the pipe is full.
        reader = Thread(target=deque, args=(process.stdout, 0), daemon=True)
        reader.start()
        yield started
        process.terminate()
        reader.join(STOP_SECONDS)
    finally:
        process.kill()
        with process:  # closes its pipe and waits for it
            pass


def _started(output: IO[str], ready: re.Pattern[str]) -> re.Match[str]:
    said = []
    for line in output:
        said.append(line)
        if found := ready.search(line):
            return found
    raise AssertionError(f"It did not start:\n{''.join(said)}")
