"""Event streams: a new run followed to its end, and a thread followed for as long as the client likes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from coday.accounts.authentication import digest_of
from coday.accounts.models import ApiToken, User
from coday.accounts.operations import revoke_token
from coday.kernel.database import in_database
from runs.delivery import delivery
from tests.runs.api.site import EventStream, Site
from tests.runs.conversation import Screen
from tests.support.mock_provider import PATIENCE, Gate, openai_reply

ACCEPT = {"Accept": "text/event-stream"}
HELLO = {"input": {"type": "user", "text": "Hello?"}}


async def test_a_new_run_is_streamed_from_its_first_event_to_its_terminal_one(
    site: Site, api: httpx.AsyncClient
) -> None:
    gate = Gate()
    site.provider.reply(openai_reply("Hel", gate, "lo"))
    async with api.stream("POST", f"threads/{site.thread_id}/runs/", json=HELLO, headers=ACCEPT) as response:
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "text/event-stream"
        assert response.headers["Cache-Control"] == "no-store"
        stream = EventStream(response)
        events = await stream.until("message_start")
        gate.open()
        events += await stream.rest()

    assert events[0].type == "run"
    assert events[0].frame["run"]["status"] == "queued"
    assert events[-1].type == "run"
    assert events[-1].frame["run"]["status"] == "completed"
    assert any(event.type == "delta" for event in events)
    screen = Screen()
    for event in events:
        screen.show(event.frame)
    assert [message["content"][0]["text"] for message in screen.messages.values()] == ["Hello?", "Hello"]
    assert {event.frame["run_id"] for event in events if event.id} == {events[0].frame["run"]["id"]}


async def test_durable_events_have_their_number_as_id_and_transient_ones_have_none(
    site: Site, api: httpx.AsyncClient
) -> None:
    gate = Gate()
    site.provider.reply(openai_reply("Hel", gate, "lo"))
    async with api.stream("POST", f"threads/{site.thread_id}/runs/", json=HELLO, headers=ACCEPT) as response:
        stream = EventStream(response)
        events = await stream.until("message_start")
        gate.open()
        events += await stream.rest()
    for event in events:
        assert event.id == str(event.frame.get("seq", ""))
        assert event.type == event.frame["type"]
    numbers = [int(event.id) for event in events if event.id]
    assert numbers == sorted(set(numbers))
    assert any(not event.id for event in events)


async def test_a_repeated_key_follows_the_first_run_again(site: Site, api: httpx.AsyncClient) -> None:
    body = {**HELLO, "key": "once"}
    streams = []
    for _ in range(2):
        async with api.stream("POST", f"threads/{site.thread_id}/runs/", json=body, headers=ACCEPT) as response:
            streams.append(await EventStream(response).rest())
    first, second = ([event for event in stream if event.id] for stream in streams)
    assert first == second
    assert len(site.provider.requests) == 1


async def test_a_run_goes_on_when_its_stream_is_left(site: Site, api: httpx.AsyncClient) -> None:
    gate = Gate()
    site.provider.reply(openai_reply("Hel", gate, "lo"))
    async with api.stream("POST", f"threads/{site.thread_id}/runs/", json=HELLO, headers=ACCEPT) as response:
        await EventStream(response).until("message_start")
    await gate.reached
    gate.open()
    await site.idle()
    run = (await api.get(f"threads/{site.thread_id}/runs/")).json()["results"][0]
    assert run["status"] == "completed"
    answer = (await api.get(f"threads/{site.thread_id}/messages/")).json()["results"][0]
    assert answer["content"] == [{"type": "text", "text": "Hello"}]


async def test_a_stream_that_was_left_leaves_no_watcher(site: Site, api: httpx.AsyncClient) -> None:
    async with api.stream("GET", f"threads/{site.thread_id}/events/", headers=ACCEPT) as response:
        await EventStream(response).until("session")
        assert delivery.is_watched(site.thread_id)
    async with asyncio.timeout(PATIENCE):
        while delivery.is_watched(site.thread_id):  # noqa: ASYNC110  # the server tells nobody that it noticed
            await asyncio.sleep(0)


async def test_a_thread_is_followed_like_on_the_socket(site: Site, api: httpx.AsyncClient) -> None:
    async with api.stream("GET", f"threads/{site.thread_id}/events/", headers=ACCEPT) as response:
        stream = EventStream(response)
        session = await stream.next()
        assert session is not None
        assert session.type == "session"
        assert not session.id
        await api.post(f"threads/{site.thread_id}/runs/", json=HELLO)
        events = await stream.until("message")
        assert [event.type for event in events] == ["run", "message"]
        await site.idle()
        await api.patch(f"threads/{site.thread_id}/", json={"title": "Another"})
        await stream.until("thread", changed={"title": "Another"})


async def test_without_a_place_nothing_old_is_sent(site: Site, api: httpx.AsyncClient) -> None:
    await api.patch(f"threads/{site.thread_id}/", json={"pinned": True})
    async with api.stream("GET", f"threads/{site.thread_id}/events/", headers=ACCEPT) as response:
        stream = EventStream(response)
        session = await stream.next()
        assert session is not None
        assert session.frame["last_seq"] == 1
        await api.patch(f"threads/{site.thread_id}/", json={"pinned": False})
        event = await stream.next()
        assert event is not None
        assert event.id == "2"


@pytest.mark.parametrize(
    ("query", "headers", "first"),
    [
        ("?after=0", {}, "1"),
        ("?after=1", {}, "2"),
        ("", {"Last-Event-ID": "1"}, "2"),
        ("?after=0", {"Last-Event-ID": "2"}, "3"),
    ],
)
async def test_what_was_missed_is_sent_first(
    site: Site, api: httpx.AsyncClient, query: str, headers: dict[str, str], first: str
) -> None:
    for title in ("One", "Two", "Three"):
        await api.patch(f"threads/{site.thread_id}/", json={"title": title})
    url = f"threads/{site.thread_id}/events/{query}"
    async with api.stream("GET", url, headers={**ACCEPT, **headers}) as response:
        events = await EventStream(response).until("thread")
    assert [event.id for event in events] == ["", first]


async def test_a_stream_ends_with_its_thread(site: Site, api: httpx.AsyncClient) -> None:
    async with api.stream("GET", f"threads/{site.thread_id}/events/", headers=ACCEPT) as response:
        stream = EventStream(response)
        await stream.until("session")
        assert (await api.delete(f"threads/{site.thread_id}/")).status_code == 204
        await stream.rest()


async def test_a_silent_stream_is_kept_alive_by_comments(
    site: Site, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runs.delivery.subscriptions.HEARTBEAT", 0.01)
    async with api.stream("GET", f"threads/{site.thread_id}/events/", headers=ACCEPT) as response:
        async with asyncio.timeout(PATIENCE):
            lines = response.aiter_lines()
            assert await anext(lines) == "event: session"
            assert ": heartbeat" in [line async for line in _up_to_comment(lines)]


async def _up_to_comment(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    async for line in lines:
        yield line
        if line.startswith(":"):
            return


@pytest.mark.parametrize("credential_ends", [False, True])
async def test_nothing_is_sent_after_the_credential_has_ended(
    site: Site, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, *, credential_ends: bool
) -> None:
    monkeypatch.setattr("runs.api.streams.RECHECK_SECONDS", 0.0)
    other = await site.client()
    async with api.stream("GET", f"threads/{site.thread_id}/events/", headers=ACCEPT) as response:
        stream = EventStream(response)
        await stream.until("session")
        if credential_ends:
            await in_database(_revoke, api.headers["Authorization"].removeprefix("Bearer "))
        await other.patch(f"threads/{site.thread_id}/", json={"title": "Secret"})
        event = await stream.next()
        assert (event is None) == credential_ends


def _revoke(token: str) -> None:
    row = ApiToken.objects.get(digest=digest_of(token))
    revoke_token(user_id=row.user_id, token_id=row.pk)


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", {}, 400, "malformed_json"),
        (b"[]", {}, 400, "invalid_input"),
        (b"{}", {}, 400, "invalid_input"),
        (b'{"input": {"type": "user", "text": " "}}', {}, 400, "empty_message"),
        (b'{"input": {"type": "user", "text": "a\\u0000b"}}', {}, 400, "invalid_input"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        (b'"' + b"x" * 2 * 1024 * 1024 + b'"', {}, 413, "too_large"),
        (b"{}", {"Authorization": "Bearer wrong"}, 401, "invalid_token"),
    ],
)
async def test_what_goes_wrong_before_the_stream_is_the_same_document_as_without_one(
    site: Site, api: httpx.AsyncClient, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answers = [
        await api.post(
            f"threads/{site.thread_id}/runs/",
            content=body,
            headers={"Content-Type": "application/json", **headers, "Accept": accept},
        )
        for accept in ("application/json", "text/event-stream")
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert answers[0].json()["status"] == answers[1].json()["status"]


async def test_a_browser_needs_its_csrf_token_for_a_stream_too(site: Site) -> None:
    browser = site.anonymous()
    await browser.get(f"http://{site.host}/accounts/login/")
    token = browser.cookies["csrftoken"]
    fields = {"username": "ann", "password": "secret", "csrfmiddlewaretoken": token}
    await _set_password("ann", "secret")
    assert (await browser.post(f"http://{site.host}/accounts/login/", data=fields)).status_code == 302

    url = f"threads/{site.thread_id}/runs/"
    refused = await browser.post(url, json=HELLO, headers=ACCEPT)
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    sent = {**ACCEPT, "X-CSRFToken": browser.cookies["csrftoken"]}
    async with browser.stream("POST", url, json=HELLO, headers=sent) as response:
        assert response.status_code == 200
        events = await EventStream(response).rest()
    assert events[-1].frame["run"]["status"] == "completed"


async def _set_password(username: str, password: str) -> None:
    def write() -> None:
        user = User.objects.get(username=username)
        user.set_password(password)
        user.save()

    await in_database(write)
