"""Writes of accounts: making and revoking API tokens."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from django.contrib.auth import authenticate as check_password
from django.utils import timezone

from coday.accounts.authentication import digest_of
from coday.accounts.models import ApiToken, User
from coday.kernel.errors import NotFoundError, UnauthenticatedError

TOKEN_PREFIX = "coday_"  # lets a person, or a scanner of leaked secrets, see what it is


class WrongPasswordError(UnauthenticatedError):
    """Unknown user, wrong password or inactive user: all look the same."""

    code = "wrong_password"
    message = "The username or the password is wrong."


def create_token(*, user: User, name: str = "", expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    """Make a token. The second value is the token itself: it can be shown now and never again."""
    clear = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user, name=name, prefix=clear[:12], digest=digest_of(clear), expires_at=expires_at
    )
    return token, clear


def create_token_by_password(*, username: str, password: str, name: str = "") -> tuple[ApiToken, str]:
    """Make a token for whoever knows this password.

    Raises:
        WrongPasswordError: it takes as long for a user who does not exist as for a wrong password.
    """
    user = check_password(username=username, password=password)
    if not isinstance(user, User):
        raise WrongPasswordError
    return create_token(user=user, name=name)


def revoke_token(*, user_id: UUID, token_id: UUID) -> None:
    """End a token of this user; what was revoked before stays so.

    Raises:
        NotFoundError: this user has no such token.
    """
    tokens = ApiToken.objects.filter(pk=token_id, user_id=user_id)
    if not tokens.filter(revoked_at__isnull=True).update(revoked_at=timezone.now()) and not tokens.exists():
        raise NotFoundError
