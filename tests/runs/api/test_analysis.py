"""Comparing runs, and a run along its time, over REST: what is told, to whom, and in which shape."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from coday.kernel.database import in_database
from runs.api.schema_analysis import ComparisonShape, EntryShape, TimelineShape
from tests.runs.api.site import Site
from tests.support.mock_provider import MockProvider, Tokens, openai_reply
from threads.models import Thread


async def say(site: Site, api: httpx.AsyncClient, text: str, *, thread: str = "") -> dict[str, Any]:
    """Run an input to its end."""
    url = f"threads/{thread or site.thread_id}/runs/"
    answer = await api.post(url, json={"input": {"type": "user", "text": text}})
    await site.idle()
    run: dict[str, Any] = (await api.get(f"runs/{answer.json()['id']}/")).json()
    return run


async def compared(api: httpx.AsyncClient, a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    """The comparison of two runs."""
    answer = await api.get("runs/compare/", params={"a": a["id"], "b": b["id"]})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert set(found) == set(ComparisonShape().fields)
    return found


async def test_siblings_are_compared_word_by_word(site: Site, api: httpx.AsyncClient, provider: MockProvider) -> None:
    provider.reply(
        openai_reply("The answer is four.", tokens=Tokens(input=10, output=4)),
        openai_reply("The answer is five.", tokens=Tokens(input=10, output=9)),
    )
    first = await say(site, api, "What is it?")
    second = (await api.post(f"runs/{first['id']}/rerun/", json={})).json()
    await site.idle()

    found = await compared(api, first, second)
    assert found["input"] == {"similarity": 1.0, "ops": [{"op": "equal", "text": "What is it?"}]}
    assert found["answer"]["ops"] == [
        {"op": "equal", "text": "The answer is "},
        {"op": "delete", "text": "four"},
        {"op": "insert", "text": "five"},
        {"op": "equal", "text": "."},
    ]
    assert [found[side]["run"]["usage"]["output_tokens"] for side in "ab"] == [4, 9]
    for side in "ab":
        seconds = found[side]["seconds"]
        assert seconds["waiting"] == 0
        assert 0 <= seconds["first_answer"] <= seconds["working"]
        assert found[side]["thread"] == {"id": str(site.thread_id), "title": "A title", "anonymous": False}


async def test_runs_of_two_conversations_are_compared(site: Site, api: httpx.AsyncClient) -> None:
    other = (await api.post("threads/", json={"title": "Another"})).json()
    found = await compared(api, await say(site, api, "One"), await say(site, api, "Two", thread=other["id"]))
    assert [found[side]["thread"]["title"] for side in "ab"] == ["A title", "Another"]
    assert [found[side]["input"] for side in "ab"] == ["One", "Two"]


async def test_tokens_of_two_anonymous_conversations_are_never_equal(
    site: Site, api: httpx.AsyncClient, provider: MockProvider
) -> None:
    said = "Dear {{pii:PERSON_1}}."
    provider.reply(openai_reply(said), openai_reply(said), openai_reply(said))
    first, beside = await say(site, api, "One"), await say(site, api, "One")
    other = (await api.post("threads/", json={"title": "Another"})).json()
    far = await say(site, api, "One", thread=other["id"])
    await in_database(Thread.objects.update, anonymous=True)

    assert (await compared(api, first, beside))["answer"]["similarity"] == 1
    changed = [one["text"] for one in (await compared(api, first, far))["answer"]["ops"] if one["op"] != "equal"]
    assert changed == ["{{pii:PERSON_1}}", "{{pii:PERSON_1}}"]


@pytest.mark.parametrize("mine_first", [True, False])
async def test_a_run_of_somebody_else_is_not_there(site: Site, api: httpx.AsyncClient, mine_first: bool) -> None:
    mine = await say(site, api, "Hello?")
    stranger = await site.client("eve")
    thread = (await stranger.post("threads/", json={})).json()
    theirs = await say(site, stranger, "Hello?", thread=thread["id"])

    a, b = (mine, theirs) if mine_first else (theirs, mine)
    for answer in (
        await api.get("runs/compare/", params={"a": a["id"], "b": b["id"]}),
        await api.get(f"runs/{theirs['id']}/timeline/"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "run_not_found")


@pytest.mark.parametrize("query", [{}, {"a": "x", "b": "y"}, {"a": "00000000-0000-7000-8000-000000000000"}])
async def test_two_runs_have_to_be_named(api: httpx.AsyncClient, query: dict[str, str]) -> None:
    answer = await api.get("runs/compare/", params=query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


async def test_a_timeline_has_the_form_that_the_schema_promises(site: Site, api: httpx.AsyncClient) -> None:
    run = await say(site, api, "Hello?")
    found = (await api.get(f"runs/{run['id']}/timeline/")).json()
    assert set(found) == set(TimelineShape().fields)
    assert [entry["kind"] for entry in found["entries"]] == ["queue", "model"]
    for entry in found["entries"]:
        assert set(entry) <= set(EntryShape().fields)
    assert found["entries"][1]["details"]["first_token_at"].endswith("Z")
