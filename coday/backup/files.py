"""The installation's files: what is there goes into the archive, and comes back all at once or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from coday.backup.archive import FILES, ArchiveReader, ArchiveWriter

# Both lie inside the files' directory, which may be a file system of its own: a rename has to stay on it.
STAGING = ".restoring"
EARLIER = ".before-restore"


def add_files(archive: ArchiveWriter, root: Path) -> None:
    """Add every file below ``root``, except hidden ones and what is deleted meanwhile."""
    for path in _visible(root):
        with suppress(FileNotFoundError), path.open("rb") as file:
            archive.add(FILES + path.relative_to(root).as_posix(), file, size=os.fstat(file.fileno()).st_size)


def is_empty(root: Path) -> bool:
    """Whether there is no visible file below ``root``."""
    return next(_visible(root), None) is None


@contextmanager
def replacement(archive: ArchiveReader, root: Path) -> Iterator[Callable[[], None]]:
    """Unpack the archive's files beside those below ``root``, and yield a function that puts them in their place.

    If the block fails, even after that, the earlier files are back.
    """
    staging, earlier = root / STAGING, root / EARLIER
    _remove(staging, earlier)
    placed = False

    def put_in_place() -> None:
        nonlocal placed
        placed = True
        _move_visible(root, earlier)
        _move_visible(staging, root)

    def put_back() -> None:
        if placed:
            _move_visible(root, staging)
            _move_visible(earlier, root)

    with ExitStack() as undo:
        undo.callback(_remove, staging, earlier)
        undo.callback(put_back)
        _unpack(archive, staging)
        yield put_in_place
        placed = False  # it stays


def _visible(root: Path) -> Iterator[Path]:
    """Regular files, sorted; no links, and nothing hidden."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                yield path


def _unpack(archive: ArchiveReader, staging: Path) -> None:
    staging.mkdir(mode=0o700, parents=True)
    for name in archive.files():
        path = staging / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            for chunk in archive.chunks(FILES + name):
                file.write(chunk)


def _move_visible(source: Path, target: Path) -> None:
    target.mkdir(mode=0o700, exist_ok=True)
    for path in list(source.iterdir()):
        if not path.name.startswith("."):
            path.rename(target / path.name)


def _remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
