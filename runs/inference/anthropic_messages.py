"""A request's system prompt, messages and tools in the shape of Anthropic's Messages.

Roles alternate in this protocol: a tool's results are a part of the user's turn, so neighbours of one role are merged.
Two marks make the prompt cache work: one after the system prompt (which covers the tools before it), one at the end of
the newest message, so that the next call reads everything up to here from the cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from runs.inference.base import InferenceRequest, ModelMessage, ToolDefinition
from runs.inference.parts import base64_of, wire_arguments
from threads.content import ContentPart, ImagePart, TextPart, ThinkingPart, ToolResultPart, ToolUsePart

_CACHE_MARK: Final = {"cache_control": {"type": "ephemeral"}}
_UNMARKABLE: Final = frozenset({"thinking", "redacted_thinking"})


def system(prompt: str) -> list[dict[str, Any]]:
    """The system prompt, to be cached with the tools before it."""
    return [{"type": "text", "text": prompt, **_CACHE_MARK}]


def messages(request: InferenceRequest) -> list[dict[str, Any]]:
    """The messages as alternating turns."""
    turns: list[dict[str, Any]] = []
    for message in request.messages:
        role = "assistant" if message.role == "assistant" else "user"
        blocks = [block for part in message.content for block in _blocks(part, request)]
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": role, "content": blocks})
    if turns and turns[-1]["content"][-1]["type"] not in _UNMARKABLE:
        turns[-1]["content"][-1] |= _CACHE_MARK
    return turns


def tools(definitions: Sequence[ToolDefinition]) -> list[dict[str, Any]]:
    """The tools as the protocol names their fields."""
    return [
        {"name": tool.name, "description": tool.description, "input_schema": dict(tool.parameters)}
        for tool in definitions
    ]


def may_think(request: InferenceRequest) -> bool:
    """Whether the turn in progress lets the model think: one that called tools has to have begun with thinking."""
    for message in reversed(request.messages):
        if message.role == "user":
            return True
        if message.role == "assistant":
            return not _calls_tools(message) or any(_is_own_thinking(part, request) for part in message.content)
    return True


def _blocks(part: ContentPart, request: InferenceRequest) -> Iterator[dict[str, Any]]:
    match part:
        case TextPart(text=text) if text.strip():  # the protocol refuses blank text
            yield {"type": "text", "text": text}
        case ThinkingPart() if _is_own_thinking(part, request):
            yield _thinking(part)
        case ImagePart(id=image_id):
            image = request.images[image_id]
            source = {"type": "base64", "media_type": image.media_type, "data": base64_of(image)}
            yield {"type": "image", "source": source}
        case ToolUsePart():
            yield {"type": "tool_use", "id": part.id, "name": part.name, "input": wire_arguments(part)}
        case ToolResultPart():
            yield _result(part)


def _thinking(part: ThinkingPart) -> dict[str, Any]:
    if part.redacted:
        return {"type": "redacted_thinking", "data": part.signature}
    return {"type": "thinking", "thinking": part.text, "signature": part.signature}


def _result(part: ToolResultPart) -> dict[str, Any]:
    failure = {"is_error": True} if part.is_error else {}
    return {"type": "tool_result", "tool_use_id": part.tool_call_id, "content": part.content, **failure}


def _is_own_thinking(part: ContentPart, request: InferenceRequest) -> bool:
    """Whether this is thinking that the provider itself signed: it takes no other back, and nobody else gets it."""
    return isinstance(part, ThinkingPart) and bool(part.signature) and part.provider == request.model.provider.slug


def _calls_tools(message: ModelMessage) -> bool:
    return any(isinstance(part, ToolUsePart) for part in message.content)
