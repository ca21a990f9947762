"""What servers ask in the middle of a call, by both protocols: kept, asked one by one, and answered to the right call."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import pytest
from mcp.server.mcpserver import Elicit, MCPServer, Resolve
from msgspec import json
from pydantic import BaseModel
from pytest_django import Settings

from runs.tools.base import Pending, Settled, ToolOutcome
from runs.tools.mcp.service import McpTools
from tests.runs.tools.mcp.calls import Person, http, stdio
from tests.support.mcp_server import serving

ASKING = Path(__file__).with_name("asking_server.py")


class Colour(BaseModel):
    """What is asked."""

    colour: str


def which_colour() -> Elicit[Colour]:
    """Ask for it."""
    return Elicit("Which colour?", Colour)


@pytest.fixture
async def painter(mcp: McpTools) -> AsyncIterator[str]:
    """A server of the newer protocol."""
    server = MCPServer("painter")

    @server.tool()
    def paint(wall: str, colour: Annotated[Colour, Resolve(which_colour)]) -> str:
        """Paint a wall."""
        return f"The {wall} wall is {colour.colour}."

    async with serving(server) as url:
        yield url
        await mcp.aclose()


@pytest.fixture
def asker(settings: Settings) -> Person:
    """Somebody with a server of the older protocol, over stdio."""
    settings.CODAY_MCP_COMMANDS = {"asker": [sys.executable, str(ASKING)]}
    return Person(McpTools(), uuid4())


def _stored(asked: ToolOutcome) -> Pending:
    """As it comes back from the database."""
    assert isinstance(asked, Pending)
    state = json.decode(json.encode(asked.state))
    return Pending(question=asked.question, schema=asked.schema, state=state)


async def test_the_newer_protocol_goes_on_where_it_asked(painter: str, person: Person) -> None:
    house = http(painter)
    tool = await person.tool(house, "paint")
    asked = _stored(await tool.call(person.invocation(wall="north")))
    assert asked.question == "Which colour?"
    assert asked.schema["required"] == ["colour"]
    assert asked.state["request_state"]
    painted = await person.answer(tool, asked, {"colour": "red"}, wall="north")
    assert painted == Settled("The north wall is red.")
    refused = await person.answer(tool, asked, None, wall="north")
    assert isinstance(refused, Settled)
    assert refused.is_error


async def test_a_forged_state_is_the_servers_to_refuse(painter: str, person: Person) -> None:
    tool = await person.tool(http(painter), "paint")
    asked = _stored(await tool.call(person.invocation(wall="north")))
    forged = Pending(state={**asked.state, "request_state": "forged"})
    refused = await person.answer(tool, forged, {"colour": "red"}, wall="north")
    assert isinstance(refused, Settled)
    assert refused.is_error


async def test_the_older_protocol_is_called_again_with_all_answers_so_far(asker: Person) -> None:
    tool = await asker.tool(stdio("asker"), "introduce")
    first = _stored(await tool.call(asker.invocation()))
    assert first.question == "Your name?"
    second = _stored(await asker.answer(tool, first, {"value": "Ada"}))
    assert second.question == "Your town, Ada?"
    third = await asker.answer(tool, second, {"value": "London"})
    assert third == Settled("Ada of London")
    declined = await asker.answer(tool, second, "no object")
    assert declined == Settled("Ada of nowhere")
    await asker.mcp.aclose()


async def test_an_answer_to_another_question_is_not_used(asker: Person) -> None:
    """The tool takes another way when it is called again: it asks what it really wants to know."""
    tool = await asker.tool(stdio("asker"), "introduce")
    asked = _stored(await tool.call(asker.invocation()))
    other = Pending(state={**asked.state, "asking": "another question"})
    again = await asker.answer(tool, other, {"value": "Ada"})
    assert isinstance(again, Pending)
    assert (again.question, again.state["given"]) == ("Your name?", [])
    await asker.mcp.aclose()


async def test_calls_side_by_side_each_get_their_own_answer(asker: Person) -> None:
    tool = await asker.tool(stdio("asker"), "introduce")
    asked = [_stored(outcome) for outcome in await asyncio.gather(*(tool.call(asker.invocation()) for _ in range(3)))]
    names = ["Ada", "Grace", "Mary"]
    further = await asyncio.gather(
        *(asker.answer(tool, one, {"value": name}) for one, name in zip(asked, names, strict=True))
    )
    assert [_stored(outcome).question for outcome in further] == [f"Your town, {name}?" for name in names]
    await asker.mcp.aclose()


async def test_a_tool_that_never_stops_asking_is_stopped(asker: Person) -> None:
    tool = await asker.tool(stdio("asker"), "pester")
    outcome: ToolOutcome = await tool.call(asker.invocation())
    rounds = 0
    while isinstance(outcome, Pending):
        rounds += 1
        assert rounds < 50
        outcome = await asker.answer(tool, _stored(outcome), {"value": "x"})
    assert outcome == Settled("The tool asked too many questions.", is_error=True)
    await asker.mcp.aclose()


async def test_a_question_without_a_usable_schema_is_declined(asker: Person) -> None:
    assert await asker.call(stdio("asker"), "riddle") == Settled("decline")
    await asker.mcp.aclose()


async def test_the_model_is_not_a_servers_to_use(asker: Person) -> None:
    settled: Any = await asker.call(stdio("asker"), "borrow_model")
    assert settled.is_error
    await asker.mcp.aclose()
