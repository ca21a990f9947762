"""The file that conversations come in: JSON, or a zip file with JSON in it. It is looked at without being held in memory.

What is in the list of conversations is left as bytes until its turn comes, so that one of them that is broken harms none of
the others.
"""

from __future__ import annotations

import mmap
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, BinaryIO, Final

import msgspec
from django.conf import settings

from runs.exchange.documents import FORMAT, VERSION
from runs.exchange.errors import ImportTooLargeError, UnknownFormatError, UnknownVersionError, UnreadableFileError
from runs.exchange.formats import chatgpt, claude, open_webui

CONVERSATIONS: Final = re.compile(r"(?:.*/)?conversations(?:-\d+)?\.json")
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_FILE_ID: Final = re.compile(r"file[-_][A-Za-z0-9]+")
AT_ONCE: Final = 1024 * 1024  # bytes that are copied at once
MOST_ENTRIES: Final = 100_000  # of a zip file's directory


class _File(msgspec.Struct):
    """A file of our own."""

    format: str
    version: int
    threads: list[msgspec.Raw]


class _Probe(msgspec.Struct):
    """What tells conversations of other products apart."""

    mapping: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    chat_messages: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    chat: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    history: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    runs: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    format: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A file whose conversations can be read one by one."""

    source: str
    threads: Sequence[msgspec.Raw]
    archive: zipfile.ZipFile | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    def file(self, name: str) -> bytes | None:
        """The content of a file that came along and whose name begins so; ``None`` where there is none, or it is too large to
        be an image."""
        entry = self.names.get(_key(name)) if name else None
        if self.archive is None or entry is None:
            return None
        limit = settings.CODAY_MAX_IMAGE_BYTES
        try:
            with self.archive.open(entry) as file:
                content = file.read(limit + 1)
        except BROKEN:
            return None
        return content if len(content) <= limit else None


@contextmanager
def opened(file: BinaryIO, *, size: int, source: str = "auto") -> Iterator[Opened]:
    """A file of so many bytes, for as long as it is read. ``source``: what it is, where that need not be found out.

    Raises:
        ImportTooLargeError, UnreadableFileError, UnknownFormatError, UnknownVersionError
    """
    if size > settings.CODAY_MAX_IMPORT_BYTES:
        raise _too_large(settings.CODAY_MAX_IMPORT_BYTES)
    with ExitStack() as stack:
        if not zipfile.is_zipfile(file):
            file.seek(0)
            text = _mapped(file, stack=stack, limit=settings.CODAY_MAX_IMPORT_BYTES)
            yield _opened(_threads(text), source=source)
            return
        try:
            archive = stack.enter_context(zipfile.ZipFile(file))
            names, texts = _unpacked(archive, stack=stack)
        except BROKEN as error:
            raise UnreadableFileError from error
        threads = [thread for text in texts for thread in _threads(text)]
        yield _opened(threads, source=source, archive=archive, names=names)


def _opened(
    threads: Sequence[msgspec.Raw],
    *,
    source: str,
    archive: zipfile.ZipFile | None = None,
    names: Mapping[str, str] | None = None,
) -> Opened:
    limit = settings.CODAY_MAX_IMPORT_THREADS
    if len(threads) > limit:
        message = f"There are more than {limit} conversations in this file."
        raise ImportTooLargeError(message, details={"limit": limit, "unit": "threads"})
    found = _source(threads) if source == "auto" else source
    return Opened(source=found, threads=threads, archive=archive, names=names or {})


# --- JSON -----------------------------------------------------------------------------------------------------------


def _threads(text: mmap.mmap | bytes) -> list[msgspec.Raw]:
    """The conversations of a file. One that was cut in the middle of a character is read all the same."""
    try:
        return _listed(text)
    except UnreadableFileError:
        mended = _ESCAPE.sub(_mended, text)
        if mended == text[:]:
            raise
        return _listed(mended)


def _mended(escape: re.Match[bytes]) -> bytes:
    """An escape of a JSON text; half of a character, which JavaScript may write, is none."""
    return rb"\ufffd" if escape["half"] else escape[0]


def _listed(text: mmap.mmap | bytes) -> list[msgspec.Raw]:
    """The conversations of a file: of our own, of a list, or the one that it is."""
    try:
        if text[:1024].lstrip()[:1] == b"[":
            return msgspec.json.decode(text, type=list[msgspec.Raw])
        if msgspec.json.decode(text, type=_Probe).format is msgspec.UNSET:
            return [msgspec.Raw(text)]
        own = msgspec.json.decode(text, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableFileError from error
    if own.format != FORMAT:
        raise UnknownFormatError
    if own.version > VERSION:
        raise UnknownVersionError(details={"version": own.version, "known": VERSION})
    return own.threads


def _source(threads: Sequence[msgspec.Raw]) -> str:
    """What the first conversation that can be read looks like."""
    for raw in threads:
        try:
            probe = msgspec.json.decode(raw, type=_Probe)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        for source, told in _TOLD_BY.items():
            if any(getattr(probe, name) is not msgspec.UNSET for name in told):
                return source
    raise UnknownFormatError


_TOLD_BY: Final[Mapping[str, tuple[str, ...]]] = {
    FORMAT: ("runs",),
    chatgpt.SOURCE: ("mapping",),
    claude.SOURCE: ("chat_messages",),
    open_webui.SOURCE: ("chat", "history"),
}


# --- Bytes ----------------------------------------------------------------------------------------------------------


def _mapped(file: IO[bytes], *, stack: ExitStack, limit: int) -> mmap.mmap | bytes:
    """The bytes of a file, copied to the disk and read from there.

    Raises:
        ImportTooLargeError: it has more than ``limit``.
    """
    copy = stack.enter_context(TemporaryFile())  # noqa: SIM115  # the stack closes it
    size = 0
    while chunk := file.read(AT_ONCE):
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        copy.write(chunk)
    copy.flush()
    # It is not closed: what was read of it refers to it, and it goes with the last of that.
    return mmap.mmap(copy.fileno(), 0, access=mmap.ACCESS_READ) if size else b""


def _unpacked(archive: zipfile.ZipFile, *, stack: ExitStack) -> tuple[dict[str, str], list[mmap.mmap | bytes]]:
    """The names in an archive by what they begin with, and its files of conversations."""
    entries = archive.namelist()
    if len(entries) > MOST_ENTRIES:
        raise ImportTooLargeError(details={"limit": MOST_ENTRIES, "unit": "files"})
    wanted = sorted(name for name in entries if CONVERSATIONS.fullmatch(name))
    if not wanted:
        wanted = [name for name in entries if name.endswith(".json")] if len(entries) == 1 else []
    if not wanted:
        raise UnknownFormatError
    texts, left = [], settings.CODAY_MAX_IMPORT_UNPACKED_BYTES
    for name in wanted:
        with archive.open(name) as entry:
            texts.append(_mapped(entry, stack=stack, limit=left))
        left -= len(texts[-1])
    return {_key(name): name for name in entries}, texts


def _key(name: str) -> str:
    """What a file is called in the text: its id, whatever is put behind that, or its name without folders and ending."""
    own = name.rpartition("/")[2]
    found = _FILE_ID.match(own)
    return found[0] if found else own.rpartition(".")[0] or own


def _too_large(limit: int) -> ImportTooLargeError:
    return ImportTooLargeError(details={"limit": limit, "unit": "bytes"})


BROKEN: Final = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError)
"""What reading an archive raises that is damaged, encrypted or packed in a way that is not known."""
