"""What a file is, by its content; its name only has to agree."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePath
from typing import Literal

from skills.errors import UnreadableSourceError, UnsupportedSourceError

Kind = Literal["text", "markdown", "html", "pdf", "docx"]

HEAD = 4_096  # bytes or characters that are looked at
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|article|main)\b", re.IGNORECASE)
_MARKDOWN = re.compile(r"^(?: {0,3}#{1,6} \S|```|~~~|\|.*\|\s*$)|\[[^\]\n]+\]\([^)\s]+\)|\*\*\S", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_PROMISES = {".pdf": "pdf", ".docx": "docx"}


def kind_of(content: bytes, *, name: str = "") -> Kind:
    """The kind of this content.

    Raises:
        UnsupportedSourceError: none that can be read.
        UnreadableSourceError: the name says PDF or DOCX, and the content is something else.
    """
    kind = _kind(content)
    promised = _PROMISES.get(PurePath(name).suffix.lower())
    if promised and kind != promised:
        raise UnreadableSourceError(f"This file is called a {promised.upper()}, and it is none.", field="file")
    if kind is None:
        raise UnsupportedSourceError(field="file")
    return kind


def _kind(content: bytes) -> Kind | None:
    if b"%PDF-" in content[:1_024]:
        return "pdf"
    if content.startswith(b"PK\x03\x04"):
        return "docx" if _holds_document(content) else None
    text = decoded(content)
    if text is None:
        return None
    if _HTML.search(text[:HEAD]):
        return "html"
    return "markdown" if is_markdown(text) else "text"


def is_markdown(text: str) -> bool:
    """Whether a text begins like Markdown."""
    return _MARKDOWN.search(text[:HEAD]) is not None


def _holds_document(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "word/document.xml" in archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False


def decoded(content: bytes) -> str | None:
    """Text as people's editors write it: UTF-8, UTF-16 with its mark, else Windows' Latin; ``None`` for what is no text."""
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if _CONTROL.search(text) else text
    return None
