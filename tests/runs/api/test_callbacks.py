"""Callbacks and operations over REST: a token that is good once, and the person's own reminders and jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone
from pytest_django import Settings

from coday.edge.limits import RateLimit
from coday.kernel.database import in_database
from runs import background
from runs.api import callbacks
from runs.background import Started
from runs.models import Run, ToolCall, ToolOperation
from runs.queries import run_snapshot
from runs.tools.background.protocol import MAX_BYTES
from tests.runs.api.site import Site
from tests.runs.conversation import DURABLE

HELLO = {"input": {"type": "user", "text": "Hello?"}}
GREEN = {"status": "succeeded", "result": "All green."}


@pytest.fixture
async def started(site: Site, api: httpx.AsyncClient) -> Started:
    """A job that goes on after its run, which has ended."""
    run = (await api.post(f"threads/{site.thread_id}/runs/", json=HELLO)).json()
    await site.idle()
    return await in_database(start, run["id"])


def start(run_id: str) -> Started:
    run = run_snapshot(Run.objects.get(pk=run_id))
    ToolCall.objects.create(run_id=run.id, call_id="c1", name="http_job", kind="async", status="in_progress")
    return background.start(
        run=run, call_id="c1", tool="http_job", summary="Job: Nightly build", callback=True,
        deadline_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip


async def call_back(site: Site, token: str, body: Any = GREEN, **options: Any) -> httpx.Response:
    """What a job's server does: nobody's credentials, and the token."""
    given = options or {"json": body}
    return await site.anonymous().post(f"tool-callbacks/{token}/", **given)


async def changed_nothing() -> None:
    row = await in_database(ToolOperation.objects.get)
    assert (row.status, row.ended_at) == ("in_progress", None)
    assert await in_database(Run.objects.count) == 1


async def test_a_callback_brings_the_result_into_the_conversation(
    site: Site, api: httpx.AsyncClient, started: Started
) -> None:
    answer = await call_back(site, started.token)
    assert (answer.status_code, answer.json()) == (200, {})
    await site.idle()

    runs = (await api.get("runs/", params={"kind": "system"})).json()["results"]
    [operation] = (await api.get("operations/")).json()["results"]
    assert [(run["trigger"], run["status"]) for run in runs] == [("tool", "completed")]
    assert runs[0]["cause"] == {"run_id": operation["run_id"], "tool_call_id": "c1"}
    assert (operation["status"], operation["result"]) == ("succeeded", "All green.")
    assert operation["ended_by_run"] == runs[0]["id"]
    assert "<coday-event>" in str(site.provider.requests[-1].json["messages"][-1])
    events = (await api.get(f"threads/{site.thread_id}/events/", params={"after": 0})).json()["results"]
    assert {event["type"] for event in events} <= DURABLE


async def test_a_token_is_good_once(site: Site, started: Started) -> None:
    assert (await call_back(site, started.token)).status_code == 200
    again = await call_back(site, started.token, {"status": "failed"})
    assert (again.status_code, again.json()["code"]) == (404, "callback_not_found")
    await site.idle()
    assert await in_database(Run.objects.filter(kind="system").count) == 1


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 3_000, "%00", "%ff", "..%2f", "é"])
async def test_a_forged_token_is_not_there(site: Site, started: Started, token: str) -> None:
    answer = await call_back(site, token)
    assert answer.status_code == 404
    assert answer.json()["code"] in ("callback_not_found", "not_found")
    await changed_nothing()


async def test_a_late_token_is_not_there(site: Site, started: Started) -> None:
    await in_database(ToolOperation.objects.update, deadline_at=timezone.now())
    assert (await call_back(site, started.token)).json()["code"] == "callback_not_found"
    await changed_nothing()


async def test_a_token_of_a_deleted_thread_is_not_there(site: Site, api: httpx.AsyncClient, started: Started) -> None:
    assert (await api.delete(f"threads/{site.thread_id}/")).status_code == 204
    assert (await call_back(site, started.token)).json()["code"] == "callback_not_found"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"status": "done"}, 400),
        ({"status": ["succeeded"]}, 400),
        ({"status": "succeeded", "result": "x", "extra": 1}, 400),
        ([], 400),
        ("x", 400),
        (None, 400),
    ],
)
async def test_a_bad_body_ends_nothing(site: Site, started: Started, body: Any, status: int) -> None:
    assert (await call_back(site, started.token, body)).status_code == status
    await changed_nothing()


async def test_a_body_that_is_too_large_or_no_json_ends_nothing(site: Site, started: Started) -> None:
    large = await call_back(site, started.token, {"status": "succeeded", "result": "x" * MAX_BYTES})
    assert (large.status_code, large.json()["details"]) == (413, {"limit": MAX_BYTES})
    headers = {"Content-Type": "application/json"}
    broken = await call_back(site, started.token, content=b'{"status": \xff', headers=headers)
    form = await call_back(site, started.token, data={"status": "succeeded"})
    assert (broken.status_code, form.status_code) == (400, 415)
    await changed_nothing()


@pytest.mark.parametrize(
    ("result", "text"),
    [(None, ""), ("", ""), ("<b>x</b>", "<b>x</b>"), ({"a": [1]}, '{"a":[1]}'), (5, "5"), ("a\0b", "ab")],
)
async def test_any_json_is_a_result(site: Site, started: Started, result: Any, text: str) -> None:
    assert (await call_back(site, started.token, {"status": "failed", "result": result})).status_code == 200
    assert (await in_database(ToolCall.objects.get)).content == text
    await site.idle()


async def test_a_cookie_is_not_needed_and_not_looked_at(site: Site, started: Started) -> None:
    """A foreign page that knew a token could use it, too: what it proves is the token, not the person."""
    answer = await call_back(
        site, started.token, json=GREEN, headers={"Cookie": "sessionid=x", "Authorization": "Bearer x"}
    )
    assert answer.status_code == 200
    await site.idle()


async def test_an_address_that_asks_too_often_waits(site: Site, started: Started, settings: Settings) -> None:
    callbacks._calls = RateLimit()
    settings.CODAY_CALLBACKS_PER_MINUTE = 2
    assert [(await call_back(site, "x")).status_code for _ in range(3)] == [404, 404, 429]
    callbacks._calls = RateLimit()


# --- Operations ---------------------------------------------------------------------------------------------------


async def test_a_person_sees_and_cancels_their_own(site: Site, api: httpx.AsyncClient, started: Started) -> None:
    [operation] = (await api.get("operations/", params={"status": "in_progress"})).json()["results"]
    assert (operation["id"], operation["summary"]) == (str(started.id), "Job: Nightly build")
    assert "ended_at" not in operation
    assert operation["thread"]["id"] == str(site.thread_id)

    cancelled = await api.post(f"operations/{started.id}/cancel/", json={})
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    again = await api.post(f"operations/{started.id}/cancel/", json={})
    assert (again.status_code, again.json()["code"]) == (409, "operation_ended")
    assert (await api.get("operations/", params={"status": "in_progress"})).json()["results"] == []
    assert (await call_back(site, started.token)).status_code == 404
    assert await in_database(Run.objects.count) == 1
    call = await in_database(ToolCall.objects.get)
    assert call.status == "cancelled"


async def test_to_others_they_are_not_there(site: Site, started: Started) -> None:
    stranger = await site.client("stranger")
    assert (await stranger.get("operations/")).json()["results"] == []
    answer = await stranger.post(f"operations/{started.id}/cancel/", json={})
    assert (answer.status_code, answer.json()["code"]) == (404, "operation_not_found")
    await changed_nothing()


@pytest.mark.parametrize("query", ["?status=x", "?thread=x", "?user=1", "?limit=0"])
async def test_a_parameter_that_is_none_is_refused(api: httpx.AsyncClient, query: str) -> None:
    answer = await api.get(f"operations/{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
