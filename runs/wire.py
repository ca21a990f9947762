"""RunEvents as JSON frames: translated once, here, for the socket and for REST alike."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from coday.kernel.crypto import decrypt
from runs.branching.tree import Leaf
from runs.events import (
    DurableEvent,
    RunChangedEvent,
    RunDeltaEvent,
    RunErrorEvent,
    RunEvent,
    RunMasksEvent,
    RunMessageEvent,
    RunMessageStartEvent,
    RunSessionEvent,
    RunSnapshot,
    RunStepEvent,
    RunThreadEvent,
    RunToolEvent,
    SealedMask,
)
from runs.models import ToolOperation
from runs.summaries import ThreadSummary
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
        case RunToolEvent():
            return tool_object(event)
        case RunMasksEvent():
            return {"masks": [mask_object(mask) for mask in event.masks]}
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
    return {"type": "thread", "thread": thread_object(summary.thread), **news_object(summary, watched=watched)}


def news_object(summary: ThreadSummary, *, watched: bool) -> JsonObject:
    """What goes on in a thread, for a list of threads. What is watched is read."""
    return {
        "running": bool(summary.running or summary.queued),
        "waiting": bool(summary.waiting),
        "failed": summary.failed and not watched,
        "unread": summary.unread and not watched,
        "counts": {"running": summary.running, "waiting": summary.waiting, "queued": summary.queued},
    }


def tool_object(event: RunToolEvent) -> JsonObject:
    """A tool call, as its newest event tells it: absent rather than null or empty."""
    shown: JsonObject = {
        "tool_call_id": event.tool_call_id,
        "name": event.name,
        "title": event.title,
        "kind": event.kind,
        "status": event.status,
        "arguments": event.arguments,
        "edited": event.edited,
        "asks": event.asks,
        "question": event.question,
        "schema": event.schema,
        "expires_at": time(event.expires_at) if event.expires_at else None,
        "child": str(event.child) if event.child else None,
        "operation": str(event.operation) if event.operation else None,
        "result": event.result,
        "details": event.details,
        "started_at": time(event.started_at) if event.started_at else None,
        "finished_at": time(event.finished_at) if event.finished_at else None,
    }
    return {name: value for name, value in shown.items() if value or (name == "arguments" and value is not None)}


def operation_object(operation: ToolOperation) -> JsonObject:
    """What goes on after its run, or has ended: absent rather than null or empty."""
    shown: JsonObject = {
        "id": str(operation.pk),
        "thread_id": str(operation.thread_id),
        "run_id": str(operation.run_id),
        "tool_call_id": operation.call_id,
        "tool": operation.tool,
        "summary": operation.summary,
        "status": operation.status,
        "due_at": time(operation.due_at) if operation.due_at else None,
        "deadline_at": time(operation.deadline_at),
        "result": operation.result,
        "created_at": time(operation.created_at),
        "ended_at": time(operation.ended_at) if operation.ended_at else None,
        "ended_by_run": str(operation.ended_by_run) if operation.ended_by_run else None,
    }
    return {name: value for name, value in shown.items() if value}


def mask_object(mask: SealedMask) -> JsonObject:
    """A mask, opened for somebody who may see its thread."""
    return {"token": mask.token, "category": mask.category, "value": decrypt(mask.sealed)}


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
        "cause": _cause_object(run),
        "status": run.status,
        "position": run.position,
        "agent": run.agent,
        "model": run.model,
        "title": run.title or None,
        "tags": list(run.tags),
        "pinned": run.pinned,
        "importance": run.importance,
        "importance_by": run.importance_by,
        "group": str(run.group) if run.group else None,
        "origin": _origin_object(run),
        "batch": str(run.batch) if run.batch else None,
        "commanded": run.commanded or None,
        "template": {"id": str(run.template.id), "version": run.template.version} if run.template else None,
        "schedule": str(run.schedule) if run.schedule else None,
        "feedback": _feedback_object(run),
        "context": run.context,
        "summary": str(run.summary) if run.summary else None,
        "usage": _usage_object(run),
        "error": _error_object(run),
        "created_at": time(run.created_at),
        "started_at": time(run.started_at) if run.started_at else None,
        "first_token_at": time(run.first_token_at) if run.first_token_at else None,
        "finished_at": time(run.finished_at) if run.finished_at else None,
        "deleted_at": time(run.deleted_at) if run.deleted_at else None,
        "pruned_at": time(run.pruned_at) if run.pruned_at else None,
    }
    return {name: value for name, value in shown.items() if value is not None}


def leaf_object(leaf: Leaf) -> JsonObject:
    """A run on the map of a thread's branches: absent rather than null."""
    shown: JsonObject = {
        "id": str(leaf.id),
        "number": leaf.number,
        "parent": str(leaf.parent) if leaf.parent else None,
        "lane": str(leaf.lane),
        "status": leaf.status,
        "kind": leaf.kind,
        "trigger": leaf.trigger,
        "agent": leaf.agent,
        "model": leaf.model,
        "label": leaf.label,
        "created_at": time(leaf.created_at),
        "batch": str(leaf.batch) if leaf.batch else None,
        "pinned": leaf.pinned,
        "importance": leaf.importance,
        "tags": list(leaf.tags),
        "group": str(leaf.group) if leaf.group else None,
        "origin": _origin_object(leaf),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _feedback_object(run: RunSnapshot) -> JsonObject | None:
    reason = {"reason": run.rating_reason} if run.rating_reason else {}
    return {"rating": run.rating, **reason} if run.rating else None


def _origin_object(run: RunSnapshot | Leaf) -> JsonObject | None:
    return {"run_id": str(run.origin.run_id), "how": run.origin.how} if run.origin else None


def _cause_object(run: RunSnapshot) -> JsonObject | None:
    cause = run.cause
    return {"run_id": str(cause.run_id), "tool_call_id": cause.tool_call_id} if cause else None


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
