"""Reads of accounts."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.contrib.auth.models import Group
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


def people_called(names: Collection[str]) -> dict[str, UUID]:
    """Those who may log in and are called exactly so, by their names."""
    return dict(User.objects.filter(username__in=names, is_active=True).values_list("username", "pk"))


def groups_called(names: Collection[str], *, user_id: UUID) -> dict[str, int]:
    """This user's own groups that are called exactly so, by their names: others are nobody's business."""
    return dict(Group.objects.filter(user=user_id, name__in=names).values_list("name", "pk"))


def is_active(*, user_id: UUID) -> bool:
    """Whether this user is there and may log in: nothing is done any more for whoever may not."""
    return User.objects.filter(pk=user_id, is_active=True).exists()
