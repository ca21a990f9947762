"""Connections: one for each person, kept while it is used, made again where that is safe, and gone at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web
from mcp.server.mcpserver import Context, MCPServer
from pytest_django import Settings

from runs.tools.base import Settled
from runs.tools.mcp import service
from runs.tools.mcp.errors import McpBusyError, McpLostError, McpUnavailableError
from runs.tools.mcp.service import McpTools
from tests.runs.tools.mcp.calls import Person, http
from tests.support.mcp_server import RawMcpServer, serving, text
from tests.support.replies import Signal


@pytest.fixture
async def server() -> AsyncIterator[RawMcpServer]:
    async with RawMcpServer() as raw:
        yield raw


async def test_calls_and_lists_share_a_connection_that_stands(server: RawMcpServer, person: Person) -> None:
    house = http(server.url)
    await asyncio.gather(*(person.call(house, "add") for _ in range(10)))
    assert len(server.asked("initialize")) == 1
    assert len(server.asked("tools/list")) == 1


async def test_people_never_share_a_session(server: RawMcpServer, person: Person) -> None:
    """Line 19."""
    house, other = http(server.url), Person(person.mcp, uuid4())
    await person.call(house, "add")
    await other.call(house, "add")
    assert len(server.asked("initialize")) == 2
    assert len(server.asked("tools/list")) == 2


async def test_what_an_admin_changes_is_used_from_the_next_call_on(server: RawMcpServer, person: Person) -> None:
    house = http(server.url, headers=(("Authorization", "old"),))
    await person.call(house, "add")
    await person.call(http(server.url, id=house.id, headers=(("Authorization", "new"),)), "add")
    assert [asked.headers["Authorization"] for asked in server.asked("tools/call")] == ["old", "new"]


async def test_a_list_is_read_again_after_its_time(
    server: RawMcpServer, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = http(server.url)
    monkeypatch.setattr(service, "LIST_SECONDS", 0.0)
    await person.offers(house)
    server.tools = [{"name": "other", "inputSchema": {"type": "object"}}]
    assert [tool.definition.name for tool in (await person.offers(house)).tools] == ["house__other"]


async def test_a_session_that_the_server_forgot_is_made_anew(server: RawMcpServer, person: Person) -> None:
    house = http(server.url)
    tool = await person.tool(house, "add")
    server.session = "second"  # as after its restart: it answers 404, and has carried out nothing
    assert await tool.call(person.invocation()) == Settled("add was called")
    assert len(server.asked("initialize")) == 2


async def test_a_call_that_may_have_arrived_is_not_made_twice(server: RawMcpServer, person: Person) -> None:
    async def cut(_: dict[str, Any]) -> Any:
        response = web.Response(body=b"{", headers={"Connection": "close"})
        response.headers["Content-Length"] = "1000"
        return response

    tool = await person.tool(http(server.url, timeout=1.0), "add")
    server.replies["tools/call"] = cut
    outcome = await tool.call(person.invocation())
    assert isinstance(outcome, Settled)
    assert outcome.is_error
    assert len(server.asked("tools/call")) == 1


async def test_a_server_that_went_down_is_an_error_of_the_call(server: RawMcpServer, person: Person) -> None:
    tool = await person.tool(http(server.url), "add")
    await server.stop()
    with pytest.raises(McpUnavailableError):
        await tool.call(person.invocation())


async def test_an_unused_connection_ends_and_is_opened_again(
    server: RawMcpServer, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "IDLE_SECONDS", 0.05)
    brief = Person(McpTools(), person.id)
    tool = await brief.tool(http(server.url), "add")
    [connection] = brief.mcp._connections._open.values()
    await connection.ended()
    assert await tool.call(brief.invocation()) == Settled("add was called")
    assert len(server.asked("initialize")) == 2
    await brief.mcp.aclose()


async def test_the_connection_unused_for_longest_makes_room(server: RawMcpServer, settings: Settings) -> None:
    settings.CODAY_MCP_CONNECTIONS = 1
    tools = McpTools()
    one, other = Person(tools, uuid4()), Person(tools, uuid4())
    await one.call(http(server.url), "add")
    await other.call(http(server.url), "add")
    assert len(tools._connections._open) == 1
    await tools.aclose()


async def test_where_all_connections_are_in_use_the_next_is_refused(server: RawMcpServer, settings: Settings) -> None:
    settings.CODAY_MCP_CONNECTIONS = 1
    tools, house = McpTools(), http(server.url)
    arrived, done = Signal(), Signal()

    async def wait(_: dict[str, Any]) -> Any:
        arrived.set()
        await done
        return text("at last")

    server.replies["tools/call"] = wait
    one, other = Person(tools, uuid4()), Person(tools, uuid4())
    call = asyncio.create_task(one.call(house, "add"))
    await arrived
    with pytest.raises(McpBusyError):
        await tools.catalog(house, user_id=other.id)
    done.set()
    assert await call == Settled("at last")
    assert len((await other.offers(house)).tools) == 1
    await tools.aclose()


async def test_at_the_end_nothing_is_left(server: RawMcpServer) -> None:
    tools = McpTools()
    before = asyncio.all_tasks()
    await Person(tools, uuid4()).call(http(server.url), "add")
    await tools.aclose()
    left = {task for task in asyncio.all_tasks() - before if "mcp" in repr(task.get_coro())}
    assert left == set()


async def test_the_end_interrupts_what_is_under_way(server: RawMcpServer) -> None:
    arrived = Signal()

    async def never(_: dict[str, Any]) -> Any:
        arrived.set()
        await asyncio.Event().wait()

    server.replies["tools/call"] = never
    someone = Person(McpTools(), uuid4())
    call = asyncio.create_task(someone.call(http(server.url), "add"))
    await arrived
    await someone.mcp.aclose()
    with pytest.raises(McpLostError):
        await call


async def test_a_server_that_says_its_tools_changed_is_asked_again(person: Person) -> None:
    house_server = MCPServer("house")

    @house_server.tool()
    async def grow(context: Context) -> str:
        """Offer one more tool."""
        house_server.add_tool(lambda: "new", name="new", description="New.")
        await context.notify_tools_changed()
        return "grown"

    async with serving(house_server) as url:
        house = http(url)
        assert await person.call(house, "grow") == Settled("grown")
        async with asyncio.timeout(5):
            while "house__new" not in {tool.definition.name for tool in (await person.offers(house)).tools}:  # noqa: ASYNC110
                await asyncio.sleep(0)
        await person.mcp.aclose()
