"""Targets over REST: made, tried, changed, listed, and never with their secret again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from coday.accounts.models import User
from coday.kernel.database import in_database
from coday.kernel.ids import new_id
from runs.models import Notification, NotificationTarget
from runs.notifying.targets import MOST
from tests.kernel.test_guarded import serving
from tests.runs.api.site import Site
from tests.runs.notifying.conftest import tick
from tests.support.hooks import Receiver, verify

URL = "notification-targets/"
HOOK: dict[str, Any] = {"name": "Mine", "url": "https://hooks.example.invalid/"}


@pytest.fixture
async def receiver(settings: Settings) -> AsyncIterator[tuple[Receiver, str]]:
    served = Receiver()
    async with serving(served.handle) as at:
        settings.CODAY_FETCH_ALLOW = [f"127.0.0.1:{at.port}"]
        yield served, at.at("/hook")


async def test_the_secret_is_told_once(api: httpx.AsyncClient) -> None:
    answer = await api.post(URL, json=HOOK)
    assert answer.status_code == 201
    made = answer.json()
    assert made.pop("secret").startswith("whsec_")
    assert made["events"] == ["completed", "failed", "cancelled", "interrupted", "waiting"]
    assert (await api.get(URL)).json() == {"results": [made], "next": None, "previous": None}
    changed = await api.patch(f"{URL}{made['id']}/", json={"events": ["waiting", "failed"], "enabled": False})
    assert changed.json() == {**made, "events": ["failed", "waiting"], "enabled": False}
    stored = NotificationTarget.objects.extra(select={"stored": "secret"}).values_list("stored", flat=True)
    assert "whsec_" not in str(await in_database(list, stored))


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"url": "http://127.0.0.1/"}, 403, "address_refused"),
        ({"url": "ftp://example.org/"}, 400, "invalid_address"),
        ({"events": []}, 400, "invalid_input"),
        ({"events": ["everything"]}, 400, "invalid_input"),
        ({"name": ""}, 400, "invalid_input"),
        ({"name": "a\0b"}, 400, "invalid_input"),
        ({"secret": "whsec_mine"}, 400, "invalid_input"),
    ],
)
async def test_what_is_wrong_is_said(api: httpx.AsyncClient, changes: dict[str, Any], status: int, code: str) -> None:
    made = (await api.post(URL, json=HOOK)).json()
    for answer in (await api.post(URL, json={**HOOK, **changes}), await api.patch(f"{URL}{made['id']}/", json=changes)):
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_there_is_an_end_to_them(api: httpx.AsyncClient) -> None:
    for _ in range(MOST):
        assert (await api.post(URL, json=HOOK)).status_code == 201
    answer = await api.post(URL, json=HOOK)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_notification_targets")


async def test_a_target_is_tried(api: httpx.AsyncClient, receiver: tuple[Receiver, str]) -> None:
    served, url = receiver
    made = (await api.post(URL, json={**HOOK, "url": url})).json()
    assert (await api.post(f"{URL}{made['id']}/test/", json={})).json() == {"delivered": True}
    [(headers, body)] = served.requests
    verify(made["secret"], headers, body)
    assert served.told[0]["type"] == "test"
    served.statuses = [500]
    answer = (await api.post(f"{URL}{made['id']}/test/", json={})).json()
    assert answer == {"delivered": False, "error": "The address answered with the status 500."}


async def test_deliveries_are_listed(site: Site, api: httpx.AsyncClient, receiver: tuple[Receiver, str]) -> None:
    served, url = receiver
    made = (await api.post(URL, json={**HOOK, "url": url})).json()
    body = {"input": {"type": "user", "text": "Hello?"}}
    runs = []
    for status in (204, 500):
        served.statuses = [status]
        runs.append((await api.post(f"threads/{site.thread_id}/runs/", json=body)).json()["id"])
        await site.idle()
        await tick()
    page = (await api.get(f"{URL}{made['id']}/deliveries/", params={"limit": 1})).json()
    [second] = page["results"]
    [first] = (await api.get(page["next"])).json()["results"]
    assert [first["run_id"], second["run_id"]] == runs
    assert (first["event"], first["attempts"], "next_at" in first, "error" in first) == ("completed", 1, False, False)
    assert second["error"] == "The address answered with the status 500."
    assert "delivered_at" not in second
    assert "next_at" in second


def test_admins_see_targets_and_deliveries_without_secrets(client: Client, admin: User, owner: User) -> None:
    secret = "whsec_planted4f9a1c77e0b2d3"
    target = NotificationTarget.objects.create(
        owner=owner,
        name="Mine",
        url="https://hooks.example.org/",
        secret=secret,
        since=timezone.now(),
        events=["failed"],
    )
    told = Notification.objects.create(target=target, run_id=new_id(), event="failed", occasion="1", last_error="No.")
    client.force_login(admin)
    pages = [
        client.get(reverse(f"admin:runs_{name}_{page}", args=args)).text
        for name, pk in (("notificationtarget", target.pk), ("notification", told.pk))
        for page, args in (("changelist", []), ("change", [pk]))
    ]
    assert all("Mine" in page for page in pages)
    assert not [page for page in pages if "planted" in page]
