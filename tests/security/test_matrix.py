"""Lines 1 to 3, 5 and 7: every address and every frame, for everyone who may not, and nothing changes.

The doors are taken from the configuration: a new one has to be given a row in ``tests/security/doors.py``.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any
from uuid import UUID

import httpx
import pytest

from coday.kernel.database import in_database
from tests.runs.api.site import Site
from tests.security.doors import (
    FRAMES,
    HELLO,
    METHODS,
    PAGES,
    REST,
    STREAMED,
    About,
    Objects,
    addresses,
    consumers,
)
from tests.security.people import (
    ENDINGS,
    NOBODY,
    OTHERS,
    Guest,
    credentials_that_ended,
    everything,
    somebody_else,
)

WHERE = "Give it a row in tests/security/doors.py (REST, PAGES or FRAMES), which says whose things it is about."

Key = tuple[str, str]


# --- Completeness -------------------------------------------------------------------------------------------------


def test_every_address_has_a_row() -> None:
    there = {(one.name, method) for one in addresses().values() for method in one.methods}
    rows = {(name, method.partition(",")[0]) for name, method in (*REST, *PAGES)}
    assert not there - rows, f"No row for {sorted(there - rows)}. {WHERE}"
    assert not rows - there, f"No such address any more: {sorted(rows - there)}."
    streamed = {(name, method.partition(",")[0]) for (name, method), row in REST.items() if row.headers}
    assert streamed == STREAMED


def test_every_frame_has_a_row() -> None:
    there = {kind for consumer in consumers() for kind in consumer.handlers}
    assert not there - set(FRAMES), f"No row for {sorted(there - set(FRAMES))}. {WHERE}"
    assert not set(FRAMES) - there


# --- The site and its visitors --------------------------------------------------------------------------------------


ABSENT = Objects(*[str(UUID(int=number)) for number, _ in enumerate(fields(Objects), 1)])


async def changed_nothing(before: dict[str, list[str]], site: Site, **options: Any) -> None:
    await site.idle()
    after = await in_database(lambda: everything(**options))
    changed = {table for table in before if before[table] != after[table]}
    assert not changed, f"{changed} changed"


# --- Who is nobody, or nobody any more ------------------------------------------------------------------------------


@pytest.mark.parametrize("visitor", [*NOBODY, *ENDINGS])
async def test_who_is_nobody_is_told_to_log_in(site: Site, guest: Guest, objects: Objects, visitor: str) -> None:
    headers, key = await in_database(lambda: credentials_that_ended(visitor))
    before = await in_database(lambda: everything(but_session=key))
    for door, row in REST.items():
        if row.about is not About.EVERYONE:
            answer = await guest.ask(door, row, objects, headers)
            assert answer.status_code == 401, door
            assert answer.json()["code"] in ("unauthenticated", "invalid_token"), door
    for door, row in PAGES.items():
        if row.about is not About.EVERYONE:
            answer = await guest.ask(door, row, objects, headers)
            assert answer.status_code == 302, door
            assert answer.headers["Location"].startswith("/accounts/login/"), door
    await changed_nothing(before, site, but_session=key)


# --- Who is somebody else -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("visitor", OTHERS)
async def test_to_others_nothing_of_the_owners_exists(site: Site, guest: Guest, objects: Objects, visitor: str) -> None:
    credential = await in_database(somebody_else, visitor)
    before = await in_database(everything)
    rows = {**REST, **(PAGES if credential.key else {})}
    for door, row in rows.items():
        if row.about is About.OBJECT:
            answer = await guest.ask(door, row, objects, credential.headers)
            assert answer.status_code == 404, (door, answer.status_code)
            absent = await guest.ask(door, row, ABSENT, credential.headers)
            assert absent.status_code == 404, door
            if door in REST:
                assert answer.content == absent.content, door
        elif row.about is About.CALLER and not row.writes:
            answer = await guest.ask(door, row, objects, credential.headers)
            assert answer.status_code in {row.status, *row.others}, door
            assert not objects.named_in(answer.text), door
    await changed_nothing(before, site)


async def test_what_is_open_to_everyone_tells_nothing(site: Site, guest: Guest, objects: Objects) -> None:
    before = await in_database(everything)
    for door, row in {**REST, **PAGES}.items():
        if row.about is About.EVERYONE:
            answer = await guest.ask(door, row, objects, {})
            assert answer.status_code < 500, door
            assert not objects.named_in(answer.text), door
    await changed_nothing(before, site)


async def test_what_others_make_is_their_own(site: Site, guest: Guest, objects: Objects) -> None:
    other = await in_database(somebody_else, "a stranger")
    before = await in_database(everything)
    for door, row in REST.items():
        if row.about is About.CALLER and row.writes:
            answer = await guest.ask(door, row, objects, other.headers)
            assert answer.status_code in {200, 201, *row.others}, door
            assert not objects.named_in(answer.text), door
    after = await in_database(everything)
    for table, rows in before.items():
        assert set(rows) <= set(after[table]), table


async def test_the_owner_may(site: Site, guest: Guest, api: httpx.AsyncClient, objects: Objects) -> None:
    for door, row in REST.items():
        answer = await guest.ask(door, row, objects, dict(api.headers))
        assert answer.status_code == row.status, door
        await site.idle()


async def test_ids_in_bodies_and_parameters_are_resolved_for_the_caller(site: Site, objects: Objects) -> None:
    """Line 1."""
    other = (await in_database(somebody_else, "a stranger's token")).headers
    before = await in_database(everything)
    async with site.anonymous(headers=other) as client:
        own = (await client.post("threads/", json={})).json()["id"]
        for body in FRAMES["run.create"](objects):
            answer = await client.post(f"threads/{own}/runs/", json=body)
            assert (answer.status_code, answer.json()["code"]) in (
                (404, "run_not_found"),
                (404, "image_not_found"),
                (404, "skill_not_found"),
            )
        assert (await client.post(f"threads/{own}/runs/", json=HELLO)).status_code == 202
        await site.idle()
        page = await client.get(f"threads/{own}/messages/", params={"cursor": objects.message_id})
        assert page.json()["code"] == "invalid_parameter"
        for name in ("thread", "run"):
            used = (await client.get("usage/", params={name: getattr(objects, f"{name}_id")})).json()
            assert (used["results"], used["totals"]["model_calls"]) == ([], 0)
    after = await in_database(everything)
    for table, rows in before.items():
        assert set(rows) <= set(after[table]) or table == "accounts.User", table


async def test_a_child_is_looked_up_by_its_parent(site: Site, api: httpx.AsyncClient, objects: Objects) -> None:
    """Line 2: even the owner finds it in its own place alone."""
    own = (await api.post("threads/", json={})).json()["id"]
    answer = await api.get(f"threads/{own}/images/{objects.image_id}/")
    assert (answer.status_code, answer.json()["code"]) == (404, "image_not_found")
    for body in FRAMES["run.create"](objects)[:2]:  # a skill is a person's, not a thread's
        assert (await api.post(f"threads/{own}/runs/", json=body)).status_code == 404


# --- Methods that are none ------------------------------------------------------------------------------------------


async def test_a_method_without_a_row_does_nothing(
    site: Site, guest: Guest, api: httpx.AsyncClient, objects: Objects
) -> None:
    """Not even for the owner, who may do most."""
    headers = {"Authorization": api.headers["Authorization"], "Content-Type": "application/json"}
    before = await in_database(everything)
    for address in addresses().values():
        for method in sorted(METHODS - address.methods - {"HEAD", "OPTIONS"}):
            answer = await guest.request(method, address.path(vars(objects)), headers=headers)
            assert answer.status_code in (301, 302, 401, 403, 404, 405), (address, method)
    await changed_nothing(before, site)


@pytest.mark.parametrize("visitor", ["a stranger's token", "a stranger"])
async def test_options_do_not_tell_what_exists(site: Site, guest: Guest, objects: Objects, visitor: str) -> None:
    headers = (await in_database(somebody_else, visitor)).headers
    for address in addresses().values():
        answers = [
            await guest.request("OPTIONS", address.path(vars(named)), headers=headers) for named in (objects, ABSENT)
        ]
        assert answers[0].status_code < 500, address
        assert answers[0].content == answers[1].content, address
