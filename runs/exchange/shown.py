"""Shares, and what they show, as the JSON objects of every door: absent rather than null."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from agents.queries import enabled_agents, enabled_models
from runs.exchange.documents import (
    CallDocument,
    ImagePlaceDocument,
    MessageDocument,
    PartDocument,
    RunDocument,
    TextDocument,
    ThreadDocument,
    ToolResultDocument,
    ToolUseDocument,
)
from runs.exchange.snapshot import load
from runs.models import Share
from threads.privacy.tokens import token_of
from threads.wire import time

JsonObject = dict[str, Any]


def share_object(row: Share, *, link: str = "") -> JsonObject:
    """A share, for its owner. ``link`` is the address that is told once."""
    return _present(
        {
            "id": str(row.pk),
            "thread_id": str(row.thread_id),
            "run": str(row.run_id) if row.run_id else None,
            "title": row.title,
            "state": state_of(row),
            "link": link,
            "has_link": bool(row.token_digest),
            "people": sorted(person.username for person in row.people.all()),
            "groups": sorted(group.name for group in row.groups.all()),
            "reveals": row.reveals,
            "shows_name": row.shows_name,
            "views": row.views,
            "viewed_at": _time(row.viewed_at),
            "taken_at": _time(row.taken_at),
            "expires_at": _time(row.expires_at),
            "revoked_at": _time(row.revoked_at),
            "created_at": _time(row.created_at),
        }
    )


def received_object(row: Share) -> JsonObject:
    """A share, for whoever may see it: nothing of who else may."""
    return _present(
        {
            "id": str(row.pk),
            "title": row.title,
            "owner": row.owner.username if row.shows_name else None,
            "reveals": row.reveals,
            "is_one_run": row.run_id is not None,
            "taken_at": _time(row.taken_at),
            "expires_at": _time(row.expires_at),
        }
    )


def state_of(row: Share) -> str:
    """How a share stands: ``live``, ``expired``, ``revoked``; a link that the site does not allow any more has expired."""
    if row.revoked_at is not None:
        return "revoked"
    if row.expires_at is not None and row.expires_at <= timezone.now():
        return "expired"
    only_link = bool(row.token_digest) and not (row.people.all() or row.groups.all())
    return "expired" if only_link and not settings.CODAY_SHARE_LINKS else "live"


def snapshot_object(row: Share, *, images: str) -> JsonObject:
    """What a share shows. Runs are known by their numbers: ids of the conversation's own are not told.

    Args:
        row: with its document.
        images: the address under which its images are, by their ids.
    """
    document = load(row.document)
    return _present(
        {
            "title": document.title,
            "anonymous": document.anonymous,
            "masks": [_mask(category=mask.category, number=mask.number, value=mask.value) for mask in document.masks],
            "agents": _agent_names(document, owner_id=row.owner_id),
            "models": _model_names(document),
            "runs": [_run(run, images=images) for run in document.runs],
        }
    )


def _mask(*, category: str, number: int, value: str) -> JsonObject:
    return _present({"token": token_of(f"{category}_{number}"), "category": category, "value": value})


def _agent_names(document: ThreadDocument, *, owner_id: UUID) -> dict[str, str]:
    slugs = {run.agent for run in document.runs}
    return dict(enabled_agents(user_id=owner_id).filter(slug__in=slugs).values_list("slug", "name"))


def _model_names(document: ThreadDocument) -> dict[str, str]:
    slugs = {run.model for run in document.runs}
    return dict(enabled_models().filter(slug__in=slugs).values_list("slug", "label"))


def _run(run: RunDocument, *, images: str) -> JsonObject:
    return _present(
        {
            "number": run.number,
            "title": run.title,
            "kind": run.kind,
            "status": run.status,
            "agent": run.agent,
            "model": run.model,
            "created_at": _time(run.created_at),
            "started_at": _time(run.started_at),
            "finished_at": _time(run.finished_at),
            "messages": [_message(message, images=images) for message in run.messages],
            "calls": [_call(call) for call in run.calls],
        }
    )


def _message(message: MessageDocument, *, images: str) -> JsonObject:
    content = [_part(part, images=images) for part in message.content]
    return _present({"role": message.role, "status": message.status, "content": content, "agent": message.agent})


def _part(part: PartDocument, *, images: str) -> JsonObject:
    match part:
        case TextDocument():
            return {"type": "text", "text": part.text}
        case ImagePlaceDocument():
            return {"type": "image", "id": part.id, "url": f"{images}{part.id}/", "alt": part.alt}
        case ToolUseDocument():
            return {"type": "tool_use", "id": part.id, "name": part.name}
        case ToolResultDocument():
            return {
                "type": "tool_result", "tool_call_id": part.tool_call_id, "name": part.name, "is_error": part.is_error,
                "content": part.content,
            }  # fmt: skip
    raise TypeError(f"{type(part).__name__} is in no snapshot.")


def _call(call: CallDocument) -> JsonObject:
    return _present(
        {
            "tool_call_id": call.call_id,
            "name": call.name,
            "title": call.title,
            "kind": call.kind,
            "status": call.status,
            "arguments": call.arguments or None,
            "started_at": _time(call.started_at),
            "finished_at": _time(call.finished_at),
        }
    )


def _time(moment: datetime | None) -> str | None:
    return time(moment) if moment else None


def _present(shown: JsonObject) -> JsonObject:
    return {name: value for name, value in shown.items() if value not in (None, "")}
