"""Threads, messages and images as the JSON objects that every door shows: absent rather than null."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from threads.content import ContentPart, ImagePart, TextPart, ThinkingPart, ToolResultPart, ToolUsePart
from threads.snapshot import ImageSnapshot, MessageSnapshot, ThreadSnapshot

JsonObject = dict[str, Any]


def time(moment: datetime) -> str:
    """ISO 8601 with its zone, microseconds, ``Z`` for UTC."""
    return moment.isoformat().replace("+00:00", "Z")


def image_url(*, thread_id: UUID, image_id: UUID) -> str:
    """Where an image is served to those who may see its thread."""
    return f"/api/v1/threads/{thread_id}/images/{image_id}/"


def thread_object(thread: ThreadSnapshot) -> JsonObject:
    """A thread."""
    shown: JsonObject = {
        "id": str(thread.id),
        "title": thread.title,
        "excerpt": thread.excerpt,
        "agent": thread.agent,
        "model": thread.model,
        "anonymous": thread.anonymous,
        "head": str(thread.head) if thread.head else "",
        "tags": list(thread.tags),
        "pinned": thread.pinned,
        "archived": thread.archived,
        "folder": str(thread.folder) if thread.folder else "",
        "forked_from": _origin_object(thread) or "",
        "skills": list(thread.skills),
        "last_seq": thread.last_seq,
        "created_at": time(thread.created_at),
        "updated_at": time(thread.updated_at),
    }
    return {name: value for name, value in shown.items() if value != ""}


def _origin_object(thread: ThreadSnapshot) -> JsonObject | None:
    """The run, and its thread, whose branch was copied; either may be gone."""
    if thread.forked_from is None:
        return None
    return {"run_id": str(thread.forked_from), "thread_id": str(thread.forked_from_thread)}


def message_object(message: MessageSnapshot) -> JsonObject:
    """A message with its parts."""
    shown: JsonObject = {
        "id": str(message.id),
        "run_id": str(message.run_id),
        "role": message.role,
        "status": message.status,
        "content": [part_object(part, thread_id=message.thread_id) for part in message.content if _is_shown(part)],
        "created_at": time(message.created_at),
    }
    if message.agent:
        shown["agent"] = message.agent
    if message.model:
        shown["model"] = message.model
    return shown


def _is_shown(part: ContentPart) -> bool:
    """Not thinking that is only a signature."""
    return not isinstance(part, ThinkingPart) or bool(part.text)


def part_object(part: ContentPart, *, thread_id: UUID) -> JsonObject:
    """One content part. A thinking part's signature stays here: it is between us and the provider."""
    match part:
        case TextPart():
            return {"type": "text", "text": part.text}
        case ThinkingPart():
            return {"type": "thinking", "text": part.text}
        case ImagePart():
            url = image_url(thread_id=thread_id, image_id=part.id)
            return {"type": "image", "id": str(part.id), "url": url, "alt": part.alt}
        case ToolUsePart(arguments=None):
            return {"type": "tool_use", "id": part.id, "name": part.name, "arguments_text": part.arguments_text}
        case ToolUsePart():
            return {"type": "tool_use", "id": part.id, "name": part.name, "arguments": part.arguments}
        case ToolResultPart():
            return {
                "type": "tool_result",
                "tool_call_id": part.tool_call_id,
                "name": part.name,
                "content": part.content,
                "is_error": part.is_error,
            }


def image_object(image: ImageSnapshot) -> JsonObject:
    """An uploaded image."""
    return {
        "id": str(image.id),
        "url": image_url(thread_id=image.thread_id, image_id=image.id),
        "name": image.name,
        "media_type": image.media_type,
        "size": image.size,
        "width": image.width,
        "height": image.height,
    }
