"""The lock of a data directory: one server on it, and no restore while there is one."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class DirectoryInUseError(Exception):
    """Another process holds the directory."""


@contextmanager
def alone_in(directory: Path) -> Iterator[None]:
    """Hold a data directory; the system gives it back however this process ends.

    Raises:
        DirectoryInUseError: somebody else holds it.
    """
    with (directory / "serve.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DirectoryInUseError from error
        yield
