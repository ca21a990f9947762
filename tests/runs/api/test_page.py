"""The chat page: for whom it opens, and what it is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.conf import settings
from django.test import Client

from coday.accounts.models import User
from threads.operations import create_thread


def bootstrap(page: str) -> Any:
    """What the page is told."""
    found = re.search(r'<script id="bootstrap" type="application/json">(.*?)</script>', page)
    assert found
    return msgspec.json.decode(found[1])


@pytest.mark.parametrize("path", ["/", "/threads/00000000-0000-0000-0000-000000000000/"])
def test_nobody_is_sent_to_the_login(client: Client, db: None, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/?next=")


def test_the_page_is_told_who_and_what(owner: User, browser_of: Callable[[User], Client]) -> None:
    client = browser_of(owner)
    thread = create_thread(owner_id=owner.pk)
    told = {
        "user": {"id": str(owner.pk), "username": "owner", "is_staff": False, "groups": []},
        "privacy": {"policy": "offered"},
        "sharing": {"links": True, "revealed": "people"},
        "limits": {
            "message_chars": settings.CODAY_MAX_MESSAGE_CHARS,
            "images": settings.CODAY_MAX_IMAGES,
            "image_bytes": settings.CODAY_MAX_IMAGE_BYTES,
        },
    }
    answer = client.get("/")
    assert bootstrap(answer.content.decode()) == {**told, "thread_id": None}
    assert "csrftoken" in answer.cookies
    assert "no-store" in answer.headers["Cache-Control"]
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    page = client.get(f"/threads/{thread.id}/").content.decode()
    assert bootstrap(page) == {**told, "thread_id": str(thread.id)}


def test_a_name_does_not_leave_its_place(db: None, browser_of: Callable[[User], Client]) -> None:
    user = User.objects.create_user("</script><script>alert(1)</script>")
    page = browser_of(user).get("/").content.decode()
    assert "alert(1)</script>" not in page
    assert bootstrap(page)["user"]["username"] == user.username


def test_a_foreign_and_an_absent_thread_are_the_same_page(
    owner: User, stranger: User, browser_of: Callable[[User], Client]
) -> None:
    thread = create_thread(owner_id=owner.pk, title="Secret")
    answers = [browser_of(stranger).get(f"/threads/{pk}/") for pk in (thread.id, UUID(int=0))]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_the_page_is_read_only(owner: User, browser_of: Callable[[User], Client]) -> None:
    assert Client().post("/").status_code == 405
