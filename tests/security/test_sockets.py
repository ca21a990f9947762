"""Lines 3, 5, 7 and 9 at the sockets and the event streams: who may not gets nothing, and who may no longer is shut out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import fields
from typing import Any
from uuid import UUID

import httpx
import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect

from coday.accounts.consumers import RECHECK_SECONDS
from coday.kernel.database import in_database
from tests.runs.api.site import EventStream, Site
from tests.security.doors import FRAMES, HELLO, STREAM, Objects
from tests.security.people import (
    ENDINGS,
    NOBODY,
    OTHERS,
    Credential,
    by_token,
    credentials_that_ended,
    everything,
    somebody_else,
    user_called,
)
from tests.support.mock_provider import HANG, openai_reply
from tests.support.replies import PATIENCE
from threads.operations import create_thread

CREDENTIALS_GONE = 4401


@asynccontextmanager
async def socket(site: Site, path: str, headers: dict[str, str]) -> AsyncIterator[ClientConnection]:
    """A socket of a page of this site."""
    own = {**headers, "Origin": f"http://{site.host}"}
    async with connect(f"ws://{site.host}{path}", additional_headers=own, open_timeout=PATIENCE) as connection:
        yield connection


async def frame(connection: ClientConnection) -> dict[str, Any]:
    """The next frame."""
    async with asyncio.timeout(PATIENCE):
        found: dict[str, Any] = json.loads(await connection.recv())
    return found


async def rest(connection: ClientConnection) -> AsyncIterator[dict[str, Any]]:
    """The frames up to the end."""
    with suppress(websockets.ConnectionClosed):
        while True:
            yield await frame(connection)


async def is_refused(site: Site, path: str, headers: dict[str, str]) -> bool:
    """Whether a socket does not even open."""
    try:
        async with socket(site, path, headers):
            return False
    except websockets.InvalidStatus as refusal:
        return refusal.response.status_code == 403


# --- Opening --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("visitor", [*NOBODY, *ENDINGS])
async def test_no_socket_opens_for_who_is_nobody(site: Site, objects: Objects, visitor: str) -> None:
    headers, key = await in_database(credentials_that_ended, visitor)
    before = await in_database(lambda: everything(but_session=key))
    for path in (f"/ws/threads/{objects.thread_id}/?after=0", "/ws/threads/"):
        assert await is_refused(site, path, headers), path
    assert await in_database(lambda: everything(but_session=key)) == before


@pytest.mark.parametrize("visitor", OTHERS)
async def test_a_threads_socket_opens_for_its_owner_alone(site: Site, objects: Objects, visitor: str) -> None:
    headers = (await in_database(somebody_else, visitor)).headers
    before = await in_database(everything)
    assert await is_refused(site, f"/ws/threads/{objects.thread_id}/?after=0", headers)
    assert await is_refused(site, f"/ws/threads/{UUID(int=1)}/?after=0", headers)
    assert await in_database(everything) == before


# --- Frames ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(FRAMES))
async def test_a_foreign_id_in_a_frame_is_not_found(site: Site, objects: Objects, kind: str) -> None:
    """What does not exist and what is not theirs get one answer."""
    other = await in_database(somebody_else, "a stranger")
    own = await in_database(lambda: create_thread(owner_id=other.user.pk))
    before = await in_database(everything)
    absent = Objects(*[str(UUID(int=number)) for number, _ in enumerate(fields(Objects), 1)])
    async with socket(site, f"/ws/threads/{own.id}/", other.headers) as connection:
        assert (await frame(connection))["type"] == "session"
        for foreign, unknown in zip(FRAMES[kind](objects), FRAMES[kind](absent), strict=True):
            answers = []
            for body in (foreign, unknown):
                if not objects.named_in(str(body)) and body is foreign:
                    continue  # it names nothing
                await connection.send(json.dumps({"type": kind, "ref": "1", **body}))
                answer = await frame(connection)
                while answer.get("ref") != "1":
                    answer = await frame(connection)
                answers.append((answer["type"], answer.get("code")))
            assert len(set(answers)) == 1
            if objects.named_in(str(foreign)):
                assert answers[0] in {("error", f"{what}_not_found") for what in ("run", "image", "skill")}
    assert await in_database(lambda: everything()["runs.Run"]) == before["runs.Run"]


async def test_a_run_of_another_thread_is_not_found_even_by_its_owner(
    site: Site, api: httpx.AsyncClient, objects: Objects
) -> None:
    """Line 2."""
    site.provider.reply(openai_reply(HANG))
    run = (await api.post(f"threads/{objects.thread_id}/runs/", json=HELLO)).json()["id"]
    own = (await api.post("threads/", json={})).json()["id"]
    async with socket(site, f"/ws/threads/{own}/", {"Authorization": api.headers["Authorization"]}) as connection:
        await frame(connection)
        await connection.send(json.dumps({"type": "run.cancel", "ref": "1", "run_id": run}))
        answer = await frame(connection)
    assert (answer["type"], answer["code"]) == ("error", "run_not_found")
    assert (await api.get(f"runs/{run}/")).json()["status"] in ("queued", "running")
    assert (await api.post(f"runs/{run}/cancel/", json={})).status_code == 202


async def test_the_list_tells_of_ones_own_threads_alone(site: Site, api: httpx.AsyncClient, objects: Objects) -> None:
    other = await in_database(somebody_else, "a stranger")
    own = await in_database(lambda: create_thread(owner_id=other.user.pk))
    async with socket(site, "/ws/threads/", other.headers) as connection:
        await api.patch(f"threads/{objects.thread_id}/", json={"title": "Secret"})
        async with site.anonymous(headers=other.headers) as client:
            await client.patch(f"threads/{own.id}/", json={"title": "Own"})
        assert (await frame(connection))["thread"]["id"] == str(own.id)


# --- Credentials that end (line 9) --------------------------------------------------------------------------------------


async def person_with_a_thread(ending: str) -> tuple[Credential, str]:
    """Somebody of their own for this ending: suspending one person must not shut out another."""

    def make() -> tuple[Credential, str]:
        user = user_called(f"person with {ending}"[:150])
        return ENDINGS[ending].make(user), str(create_thread(owner_id=user.pk).id)

    return await in_database(make)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("kind", sorted(FRAMES))
async def test_a_frame_is_refused_once_its_credential_has_ended(site: Site, ending: str, kind: str) -> None:
    credential, thread_id = await person_with_a_thread(ending)
    async with socket(site, f"/ws/threads/{thread_id}/", credential.headers) as connection:
        assert (await frame(connection))["type"] == "session"
        await in_database(ENDINGS[ending].end, credential)
        before = await in_database(everything)
        body = {**HELLO, "type": kind, "ref": "1", "run_id": str(UUID(int=1))}
        await connection.send(json.dumps(body if kind == "run.create" else {"type": kind, "ref": "1"}))
        assert [answer async for answer in rest(connection) if "ref" in answer] == []
        assert connection.close_code == CREDENTIALS_GONE
    assert await in_database(lambda: everything()["runs.Run"]) == before["runs.Run"]


async def test_silent_sockets_and_streams_end_soon_after_their_credentials(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within five seconds, though nothing is sent either way: each looks again by itself."""
    assert RECHECK_SECONDS < 5
    for module in ("coday.accounts.consumers", "runs.api.streams"):
        monkeypatch.setattr(f"{module}.RECHECK_SECONDS", 0.05)
    people = {ending: await person_with_a_thread(ending) for ending in ENDINGS}
    async with AsyncExitStack() as stack:
        sockets, streams = [], []
        for credential, thread_id in people.values():
            for path in (f"/ws/threads/{thread_id}/", "/ws/threads/"):
                connection = await stack.enter_async_context(socket(site, path, credential.headers))
                sockets.append(connection)
            client = await stack.enter_async_context(site.anonymous(headers=credential.headers))
            answer = await stack.enter_async_context(
                client.stream("GET", f"threads/{thread_id}/events/", headers=STREAM)
            )
            streams.append(EventStream(answer))
            await streams[-1].until("session")
        for ending, (credential, _) in people.items():
            await in_database(ENDINGS[ending].end, credential)
        async with asyncio.timeout(PATIENCE):
            for connection in sockets:
                await connection.wait_closed()
                assert connection.close_code == CREDENTIALS_GONE
            for stream in streams:
                assert await stream.rest() == []
                assert stream.comments == []  # no heartbeat was needed for it


async def test_a_stream_of_a_run_ends_with_its_credential_and_the_run_goes_on(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runs.api.streams.RECHECK_SECONDS", 0.05)
    site.provider.reply(openai_reply("Hel", HANG))
    credential, thread_id = await person_with_a_thread("a revoked token")
    other = await in_database(by_token, credential.user)
    async with (
        site.anonymous(headers=credential.headers) as client,
        client.stream("POST", f"threads/{thread_id}/runs/", json=HELLO, headers=STREAM) as answer,
    ):
        stream = EventStream(answer)
        run = (await stream.until("message_start"))[0].frame["run"]["id"]
        await in_database(ENDINGS["a revoked token"].end, credential)
        async with asyncio.timeout(PATIENCE):
            assert all(event.type == "delta" for event in await stream.rest())
    async with site.anonymous(headers=other.headers) as client:
        assert (await client.get(f"runs/{run}/")).json()["status"] == "running"
        assert (await client.post(f"runs/{run}/cancel/", json={})).status_code == 202
