"""One function judges every credential, whatever carries it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from coday.accounts.authentication import InvalidTokenError, authenticate, caller_of_scope
from coday.accounts.models import ApiToken, User
from coday.accounts.operations import create_token, revoke_token
from coday.kernel.errors import NotFoundError


def _session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


# --- Carriers -----------------------------------------------------------------------------------------------------


def test_session(owner: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    key = _session_of(owner)
    with django_assert_num_queries(2):
        caller = authenticate(authorization=None, session_key=key)
    assert caller is not None
    assert (caller.user, caller.carrier, caller.token_id) == (owner, "session", None)


def test_bearer_header(owner: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    token, clear = create_token(user=owner, name="laptop")
    with django_assert_num_queries(3):  # the third one notes its use
        caller = authenticate(authorization=f"Bearer {clear}", session_key=None)
    assert caller is not None
    assert (caller.user, caller.carrier, caller.token_id) == (owner, "bearer", token.pk)
    with django_assert_num_queries(2):
        assert authenticate(authorization=f"bearer  {clear} ", session_key=None) is not None


def test_subprotocol(owner: User) -> None:
    _, clear = create_token(user=owner, name="browser")
    caller = authenticate(authorization=None, session_key=None, subprotocols=["coday.v1", f"bearer.{clear}"])
    assert caller is not None
    assert caller.carrier == "bearer"
    assert authenticate(authorization=None, session_key=None, subprotocols=[f"bearer.{clear}"]) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("carrier", ["cookie", "header", "subprotocol"])
async def test_socket_scope(owner: User, carrier: str) -> None:
    scope = await _scope(owner, carrier)
    caller = await caller_of_scope(scope)
    assert caller is not None
    assert caller.user == owner


async def _scope(user: User, carrier: str) -> dict[str, object]:
    from asgiref.sync import sync_to_async

    if carrier == "cookie":
        key = await sync_to_async(_session_of)(user)
        cookie = f"other=1; {settings.SESSION_COOKIE_NAME}={key}".encode()
        return {"headers": [(b"cookie", cookie)], "subprotocols": []}
    _, clear = await sync_to_async(create_token)(user=user, name="")
    if carrier == "header":
        return {"headers": [(b"authorization", f"Bearer {clear}".encode())], "subprotocols": []}
    return {"headers": [], "subprotocols": ["coday.v1", f"bearer.{clear}"]}


# --- Refusals -----------------------------------------------------------------------------------------------------


def test_no_credential(db: None) -> None:
    assert authenticate(authorization=None, session_key=None) is None
    assert authenticate(authorization="Basic b3duZXI6eA==", session_key=None) is None
    assert authenticate(authorization=None, session_key="made-up") is None


@pytest.mark.parametrize("sent", ["Bearer wrong", "Bearer", "Bearer ", "bearer \x00"])
def test_wrong_token(db: None, sent: str) -> None:
    with pytest.raises(InvalidTokenError):
        authenticate(authorization=sent, session_key=None)


def test_a_good_session_does_not_excuse_a_wrong_token(owner: User) -> None:
    with pytest.raises(InvalidTokenError):
        authenticate(authorization="Bearer wrong", session_key=_session_of(owner))


def test_revoked_expired_and_inactive(owner: User) -> None:
    token, clear = create_token(user=owner, name="")
    good = {"revoked_at": None, "expires_at": timezone.now() + timedelta(minutes=1)}
    for bad in ({"revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(seconds=1)}):
        ApiToken.objects.filter(pk=token.pk).update(**{**good, **bad})
        with pytest.raises(InvalidTokenError):
            authenticate(authorization=f"Bearer {clear}", session_key=None)
    ApiToken.objects.filter(pk=token.pk).update(**good)
    assert authenticate(authorization=f"Bearer {clear}", session_key=None) is not None
    User.objects.update(is_active=False)
    with pytest.raises(InvalidTokenError):
        authenticate(authorization=f"Bearer {clear}", session_key=None)


def test_what_ends_a_session(owner: User) -> None:
    key = _session_of(owner)
    owner.set_password("another one")
    owner.save()
    assert authenticate(authorization=None, session_key=key) is None
    key = _session_of(owner)
    User.objects.update(is_active=False)
    assert authenticate(authorization=None, session_key=key) is None


def test_logging_out_ends_the_session(owner: User, client: Client) -> None:
    client.force_login(owner)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/accounts/logout/")
    assert authenticate(authorization=None, session_key=key) is None


def test_a_token_is_revoked_by_its_owner_alone(owner: User, stranger: User) -> None:
    token, clear = create_token(user=owner, name="")
    with pytest.raises(NotFoundError):
        revoke_token(user_id=stranger.pk, token_id=token.pk)
    assert authenticate(authorization=f"Bearer {clear}", session_key=None) is not None
    revoke_token(user_id=owner.pk, token_id=token.pk)
    revoke_token(user_id=owner.pk, token_id=token.pk)  # once more changes nothing
    with pytest.raises(InvalidTokenError):
        authenticate(authorization=f"Bearer {clear}", session_key=None)


def test_the_token_itself_is_not_stored(owner: User) -> None:
    _, clear = create_token(user=owner, name="")
    stored = ApiToken.objects.values().get()
    assert clear not in str(stored)
    assert clear.startswith(stored["prefix"])


# --- REST ---------------------------------------------------------------------------------------------------------


def test_rest_takes_both_carriers(
    owner: User, client_of: Callable[[User], Client], browser_of: Callable[[User], Client]
) -> None:
    for client in (client_of(owner), browser_of(owner)):
        assert client.get("/api/v1/chat-settings/").status_code == 200


def test_rest_refuses_nobody_and_wrong_tokens_with_401(db: None, client: Client) -> None:
    for headers, code in (({}, "unauthenticated"), ({"Authorization": "Bearer wrong"}, "invalid_token")):
        answer = client.get("/api/v1/chat-settings/", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["code"] == code


def test_writing_with_a_session_needs_its_csrf_token(
    owner: User, client_of: Callable[[User], Client], browser_of: Callable[[User], Client]
) -> None:
    def change(client: Client, **headers: str) -> int:
        body = {"system_prompt": "Be brief."}
        answer = client.patch("/api/v1/chat-settings/", body, content_type="application/json", headers=headers)
        return answer.status_code

    browser = browser_of(owner)
    assert change(browser) == 403
    browser.get("/accounts/login/")  # sets no cookie for who is logged in
    token = "a" * 32
    browser.cookies[settings.CSRF_COOKIE_NAME] = token
    assert change(browser, **{"X-CSRFToken": token}) == 200
    assert change(browser, **{"X-CSRFToken": "b" * 32}) == 403
    assert change(browser, **{"X-CSRFToken": token, "Origin": "https://evil.example"}) == 403
    assert change(client_of(owner)) == 200
