"""The queue over REST: edit, reorder, send now, and what may not be done."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from coday.kernel.database import in_database
from runs.models import Run
from tests.runs.api.site import Site, png
from tests.runs.api.test_removal import said
from tests.runs.api.test_runs import hello, start
from tests.support.mock_provider import Gate, openai_reply

Queue = tuple[Gate, list[dict[str, Any]]]


@pytest.fixture
async def queue(site: Site, api: httpx.AsyncClient) -> Queue:
    """Something that runs until its gate opens, and three messages behind it."""
    gate = Gate()
    site.provider.reply(openai_reply("Well", gate, "."))
    runs = [await start(api, site.thread_id, hello("One"))]
    await gate.reached
    runs += [await start(api, site.thread_id, hello(text, key=text)) for text in ("Two", "Three", "Four")]
    return gate, runs


async def test_a_message_is_edited_while_it_waits(site: Site, api: httpx.AsyncClient, queue: Queue) -> None:
    gate, runs = queue
    answer = await api.patch(f"runs/{runs[1]['id']}/input/", json={"text": "Two, but better"})
    assert (answer.status_code, answer.json()["position"]) == (200, 1)
    events = (await api.get(f"threads/{site.thread_id}/events/")).json()["results"]
    told = [event["message"] for event in events if event["type"] == "message" and event["run_id"] == runs[1]["id"]]
    assert {message["id"] for message in told} == {told[0]["id"]}
    assert told[-1]["content"] == [{"type": "text", "text": "Two, but better"}]
    again = await start(api, site.thread_id, hello("Two", key="Two"))
    assert again["id"] == runs[1]["id"], "the key that it was sent with stays its key"
    gate.open()
    await site.idle()
    assert await said(site, api) == ["One", "Two, but better", "Three", "Four"]
    assert {"role": "user", "content": "Two, but better"} in site.provider.requests[1].json["messages"]


async def test_its_images_stay_or_are_others(site: Site, api: httpx.AsyncClient, queue: Queue) -> None:
    gate, runs = queue
    url = f"threads/{site.thread_id}/images/"
    image = (await api.post(url, files={"file": ("dot.png", png())})).json()["id"]
    address = f"runs/{runs[1]['id']}/input/"
    for body, expected in (
        ({"text": "Look", "images": [image]}, ["image", "text"]),
        ({"text": "Look again"}, ["image", "text"]),
        ({"text": "", "images": [image]}, ["image"]),
        ({"text": "Never mind", "images": []}, ["text"]),
    ):
        assert (await api.patch(address, json=body)).status_code == 200
        events = (await api.get(f"threads/{site.thread_id}/events/")).json()["results"]
        message = [one["message"] for one in events if one["type"] == "message" and one["run_id"] == runs[1]["id"]][-1]
        assert [part["type"] for part in message["content"]] == expected
    gate.open()
    await site.idle()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"text": ""}, 400, "empty_message"),
        ({"text": "  "}, 400, "empty_message"),
        ({"text": "x" * 200_001}, 413, "message_too_long"),
        ({"text": "a\0b"}, 400, "invalid_input"),
        ({"images": []}, 400, "invalid_input"),
        ({"text": "x", "skill": "s"}, 400, "invalid_input"),
        ({"text": "x", "images": ["00000000-0000-0000-0000-000000000000"]}, 404, "image_not_found"),
    ],
)
async def test_an_edit_keeps_the_rules_of_an_input(
    site: Site, api: httpx.AsyncClient, queue: Queue, body: dict[str, Any], status: int, code: str
) -> None:
    gate, runs = queue
    answer = await api.patch(f"runs/{runs[1]['id']}/input/", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    gate.open()
    await site.idle()
    assert await said(site, api) == ["One", "Two", "Three", "Four"]


async def test_the_order_is_the_persons(site: Site, api: httpx.AsyncClient, queue: Queue) -> None:
    gate, (_, two, three, four) = queue
    wanted = [four["id"], two["id"], three["id"]]
    url = f"threads/{site.thread_id}/queue/"
    answer = await api.put(url, json={"runs": wanted})
    assert [(run["id"], run["position"]) for run in answer.json()["runs"]] == list(zip(wanted, (1, 2, 3), strict=True))
    for stale in ([two["id"]], [*wanted, wanted[0]]):
        refused = await api.put(url, json={"runs": stale})
        assert (refused.status_code, refused.json()["code"]) == (409, "run_state")
    gate.open()
    await site.idle()
    assert await said(site, api) == ["One", "Four", "Two", "Three"]


async def test_one_is_sent_now(site: Site, api: httpx.AsyncClient, queue: Queue) -> None:
    _, (one, _, _, four) = queue
    answer = await api.post(f"runs/{four['id']}/send-now/", json={})
    assert (answer.status_code, answer.json()["id"]) == (202, four["id"])
    await site.idle()
    assert (await api.get(f"runs/{one['id']}/")).json()["status"] == "cancelled"
    assert await said(site, api) == ["One", "Four", "Two", "Three"]


async def test_one_joins_what_runs_and_leaves_the_queue(site: Site, api: httpx.AsyncClient, queue: Queue) -> None:
    gate, (one, two, three, _) = queue
    answer = await api.post(f"runs/{two['id']}/steer/", json={})
    assert (answer.status_code, answer.json()["id"]) == (202, one["id"])
    assert (await api.get(f"runs/{two['id']}/")).status_code == 404
    assert (await api.get(f"runs/{three['id']}/")).json()["position"] == 1
    gate.open()
    await site.idle()
    assert sorted(await said(site, api)) == ["Four", "One", "Three", "Two"], "it came too late, and waited its turn"


async def test_what_has_started_is_left_alone(site: Site, api: httpx.AsyncClient) -> None:
    run = await start(api, site.thread_id, hello())
    await site.idle()
    before = await in_database(lambda: list(Run.objects.values()))
    for answer in (
        await api.patch(f"runs/{run['id']}/input/", json={"text": "Other"}),
        await api.put(f"threads/{site.thread_id}/queue/", json={"runs": [run["id"]]}),
        await api.post(f"runs/{run['id']}/send-now/", json={}),
        await api.post(f"runs/{run['id']}/steer/", json={}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "run_state")
    assert await in_database(lambda: list(Run.objects.values())) == before


async def test_a_queue_of_others_is_not_there(site: Site, api: httpx.AsyncClient, queue: Queue) -> None:
    gate, runs = queue
    stranger = await site.client("stranger")
    own = (await stranger.post("threads/", json={})).json()["id"]
    answer = await stranger.put(f"threads/{own}/queue/", json={"runs": [run["id"] for run in runs[1:]]})
    assert (answer.status_code, answer.json()["code"]) == (404, "run_not_found")
    gate.open()
    await site.idle()
