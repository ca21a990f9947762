"""What a message is made of: typed, frozen content parts, and their stored JSON form.

The stored form is what the database keeps. The wire form (``threads.wire``) differs from it: a signature never leaves the
server, and an image gets its address.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias
from uuid import UUID

import msgspec


class TextPart(msgspec.Struct, frozen=True, tag_field="type", tag="text"):
    """Plain or Markdown text."""

    text: str


class ThinkingPart(msgspec.Struct, frozen=True, tag_field="type", tag="thinking", omit_defaults=True):
    """What a model thought aloud.

    ``signature`` is the provider's proof that it wrote the text; it is sent back to that ``provider`` (its slug) alone.
    ``redacted`` marks thinking that the provider encrypted: ``signature`` then holds its opaque data.
    """

    text: str
    signature: str = ""
    provider: str = ""
    redacted: bool = False


class ImagePart(msgspec.Struct, frozen=True, tag_field="type", tag="image", omit_defaults=True):
    """An image attachment of the thread, by id."""

    id: UUID
    alt: str = ""


class ToolUsePart(msgspec.Struct, frozen=True, tag_field="type", tag="tool_use", omit_defaults=True):
    """A model's call of a tool. ``arguments`` is ``None`` where the model's JSON was malformed: then ``arguments_text``
    holds what it wrote, and the tool is not executed."""

    id: str
    name: str
    arguments: dict[str, Any] | None = None
    arguments_text: str = ""


class ToolResultPart(msgspec.Struct, frozen=True, tag_field="type", tag="tool_result", omit_defaults=True):
    """What a tool call came to, as text for the model."""

    tool_call_id: str
    name: str
    content: str
    is_error: bool = False


ContentPart: TypeAlias = TextPart | ThinkingPart | ImagePart | ToolUsePart | ToolResultPart

_Parts = tuple[ContentPart, ...]


def dump_parts(parts: Iterable[ContentPart]) -> list[dict[str, Any]]:
    """Parts to the JSON values that the database stores."""
    builtins: list[dict[str, Any]] = msgspec.to_builtins(list(parts))
    return builtins


def load_parts(stored: Sequence[dict[str, Any]]) -> tuple[ContentPart, ...]:
    """Stored JSON values to parts.

    Raises:
        msgspec.ValidationError: the stored value is not one that ``dump_parts`` wrote.
    """
    return msgspec.convert(stored, _Parts)


def text_of(parts: Iterable[ContentPart]) -> str:
    """The text parts of a message, joined by blank lines."""
    return "\n\n".join(part.text for part in parts if isinstance(part, TextPart))
