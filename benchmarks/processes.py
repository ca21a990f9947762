"""Child processes and what the operating system says that they use: CPU time and memory of a whole process tree."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

PROC = Path("/proc")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
QUIET_SECONDS = 0.5
IDLE_SHARE = 0.02

T = TypeVar("T")


@dataclass(frozen=True)
class Memory:
    """Memory of a process tree in MB (10^6 bytes): resident, and proportional (shared pages divided by their users)."""

    resident: float
    proportional: float


@dataclass(frozen=True)
class ServerProcess:
    """A server under measurement, with its children. ``idle_share``: the part of a core that it may use when it is quiet."""

    process: subprocess.Popen[str]
    idle_share: float = IDLE_SHARE

    @property
    def pid(self) -> int:
        """The id of the tree's root."""
        return self.process.pid

    def read_port(self) -> int:
        """The port that the process prints as its first line."""
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())

    def cpu_seconds(self) -> float:
        """User and system time so far of the tree, ended and awaited children included."""
        return sum(cpu_ticks(pid) for pid in process_tree(self.pid)) / TICKS_PER_SECOND

    def memory(self) -> Memory:
        """What the tree holds now."""
        sizes = [memory_kilobytes(pid) for pid in process_tree(self.pid)]
        return Memory(
            resident=sum(size["Rss"] for size in sizes) * 1024 / 1e6,
            proportional=sum(size["Pss"] for size in sizes) * 1024 / 1e6,
        )

    def open_files(self) -> int:
        """How many files, sockets and pipes the tree has open."""
        return sum(len(list((PROC / str(pid) / "fd").iterdir())) for pid in process_tree(self.pid))

    def threads(self) -> int:
        """How many threads the tree has."""
        return sum(len(list((PROC / str(pid) / "task").iterdir())) for pid in process_tree(self.pid))

    async def wait_until_quiet(self, *, patience: float = 20.0) -> None:
        """Return when the tree has used almost no CPU for half a second: follow-up work has ended.

        Raises:
            TimeoutError: it is still busy after ``patience`` seconds.
        """
        deadline = time.monotonic() + patience
        before = self.cpu_seconds()
        while time.monotonic() < deadline:
            await asyncio.sleep(QUIET_SECONDS)
            now = self.cpu_seconds()
            if now - before <= self.idle_share * QUIET_SECONDS + 1 / TICKS_PER_SECOND:
                return
            before = now
        raise TimeoutError(f"process {self.pid} is still busy after {patience} s")


async def cpu_used(processes: Mapping[str, ServerProcess], work: Awaitable[T]) -> tuple[T, dict[str, float]]:
    """What the work gives, and the CPU seconds of each process tree for it, counted until all are quiet again."""
    for process in processes.values():
        await process.wait_until_quiet()
    before = {name: process.cpu_seconds() for name, process in processes.items()}
    result = await work
    for process in processes.values():
        await process.wait_until_quiet()
    return result, {name: process.cpu_seconds() - before[name] for name, process in processes.items()}


async def machine_used(work: Awaitable[T]) -> tuple[T, float]:
    """What the work gives, and the part of all cores that was busy meanwhile, whoever's work it was."""
    before = machine_ticks()
    result = await work
    total, idle = (now - then for now, then in zip(machine_ticks(), before, strict=True))
    return result, 1 - idle / max(total, 1)


def machine_ticks() -> tuple[int, int]:
    """The machine's time since its start, and the part of it in which nothing ran, in clock ticks."""
    ticks = [int(value) for value in (PROC / "stat").read_text().splitlines()[0].split()[1:9]]
    return sum(ticks), ticks[3] + ticks[4]


def process_tree(root: int) -> list[int]:
    """The process ids of ``root`` and all its descendants."""
    tree = [root]
    for pid in tree:
        for children in PROC.glob(f"{pid}/task/*/children"):
            tree.extend(map(int, children.read_text().split()))
    return tree


def cpu_ticks(pid: int) -> int:
    """``utime + stime + cutime + cstime`` of ``proc(5)``, in clock ticks."""
    after_name = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return sum(map(int, after_name[11:15]))


def memory_kilobytes(pid: int) -> dict[str, int]:
    """The fields of ``smaps_rollup`` of one process, in KiB."""
    lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]
    return {name.rstrip(":"): int(value) for name, value, *_ in map(str.split, lines)}


@contextmanager
def running(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    idle_share: float = IDLE_SHARE,
) -> Iterator[ServerProcess]:
    """Run ``python <command>`` in a session of its own for as long as the block lasts. ``idle_share``: see ``ServerProcess``.

    Standard error goes to ``log``, or to ours. With ``log``, standard output goes there too.
    """
    sink = log.open("w") if log else None
    process = subprocess.Popen(
        [sys.executable, *command],
        env={**os.environ, **(env or {})},
        stdout=sink or subprocess.PIPE,
        stderr=sink,
        text=True,
        start_new_session=True,
    )
    try:
        yield ServerProcess(process, idle_share)
    finally:
        end(process)
        if sink:
            sink.close()


def end(process: subprocess.Popen[str]) -> None:
    """Ask the process to end, then make it and its group end."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout:
        process.stdout.close()
