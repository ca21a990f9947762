"""Who is calling: one function that every door uses, and what carries a credential to it.

A credential is a session cookie, an ``Authorization: Bearer`` header or, where a browser's socket cannot send headers,
the subprotocol pair ``coday.v1, bearer.<token>``. All of them end in ``authenticate``. A request that carries a bearer
token is judged by the token alone: a wrong one is never excused by a good cookie.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, load_backend
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import CharField, UUIDField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from coday.accounts.limits import count_request
from coday.accounts.models import ApiToken, User
from coday.edge.csrf import enforce_csrf
from coday.kernel.database import in_database
from coday.kernel.errors import UnauthenticatedError
from coday.kernel.prepared import Param, PreparedQuery

Carrier = Literal["session", "bearer"]

SUBPROTOCOL = "coday.v1"
BEARER_SUBPROTOCOL = "bearer."
USE_IS_NOTED_EVERY = timedelta(minutes=1)


class InvalidTokenError(UnauthenticatedError):
    """The bearer token is unknown, revoked or expired, or its user may not log in."""

    code = "invalid_token"
    message = "This token is not valid. Create a new one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is calling and what proved it. ``token_id`` is set for bearer tokens."""

    user: User
    carrier: Carrier
    token_id: UUID | None = None


def authenticate(
    *, authorization: str | None, session_key: str | None, subprotocols: Sequence[str] = ()
) -> Caller | None:
    """The caller that these credentials prove, or ``None`` without any, or with a session that is no longer good.

    Queries: two, and one write a minute for a bearer token.

    Args:
        authorization: the ``Authorization`` header. Other schemes than ``Bearer`` are not ours and ignored.
        session_key: the session cookie's value.
        subprotocols: the socket's offered subprotocols.

    Raises:
        InvalidTokenError: a bearer token was sent and is not valid.
    """
    token = _bearer_token(authorization, subprotocols)
    if token is not None:
        return _caller_of_token(token)
    return _caller_of_session(session_key) if session_key else None


def digest_of(token: str) -> str:
    """The stored form of a token. Tokens are long and random: a plain hash is enough, and found by an index."""
    return hashlib.sha256(token.encode()).hexdigest()


def _bearer_token(authorization: str | None, subprotocols: Sequence[str]) -> str | None:
    scheme, _, value = (authorization or "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if SUBPROTOCOL in subprotocols:
        for offered in subprotocols:
            if offered.startswith(BEARER_SUBPROTOCOL):
                return offered.removeprefix(BEARER_SUBPROTOCOL)
    return None


def _caller_of_token(token: str) -> Caller:
    now = timezone.now()
    row = _TOKEN.first(digest=digest_of(token))
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        raise InvalidTokenError
    user = _USER.first(user_id=row.user_id)
    if user is None:
        raise InvalidTokenError
    if row.last_used_at is None or now - row.last_used_at >= USE_IS_NOTED_EVERY:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return Caller(user=user, carrier="bearer", token_id=row.pk)


_TOKEN = PreparedQuery(
    lambda: ApiToken.objects.filter(digest=Param("digest", CharField()), revoked_at__isnull=True).order_by()
)
_USER = PreparedQuery(lambda: User.objects.filter(pk=Param("user_id", UUIDField()), is_active=True).order_by())


def _caller_of_session(session_key: str) -> Caller | None:
    store: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    backend = store.get(BACKEND_SESSION_KEY)
    if backend is None or backend not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = load_backend(backend).get_user(store[SESSION_KEY])  # None for a user who is inactive or gone
    if not isinstance(user, User) or not _password_is_unchanged(user, store.get(HASH_SESSION_KEY, "")):
        return None
    return Caller(user=user, carrier="session")


def _password_is_unchanged(user: User, session_hash: str) -> bool:
    """The rule of ``django.contrib.auth.get_user``, without its writes: a new password ends older sessions."""
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(session_hash, known) for known in hashes)


# --- Doors --------------------------------------------------------------------------------------------------------


def caller_of_http(request: HttpRequest) -> Caller | None:
    """The caller of an HTTP request. A session is good for writing only together with its CSRF token.

    Raises:
        InvalidTokenError: see ``authenticate``.
        CsrfError: an unsafe method with a session and without its CSRF token.
    """
    caller = authenticate(
        authorization=request.headers.get("Authorization"),
        session_key=request.COOKIES.get(settings.SESSION_COOKIE_NAME),
    )
    if caller is not None and caller.carrier == "session":
        enforce_csrf(request)
    return caller


async def caller_of_request(request: HttpRequest) -> Caller:
    """The caller of a plain async view (decorate it with ``csrf_exempt``: the check is in here, for sessions only).

    Raises:
        UnauthenticatedError: nobody, or a wrong token.
        CsrfError: see ``caller_of_http``.
        RateLimitedError: too many requests.
    """
    caller = await in_database(caller_of_http, request)
    if caller is None:
        raise UnauthenticatedError
    count_request(user_id=caller.user.pk, token_id=caller.token_id)
    return caller


async def caller_of_scope(scope: Mapping[str, Any]) -> Caller | None:
    """The caller of an ASGI scope (a socket). Its Origin is the consumer's to check.

    Raises:
        InvalidTokenError: see ``authenticate``.
    """
    headers = {name.lower(): value.decode("latin-1") for name, value in scope.get("headers", ())}
    return await in_database(
        authenticate,
        authorization=headers.get(b"authorization"),
        session_key=_session_cookie(headers.get(b"cookie", "")),
        subprotocols=scope.get("subprotocols") or (),
    )


def _session_cookie(header: str) -> str | None:
    try:
        cookie = SimpleCookie(header).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    return cookie.value if cookie else None


def caller_of(request: Request) -> Caller:
    """The caller of a DRF request.

    Raises:
        UnauthenticatedError: nobody (in views that let anyone in).
    """
    caller = optional_caller_of(request)
    if caller is None:
        raise UnauthenticatedError
    return caller


def optional_caller_of(request: Request) -> Caller | None:
    """The caller of a DRF request, in views that let anyone in."""
    auth: object = request.auth
    return auth if isinstance(auth, Caller) else None


class ApiAuthentication(BaseAuthentication):
    """REST's door. ``request.user`` is the user and ``request.auth`` the ``Caller``."""

    def authenticate(self, request: Request) -> tuple[User, Caller] | None:
        """DRF's contract: the pair, or ``None`` for an anonymous request.

        Raises:
            InvalidTokenError, CsrfError: see ``caller_of_http``.
            RateLimitedError: too many requests.
        """
        caller = caller_of_http(request._request)  # noqa: SLF001 - DRF has no public name for it
        if caller is None:
            return None
        count_request(user_id=caller.user.pk, token_id=caller.token_id)
        return caller.user, caller

    def authenticate_header(self, request: Request) -> str:
        """Its presence makes DRF answer 401, not 403, where a credential is missing."""
        return "Bearer"


class ApiAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI schema describes ``ApiAuthentication``."""

    target_class = ApiAuthentication
    name = ["bearer", "session"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        """Two ways to prove who is calling; either is enough."""
        return [
            {"type": "http", "scheme": "bearer"},
            {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME},
        ]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        """A list means "one of these"."""
        return [{"bearer": []}, {"session": []}]
