"""Reads of accounts."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from coday.accounts.models import ApiToken, User


def tokens_of(*, user_id: UUID) -> QuerySet[ApiToken]:
    """This user's tokens that were not revoked."""
    return ApiToken.objects.filter(user_id=user_id, revoked_at__isnull=True)


def usernames(*, ids: Collection[UUID] | None = None, called: str = "") -> dict[UUID, str]:
    """What people are called, by their ids: those with these ids, whose names have ``called`` in them."""
    people = User.objects.filter(username__icontains=called)
    if ids is not None:
        people = people.filter(pk__in=ids)
    return dict(people.values_list("pk", "username"))


def is_active(*, user_id: UUID) -> bool:
    """Whether this user is there and may log in: nothing is done any more for whoever may not."""
    return User.objects.filter(pk=user_id, is_active=True).exists()
