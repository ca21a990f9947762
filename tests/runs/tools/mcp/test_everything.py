"""The reference server, which nobody of this project wrote, over both transports."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest
from pytest_django import Settings

from runs.tools.base import Pending, Settled
from runs.tools.mcp.service import McpTools
from skills.snapshot import McpServerSnapshot
from tests.runs.tools.mcp.calls import Person, http, stdio
from tests.support.mcp_everything import running_everything, stdio_command


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running_everything() as url:
        yield url


@pytest.fixture(params=["http", "stdio"])
def server(request: pytest.FixtureRequest, settings: Settings) -> McpServerSnapshot:
    if request.param == "http":
        return http(request.getfixturevalue("address"))
    settings.CODAY_MCP_COMMANDS = {"everything": stdio_command()}
    return stdio("everything")


@pytest.fixture
def someone(server: McpServerSnapshot, mcp: McpTools) -> Person:
    """Somebody whose MCP tools know the server's command."""
    return Person(mcp, uuid4())


async def test_its_tools_are_offered_under_its_name(server: McpServerSnapshot, someone: Person) -> None:
    offers = await someone.offers(server)
    tools = {tool.definition.name: tool for tool in offers.tools}
    assert offers.notices == ()
    assert {"house__echo", "house__get-sum", "house__list_resources", "house__read_resource"} <= tools.keys()
    echo = tools["house__echo"]
    assert echo.definition.parameters["required"] == ["message"]
    assert (echo.traits.kind, echo.traits.untrusted, echo.traits.policy) == ("mcp", True, "ask")
    assert (echo.traits.changes, tools["house__gzip-file-as-resource"].traits.changes) == (False, True)


async def test_text_images_structures_and_links_come_back_as_text(server: McpServerSnapshot, someone: Person) -> None:
    assert await someone.call(server, "echo", message="hi") == Settled("Echo: hi")
    assert "(Image: image/png, 4,035 bytes, not shown)" in (await someone.call(server, "get-tiny-image")).content
    weather = await someone.call(server, "get-structured-content", location="Chicago")
    assert weather.content == '{"temperature":36,"conditions":"Light rain / drizzle","humidity":82}'
    linked = await someone.call(server, "get-resource-links", count=2)
    assert "Resource: demo://resource/dynamic/text/2 – Text Resource 2 (text/plain)" in linked.content
    assert [link["name"] for link in linked.details["links"]] == ["Blob Resource 1", "Text Resource 2"]


async def test_its_resources_can_be_listed_and_read(server: McpServerSnapshot, someone: Person) -> None:
    listed = await someone.call(server, "list_resources")
    assert "demo://resource/static/document/features.md – features.md (text/markdown)" in listed.content
    read = await someone.call(server, "read_resource", uri="demo://resource/static/document/features.md")
    assert read.content.startswith("# Everything Server")
    missing = await someone.call(server, "read_resource", uri="demo://nothing")
    assert missing.is_error
    assert missing.content.startswith("The server did not answer. It says: ")


async def test_wrong_arguments_are_the_servers_error(server: McpServerSnapshot, someone: Person) -> None:
    refused = await someone.call(server, "get-sum", a="x")
    assert refused.is_error
    assert "Invalid" in refused.content


async def test_what_it_asks_waits_for_the_person(server: McpServerSnapshot, someone: Person) -> None:
    tool = await someone.tool(server, "trigger-elicitation-request")
    asked = await tool.call(someone.invocation())
    assert isinstance(asked, Pending)
    assert (asked.asks, asked.question) == ("answer", "Please provide inputs for the following fields:")
    assert asked.schema["properties"]["name"]["type"] == "string"
    assert asked.schema["x-order"][:2] == ["name", "check"]
    accepted = await someone.answer(tool, asked, {"name": "Ada", "check": True})
    assert isinstance(accepted, Settled)
    assert "- Name: Ada" in accepted.content
    declined = await someone.answer(tool, asked, None)
    assert isinstance(declined, Settled)
    assert "declined" in declined.content


async def test_an_answer_holds_in_another_process(server: McpServerSnapshot, someone: Person) -> None:
    """A person takes days: neither connection nor session is there any more."""
    asked = await (await someone.tool(server, "trigger-elicitation-request")).call(someone.invocation())
    later = Person(McpTools(), someone.id)
    try:
        tool = await later.tool(server, "trigger-elicitation-request")
        accepted = await later.answer(tool, asked, {"name": "Grace"})
    finally:
        await later.mcp.aclose()
    assert isinstance(accepted, Settled)
    assert "- Name: Grace" in accepted.content


async def test_questions_that_lead_to_an_address_are_declined(server: McpServerSnapshot, someone: Person) -> None:
    said = await someone.call(server, "trigger-url-elicitation", url="https://example.org/login", message="Log in")
    assert "declined" in said.content


async def test_a_cancelled_call_leaves_the_connection_usable(server: McpServerSnapshot, someone: Person) -> None:
    tool = await someone.tool(server, "trigger-long-running-operation")
    call = asyncio.create_task(tool.call(someone.invocation(duration=60, steps=60)))
    assert (await asyncio.wait({call}, timeout=0.2))[1] == {call}
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await someone.call(server, "echo", message="still here") == Settled("Echo: still here")


async def test_calls_side_by_side_do_not_wait_for_the_one_that_asks(server: McpServerSnapshot, someone: Person) -> None:
    asking, echo = await someone.tool(server, "trigger-elicitation-request"), await someone.tool(server, "echo")
    outcomes = await asyncio.gather(
        asking.call(someone.invocation()),
        echo.call(someone.invocation(message="one")),
        asking.call(someone.invocation()),
        echo.call(someone.invocation(message="two")),
    )
    assert [isinstance(outcome, Pending) for outcome in outcomes] == [True, False, True, False]
    assert (outcomes[1], outcomes[3]) == (Settled("Echo: one"), Settled("Echo: two"))


async def test_a_command_inherits_nothing_of_ours(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Line 23: keys of providers and of the database are in the environment."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    settings.CODAY_MCP_COMMANDS = {"everything": {"command": stdio_command(), "env": {"GIVEN": "on purpose"}}}
    someone = Person(McpTools(), uuid4())
    seen = await someone.call(stdio("everything"), "get-env")
    await someone.mcp.aclose()
    assert "on purpose" in seen.content
    assert "sk-planted" not in seen.content
    assert "CODAY_" not in seen.content
