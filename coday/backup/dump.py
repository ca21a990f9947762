"""Writes an archive of the installation, while it runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import IO

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model

import coday
from coday.backup.archive import MAX_LINE_BYTES, ArchiveWriter, table_name
from coday.backup.errors import BackupError
from coday.backup.files import add_files
from coday.backup.keys import fingerprints
from coday.backup.manifest import FORMAT, Manifest
from coday.backup.migrations import applied, known
from coday.backup.rows import columns, portable_models, read


def back_up(target: Path) -> Manifest:
    """Write the installation's rows, as they are at one moment, and its files to a new file that only its owner can read.

    The file has its name only once it is whole. Memory does not grow with the number of rows; beside the archive, the disk
    has to hold the largest table for a while.

    Raises:
        BackupError: the file exists or cannot be written, or the database is not of this version.
    """
    if target.exists():
        raise BackupError(f"{target} exists.")
    try:
        with _whole(target) as file:
            archive = ArchiveWriter(file)
            manifest = _fill(archive, scratch=target.parent)
            archive.close(manifest)
    except OSError as error:
        raise BackupError(f"The backup cannot be written to {target}: {error}.") from error
    return manifest


@contextmanager
def _whole(target: Path) -> Iterator[IO[bytes]]:
    """A file under another name, that gets its own when the block has ended well and all is on the disk."""
    file = NamedTemporaryFile("wb", dir=target.parent, prefix=f".{target.name}.", delete=False)  # noqa: SIM115
    partial = Path(file.name)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)  # once it has its name, there is none


@contextmanager
def snapshot() -> Iterator[None]:
    """One moment of the database for all that is read in the block. Nobody has to wait, and nothing can be written."""
    if connection.vendor == "sqlite":
        with _sqlite_snapshot():
            yield
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield


@contextmanager
def _sqlite_snapshot() -> Iterator[None]:
    """Django's own transactions are immediate ones here, which keep every writer waiting."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            cursor.execute("SELECT COUNT(*) FROM sqlite_master")  # the moment is that of the first read
            yield
        finally:
            cursor.execute("ROLLBACK")


def _fill(archive: ArchiveWriter, *, scratch: Path) -> Manifest:
    """Files before tables: one that is deleted meanwhile had little time for it."""
    with snapshot():
        migrations = applied()
        if migrations != known():
            raise BackupError("The database is not of this version of Coday. Run `manage.py migrate` first.")
        add_files(archive, settings.MEDIA_ROOT)
        for model in portable_models():
            _add_table(archive, model, scratch=scratch)
    return Manifest(
        format=FORMAT,
        coday=coday.__version__,
        created_at=datetime.now(UTC),
        engine=connection.vendor,
        migrations=migrations,
        keys=fingerprints(),
        members=archive.members,
    )


def _add_table(archive: ArchiveWriter, model: type[Model], *, scratch: Path) -> None:
    """A member's size comes before its content, so the rows go through a file."""
    count = 0
    with TemporaryFile(dir=scratch) as spool:
        for line in read(model):
            if len(line) > MAX_LINE_BYTES:
                raise BackupError(f"A row of {model._meta.label} is too large for an archive.")
            spool.write(line)
            count += 1
        size = spool.tell()
        spool.seek(0)
        archive.add(table_name(model._meta.label_lower), spool, size=size, rows=count, columns=columns(model))
