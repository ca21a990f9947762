"""Writes of accounts: making and revoking API tokens."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from django.contrib.auth import authenticate as check_password
from django.db import transaction
from django.utils import timezone

from coday.accounts.audit import Action, Actor, record
from coday.accounts.authentication import digest_of
from coday.accounts.models import ApiToken, User
from coday.accounts.throttle import admit
from coday.kernel.errors import NotFoundError, UnauthenticatedError

TOKEN_PREFIX = "coday_"  # lets a person, or a scanner of leaked secrets, see what it is


class WrongPasswordError(UnauthenticatedError):
    """Unknown user, wrong password or inactive user: all look the same."""

    code = "wrong_password"
    message = "The username or the password is wrong."


@transaction.atomic
def create_token(
    *, user: User, name: str = "", expires_at: datetime | None = None, by: Actor | None = None
) -> tuple[ApiToken, str]:
    """Make a token. The second value is the token itself: it can be shown now and never again.

    Args:
        by: who makes it, for the audit log; its user, where nobody is named.
    """
    clear = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user, name=name, prefix=clear[:12], digest=digest_of(clear), expires_at=expires_at
    )
    record(action=Action.TOKEN_MADE, by=by or Actor.user(user), about=token, details={"for": user.username})
    return token, clear


def create_token_by_password(
    *, username: str, password: str, name: str = "", address: str = ""
) -> tuple[ApiToken, str]:
    """Make a token for whoever knows this password, at this IP address.

    Raises:
        WrongPasswordError: it takes as long for a user who does not exist as for a wrong password.
        TooManyLoginsError: too many were wrong; this one was not looked at.
    """
    attempt = admit(username=username, address=address)
    user = check_password(username=username, password=password)
    if not isinstance(user, User):
        raise WrongPasswordError
    attempt.forgive()
    return create_token(user=user, name=name, by=Actor.user(user, address=address))


def ensure_password(*, user: User, password: str, address: str = "") -> None:
    """Refuse whoever does not know the user's password, at this IP address.

    Raises:
        WrongPasswordError: it is another one.
        TooManyLoginsError: too many were wrong; this one was not looked at.
    """
    attempt = admit(username=user.username, address=address)
    if check_password(username=user.username, password=password) != user:
        raise WrongPasswordError("The password is wrong.")
    attempt.forgive()


@transaction.atomic
def revoke_token(*, user_id: UUID, token_id: UUID, by: Actor | None = None) -> None:
    """End a token of this user; what was revoked before stays so.

    Args:
        by: who ends it, for the audit log; its user, where nobody is named.

    Raises:
        NotFoundError: this user has no such token.
    """
    token = ApiToken.objects.filter(pk=token_id, user_id=user_id).select_related("user").first()
    if token is None:
        raise NotFoundError
    ended = ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
    if ended:
        record(
            action=Action.TOKEN_REVOKED,
            by=by or Actor.user(token.user),
            about=token,
            details={"for": token.user.username},
        )
