"""Who comes to the doors: credentials of all kinds, all the ways in which one ends, and what a visit must not change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from django.apps import apps
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from coday.accounts.models import ApiToken, User
from coday.accounts.operations import create_token, revoke_token
from tests.runs.api.site import Site, png
from tests.security.doors import PAGES, Objects, Row, addresses

CSRF = "c" * 32
OWNER = "ann"

Headers = dict[str, str]


@dataclass(frozen=True)
class Credential:
    """What one request proves itself with. ``key`` is the session's, empty for a token."""

    user: User
    headers: Headers
    key: str = ""
    token: ApiToken | None = None


def user_called(name: str, **values: Any) -> User:
    """This person, who is made where there is none."""
    return User.objects.filter(username=name).first() or User.objects.create_user(name, **values)


def by_token(user: User) -> Credential:
    """A new bearer token of this person."""
    row, clear = create_token(user=user, name="tests")
    return Credential(user, {"Authorization": f"Bearer {clear}"}, token=row)


def by_session(user: User) -> Credential:
    """A new session of this person, with the CSRF token of its page."""
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    key = store.session_key or ""
    return Credential(user, {**cookies(session=key, csrf=CSRF), "X-CSRFToken": CSRF}, key=key)


def cookies(*, session: str, csrf: str = "") -> Headers:
    """The header that a browser sends."""
    both = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={csrf}"
    return {"Cookie": both if csrf else both.partition(";")[0]}


# --- How a credential ends ----------------------------------------------------------------------------------------


def revoke(credential: Credential) -> None:
    """By its owner, or in the admin."""
    assert credential.token is not None
    revoke_token(user_id=credential.user.pk, token_id=credential.token.pk)


def expire(credential: Credential) -> None:
    """By time: a token or a session."""
    past = timezone.now() - timedelta(seconds=1)
    if credential.token is not None:
        ApiToken.objects.filter(pk=credential.token.pk).update(expires_at=past)
    else:
        Session.objects.filter(pk=credential.key).update(expire_date=past)


def suspend(credential: Credential) -> None:
    """By an admin, who unticks "active"."""
    User.objects.filter(pk=credential.user.pk).update(is_active=False)


def log_out(credential: Credential) -> None:
    """By the person."""
    SessionStore(credential.key).flush()


def change_password(credential: Credential) -> None:
    """By the person or an admin: older sessions end."""
    user = User.objects.get(pk=credential.user.pk)
    user.set_password("another long password")
    user.save()


@dataclass(frozen=True)
class Ending:
    """A kind of credential, and how it ends."""

    make: Callable[[User], Credential]
    end: Callable[[Credential], None]


ENDINGS = {
    "a revoked token": Ending(by_token, revoke),
    "an expired token": Ending(by_token, expire),
    "a token of somebody suspended": Ending(by_token, suspend),
    "an expired session": Ending(by_session, expire),
    "a session that was logged out": Ending(by_session, log_out),
    "a session of an older password": Ending(by_session, change_password),
    "a session of somebody suspended": Ending(by_session, suspend),
}


# --- Who is not let in, or is somebody else -----------------------------------------------------------------------

NOBODY: dict[str, dict[str, str]] = {
    "nobody": {},
    "a made-up token": {"Authorization": "Bearer coday_" + "x" * 43},
    "no token": {"Authorization": "Bearer"},
    "a made-up session": {"Cookie": "sessionid=" + "x" * 32},
}

OTHERS = ("a stranger", "a stranger's token", "a demoted admin", "a demoted admin's token", "an admin")


def somebody_else(visitor: str) -> Credential:
    """A visitor who is let in, and whose the objects are not."""
    user = user_called("other", is_staff=visitor == "an admin", is_superuser=visitor == "an admin")
    if "demoted" in visitor:
        User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    credential = by_token(user) if "token" in visitor else by_session(user)
    if "demoted" in visitor:
        User.objects.filter(pk=user.pk).update(is_staff=False, is_superuser=False)
    return credential


def credentials_that_ended(visitor: str) -> tuple[dict[str, str], str]:
    """The headers of a visitor who is not let in, and their session's key."""
    if visitor in NOBODY:
        return NOBODY[visitor], ""
    ending = ENDINGS[visitor]
    credential = ending.make(user_called(OWNER))
    ending.end(credential)
    return credential.headers, credential.key


# --- Visits -------------------------------------------------------------------------------------------------------


def _filled(value: Any, objects: Objects) -> Any:
    """A body with the ids of the objects that it names, as ``{run_id}``."""
    match value:
        case str() if value.startswith("{") and value.strip("{}") in vars(objects):
            return vars(objects)[value.strip("{}")]
        case list():
            return [_filled(inner, objects) for inner in value]
        case dict():
            return {name: _filled(inner, objects) for name, inner in value.items()}
    return value


class Guest:
    """Makes the requests of all visitors: one client, for making one takes longer than most requests."""

    def __init__(self, site: Site) -> None:
        self._host = site.host
        self._client = site.anonymous()

    async def ask(self, door: tuple[str, str], row: Row, objects: Objects, headers: Headers) -> httpx.Response:
        """Make the row's request with these headers."""
        name, method = door
        options: dict[str, Any] = {"headers": {**headers, **row.headers}}
        if row.file:
            options["files"] = {"file": ("dot.png", png())}
        elif row.upload:
            options["files"] = {"file": ("export.json", row.upload)}
        elif row.body is not None:
            options["data" if door in PAGES else "json"] = _filled(row.body, objects)
        path = addresses()[name].path(vars(objects))
        return await self.request(method.partition(",")[0], f"{path}{row.query.format_map(vars(objects))}", **options)

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request with no cookies but those that are given. A stream's end is not waited for."""
        async with self._client.stream(method, f"http://{self._host}{path}", **options) as response:
            if response.headers.get("Content-Type") != "text/event-stream":
                await response.aread()
        self._client.cookies.clear()
        return response


# --- What there is ------------------------------------------------------------------------------------------------

NOTED_ON_USE = {("accounts.ApiToken", "last_used_at")}
"""What a request writes about its own credential."""


def everything(*, but_session: str = "") -> dict[str, list[str]]:
    """All rows of all tables, by table. ``but_session`` leaves out the session that the caller itself has."""
    tables: dict[str, list[str]] = {}
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.label
        columns = [one.attname for one in model._meta.concrete_fields if (label, one.attname) not in NOTED_ON_USE]
        rows = model._base_manager.values_list(*columns)
        tables[label] = sorted(repr(row) for row in rows if label != "sessions.Session" or row[0] != but_session)
    return tables
