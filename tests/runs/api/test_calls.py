"""Tool calls at the doors: read whole, answered over REST and over the socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.runs.api.site import Site
from tests.support.mock_provider import Call, MockProvider, openai_reply

QUESTION = '{"question": "Which?", "options": [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]}'


@pytest.fixture
async def site(transactional_db: None, provider: MockProvider) -> AsyncIterator[Site]:
    tools = {"ask_choice": "allow", "calculate": "ask"}
    async with Site.serve(provider, model={"tools": True}, agent={"tools": tools}) as served:
        yield served


async def say(site: Site, api: httpx.AsyncClient) -> dict[str, Any]:
    """Start a run, and wait until nothing is going on."""
    answer = await api.post(f"threads/{site.thread_id}/runs/", json={"input": {"type": "user", "text": "Hello?"}})
    await site.idle()
    run: dict[str, Any] = (await api.get(f"runs/{answer.json()['id']}/")).json()
    return run


def given(**result: Any) -> dict[str, Any]:
    """The body of an answer to the first call."""
    return {"input": {"type": "tool_result", "results": [{"tool_call_id": "call_1", **result}]}}


async def test_a_question_is_answered_over_rest(site: Site, api: httpx.AsyncClient, provider: MockProvider) -> None:
    provider.reply(openai_reply(Call("ask_choice", (QUESTION,))), openai_reply("B it is."))
    run = await say(site, api)
    [call] = (await api.get(f"runs/{run['id']}/calls/")).json()["results"]
    assert (run["status"], call["status"], call["asks"], call["kind"]) == ("waiting", "waiting", "answer", "client")
    assert call["schema"]
    assert call["expires_at"]

    refused = await api.post(f"runs/{run['id']}/input/", json=given(content="c"))
    assert (refused.status_code, refused.json()["code"]) == (400, "answer_invalid")
    taken = await api.post(f"runs/{run['id']}/input/", json=given(content="b"))
    assert taken.status_code == 202
    await site.idle()
    assert (await api.get(f"runs/{run['id']}/")).json()["status"] == "completed"
    again = await api.post(f"runs/{run['id']}/input/", json=given(content="b"))
    assert (again.status_code, again.json()["code"]) == (409, "call_not_pending")


async def test_an_approval_is_given_over_rest_and_the_result_read_whole(
    site: Site, api: httpx.AsyncClient, provider: MockProvider
) -> None:
    provider.reply(openai_reply(Call("calculate", ('{"expression": "6 * 7"}',))), openai_reply("Done."))
    run = await say(site, api)
    assert run["status"] == "waiting"
    await api.post(f"runs/{run['id']}/input/", json=given(approved=True))
    await site.idle()

    call = (await api.get(f"runs/{run['id']}/calls/call_1/")).json()
    assert (call["status"], call["content"], call["is_error"]) == ("succeeded", "6 * 7 = 42", False)
    missing = await api.get(f"runs/{run['id']}/calls/call_9/")
    assert (missing.status_code, missing.json()["code"]) == (404, "tool_call_not_found")


async def test_a_page_of_messages_has_the_newest_state_of_each_call(
    site: Site, api: httpx.AsyncClient, provider: MockProvider
) -> None:
    provider.reply(openai_reply(Call("ask_choice", (QUESTION,))))
    run = await say(site, api)
    page = (await api.get(f"threads/{site.thread_id}/messages/")).json()

    [tool] = page["tools"]
    assert (tool["type"], tool["run_id"], tool["status"]) == ("tool", run["id"], "waiting")
    events = (await api.get(f"threads/{site.thread_id}/events/")).json()["results"]
    assert tool == [event for event in events if event["type"] == "tool"][-1]


async def test_a_page_can_be_of_another_branch_of_the_thread_alone(
    site: Site, api: httpx.AsyncClient, provider: MockProvider
) -> None:
    provider.reply(openai_reply("One."), openai_reply("Two."))
    first, _ = await say(site, api), await say(site, api)
    url = f"threads/{site.thread_id}/messages/"

    assert {message["run_id"] for message in (await api.get(url, params={"run": first["id"]})).json()["results"]} == {
        first["id"]
    }
    other = (await api.post("threads/", json={})).json()
    foreign = await api.get(f"threads/{other['id']}/messages/", params={"run": first["id"]})
    assert (foreign.status_code, foreign.json()["code"]) == (400, "invalid_parameter")


async def test_nobody_else_answers(site: Site, api: httpx.AsyncClient, provider: MockProvider) -> None:
    provider.reply(openai_reply(Call("calculate", ('{"expression": "1"}',))))
    run = await say(site, api)
    stranger = await site.client("eve")

    for answer in (
        await stranger.post(f"runs/{run['id']}/input/", json=given(approved=True)),
        await stranger.get(f"runs/{run['id']}/calls/"),
        await stranger.get(f"runs/{run['id']}/calls/call_1/"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "run_not_found")
    assert (await api.get(f"runs/{run['id']}/")).json()["status"] == "waiting"


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"input": {"type": "user", "text": "Hello"}},
        {"input": {"type": "tool_result", "results": []}},
        {"input": {"type": "tool_result", "results": [{"approved": True}]}},
        {"input": {"type": "tool_result", "results": [{"tool_call_id": "call_1", "approved": "yes"}]}},
        {"input": {"type": "tool_result", "results": [{"tool_call_id": "call_1", "approved": True, "force": 1}]}},
    ],
)
async def test_what_is_no_answer_is_refused(
    site: Site, api: httpx.AsyncClient, provider: MockProvider, body: object
) -> None:
    provider.reply(openai_reply(Call("calculate", ('{"expression": "1"}',))))
    run = await say(site, api)
    refused = await api.post(f"runs/{run['id']}/input/", json=body)

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_input")
    assert (await api.get(f"runs/{run['id']}/")).json()["status"] == "waiting"
