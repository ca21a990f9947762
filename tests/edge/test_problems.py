"""Every error of the API is a problem document."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path

from coday.accounts.models import User

ClientOf = Callable[[User], Client]
JSON = "application/json"


def _problem(answer: object, status: int, code: str) -> dict[str, object]:
    assert answer.status_code == status  # type: ignore[attr-defined]
    assert answer.headers["Content-Type"] == "application/problem+json"  # type: ignore[attr-defined]
    body: dict[str, object] = answer.json()  # type: ignore[attr-defined]
    assert {"type", "title", "status", "detail", "code"} <= set(body)
    assert (body["status"], body["code"]) == (status, code)
    return body


@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/api/v1/agents", "/api/v2/agents/", "/api/"])
def test_unknown_addresses(db: None, client: Client, path: str) -> None:
    _problem(client.get(path), 404, "not_found")
    _problem(client.post(path), 404, "not_found")


def test_wrong_method_and_media_type(owner: User, client_of: ClientOf) -> None:
    client = client_of(owner)
    _problem(client.delete("/api/v1/agents/"), 405, "method_not_allowed")
    body = client.patch("/api/v1/chat-settings/", "x", content_type="text/plain")
    _problem(body, 415, "unsupported_media_type")


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"a": NaN}', b"[" * 100_000, b'"\xed\xa0\x80"'])
def test_bodies_that_are_no_json(owner: User, client_of: ClientOf, body: bytes) -> None:
    _problem(client_of(owner).patch("/api/v1/chat-settings/", body, content_type=JSON), 400, "malformed_json")


def test_a_body_over_the_limit(owner: User, client_of: ClientOf) -> None:
    with override_settings(CODAY_MAX_FRAME_BYTES=1000):
        body = {"system_prompt": "x" * 1000}
        answer = client_of(owner).patch("/api/v1/chat-settings/", body, content_type=JSON)
    assert _problem(answer, 413, "too_large")["details"] == {"limit": 1000}


def test_fields_are_named(owner: User, client_of: ClientOf) -> None:
    answer = client_of(owner).patch("/api/v1/chat-settings/", {"system_prompt": [1], "agent": 5.5}, content_type=JSON)
    errors = _problem(answer, 400, "invalid_input")["errors"]
    assert isinstance(errors, list)
    assert [error["field"] for error in errors] == ["system_prompt"]


def test_made_up_cursors_are_refused(owner: User, client_of: ClientOf) -> None:
    client = client_of(owner)
    for cursor in ("x", "cD1hYmM=", "bz0tNQ==", "%00"):  # "p=abc" is no id
        _problem(client.get("/api/v1/tokens/", {"cursor": cursor}), 400, "invalid_parameter")


@pytest.mark.django_db
def test_a_fault_of_ours_is_told_without_its_internals(admin: User, client: Client) -> None:
    def broken(_request: object) -> HttpResponse:
        raise RuntimeError("planted internals")

    class Urls:
        urlpatterns = [path("api/v1/broken/", broken), path("broken/", broken)]
        handler500 = "coday.edge.problems.server_error"

    client.raise_request_exception = False
    with override_settings(ROOT_URLCONF=Urls):
        answer = client.get("/api/v1/broken/")
        page = client.get("/broken/")
    body = _problem(answer, 500, "internal_error")
    assert "planted" not in str(body)
    assert page.status_code == 500
    assert "planted" not in page.text
