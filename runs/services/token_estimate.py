"""About how many tokens things are, without a tokenizer: fast, the same for every model, and rather too many than too few."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from runs.inference.base import ModelMessage, ToolDefinition
from threads.content import ContentPart, ImagePart, TextPart, ThinkingPart, ToolResultPart, ToolUsePart

# English runs at about four bytes of UTF-8 a token; a little less leaves room for other languages and code.
BYTES_PER_TOKEN = 3.5
TOKENS_PER_MESSAGE = 6
TOKENS_PER_TOOL = 8
TOKENS_PER_IMAGE = 1_500


def estimate_text(text: str) -> int:
    """About how many tokens a text is."""
    return int(len(text.encode()) / BYTES_PER_TOKEN) + 1 if text else 0


def estimate_tool(tool: ToolDefinition) -> int:
    """About how many tokens a tool's definition is."""
    described = estimate_text(tool.name) + estimate_text(tool.description)
    return described + _estimate_json(tool.parameters) + TOKENS_PER_TOOL


def estimate_messages(messages: Iterable[ModelMessage]) -> int:
    """About how many tokens messages are, images included."""
    return sum(map(estimate_message, messages))


def estimate_message(message: ModelMessage) -> int:
    """About how many tokens one message is."""
    return TOKENS_PER_MESSAGE + sum(map(_estimate_part, message.content))


def _estimate_part(part: ContentPart) -> int:
    match part:
        case TextPart() | ThinkingPart():
            return estimate_text(part.text)
        case ImagePart():
            return TOKENS_PER_IMAGE
        case ToolUsePart():
            return estimate_text(part.name) + (estimate_text(part.arguments_text) or _estimate_json(part.arguments))
        case ToolResultPart():
            return estimate_text(part.content)


def _estimate_json(value: object) -> int:
    return int(len(msgspec.json.encode(value)) / BYTES_PER_TOKEN) + 1
