"""A request's messages and tools in the shape of Chat Completions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from runs.inference.base import InferenceRequest, ModelMessage, ToolDefinition
from runs.inference.parts import base64_of, wire_arguments
from threads.content import ImagePart, TextPart, ToolResultPart, ToolUsePart, text_of


def messages(request: InferenceRequest) -> list[dict[str, Any]]:
    """The system prompt and the messages; thinking is nobody's business but the provider's that thought it."""
    result: list[dict[str, Any]] = [{"role": "system", "content": request.system}] if request.system else []
    for message in request.messages:
        if message.role == "tool":
            result.extend(_results(message))
        elif message.role == "assistant":
            result.append(_assistant(message))
        else:
            result.append({"role": "user", "content": _user_content(message, request)})
    return result


def tools(definitions: Sequence[ToolDefinition]) -> list[dict[str, Any]]:
    """The tools as function definitions."""
    return [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)},
        }
        for tool in definitions
    ]


def _assistant(message: ModelMessage) -> dict[str, Any]:
    calls = [_call(part) for part in message.content if isinstance(part, ToolUsePart)]
    text = text_of(message.content)
    if not calls:
        return {"role": "assistant", "content": text}
    return {"role": "assistant", "content": text or None, "tool_calls": calls}


def _call(part: ToolUsePart) -> dict[str, Any]:
    arguments = msgspec.json.encode(wire_arguments(part)).decode()
    return {"id": part.id, "type": "function", "function": {"name": part.name, "arguments": arguments}}


def _results(message: ModelMessage) -> Iterator[dict[str, Any]]:
    for part in message.content:
        if isinstance(part, ToolResultPart):
            # The protocol has no field for a failure, so the text says it.
            content = f"Error: {part.content}" if part.is_error else part.content
            yield {"role": "tool", "tool_call_id": part.tool_call_id, "content": content}


def _user_content(message: ModelMessage, request: InferenceRequest) -> str | list[dict[str, Any]]:
    """A plain string where there is text alone: some servers take nothing else."""
    if not any(isinstance(part, ImagePart) for part in message.content):
        return text_of(message.content)
    parts: list[dict[str, Any]] = []
    for part in message.content:
        if isinstance(part, TextPart):
            parts.append({"type": "text", "text": part.text})
        elif isinstance(part, ImagePart):
            image = request.images[part.id]
            url = f"data:{image.media_type};base64,{base64_of(image)}"
            parts.append({"type": "image_url", "image_url": {"url": url}})
    return parts
