"""What a server answers, as text for the model: bounded, harmless, and with a word for what is no text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import mcp_types as types

from runs.tools.base import Settled
from runs.tools.mcp.text import clean, one_line

MAX_RESULT_CHARS = 1_000_000
MAX_LINKS = 20  # that the page is told of
MAX_LISTED = 200  # resources, and as many templates

Contents = types.TextResourceContents | types.BlobResourceContents


def call_result(result: types.CallToolResult) -> Settled:
    """A tool's result. Structured content follows the text that stands for it, unless that says the same."""
    texts = [_block(block) for block in result.content]
    if result.structured_content is not None and not _says(result.content, result.structured_content):
        texts.append(json.dumps(result.structured_content, ensure_ascii=False))
    links = [block for block in result.content if isinstance(block, types.ResourceLink)]
    return Settled(
        bounded(texts) or "(The tool answered with nothing.)",
        is_error=result.is_error,
        details={"links": [_link(link) for link in links[:MAX_LINKS]]} if links else {},
    )


def resource_result(contents: Sequence[Contents]) -> Settled:
    """What a resource holds."""
    return Settled(bounded(_contents(content) for content in contents) or "(The resource is empty.)")


def resource_list(resources: Sequence[types.Resource], templates: Sequence[types.ResourceTemplate]) -> Settled:
    """Resources and templates of addresses, one a line."""
    lines = [_line(resource.uri, resource) for resource in resources[:MAX_LISTED]]
    if templates:
        lines += ["Templates of addresses:", *(_line(entry.uri_template, entry) for entry in templates[:MAX_LISTED])]
    left_out = max(len(resources) - MAX_LISTED, 0) + max(len(templates) - MAX_LISTED, 0)
    if left_out:
        lines.append(f"({left_out} more are not shown.)")
    return Settled(bounded(lines) or "(The server has no resources.)")


def bounded(texts: Iterable[str]) -> str:
    """The texts in one, of a size that can be stored; what is left out is said."""
    whole = "\n".join(texts)
    if len(whole) <= MAX_RESULT_CHARS:
        return clean(whole, limit=MAX_RESULT_CHARS)
    kept = clean(whole[:MAX_RESULT_CHARS], limit=MAX_RESULT_CHARS)
    return f"{kept}\n(The server sent {len(whole):,} characters; the rest was left out.)"


def _block(block: types.ContentBlock) -> str:
    if isinstance(block, types.TextContent):
        return block.text
    if isinstance(block, types.ResourceLink):
        return f"Resource: {_line(block.uri, block)}"
    if isinstance(block, types.EmbeddedResource):
        return _contents(block.resource)
    kind = "Image" if isinstance(block, types.ImageContent) else "Audio"
    return f"({kind}: {_described(block.mime_type, block.data)})"


def _contents(content: Contents) -> str:
    if isinstance(content, types.TextResourceContents):
        return content.text
    return f"({one_line(content.uri, limit=500)}: {_described(content.mime_type, content.blob)})"


def _described(mime_type: str | None, base64: str) -> str:
    return f"{one_line(mime_type or 'unknown type', limit=100)}, {len(base64) * 3 // 4:,} bytes, not shown"


def _line(address: str, entry: types.Resource | types.ResourceTemplate) -> str:
    kind = f" ({one_line(entry.mime_type, limit=100)})" if entry.mime_type else ""
    description = f": {one_line(entry.description, limit=300)}" if entry.description else ""
    return f"{one_line(address, limit=500)} – {one_line(entry.title or entry.name, limit=200)}{kind}{description}"


def _link(link: types.ResourceLink) -> dict[str, str]:
    return {"uri": one_line(link.uri, limit=500), "name": one_line(link.title or link.name, limit=200)}


def _says(content: Sequence[types.ContentBlock], structured: Any) -> bool:
    """Whether a text stands for the structured content; the Python SDK wraps what is no object as a ``result``."""
    texts = [block.text for block in content if isinstance(block, types.TextContent)]
    return any(structured in (_parsed(text), {"result": text}, {"result": _parsed(text)}) for text in texts)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
