"""What a target is told: that a run has ended or waits, and where it is. No word of the conversation but its title."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.utils import timezone

from runs.models import Notification, NotificationTarget, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that is ready to be signed and sent. ``id`` is the same each time that it is tried."""

    id: UUID
    target_id: UUID
    url: str
    secret: str = field(repr=False)
    body: bytes = field(repr=False)


def letter_of(*, notification: Notification, run: Run) -> Letter:
    """What a notification says of its run."""
    data = {"run": _run_object(run, status=notification.event), "url": address_of(run)}
    body = _body(f"run.{notification.event}", at=notification.created_at, data=data)
    return _letter(notification.target, message_id=notification.pk, body=body)


def trial_letter(*, target: NotificationTarget, message_id: UUID) -> Letter:
    """What is sent when a person tries their target."""
    return _letter(target, message_id=message_id, body=_body("test", at=timezone.now(), data={"target": target.name}))


def address_of(run: Run) -> str:
    """Where a person sees the run."""
    return f"{settings.CODAY_PUBLIC_URL.rstrip('/')}/threads/{run.thread_id}/?run={run.pk}"


def _run_object(run: Run, *, status: str) -> dict[str, Any]:
    """The run as it was then. What an anonymous conversation is called stays in it."""
    title = "" if run.anonymous else run.title or run.thread.title
    return {
        "id": str(run.pk),
        "thread_id": str(run.thread_id),
        "number": run.number,
        "status": status,
        "agent": run.agent,
        "model": run.model,
        **({"title": title} if title else {}),
    }


def _body(kind: str, *, at: datetime, data: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"type": kind, "timestamp": at, "data": data})


def _letter(target: NotificationTarget, *, message_id: UUID, body: bytes) -> Letter:
    return Letter(id=message_id, target_id=target.pk, url=target.url, secret=target.secret, body=body)
