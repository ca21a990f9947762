"""Security headers: on whatever is answered, by whomever."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client

from coday.accounts.models import User
from coday.accounts.operations import create_token
from coday.edge.headers import HEADERS
from threads.operations import create_thread


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/accounts/login/", 200),
        ("/", 302),
        ("/admin/login/", 200),
        ("/static/img/icon.svg", 200),
        ("/static/admin/css/base.css", 200),
        ("/static/nothing.js", 404),
        ("/nothing", 404),
        ("/api/v1/nothing", 404),
        ("/api/v1/schema/", 200),
        ("/api/v1/threads/", 401),
    ],
)
def test_every_answer_has_them(db: None, client: Client, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert HEADERS.items() <= dict(answer.headers).items()


def test_answers_to_a_wrong_host_and_of_rest_have_them(
    owner: User, client: Client, client_of: Callable[[User], Client]
) -> None:
    wrong = client.get("/", headers={"Host": "evil.example"})
    assert wrong.status_code == 400
    rest = client_of(owner).get("/api/v1/threads/")
    for answer in (wrong, rest):
        assert HEADERS.items() <= dict(answer.headers).items()


@pytest.mark.django_db(transaction=True)
async def test_event_streams_have_them(owner: User) -> None:
    _, token = await sync_to_async(create_token)(user=owner)
    thread = await sync_to_async(create_thread)(owner_id=owner.pk)
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    answer = await AsyncClient().get(f"/api/v1/threads/{thread.id}/events/", headers=headers)
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert HEADERS.items() <= dict(answer.headers).items()
    answer.close()
