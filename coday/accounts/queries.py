"""Reads of accounts."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from coday.accounts.models import ApiToken


def tokens_of(*, user_id: UUID) -> QuerySet[ApiToken]:
    """This user's tokens that were not revoked."""
    return ApiToken.objects.filter(user_id=user_id, revoked_at__isnull=True)
