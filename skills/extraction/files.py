"""A file's text. What needs a parser is read in a process of its own, which ends with its time, its memory or its task."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import PurePath
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings

from skills.errors import (
    EmptySourceError,
    ReadersBusyError,
    SlowSourceError,
    SourceTooLargeError,
    UnreadableSourceError,
)
from skills.extraction.kinds import Kind, decoded, kind_of

READERS = 2  # processes at once
TITLE_LENGTH = 200

_readers = BoundedSemaphore(READERS)
_BLANK_LINES = re.compile(r"\n{4,}")
_TRAILING = re.compile(r"[ \t]+\n")
_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff\ufeff]")  # neither shown nor storable everywhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """A file's text and what it calls itself (empty where it does not say)."""

    kind: Kind
    title: str
    text: str


def extract(content: bytes, *, name: str = "", address: str = "") -> Extracted:
    """The text of a file, or of a page. Blocks for as long as its reader takes.

    Args:
        content: the file.
        name: what it is called; a name that promises a PDF or DOCX has to be right.
        address: where a page is from: then its links stay, as in Markdown and absolute.

    Raises:
        SourceTooLargeError: too many bytes, pages or characters.
        UnsupportedSourceError: of a kind that cannot be read.
        UnreadableSourceError: damaged, locked, or not what its name promises.
        SlowSourceError: it took too long or too much memory.
        EmptySourceError: no text in it.
        ReadersBusyError: too many others are being read.
    """
    if len(content) > settings.CODAY_MAX_SOURCE_BYTES:
        raise SourceTooLargeError(field="file", details={"limit": settings.CODAY_MAX_SOURCE_BYTES, "unit": "bytes"})
    kind = kind_of(content, name=name)
    if kind in {"text", "markdown"}:
        return Extracted(kind=kind, title=_title_of_file(name), text=cleaned(decoded(content) or ""))
    result = _read(content, kind, address)
    title = " ".join(_UNWANTED.sub("", result["title"]).split())[:TITLE_LENGTH]
    return Extracted(kind=kind, title=title or _title_of_file(name), text=cleaned(result["text"]))


def cleaned(text: str) -> str:
    """A text as it is stored: one kind of line end, nothing that cannot be shown, no deserts of blank lines.

    Raises:
        EmptySourceError: nothing is left.
        SourceTooLargeError: too many characters are left.
    """
    lines = _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    tidy = _BLANK_LINES.sub("\n\n\n", _TRAILING.sub("\n", lines)).strip(" \t\n")
    if not tidy.strip():
        raise EmptySourceError(field="file")
    if len(tidy) > settings.CODAY_MAX_SOURCE_CHARS:
        raise SourceTooLargeError(
            field="file", details={"limit": settings.CODAY_MAX_SOURCE_CHARS, "unit": "characters"}
        )
    return tidy


def _title_of_file(name: str) -> str:
    return " ".join(_UNWANTED.sub("", PurePath(name).stem).split())[:TITLE_LENGTH]


def _read(content: bytes, kind: Kind, address: str) -> dict[str, Any]:
    if not _readers.acquire(timeout=settings.CODAY_SOURCE_SECONDS):
        raise ReadersBusyError(details={"retry_after": 5})
    try:
        done = subprocess.run(  # noqa: S603  # our own program; nothing of the command is the caller's
            [sys.executable, "-m", "skills.extraction.reader", kind, *_limits(), address],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=settings.BASE_DIR,
            env={name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ},
            timeout=settings.CODAY_SOURCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SlowSourceError(field="file") from error
    finally:
        _readers.release()
    if done.returncode < 0:  # killed, for its memory
        raise SlowSourceError(field="file")
    if done.returncode:
        raise UnreadableSourceError(f"This {kind.upper()} file is damaged: it cannot be read.", field="file")
    result: dict[str, Any] = json.loads(done.stdout)
    _refuse(result)
    return result


def _limits() -> list[str]:
    return [str(settings.CODAY_MAX_SOURCE_PAGES), str(settings.CODAY_MAX_SOURCE_CHARS)]


def _refuse(result: dict[str, Any]) -> None:
    """Say what the reader said."""
    match result.get("problem"):
        case "locked":
            raise UnreadableSourceError("This PDF file is locked with a password.", field="file")
        case "pages" | "characters" | "unpacked" as unit:
            details = {"limit": result["limit"], "unit": "bytes" if unit == "unpacked" else unit}
            raise SourceTooLargeError(field="file", details=details)
        case "slow":
            raise SlowSourceError(field="file")
