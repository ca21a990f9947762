"""What Django tells us: who of the staff logged in, logged out, or could not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from coday.accounts.audit import Action, Actor, record
from coday.accounts.models import User
from coday.edge.addresses import address_of


@receiver(user_logged_in)
def note_login(*, request: HttpRequest | None, user: Any, **_: Any) -> None:
    """Somebody of the staff logged in, at the page or the admin."""
    _note(Action.LOGGED_IN, user, request)


@receiver(user_logged_out)
def note_logout(*, request: HttpRequest | None, user: Any, **_: Any) -> None:
    """Somebody of the staff logged out."""
    _note(Action.LOGGED_OUT, user, request)


@receiver(user_login_failed)
def note_failure(*, credentials: Mapping[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """A password was wrong, for a name of the staff. Other names are not kept: they may be a password, mistyped."""
    _note(Action.LOGIN_FAILED, User.objects.filter(username=credentials.get("username") or "").first(), request)


def _note(action: Action, user: Any, request: HttpRequest | None) -> None:
    if isinstance(user, User) and user.is_staff:
        record(action=action, by=Actor.user(user, address=address_of(request)))
