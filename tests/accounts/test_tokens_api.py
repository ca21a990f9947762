"""REST: API tokens."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client

from coday.accounts.models import ApiToken, User
from coday.accounts.operations import create_token
from tests.conftest import PASSWORD

ClientOf = Callable[[User], Client]
JSON = "application/json"


def test_a_password_makes_a_token_that_works(owner: User, client: Client) -> None:
    body = {"username": "owner", "password": PASSWORD, "name": "laptop"}
    answer = client.post("/api/v1/tokens/", body, content_type=JSON)
    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "token", "name"}
    headers = {"Authorization": f"Bearer {answer.json()['token']}"}
    listed = client.get("/api/v1/tokens/", headers=headers).json()
    assert [token["name"] for token in listed["results"]] == ["laptop"]
    assert answer.json()["token"] not in str(listed)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"username": "owner", "password": "wrong"}, 401, "wrong_password"),
        ({"username": "nobody", "password": PASSWORD}, 401, "wrong_password"),
        ({"username": "owner"}, 400, "invalid_input"),
        ({"password": PASSWORD}, 400, "invalid_input"),
        ({}, 401, "unauthenticated"),
        ({"username": {"$ne": ""}, "password": PASSWORD}, 400, "invalid_input"),
        ({"username": "owner", "password": PASSWORD, "name": "x" * 101}, 400, "invalid_input"),
        ([], 400, "invalid_input"),
    ],
)
def test_what_makes_no_token(owner: User, client: Client, body: object, status: int, code: str) -> None:
    answer = client.post("/api/v1/tokens/", body, content_type=JSON)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not ApiToken.objects.exists()


def test_inactive_users_get_none(owner: User, client: Client) -> None:
    User.objects.update(is_active=False)
    body = {"username": "owner", "password": PASSWORD}
    assert client.post("/api/v1/tokens/", body, content_type=JSON).status_code == 401


def test_a_session_makes_a_token_and_a_token_does_not(owner: User, client_of: ClientOf, browser_of: ClientOf) -> None:
    browser = browser_of(owner)
    browser.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    headers = {"X-CSRFToken": "a" * 32}
    answer = browser.post("/api/v1/tokens/", {"name": "page"}, content_type=JSON, headers=headers)
    assert answer.status_code == 201
    refused = client_of(owner).post("/api/v1/tokens/", {"name": "copy"}, content_type=JSON)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_tokens_are_listed_and_revoked_by_their_owner(owner: User, stranger: User, client_of: ClientOf) -> None:
    token, _ = create_token(user=owner, name="laptop")
    address = f"/api/v1/tokens/{token.pk}/"
    foreign = client_of(stranger)
    assert str(token.pk) not in foreign.get("/api/v1/tokens/").text
    assert foreign.delete(address).status_code == 404
    assert ApiToken.objects.get(pk=token.pk).revoked_at is None
    own = client_of(owner)
    assert own.delete(address).status_code == 204
    assert str(token.pk) not in own.get("/api/v1/tokens/").text
