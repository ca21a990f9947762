"""Retention policies: their conditions, and their upkeep by whoever they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from coday.kernel.database import reserve
from runs.models import RetentionPolicy, RetentionReport
from runs.retention.errors import EmptyPolicyError, RetentionPolicyNotFoundError, TooManyPoliciesError

MOST_POLICIES: Final = 20  # of one person


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a run has to be for its words to go: all of what is set. Tags are names: one of ``tags`` is on the run, none of
    ``without_tags``. ``larger_than`` counts the bytes of its messages."""

    older_than_days: int | None = None
    importance_below: int | None = None
    tags: tuple[str, ...] = ()
    without_tags: tuple[str, ...] = ()
    larger_than: int | None = None
    only_archived: bool = False

    @classmethod
    def given(cls, values: Mapping[str, Any]) -> Self:
        """Those that somebody names; lists of tags become tuples."""
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return cls(**given)

    @classmethod
    def of(cls, policy: RetentionPolicy) -> Self:
        """Those of a policy."""
        return cls.given({field.name: getattr(policy, field.name) for field in fields(cls)})

    def ensure_some(self) -> None:
        """Refuse what every run would meet.

        Raises:
            EmptyPolicyError: nothing is set.
        """
        if self == type(self)():
            raise EmptyPolicyError


CONDITIONS: Final = frozenset(field.name for field in fields(Conditions))


def policies_of(*, user_id: UUID) -> QuerySet[RetentionPolicy]:
    """A person's own policies, by name."""
    return RetentionPolicy.objects.filter(owner_id=user_id).order_by("name", "id")


def get_policy(*, user_id: UUID, policy_id: UUID) -> RetentionPolicy:
    """One of a person's own policies.

    Raises:
        RetentionPolicyNotFoundError: it does not exist for this person.
    """
    policy = policies_of(user_id=user_id).filter(pk=policy_id).first()
    if policy is None:
        raise RetentionPolicyNotFoundError
    return policy


@transaction.atomic
def create_policy(*, user_id: UUID, values: Mapping[str, Any]) -> RetentionPolicy:
    """Make a policy for a person's own conversations; it does nothing before it is enabled or applied.

    Raises:
        EmptyPolicyError: it has no condition.
        TooManyPoliciesError: the person has as many as one may have.
    """
    policy = RetentionPolicy(owner_id=user_id, **values)
    Conditions.of(policy).ensure_some()
    reserve(f"retention policies {user_id}")
    if policies_of(user_id=user_id).count() >= MOST_POLICIES:
        raise TooManyPoliciesError(details={"limit": MOST_POLICIES})
    policy.save(force_insert=True)
    return policy


@transaction.atomic
def change_policy(*, user_id: UUID, policy_id: UUID, values: Mapping[str, Any]) -> RetentionPolicy:
    """Change some of a policy; a condition that is ``None`` or empty no longer is one.

    Raises:
        RetentionPolicyNotFoundError: it does not exist for this person.
        EmptyPolicyError: no condition would be left.
    """
    policy = get_policy(user_id=user_id, policy_id=policy_id)
    for name, value in values.items():
        setattr(policy, name, value)
    Conditions.of(policy).ensure_some()
    policy.save()
    return policy


def delete_policy(*, user_id: UUID, policy_id: UUID) -> None:
    """Delete a policy with its reports. What it removed stays removed.

    Raises:
        RetentionPolicyNotFoundError: it does not exist for this person.
    """
    get_policy(user_id=user_id, policy_id=policy_id).delete()


def reports_of(policy: RetentionPolicy) -> QuerySet[RetentionReport]:
    """What a policy did, newest first."""
    return RetentionReport.objects.filter(policy=policy).order_by("-id")


def due_policies() -> list[RetentionPolicy]:
    """All enabled policies, the one that was applied longest ago first."""
    return sorted(RetentionPolicy.objects.filter(enabled=True), key=_last_applied)


def _last_applied(policy: RetentionPolicy) -> tuple[bool, datetime, UUID]:
    return policy.last_run_at is not None, policy.last_run_at or policy.created_at, policy.pk


def claim(policy: RetentionPolicy) -> bool:
    """Note that a policy is applied now, unless somebody else has begun with it meanwhile; returns whether it is ours."""
    before, policy.last_run_at = policy.last_run_at, timezone.now()
    unclaimed = RetentionPolicy.objects.filter(pk=policy.pk, enabled=True, last_run_at=before)
    if before is None:
        unclaimed = RetentionPolicy.objects.filter(pk=policy.pk, enabled=True, last_run_at__isnull=True)
    return bool(unclaimed.update(last_run_at=policy.last_run_at))
