"""MCP servers in whole runs: found through the agent, approved by the person, asking the person, and missing aloud."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pytest_django import Settings

from agents.models import Agent
from coday.kernel.database import in_database
from skills.models import McpServer
from tests.runs.conftest import Converse, NewDriver
from tests.runs.conversation import Conversation, words
from tests.runs.tools.mcp.test_elicitation import ASKING
from tests.support.mcp_server import RawMcpServer
from tests.support.mock_provider import Call, MockProvider, openai_reply
from tests.support.server import free_port
from threads.content import ToolResultPart

TOOLS = {"tools": True}


@pytest.fixture
async def server() -> AsyncIterator[RawMcpServer]:
    async with RawMcpServer() as raw:
        yield raw


async def _equip(**values: Any) -> None:
    """Give the agent a server."""

    def write() -> None:
        house = McpServer.objects.create(**{"slug": "house", "name": "House", **values})
        Agent.objects.get().mcp_servers.add(house)

    await in_database(write)


async def _results(talk: Conversation, run: Any) -> list[str]:
    parts = (part for message in await talk.messages(run) for part in message.content)
    return [part.content for part in parts if isinstance(part, ToolResultPart)]


async def test_a_tool_is_called_after_the_person_approved(
    converse: Converse, provider: MockProvider, server: RawMcpServer
) -> None:
    talk = await converse(model=TOOLS)
    await _equip(url=server.url)
    provider.reply(openai_reply(Call("house__add", ('{"a": 1}',))), openai_reply("Done."))
    run = await talk.ask()
    assert run.status == "waiting"
    assert server.asked("tools/call") == []
    await talk.respond(run, {"tool_call_id": "call_1", "approved": True})
    await talk.idle()
    assert (await talk.run(run)).status == "completed"
    assert server.asked("tools/call")[0].parameters["arguments"] == {"a": 1}
    assert await _results(talk, run) == ["add was called"]


async def test_a_server_that_is_down_is_missed_aloud_and_the_run_goes_on(
    converse: Converse, provider: MockProvider
) -> None:
    talk = await converse(model=TOOLS)
    await _equip(url=f"http://127.0.0.1:{free_port()}/mcp")
    provider.reply(openai_reply("Without it, then."))
    run = await talk.ask()
    assert run.status == "completed"
    assert words(await talk.answer(run)) == "Without it, then."
    steps = [frame["summary"] for frame in await talk.journal(run) if frame["type"] == "step"]
    assert steps == ["The tools of “House” are missing: the server cannot be used at the moment."]


async def test_a_question_of_the_server_waits_for_the_person_over_a_restart(
    converse: Converse, new_driver: NewDriver, provider: MockProvider, settings: Settings
) -> None:
    settings.CODAY_MCP_COMMANDS = {"asker": [sys.executable, str(ASKING)]}
    talk = await converse(model=TOOLS)
    await _equip(transport="stdio", command="asker", ask_first=False)
    provider.reply(openai_reply(Call("house__introduce", ("{}",))), openai_reply("Welcome."))
    run = await talk.ask()
    assert run.status == "waiting"
    await talk.restart(new_driver(delivery=talk.delivery))
    await talk.respond(run, {"tool_call_id": "call_1", "content": {"value": "Ada"}})
    await talk.idle()
    [asked] = [frame for frame in await talk.journal(run) if frame.get("question") == "Your town, Ada?"]
    assert asked["schema"]["required"] == ["value"]
    await talk.respond(run, {"tool_call_id": "call_1", "content": {"value": "London"}})
    await talk.idle()
    assert await _results(talk, run) == ["Ada of London"]


async def test_no_header_of_a_server_is_in_what_the_run_leaves(
    converse: Converse, provider: MockProvider, server: RawMcpServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Line 23."""
    talk = await converse(model=TOOLS)
    await _equip(url=server.url, headers="Authorization: Bearer planted-canary", ask_first=False)
    provider.reply(openai_reply(Call("house__add", ("{}",))), openai_reply("Done."))
    run = await talk.ask()
    assert server.asked("tools/call")[0].headers["Authorization"] == "Bearer planted-canary"
    left = f"{await talk.journal()} {await talk.messages(run)} {[one.json for one in provider.requests]} {caplog.text}"
    assert "planted-canary" not in left
