"""Who may do what: every endpoint and every frame of threads and runs, for nobody, for a stranger, and for the owner.

The endpoints are taken from the URL configuration and the frames from the consumer, so that a new one without a row fails.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
import websockets
from django.core import serializers
from django.db.models import Model
from django.urls import URLPattern

from coday.accounts.models import User
from coday.kernel.database import in_database
from runs import urls as runs_urls
from runs.consumers import ThreadConsumer
from runs.models import Run, RunEventRecord
from tests.runs.api.site import Site, png
from tests.support.replies import PATIENCE
from threads import urls as threads_urls
from threads.models import ImageAttachment, Message, Thread

STREAM = {"Accept": "text/event-stream"}
HELLO: dict[str, Any] = {"input": {"type": "user", "text": "Hello?"}}


@dataclass(frozen=True)
class Objects:
    """What the owner has."""

    thread: UUID
    run: str
    image: str
    message: str


@dataclass(frozen=True)
class Row:
    """A request that the owner may make. ``status`` is what the owner gets; a list shows others an empty page."""

    path: Callable[[Objects], str]
    status: int
    body: dict[str, Any] | None = None
    stream: bool = False
    file: bool = False
    is_list: bool = False


ROWS: dict[tuple[str, str], Row] = {
    ("threads", "GET"): Row(lambda o: "threads/", 200, is_list=True),
    ("thread", "GET"): Row(lambda o: f"threads/{o.thread}/", 200),
    ("thread", "PATCH"): Row(lambda o: f"threads/{o.thread}/", 200, {"title": "Mine"}),
    ("thread-images", "POST"): Row(lambda o: f"threads/{o.thread}/images/", 201, file=True),
    ("thread-image", "GET"): Row(lambda o: f"threads/{o.thread}/images/{o.image}/", 200),
    ("thread-messages", "GET"): Row(lambda o: f"threads/{o.thread}/messages/", 200),
    ("thread-runs", "GET"): Row(lambda o: f"threads/{o.thread}/runs/", 200),
    ("thread-runs", "POST"): Row(lambda o: f"threads/{o.thread}/runs/", 202, HELLO),
    ("thread-runs", "POST, streamed"): Row(lambda o: f"threads/{o.thread}/runs/", 200, HELLO, stream=True),
    ("thread-events", "GET"): Row(lambda o: f"threads/{o.thread}/events/", 200),
    ("thread-events", "GET, streamed"): Row(lambda o: f"threads/{o.thread}/events/?after=0", 200, stream=True),
    ("runs", "GET"): Row(lambda o: "runs/", 200, is_list=True),
    ("run", "GET"): Row(lambda o: f"runs/{o.run}/", 200),
    ("run", "PATCH"): Row(lambda o: f"runs/{o.run}/", 200, {"title": "Mine"}),
    ("run-cancel", "POST"): Row(lambda o: f"runs/{o.run}/cancel/", 202, {}),
    ("run-retry", "POST"): Row(lambda o: f"runs/{o.run}/retry/", 409, {}),  # it completed
    ("run-rerun", "POST"): Row(lambda o: f"runs/{o.run}/rerun/", 202, {}),
    ("thread", "DELETE"): Row(lambda o: f"threads/{o.thread}/", 204),  # last: nothing is left for others
}
FOR_EVERYONE = {("threads", "POST")}  # makes something of the caller's own
STREAMED = {("thread-runs", "POST"), ("thread-events", "GET")}

FRAMES: dict[str, Callable[[Objects], list[dict[str, Any]]]] = {
    "run.create": lambda o: [
        {**HELLO, "parent": o.run},
        {"input": {"type": "user", "text": "Look", "images": [o.image]}},
    ],
    "run.cancel": lambda o: [{"run_id": o.run}],
    "resync": lambda o: [],  # names no object
}


def endpoints() -> set[tuple[str, str]]:
    """Every name and method in the URL configuration."""
    found: set[tuple[str, str]] = set()
    for pattern in (*threads_urls.api_urlpatterns, *runs_urls.api_urlpatterns):
        assert isinstance(pattern, URLPattern)
        assert pattern.name
        methods = {method for method in pattern.callback.cls.http_method_names if hasattr(pattern.callback.cls, method)}  # type: ignore[attr-defined]
        found |= {(pattern.name, method.upper()) for method in methods - {"options", "head"}}
    return found


def test_every_endpoint_has_a_row() -> None:
    rows = {(name, method) for name, method in ROWS if "streamed" not in method}
    assert endpoints() == rows | FOR_EVERYONE
    assert {(name, method.partition(",")[0]) for name, method in ROWS if "streamed" in method} == STREAMED


def test_every_frame_has_a_row() -> None:
    assert set(ThreadConsumer.handlers) == set(FRAMES)


@pytest.fixture
async def objects(site: Site, api: httpx.AsyncClient) -> Objects:
    """One of everything, and nothing under way."""
    url = f"threads/{site.thread_id}/"
    image = (await api.post(f"{url}images/", files={"file": ("dot.png", png())})).json()["id"]
    run = (await api.post(f"{url}runs/", json=HELLO)).json()["id"]
    await site.idle()
    message = (await api.get(f"{url}messages/")).json()["results"][0]["id"]
    return Objects(thread=site.thread_id, run=run, image=image, message=message)


def everything_of(username: str) -> str:
    """All rows of a person's threads."""
    user = User.objects.get(username=username)
    threads = Thread.objects.filter(owner=user).order_by("pk")
    rows: list[Model] = [*threads]
    for model in (Run, Message, RunEventRecord, ImageAttachment):
        rows += model.objects.filter(thread__in=threads).order_by("pk")
    return str(serializers.serialize("json", rows))


async def ask(client: httpx.AsyncClient, method: str, row: Row, objects: Objects) -> tuple[int, dict[str, Any]]:
    """Make the row's request; the answer's status and, where it is no success, its document."""
    options: dict[str, Any] = {"headers": STREAM if row.stream else {}}
    if row.file:
        options["files"] = {"file": ("dot.png", png())}
    elif row.body is not None:
        options["json"] = row.body
    async with client.stream(method.partition(",")[0], row.path(objects), **options) as response:
        if "json" not in response.headers.get("Content-Type", ""):
            return response.status_code, {}
        return response.status_code, json.loads(await response.aread())


async def test_nobody_is_told_to_log_in(site: Site, objects: Objects) -> None:
    before = await in_database(everything_of, "ann")
    nobody = site.anonymous()
    for (name, method), row in ROWS.items():
        status, document = await ask(nobody, method, row, objects)
        assert (status, document["code"]) == (401, "unauthenticated"), (name, method)
    await site.idle()
    assert await in_database(everything_of, "ann") == before


async def test_to_a_stranger_nothing_exists(site: Site, objects: Objects) -> None:
    before = await in_database(everything_of, "ann")
    stranger = await site.client("stranger")
    for (name, method), row in ROWS.items():
        status, document = await ask(stranger, method, row, objects)
        if row.is_list:
            assert (status, document["results"]) == (200, []), (name, method)
        else:
            assert status == 404, (name, method)
            assert document["code"] in ("thread_not_found", "run_not_found"), (name, method)
    await site.idle()
    assert await in_database(everything_of, "ann") == before


async def test_an_id_that_exists_and_one_that_does_not_look_the_same(site: Site, objects: Objects) -> None:
    stranger = await site.client("stranger")
    absent = Objects(thread=UUID(int=0), run=str(UUID(int=0)), image=str(UUID(int=0)), message="")
    for (name, method), row in ROWS.items():
        foreign = await ask(stranger, method, row, objects)
        assert foreign == await ask(stranger, method, row, absent), (name, method)


async def test_the_owner_may(site: Site, api: httpx.AsyncClient, objects: Objects) -> None:
    for (name, method), row in ROWS.items():
        status, document = await ask(api, method, row, objects)
        assert status == row.status, (name, method, document)
        await site.idle()


async def test_a_foreign_id_in_a_body_or_a_parameter_is_not_found(site: Site, objects: Objects) -> None:
    before = await in_database(everything_of, "ann")
    stranger = await site.client("stranger")
    own = (await stranger.post("threads/", json={})).json()["id"]
    for frame in FRAMES["run.create"](objects):
        answer = await stranger.post(f"threads/{own}/runs/", json=frame)
        assert (answer.status_code, answer.json()["code"]) in ((404, "run_not_found"), (404, "image_not_found"))
    assert (await stranger.get(f"threads/{own}/images/{objects.image}/")).status_code == 404
    assert (await stranger.post(f"threads/{own}/runs/", json=HELLO)).status_code == 202
    await site.idle()
    assert (await stranger.get(f"threads/{own}/messages/?cursor={objects.message}")).json()[
        "code"
    ] == "invalid_parameter"
    assert await in_database(everything_of, "ann") == before


# --- Sockets --------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def socket(site: Site, path: str, client: httpx.AsyncClient):  # type: ignore[no-untyped-def]
    """A program's socket, with the client's token."""
    headers = {"Authorization": client.headers["Authorization"]} if "Authorization" in client.headers else {}
    async with websockets.connect(
        f"ws://{site.host}{path}", additional_headers=headers, open_timeout=PATIENCE
    ) as connection:
        yield connection


@pytest.mark.parametrize("username", [None, "stranger"])
async def test_a_thread_s_socket_does_not_open_for_others(site: Site, objects: Objects, username: str | None) -> None:
    client = await site.client(username) if username else site.anonymous()
    with pytest.raises(websockets.InvalidStatus) as refusal:
        async with socket(site, f"/ws/threads/{objects.thread}/", client):
            pass
    assert refusal.value.response.status_code == 403


async def test_the_list_s_socket_does_not_open_for_nobody(site: Site) -> None:
    with pytest.raises(websockets.InvalidStatus):
        async with socket(site, "/ws/threads/", site.anonymous()):
            pass


async def test_the_list_s_socket_tells_of_one_s_own_threads_alone(
    site: Site, api: httpx.AsyncClient, objects: Objects
) -> None:
    stranger = await site.client("stranger")
    own = (await stranger.post("threads/", json={})).json()["id"]
    async with socket(site, "/ws/threads/", stranger) as connection:
        await api.patch(f"threads/{objects.thread}/", json={"title": "Secret"})
        await stranger.patch(f"threads/{own}/", json={"title": "Own"})
        frame = json.loads(await connection.recv())
    assert frame["thread"]["id"] == own


@pytest.mark.parametrize("kind", sorted(FRAMES))
async def test_a_foreign_id_in_a_frame_is_not_found(site: Site, objects: Objects, kind: str) -> None:
    before = await in_database(everything_of, "ann")
    stranger = await site.client("stranger")
    own = (await stranger.post("threads/", json={})).json()["id"]
    async with socket(site, f"/ws/threads/{own}/", stranger) as connection:
        assert json.loads(await connection.recv())["type"] == "session"
        for body in FRAMES[kind](objects):
            await connection.send(json.dumps({"type": kind, "ref": "1", **body}))
            answer = json.loads(await connection.recv())
            assert (answer["type"], answer["ref"]) == ("error", "1")
            assert answer["code"] in ("run_not_found", "image_not_found")
    assert await in_database(everything_of, "ann") == before
