"""The archive: a plain tar of regular files, hashed while they are written and checked before anything is believed.

Whoever could write an archive may have written anything into it, so a reader accepts names of the expected shape only,
extracts nothing by the paths in the archive's headers, and bounds what it takes into memory.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from io import BytesIO
from typing import IO, Protocol, cast

from coday.backup.errors import BackupError
from coday.backup.manifest import Manifest, Member, decode, encode

MANIFEST = "manifest.json"
TABLES = "tables/"
FILES = "files/"

MAX_MEMBERS = 1_000_000
MAX_MANIFEST_BYTES = 256 * 1024 * 1024
MAX_LINE_BYTES = 64 * 1024 * 1024  # one row
CHUNK_BYTES = 1024 * 1024


def table_name(label: str) -> str:
    """The member that holds the rows of a model, ``app.model``."""
    return f"{TABLES}{label}.jsonl"


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class _Hashing:
    """Passes a stream on and hashes what went through."""

    def __init__(self, source: _Readable) -> None:
        self._source = source
        self._hash = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._source.read(size)
        self._hash.update(chunk)
        return chunk

    def sha256(self) -> str:
        return self._hash.hexdigest()


class ArchiveWriter:
    """Writes members to ``target`` as they come, and the manifest at the end."""

    def __init__(self, target: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self.members: dict[str, Member] = {}

    def add(
        self, name: str, source: _Readable, *, size: int, rows: int | None = None, columns: list[str] | None = None
    ) -> None:
        """Add ``size`` bytes of ``source`` under a name.

        Raises:
            BackupError: a reader would refuse the name, or the source is shorter.
        """
        _check_name(name)
        hashing = _Hashing(source)
        try:
            self._tar.addfile(_header(name, size), hashing)
        except OSError as error:
            raise BackupError(f"{name} cannot be written to the archive: {error}.") from error
        self.members[name] = Member(size=size, sha256=hashing.sha256(), rows=rows, columns=columns)

    def close(self, manifest: Manifest) -> None:
        """Write the manifest and the archive's end."""
        content = encode(manifest)
        self._tar.addfile(_header(MANIFEST, len(content)), BytesIO(content))
        self._tar.close()


class ArchiveReader:
    """Reads an archive whose names and headers are as a writer makes them.

    Raises:
        BackupError: it is no archive, not whole, or holds what no writer wrote.
    """

    def __init__(self, source: IO[bytes]) -> None:
        try:
            self._tar = tarfile.open(fileobj=source, mode="r:")  # noqa: SIM115
            self._headers = dict(self._read_headers())
        except tarfile.TarError as error:
            raise BackupError(f"This is no archive of Coday: {error}.") from error
        self.manifest = self._read_manifest()

    def verify(self) -> None:
        """Compare every member with the manifest.

        Raises:
            BackupError: one is missing, unknown, or not what was written.
        """
        listed = self.manifest.members
        for name in listed.keys() ^ self._headers.keys():
            raise BackupError(f"The archive was changed: {name} is not in both the manifest and the archive.")
        for name, member in listed.items():
            if self._headers[name].size != member.size or self._sha256(name) != member.sha256:
                raise BackupError(f"The archive was changed: {name} is not what was written.")

    def files(self) -> list[str]:
        """The names of the installation's files, relative to their directory."""
        return [name.removeprefix(FILES) for name in self.manifest.members if name.startswith(FILES)]

    def chunks(self, name: str) -> Iterator[bytes]:
        """A member's content.

        Raises:
            BackupError: the archive ends before the member does.
        """
        source = self._open(name)
        try:
            while chunk := source.read(CHUNK_BYTES):
                yield chunk
        except tarfile.TarError as error:
            raise BackupError(f"The archive is not whole: {error}.") from error

    def lines(self, name: str) -> Iterator[bytes]:
        """A member's lines.

        Raises:
            BackupError: one is longer than a row may be.
        """
        source = self._open(name)
        while line := source.readline(MAX_LINE_BYTES):
            if not line.endswith(b"\n"):
                raise BackupError(f"A row in {name} is too long or not whole.")
            yield line

    def _open(self, name: str) -> IO[bytes]:
        return cast("IO[bytes]", self._tar.extractfile(self._headers[name]))  # only regular files were let in

    def _read_headers(self) -> Iterator[tuple[str, tarfile.TarInfo]]:
        seen: set[str] = set()
        for header in self._tar:
            _check_name(header.name)
            if header.name in seen or not header.isreg() or header.issparse():
                raise BackupError(f"The archive holds {header.name!r} twice, or as something other than a file.")
            seen.add(header.name)
            if len(seen) > MAX_MEMBERS:
                raise BackupError(f"The archive holds more than {MAX_MEMBERS} files.")
            yield header.name, header

    def _read_manifest(self) -> Manifest:
        header = self._headers.get(MANIFEST)
        if header is None:
            raise BackupError("The archive has no manifest: it is not whole, or not Coday's.")
        if header.size > MAX_MANIFEST_BYTES:
            raise BackupError("The archive's manifest is too large.")
        content = b"".join(self.chunks(MANIFEST))
        del self._headers[MANIFEST]
        return decode(content)

    def _sha256(self, name: str) -> str:
        digest = hashlib.sha256()
        for chunk in self.chunks(name):
            digest.update(chunk)
        return digest.hexdigest()


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size = size
    header.mode = 0o600
    return header


def _check_name(name: str) -> None:
    """A relative path below one of our folders, with nothing in it that a file system reads as more than a name."""
    parts = name.split("/")
    plain = all(part and not part.startswith(".") for part in parts) and name.isprintable() and "\\" not in name
    if name != MANIFEST and not (plain and len(parts) > 1 and name.startswith((TABLES, FILES))):
        raise BackupError(f"The archive would hold the name {name!r}, which is not allowed.")
