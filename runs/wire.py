"""RunEvents as JSON frames: translated once, here, for the socket and for REST alike."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from runs.events import (
    DurableEvent,
    RunChangedEvent,
    RunDeltaEvent,
    RunErrorEvent,
    RunEvent,
    RunMessageEvent,
    RunMessageStartEvent,
    RunSessionEvent,
    RunSnapshot,
    RunStepEvent,
    RunThreadEvent,
)
from runs.queries import ThreadSummary
from threads.wire import message_object, thread_object, time

JsonObject = dict[str, Any]
HEARTBEAT = '{"type":"heartbeat"}'


class _Delta(msgspec.Struct, omit_defaults=True):
    """The wire form of the most frequent frame, encoded without a detour through a dictionary."""

    type: str
    message_id: UUID
    part: int
    kind: str
    offset: int
    text: str
    id: str = ""
    name: str = ""


_encoder = msgspec.json.Encoder()


def encode(event: RunEvent) -> str:
    """The event's frame as JSON text."""
    if isinstance(event, RunDeltaEvent):
        delta = _Delta(
            "delta", event.message_id, event.part, event.kind, event.offset, event.text, event.call_id, event.name
        )
        return _encoder.encode(delta).decode()
    return _encoder.encode(frame(event)).decode()


def encode_object(value: JsonObject) -> str:
    """Any wire object as JSON text."""
    return _encoder.encode(value).decode()


def frame(event: RunEvent) -> JsonObject:
    """The event's frame: its type and payload, and for a durable one its place in the journal."""
    if isinstance(event, DurableEvent):
        return {"type": _type(event), **_envelope(event), **_payload(event)}
    return {"type": _type(event), **_payload(event)}


def _type(event: RunEvent) -> str:
    return str(event.__struct_config__.tag)


def _envelope(event: DurableEvent) -> JsonObject:
    envelope: JsonObject = {"id": str(event.id), "seq": event.seq, "thread_id": str(event.thread_id)}
    if event.run_id:
        envelope["run_id"] = str(event.run_id)
    if event.timestamp:
        envelope["timestamp"] = time(event.timestamp)
    return envelope


def _payload(event: RunEvent) -> JsonObject:
    match event:
        case RunChangedEvent():
            changed = {"changed": list(event.changed)} if event.changed else {}
            return {"run": run_object(event.run), **changed}
        case RunMessageEvent() | RunMessageStartEvent():
            return {"message": message_object(event.message)}
        case RunStepEvent():
            return {"kind": event.kind, "status": event.status, "summary": event.summary, "details": event.details}
        case RunThreadEvent():
            return {"changed": event.changed}
        case RunErrorEvent():
            return {
                "code": event.code,
                "message": event.message,
                "details": event.details,
                "retryable": event.retryable,
            }
        case RunSessionEvent():
            runs = [run_object(run) for run in event.runs]
            return {"streaming": event.streaming, "last_seq": event.last_seq, "runs": runs}
        case RunDeltaEvent():
            shown: JsonObject = msgspec.json.decode(encode(event))
            return shown


def summary_frame(thread_id: UUID, summary: ThreadSummary | None, *, watched: bool) -> JsonObject:
    """A thread for a list of threads; one that is gone, or is no longer theirs, is ``deleted``."""
    if summary is None:
        return {"type": "thread", "thread": {"id": str(thread_id)}, "deleted": True}
    return {
        "type": "thread",
        "thread": thread_object(summary.thread),
        "running": summary.running,
        "waiting": summary.waiting,
        "unread": summary.unread and not watched,
    }


def run_object(run: RunSnapshot) -> JsonObject:
    """A run: absent rather than null."""
    shown: JsonObject = {
        "id": str(run.id),
        "thread_id": str(run.thread_id),
        "number": run.number,
        "parent": str(run.parent) if run.parent else None,
        "lane": str(run.lane),
        "kind": run.kind,
        "trigger": run.trigger,
        "status": run.status,
        "position": run.position,
        "agent": run.agent,
        "model": run.model,
        "title": run.title or None,
        "tags": [],
        "importance": run.importance,
        "context": run.context,
        "usage": _usage_object(run),
        "error": _error_object(run),
        "created_at": time(run.created_at),
        "started_at": time(run.started_at) if run.started_at else None,
        "finished_at": time(run.finished_at) if run.finished_at else None,
    }
    return {name: value for name, value in shown.items() if value is not None}


def _usage_object(run: RunSnapshot) -> JsonObject:
    usage = run.usage
    shown: JsonObject = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_tokens": usage.cached_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "model_calls": usage.model_calls,
        "tool_calls": usage.tool_calls,
    }
    if usage.cost is not None:
        shown |= {"cost": f"{usage.cost:f}", "currency": usage.currency}
    return shown


def _error_object(run: RunSnapshot) -> JsonObject | None:
    fault = run.error
    return {"code": fault.code, "message": fault.message, "retryable": fault.retryable} if fault else None
