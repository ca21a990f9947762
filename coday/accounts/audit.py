"""The audit log: who did what to the installation, when, and from where. Names of fields go in, values never."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django.db.models import Model
from django.http import HttpRequest

from coday.accounts.models import AuditRecord, User
from coday.edge.addresses import address_of

Action = AuditRecord.Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who did it: a user, or a command that somebody ran on the server (no id, no address)."""

    name: str
    id: UUID | None = None
    address: str = ""

    @classmethod
    def user(cls, user: User, *, address: str = "") -> Self:
        """A user, at this address."""
        return cls(id=user.pk, name=user.username, address=address)

    @classmethod
    def command(cls, name: str) -> Self:
        """``manage.py <name>``."""
        return cls(name=f"manage.py {name}")


def actor_of(request: HttpRequest) -> Actor:
    """Whoever is logged in."""
    user = request.user
    return Actor.user(user, address=address_of(request)) if isinstance(user, User) else Actor(name="nobody")


def record(
    *,
    action: Action,
    by: Actor,
    about: Model | None = None,
    fields: Sequence[str] = (),
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write one line of the log, in the caller's transaction: what is rolled back was not done.

    Args:
        about: the row that it was done to.
        fields: names of what was changed.
        details: facts without secrets, as JSON.
    """
    AuditRecord.objects.create(
        action=action,
        actor_id=by.id,
        actor=by.name[:150],
        address=by.address[:60],
        object_type=about._meta.label_lower if about is not None else "",
        object_id=str(about.pk) if about is not None else "",
        object_label=str(about)[:200] if about is not None else "",
        fields=list(fields),
        details=dict(details or {}),
    )
