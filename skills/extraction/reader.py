"""Reads one file, as a program of its own that has little memory and time, and none of the server's secrets:

    python -m skills.extraction.reader pdf 2000 2000000 "" < file > result.json

The arguments are the kind, how many pages and characters there may be, and the address of a page whose links are wanted. The
result is ``{"title", "text"}``, or ``{"problem", "limit"}``. A parser that fails in whatever way ends the process, and that
is an answer, too.
"""

from __future__ import annotations

import io
import json
import logging
import sys
import zipfile
from collections.abc import Iterator
from typing import Any

import mammoth
import trafilatura
from lxml import etree
from lxml import html as lxml_html
from pypdf import PdfReader

if sys.platform != "win32":
    import resource

MEMORY = 1_536 * 1024 * 1024  # bytes of address space
UNPACKED = 100 * 1024 * 1024  # bytes of a DOCX file's parts
HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
BLOCKS = {"p", "li", "tr", "pre", "blockquote", "div", "section", "article", *HEADINGS}


class UnfitError(Exception):
    """The file cannot be read, or is too much: ``problem`` says which, ``limit`` how much there may be."""

    def __init__(self, problem: str, limit: int | None = None) -> None:
        self.result = {"problem": problem, "limit": limit}
        super().__init__(problem)


def read(content: bytes, *, kind: str, pages: int, characters: int, address: str) -> dict[str, Any]:
    """Title and text, within limits."""
    match kind:
        case "pdf":
            title, text = read_pdf(content, pages=pages, characters=characters)
        case "docx":
            title, text = "", read_docx(content)
        case _:
            title, text = read_html(content, address=address)
    if len(text) > characters:
        raise UnfitError("characters", characters)
    return {"title": title, "text": text}


def read_pdf(content: bytes, *, pages: int, characters: int) -> tuple[str, str]:
    """Title and text of a PDF; a form feed stands before each page but the first."""
    reader = PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnfitError("locked")
    if len(reader.pages) > pages:
        raise UnfitError("pages", pages)
    texts: list[str] = []
    size = 0
    for page in reader.pages:
        texts.append(page.extract_text().replace("\f", "\n").strip())
        size += len(texts[-1])
        if size > characters:
            raise UnfitError("characters", characters)
    title = str((reader.metadata and reader.metadata.title) or "")
    return title, "\n\f".join(texts) if any(texts) else ""


def read_docx(content: bytes) -> str:
    """Text of a DOCX file, its headings as in Markdown."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(part.file_size for part in archive.infolist()) > UNPACKED:
            raise UnfitError("unpacked", UNPACKED)
    return _outlined(mammoth.convert_to_html(io.BytesIO(content), convert_image=lambda _image: []).value)


def read_html(content: bytes, *, address: str) -> tuple[str, str]:
    """Title and text of a page: what it is about, without what stands around it, where that can be told apart. With an
    ``address``, its links stay."""
    root = lxml_html.fromstring(content)
    if address:
        root.make_links_absolute(address, handle_failures="discard")
    text = trafilatura.extract(
        root if address else content,
        output_format="markdown",
        include_comments=False,
        include_links=bool(address),
        favor_recall=True,
    )
    return root.findtext(".//title") or "", text or _outlined(content)


def _outlined(page: str | bytes) -> str:
    """All text of a page, block by block, headings as in Markdown."""
    if not page.strip():
        return ""
    root = lxml_html.fromstring(page)
    etree.strip_elements(root, "script", "style", "template", "head", etree.Comment, with_tail=False)
    return "\n\n".join(block for block in _blocks(root) if block)


def _blocks(root: lxml_html.HtmlElement) -> Iterator[str]:
    """The texts of all blocks; a row of a table is one."""
    for element in root.iter():
        if (element is not root and element.tag not in BLOCKS) or next(element.iterancestors("tr"), None) is not None:
            continue
        if element.tag == "tr":
            yield " | ".join(" ".join(cell.text_content().split()) for cell in element.iterchildren("td", "th"))
        elif said := " ".join("".join(_own_text(element)).split()):
            mark = HEADINGS.get(str(element.tag)) or ("-" if element.tag == "li" else "")
            yield f"{mark} {said}".strip()


def _own_text(element: lxml_html.HtmlElement) -> Iterator[str]:
    """What a block says itself, not the blocks within."""
    yield element.text or ""
    for child in element:
        if child.tag not in BLOCKS:
            yield from _own_text(child)
        yield child.tail or ""


def main(kind: str, pages: str, characters: str, address: str) -> None:
    """Read standard input, write standard output."""
    logging.disable(logging.CRITICAL)
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        content = sys.stdin.buffer.read()
        result = read(content, kind=kind, pages=int(pages), characters=int(characters), address=address)
    except UnfitError as error:
        result = error.result
    except MemoryError:
        result = {"problem": "slow", "limit": None}
    sys.stdout.buffer.write(json.dumps(result).encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
