"""Driving runs over REST: start, repeat, cancel, retry, rerun, name; and deleting a thread in which something runs."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from pytest_django import Settings

from coday.kernel.database import in_database
from runs.models import Run, RunEventRecord
from tests.runs.api.site import EventStream, Site, png
from tests.support.mock_provider import HANG, PATIENCE, Gate, Reply, openai_reply
from threads.models import Message, Thread

STREAM = {"Accept": "text/event-stream"}


def hello(text: str = "Hello?", **body: Any) -> dict[str, Any]:
    """The body of a request for a run."""
    return {"input": {"type": "user", "text": text}, **body}


async def start(api: httpx.AsyncClient, thread_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Ask for a run that is accepted."""
    answer = await api.post(f"threads/{thread_id}/runs/", json=body)
    assert answer.status_code == 202, answer.text
    run: dict[str, Any] = answer.json()
    return run


async def ended(site: Site, api: httpx.AsyncClient, run: dict[str, Any]) -> dict[str, Any]:
    """The run, once nothing is under way any more."""
    await site.idle()
    shown: dict[str, Any] = (await api.get(f"runs/{run['id']}/")).json()
    return shown


async def test_a_run_is_accepted_and_carried_out(site: Site, api: httpx.AsyncClient) -> None:
    run = await start(api, site.thread_id, hello())
    assert (run["number"], run["kind"], run["trigger"], run["agent"]) == (1, "user", "user", "helper")
    assert (await ended(site, api, run))["status"] == "completed"
    messages = (await api.get(f"threads/{site.thread_id}/messages/")).json()["results"]
    assert [message["role"] for message in messages] == ["assistant", "user"]


async def test_a_repeated_key_is_one_run_and_other_content_a_conflict(site: Site, api: httpx.AsyncClient) -> None:
    first = await start(api, site.thread_id, hello(key="k"))
    again = await start(api, site.thread_id, hello(key="k"))
    assert again["id"] == first["id"]
    other = await api.post(f"threads/{site.thread_id}/runs/", json=hello("Something else", key="k"))
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    await site.idle()
    assert len(site.provider.requests) == 1


async def test_one_key_sent_many_times_at_once_is_one_run(site: Site, api: httpx.AsyncClient) -> None:
    runs = await asyncio.gather(*(start(api, site.thread_id, hello(key="k")) for _ in range(8)))
    assert len({run["id"] for run in runs}) == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (hello(""), 400, "empty_message"),
        (hello("x" * 200_001), 413, "message_too_long"),
        (hello("a\0b"), 400, "invalid_input"),
        (hello(key="a\0b"), 400, "invalid_input"),
        (hello(key="x" * 101), 400, "invalid_input"),
        (hello(agent="nobody"), 404, "agent_not_found"),
        (hello(model="none"), 404, "model_not_found"),
        (hello(parent=str(UUID(int=0))), 404, "run_not_found"),
        (hello(parent="x"), 400, "invalid_input"),
        (hello(when_busy="perhaps"), 400, "invalid_input"),
        (hello(surprise=1), 400, "invalid_input"),
        ({"input": {"type": "user", "text": "x", "images": [str(UUID(int=0))]}}, 404, "image_not_found"),
        ({"input": {"type": "user", "text": "x", "images": [str(UUID(int=0))] * 11}}, 413, "too_many_images"),
        ({"input": {"type": "spy", "text": "x"}}, 400, "invalid_input"),
        ({"input": "x"}, 400, "invalid_input"),
        ({}, 400, "invalid_input"),
        ([], 400, "invalid_input"),
        ("x", 400, "invalid_input"),
        (None, 400, "invalid_input"),
    ],
)
async def test_a_bad_input_is_refused_and_nothing_is_kept(
    site: Site, api: httpx.AsyncClient, body: Any, status: int, code: str
) -> None:
    answer = await api.post(f"threads/{site.thread_id}/runs/", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not await in_database(Message.objects.exists)


async def test_what_is_sent_meanwhile_is_queued_refused_or_interrupts(site: Site, api: httpx.AsyncClient) -> None:
    gate = Gate()
    site.provider.reply(openai_reply("Hel", gate, "lo"))
    first = await start(api, site.thread_id, hello())
    async with asyncio.timeout(PATIENCE):
        await gate.reached
    refused = await api.post(f"threads/{site.thread_id}/runs/", json=hello("now!", when_busy="reject"))
    assert (refused.status_code, refused.json()["code"]) == (409, "lane_busy")
    queued = await start(api, site.thread_id, hello("then"))
    assert queued["status"] == "queued"
    shown = (await api.get("threads/")).json()["results"][0]
    assert (shown["running"], shown["waiting"]) == (True, False)
    await start(api, site.thread_id, hello("stop that", when_busy="interrupt"))
    assert (await ended(site, api, first))["status"] == "cancelled"
    assert (await api.get(f"runs/{queued['id']}/")).json()["status"] == "completed"
    shown = (await api.get("threads/")).json()["results"][0]
    assert (shown["running"], shown["unread"]) == (False, True)


# --- Cancel, retry, rerun, name -------------------------------------------------------------------------------------


async def test_a_cancelled_run_keeps_what_it_said_and_can_be_retried(site: Site, api: httpx.AsyncClient) -> None:
    site.provider.reply(openai_reply("Half", HANG))
    async with api.stream("POST", f"threads/{site.thread_id}/runs/", json=hello(), headers=STREAM) as response:
        stream = EventStream(response)
        events = await stream.until("message_start")
        run = events[0].frame["run"]
        assert (await api.post(f"runs/{run['id']}/cancel/", json={})).status_code == 202
        events += await stream.rest()
    assert events[-1].frame["run"]["status"] == "cancelled"
    said = (await api.get(f"threads/{site.thread_id}/messages/")).json()["results"][0]
    assert (said["status"], said["role"]) == ("partial", "assistant")

    again = (await api.post(f"runs/{run['id']}/retry/", json={})).json()
    assert again["id"] != run["id"]
    assert again.get("parent") == run.get("parent")
    assert (await ended(site, api, again))["status"] == "completed"
    refused = await api.post(f"runs/{again['id']}/retry/", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "run_state")


async def test_cancelling_an_ended_run_is_acknowledged_and_changes_nothing(site: Site, api: httpx.AsyncClient) -> None:
    run = await ended(site, api, await start(api, site.thread_id, hello()))
    answer = await api.post(f"runs/{run['id']}/cancel/", json={})
    assert (answer.status_code, answer.json()) == (202, run)


async def test_a_rerun_stands_beside_its_original(site: Site, api: httpx.AsyncClient) -> None:
    run = await ended(site, api, await start(api, site.thread_id, hello()))
    again = (await api.post(f"runs/{run['id']}/rerun/")).json()  # no body does too
    assert (await ended(site, api, again))["status"] == "completed"
    assert again["lane"] != run["lane"]
    assert (await api.get(f"threads/{site.thread_id}/")).json()["head"] == again["id"]


@pytest.mark.parametrize("action", ["cancel", "retry", "rerun"])
@pytest.mark.parametrize(
    ("content", "status", "code"),
    [(b"{", 400, "malformed_json"), (b"[]", 400, "invalid_input"), (b'{"force": true}', 400, "invalid_input")],
)
async def test_a_bad_body_does_nothing_to_a_run(
    site: Site, api: httpx.AsyncClient, action: str, content: bytes, status: int, code: str
) -> None:
    run = await ended(site, api, await start(api, site.thread_id, hello()))
    headers = {"Content-Type": "application/json"}
    answer = await api.post(f"runs/{run['id']}/{action}/", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len((await api.get("runs/")).json()["results"]) == 1


async def test_a_new_title_is_told_once_as_a_change_and_not_as_a_status(site: Site, api: httpx.AsyncClient) -> None:
    run = await ended(site, api, await start(api, site.thread_id, hello()))
    url = f"threads/{site.thread_id}/events/"
    async with api.stream("GET", url, headers=STREAM) as response:
        stream = EventStream(response)
        await stream.until("session")
        for _ in range(2):
            named = await api.patch(f"runs/{run['id']}/", json={"title": "The first"})
            assert named.json() == {**run, "title": "The first"}
        await api.patch(f"runs/{run['id']}/", json={"title": ""})
        events = [await stream.next(), await stream.next()]
    assert [event.frame["run"].get("title") for event in events if event] == ["The first", None]
    assert all(event and event.frame["changed"] == ["title"] for event in events)


@pytest.mark.parametrize(
    "body", [{}, {"title": None}, {"title": "x" * 201}, {"title": "a\0"}, {"status": "failed"}, []]
)
async def test_a_bad_title_is_refused(site: Site, api: httpx.AsyncClient, body: Any) -> None:
    run = await ended(site, api, await start(api, site.thread_id, hello()))
    answer = await api.patch(f"runs/{run['id']}/", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert (await api.get(f"runs/{run['id']}/")).json() == run


# --- Deleting a thread ----------------------------------------------------------------------------------------------


async def test_deleting_a_thread_ends_its_runs_first_and_leaves_no_orphan(site: Site, api: httpx.AsyncClient) -> None:
    site.provider.reply(openai_reply("Half", HANG))
    await start(api, site.thread_id, hello())
    await start(api, site.thread_id, hello("and then?"))
    request = site.provider.arrival(0)
    async with asyncio.timeout(PATIENCE):
        await request
    async with api.stream("GET", f"threads/{site.thread_id}/events/", headers=STREAM) as response:
        stream = EventStream(response)
        await stream.until("session")
        assert (await api.delete(f"threads/{site.thread_id}/")).status_code == 204
        events = await stream.rest()
    assert [event.frame["run"]["status"] for event in events if event.type == "run"] == ["cancelled", "cancelled"]
    await site.idle()
    assert len(site.provider.requests) == 1  # the queued run was never started
    assert (await api.get(f"threads/{site.thread_id}/")).status_code == 404
    for model in (Thread, Run, Message, RunEventRecord):
        assert not await in_database(model.objects.exists)


async def test_deleting_a_thread_deletes_its_files(
    site: Site, api: httpx.AsyncClient, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("files")
    await api.post(f"threads/{site.thread_id}/images/", files={"file": ("dot.png", png())})
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    await api.delete(f"threads/{site.thread_id}/")
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


async def test_a_provider_s_failure_is_told_in_the_run_and_not_in_the_answer(
    site: Site, api: httpx.AsyncClient
) -> None:
    site.provider.reply(Reply(status=401, steps=(b"{}",)))
    run = await ended(site, api, await start(api, site.thread_id, hello()))
    assert (run["status"], run["error"]["code"]) == ("failed", "provider_auth")
