"""The version of the files that pages load: a part of their address. Knows nothing of Django."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path


def static_version(folder: Path, *, packages: Iterable[str]) -> str:
    """Twelve hexadecimal digits, others for every change of a file in ``folder`` and of the version of a package that brings
    files of its own."""
    digest = sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + sha256(path.read_bytes()).digest())
    for package in packages:
        digest.update(f"{package} {version(package)}\n".encode())
    return digest.hexdigest()[:12]
