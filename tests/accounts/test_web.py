"""Pages: log in and out."""

from __future__ import annotations

from django.test import Client

from coday.accounts.models import User
from tests.conftest import PASSWORD


def test_log_in_and_out(owner: User, client: Client) -> None:
    wrong = client.post("/accounts/login/", {"username": "owner", "password": "wrong"})
    assert wrong.status_code == 200
    assert 'role="alert"' in wrong.text
    right = client.post("/accounts/login/", {"username": "owner", "password": PASSWORD, "next": "/threads/"})
    assert right.headers["Location"] == "/threads/"
    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/").headers["Location"] == "/accounts/login/"
    assert client.get("/").status_code == 302


def test_next_stays_here(owner: User, client: Client) -> None:
    body = {"username": "owner", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/accounts/login/", body).headers["Location"] == "/"
