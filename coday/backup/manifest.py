"""What an archive says about itself: the last thing that is written, so a torn archive has none."""

from __future__ import annotations

from datetime import datetime

import msgspec

from coday.backup.errors import BackupError

FORMAT = 1


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One member: its size in bytes and its SHA-256 in hex; for a table also how many rows of which columns."""

    size: int
    sha256: str
    rows: int | None = None
    columns: list[str] | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The archive's version, where it comes from, and its members by name.

    Attributes:
        engine: the kind of database it was read from; it can be restored to any.
        migrations: those that were applied, ``app.name``, sorted.
        keys: fingerprints of the keys that its encrypted values need.
    """

    format: int
    coday: str
    created_at: datetime
    engine: str
    migrations: list[str]
    keys: list[str]
    members: dict[str, Member]


class _Version(msgspec.Struct):
    format: int


def encode(manifest: Manifest) -> bytes:
    """The manifest as JSON, for people to read, too."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def decode(content: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        BackupError: it is none, or of another format.
    """
    try:
        version = msgspec.json.decode(content, type=_Version).format
        if version != FORMAT:
            raise BackupError(f"The archive has format {version}; this Coday reads format {FORMAT}.")
        return msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BackupError("The archive's manifest cannot be read.") from error
