"""Lines 8 and 12: whatever carries a credential, at whichever door, is judged alike; and no foreign page can use one.

A credential that has ended is the matrix's (``test_matrix.py``, ``test_sockets.py``).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import connect

from coday.accounts.authentication import SUBPROTOCOL
from coday.kernel.database import in_database
from tests.runs.api.site import Site
from tests.security.doors import EVERYONE, HELLO, PAGES, REST, STREAM, Objects, addresses
from tests.security.people import OWNER, Guest, Headers, by_session, by_token, cookies, everything, user_called
from tests.support.replies import PATIENCE

SAFE = {"GET", "HEAD", "OPTIONS"}
FOREIGN = ("http://evil.example", "null", "https://127.0.0.1.evil.example", "http://127.0.0.1:1", "")


@pytest.fixture
async def session(site: Site) -> Headers:
    """What the owner's browser sends."""
    return (await in_database(lambda: by_session(user_called(OWNER)))).headers


@pytest.fixture
async def bearer(site: Site) -> Headers:
    """What the owner's program sends."""
    return (await in_database(lambda: by_token(user_called(OWNER)))).headers


async def opens(site: Site, headers: Headers, *, origin: str | None = None, query: str = "", **options: Any) -> bool:
    """Whether the thread's socket opens, and tells of the thread."""
    sent = {**headers, **({"Origin": origin} if origin is not None else {})}
    url = f"ws://{site.host}/ws/threads/{site.thread_id}/{query}"
    try:
        async with connect(url, additional_headers=sent, open_timeout=PATIENCE, **options) as connection:
            return str(json.loads(await connection.recv())["type"]) == "session"
    except websockets.InvalidStatus:
        return False


def secret_of(bearer: Headers) -> str:
    return bearer["Authorization"].removeprefix("Bearer ")


# --- Line 8: one test per carrier -----------------------------------------------------------------------------------

Door = Callable[[Site, Guest, Headers], Awaitable[bool]]


async def at_rest(site: Site, guest: Guest, headers: Headers) -> bool:
    return (await guest.request("GET", f"/api/v1/threads/{site.thread_id}/", headers=headers)).status_code == 200


async def at_a_stream(site: Site, guest: Guest, headers: Headers) -> bool:
    path = f"/api/v1/threads/{site.thread_id}/events/"
    return (await guest.request("GET", path, headers={**headers, **STREAM})).status_code == 200


async def at_a_socket(site: Site, guest: Guest, headers: Headers) -> bool:
    return await opens(site, headers, origin=f"http://{site.host}")


async def at_a_page(site: Site, guest: Guest, headers: Headers) -> bool:
    return (await guest.request("GET", f"/threads/{site.thread_id}/", headers=headers)).status_code == 200


@pytest.mark.parametrize("door", [at_rest, at_a_stream, at_a_socket, at_a_page])
async def test_the_session_cookie(site: Site, guest: Guest, session: Headers, door: Door) -> None:
    assert await door(site, guest, session)
    assert not await door(site, guest, cookies(session="x" * 32))


@pytest.mark.parametrize("door", [at_rest, at_a_stream, at_a_socket])
async def test_the_authorization_header(site: Site, guest: Guest, bearer: Headers, door: Door) -> None:
    assert await door(site, guest, bearer)
    assert await door(site, guest, {"Authorization": f"bearer  {secret_of(bearer)}"})
    assert not await door(site, guest, {"Authorization": f"Bearer {secret_of(bearer)}x"})
    assert not await door(site, guest, {"Authorization": f"Token {secret_of(bearer)}"})


async def test_a_page_takes_no_token(site: Site, guest: Guest, bearer: Headers) -> None:
    assert not await at_a_page(site, guest, bearer)


async def test_the_subprotocol(site: Site, bearer: Headers) -> None:
    offered: Any = [SUBPROTOCOL, f"bearer.{secret_of(bearer)}"]
    assert await opens(site, {}, subprotocols=offered)
    assert not await opens(site, {}, subprotocols=[SUBPROTOCOL, f"bearer.{secret_of(bearer)}x"])
    assert not await opens(site, {}, subprotocols=offered[1:])


@pytest.mark.parametrize("door", [at_rest, at_a_stream, at_a_socket])
async def test_a_wrong_token_is_not_excused_by_a_good_session(
    site: Site, guest: Guest, session: Headers, door: Door
) -> None:
    assert not await door(site, guest, {**session, "Authorization": "Bearer wrong"})


# --- Line 12: addresses, Origins, CSRF --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["token", "access_token", "authorization", "bearer", "api_key", "sessionid"])
async def test_no_credential_is_taken_from_an_address(site: Site, guest: Guest, bearer: Headers, name: str) -> None:
    query = f"?{name}={secret_of(bearer)}"
    for headers in ({}, STREAM):
        path = f"/api/v1/threads/{site.thread_id}/events/{query}"
        assert (await guest.request("GET", path, headers=headers)).status_code == 401
    assert not await opens(site, {}, origin=f"http://{site.host}", query=query)


@pytest.mark.parametrize("origin", [*FOREIGN, None])
async def test_a_socket_with_a_cookie_opens_from_a_page_of_this_site_alone(
    site: Site, session: Headers, origin: str | None
) -> None:
    assert not await opens(site, session, origin=origin)
    assert await opens(site, session, origin=f"http://{site.host}")


@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_socket_with_a_token_does_not_open_from_a_foreign_page(
    site: Site, bearer: Headers, origin: str
) -> None:
    assert not await opens(site, bearer, origin=origin)
    assert await opens(site, bearer)


@pytest.mark.parametrize("spoilt", ["no token", "another token", "a foreign page"])
async def test_no_write_with_a_cookie_and_without_its_csrf_token(
    site: Site, guest: Guest, objects: Objects, session: Headers, spoilt: str
) -> None:
    headers = {
        "no token": {name: value for name, value in session.items() if name != "X-CSRFToken"},
        "another token": {**session, "X-CSRFToken": "d" * 32},
        "a foreign page": {**session, "Origin": "http://evil.example"},
    }[spoilt]
    before = await in_database(everything)
    refused = 0
    for door, row in {**REST, **PAGES}.items():
        if door[1].partition(",")[0] not in SAFE and (
            door in PAGES or row.about is not EVERYONE
        ):  # no cookie counts there
            answer = await guest.ask(door, row, objects, headers)
            assert answer.status_code == 403, door
            assert door in PAGES or answer.json()["code"] == "csrf_failed", door
            refused += 1
    await site.idle()
    assert refused > 12
    assert await in_database(everything) == before


async def test_a_write_with_a_cookie_and_its_csrf_token_is_done(site: Site, guest: Guest, session: Headers) -> None:
    path = f"/api/v1/threads/{site.thread_id}/runs/"
    for headers in (session, {**session, **STREAM}, {**session, "Origin": f"http://{site.host}"}):
        assert (await guest.request("POST", path, headers=headers, json=HELLO)).status_code in (200, 202)
        await site.idle()


async def test_no_script_can_read_the_session_cookie(site: Site) -> None:
    def password() -> None:
        user = user_called(OWNER)
        user.set_password("a long password")
        user.save()

    await in_database(password)
    browser = site.anonymous()
    page = f"http://{site.host}{addresses()['accounts:login'].path({})}"
    await browser.get(page)
    fields = {"username": OWNER, "password": "a long password", "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    answer = await browser.post(page, data=fields)
    cookie = next(value for value in answer.headers.get_list("Set-Cookie") if value.startswith("sessionid="))
    assert {"HttpOnly", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
