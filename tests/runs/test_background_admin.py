"""The admin of job endpoints and operations: headers go in and never come out, and what operations are about is not shown."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from coday.accounts.models import User
from coday.kernel.ids import new_id
from runs.models import JobEndpoint, ToolOperation
from threads.models import Thread

SECRET = "planted-secret-4f9a1c77e0b2d3"
SAID = "planted words that only the owner may read"


@pytest.fixture
def page(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


@pytest.fixture
def endpoint(db: None) -> JobEndpoint:
    return JobEndpoint.objects.create(
        slug="nightly", name="Nightly", url="https://jobs.example.org/start", headers=f"X-Key: {SECRET}"
    )


def change(page: Client, endpoint: JobEndpoint, **changes: Any) -> tuple[JobEndpoint, str]:
    """Save the form with these changes; the endpoint as it is then, and what the page says."""
    fields = {
        "name": endpoint.name, "description": "", "url": endpoint.url, "poll_url": "", "input_schema": "{}",
        "deadline": "60", "enabled": "on", **changes,
    }  # fmt: skip
    answer = page.post(reverse("admin:runs_jobendpoint_change", args=[endpoint.pk]), fields)
    assert answer.status_code in (200, 302)
    return JobEndpoint.objects.get(pk=endpoint.pk), answer.text


def test_headers_are_stored_encrypted_and_never_shown(page: Client, endpoint: JobEndpoint) -> None:
    pages = [
        page.get(reverse("admin:runs_jobendpoint_changelist")).text,
        page.get(reverse("admin:runs_jobendpoint_change", args=[endpoint.pk])).text,
        change(page, endpoint, deadline="none")[1],
    ]
    assert not [text for text in pages if SECRET in text]
    assert "Headers are stored" in pages[1]
    stored = JobEndpoint.objects.extra(select={"stored": "headers"}).values_list("stored", flat=True)
    assert SECRET not in str(list(stored))


def test_headers_are_kept_replaced_and_forgotten(page: Client, endpoint: JobEndpoint) -> None:
    assert change(page, endpoint, name="Other")[0].headers == f"X-Key: {SECRET}"
    assert change(page, endpoint, new_headers="X-Key: new")[0].headers == "X-Key: new"
    assert change(page, endpoint, forget_headers="on")[0].headers == ""


def test_stored_headers_do_not_follow_to_another_address(page: Client, endpoint: JobEndpoint) -> None:
    elsewhere = "https://elsewhere.example.org/start"
    assert change(page, endpoint, url=elsewhere)[0].url == endpoint.url
    changed, _ = change(page, endpoint, url=elsewhere, new_headers="X-Key: new")
    assert (changed.url, changed.headers) == (elsewhere, "X-Key: new")


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://jobs.example.org/"},
        {"url": "https://user:pass@jobs.example.org/", "new_headers": "X-Key: new"},
        {"url": ""},
        {"poll_url": "https://jobs.example.org/jobs"},
        {"poll_url": "https://elsewhere.example.org/{job_id}"},
        {"poll_url": "http://jobs.example.org/{job_id}"},
        {"poll_url": "https://{job_id}/"},
        {"poll_url": "https://jobs.example.org:{job_id}/"},
        {"poll_url": "https://jobs.example.org{job_id}/"},
        {"input_schema": "[]"},
        {"input_schema": '{"type": "string"}'},
        {"input_schema": '{"type": "object", "properties": 5}'},
        {"new_headers": "no header"},
        {"new_headers": "Host: elsewhere"},
        {"new_headers": "Content-Type: text/plain"},
        {"deadline": "0"},
        {"deadline": "99999999"},
    ],
    ids=repr,
)
def test_an_endpoint_that_cannot_work_is_refused(page: Client, endpoint: JobEndpoint, wrong: dict[str, Any]) -> None:
    before = JobEndpoint.objects.values().get()
    change(page, endpoint, **wrong)
    assert JobEndpoint.objects.values().get() == before


def test_a_poll_address_at_the_same_origin_is_taken(page: Client, endpoint: JobEndpoint) -> None:
    poll_url = "https://jobs.example.org/jobs/{job_id}?full=1"
    assert change(page, endpoint, poll_url=poll_url)[0].poll_url == poll_url


def test_operations_are_shown_without_their_words_and_cannot_be_changed(page: Client, owner: User) -> None:
    thread = Thread.objects.create(owner=owner)
    operation = ToolOperation.objects.create(
        thread=thread, run_id=new_id(), call_id=SAID, user_id=owner.pk, username="owner", tool="remind_me", summary=SAID,
        state={"text": SAID}, result=SAID, callback_digest="d" * 64, deadline_at=timezone.now(),
    )  # fmt: skip
    address = reverse("admin:runs_tooloperation_change", args=[operation.pk])
    shown = page.get(address).text + page.get(reverse("admin:runs_tooloperation_changelist"), {"q": "remind_me"}).text
    assert "remind_me" in shown
    assert SAID not in shown
    assert "d" * 64 not in shown
    assert page.post(address, {"status": "cancelled"}).status_code == 403
    assert page.get(reverse("admin:runs_tooloperation_add")).status_code == 403
