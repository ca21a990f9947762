"""Servers that are down, slow, mad or lying: what people are told, and that the run goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from pytest_django import Settings

from runs.tools.base import Settled
from runs.tools.mcp.catalog import MAX_TOOLS
from runs.tools.mcp.errors import McpCommandsError, McpLostError, McpTimeoutError, McpUnavailableError
from runs.tools.mcp.results import MAX_RESULT_CHARS
from runs.tools.mcp.service import McpTools
from tests.runs.tools.mcp.calls import Person, http, stdio
from tests.support.mcp_server import RawMcpServer, text
from tests.support.server import free_port

SCHEMA = {"type": "object"}
MISSING = ("The tools of “House” are missing: the server cannot be used at the moment.",)


@pytest.fixture
async def server() -> AsyncIterator[RawMcpServer]:
    async with RawMcpServer() as raw:
        yield raw


async def _never(_: dict[str, Any]) -> Any:
    await asyncio.Event().wait()


async def test_a_server_that_is_down_is_missed_aloud_and_not_asked_again_at_once(person: Person) -> None:
    down = http(f"http://127.0.0.1:{free_port()}/mcp")
    with pytest.raises(McpUnavailableError, match="Nothing answers at its address"):
        await person.mcp.catalog(down, user_id=person.id)
    offers = await person.offers(down)
    assert (offers.tools, offers.notices) == ((), MISSING)


@pytest.mark.parametrize("method", ["initialize", "tools/list"])
async def test_a_slow_server_costs_a_bounded_time_once(
    method: str, settings: Settings, server: RawMcpServer, person: Person
) -> None:
    settings.CODAY_MCP_CONNECT_SECONDS = 0.2
    slow = Person(McpTools(), person.id)
    server.replies[method] = _never
    house, other = http(server.url), http(server.url, slug="other", name="Other")
    started = asyncio.get_running_loop().time()
    offers = await slow.offers(house, other)
    assert asyncio.get_running_loop().time() - started < 2
    assert len(offers.notices) == 2
    asked = len(server.requests)
    assert (await slow.offers(house, other)).notices == offers.notices
    assert len(server.requests) == asked
    await slow.mcp.aclose()


async def test_one_server_that_is_down_takes_nothing_from_another(server: RawMcpServer, person: Person) -> None:
    down = http(f"http://127.0.0.1:{free_port()}/mcp", slug="down", name="Down")
    offers = await person.offers(down, http(server.url))
    assert [tool.definition.name for tool in offers.tools] == ["house__add"]
    assert offers.notices == ("The tools of “Down” are missing: the server cannot be used at the moment.",)


async def test_of_ten_thousand_tools_a_few_are_offered(server: RawMcpServer, person: Person) -> None:
    server.tools = [{"name": f"t{number}", "inputSchema": SCHEMA} for number in range(10_000)]
    offers = await person.offers(http(server.url))
    assert len(offers.tools) == MAX_TOOLS
    assert offers.notices == (f"“House” has more tools than the {MAX_TOOLS} that are used; the others were left out.",)


async def test_a_list_that_would_hold_up_everybody_is_not_read(server: RawMcpServer, person: Person) -> None:
    server.tools = [{"name": "x", "description": "x" * 2_000_000, "inputSchema": SCHEMA}]
    with pytest.raises(McpLostError, match="too large"):
        await person.mcp.catalog(http(server.url), user_id=person.id)


async def test_pages_without_end_are_not_read_without_end(server: RawMcpServer, person: Person) -> None:
    async def page(_: dict[str, Any]) -> dict[str, Any]:
        return {"tools": [], "nextCursor": "again"}

    server.replies["tools/list"] = page
    assert (await person.offers(http(server.url))).tools == ()
    assert len(server.asked("tools/list")) < 50


@pytest.mark.parametrize(
    "lie",
    [
        {"name": "x", "inputSchema": {"type": "object", "properties": {"a": {"type": "nonsense"}}}},
        {"name": "x", "inputSchema": {"type": "object", "$ref": "http://127.0.0.1:9/schema"}},
        {"name": "x", "inputSchema": {"type": "object", "properties": {"a": {"$ref": "other.json"}}}},
        {"name": "x", "inputSchema": {"type": "object", "$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}},
        {"name": "x", "inputSchema": {"type": "object", "title": "x" * 50_000}},
        {"name": "spaces in it", "inputSchema": SCHEMA},
        {"name": "x" * 64, "inputSchema": SCHEMA},
        {"name": "add", "inputSchema": SCHEMA},
        {"name": "a.dd\n", "inputSchema": SCHEMA},
    ],
)
async def test_a_tool_that_cannot_be_used_is_left_out_aloud(
    lie: dict[str, Any], server: RawMcpServer, person: Person
) -> None:
    server.tools = [*server.tools, lie]
    offers = await person.offers(http(server.url))
    assert [tool.definition.name for tool in offers.tools] == ["house__add"]
    assert len(offers.notices) == 1
    assert offers.notices[0].startswith(
        "Tools of “House” were left out, because their names or schemas cannot be used: "
    )


async def test_descriptions_are_cut_and_cleaned(server: RawMcpServer, person: Person) -> None:
    server.tools = [{"name": "a.b", "title": "A\nb\x1b[31m", "description": "d\x00" * 9_999, "inputSchema": SCHEMA}]
    [tool] = (await person.offers(http(server.url))).tools
    assert (tool.definition.name, tool.traits.title) == ("house__a_b", "A b[31m (House)")
    assert len(tool.definition.description) <= 2_000
    assert "\x00" not in tool.definition.description


@pytest.mark.parametrize("answer", [{"tools": 7}, {"tools": [{"name": "x"}]}, ["no"], web.Response(text="<html>")])
async def test_a_list_that_is_none_makes_the_server_missing(answer: Any, server: RawMcpServer, person: Person) -> None:
    async def reply(_: dict[str, Any]) -> Any:
        return answer

    server.replies["tools/list"] = reply
    assert await person.offers(http(server.url)) == type(await person.offers())((), MISSING)


async def test_tools_that_vanish_in_the_middle_of_a_run_answer_with_an_error(
    server: RawMcpServer, person: Person
) -> None:
    house = http(server.url)
    tool = await person.tool(house, "add")
    server.tools = [{"name": "other", "inputSchema": SCHEMA}]

    async def gone(_: dict[str, Any]) -> Any:
        return text("Unknown tool: add", is_error=True)

    server.replies["tools/call"] = gone
    assert [offered.definition.name for offered in (await person.offers(house)).tools] == ["house__add"]
    assert await tool.call(person.invocation()) == Settled("Unknown tool: add", is_error=True)
    person.mcp.forget(house.id)
    assert [offered.definition.name for offered in (await person.offers(house)).tools] == ["house__other"]


async def test_a_huge_result_is_cut_and_says_so(server: RawMcpServer, person: Person) -> None:
    async def huge(_: dict[str, Any]) -> Any:
        return text("x" * 5_000_000)

    server.replies["tools/call"] = huge
    settled = await person.call(http(server.url), "add")
    assert len(settled.content) < MAX_RESULT_CHARS + 200
    assert settled.content.endswith("(The server sent 5,000,000 characters; the rest was left out.)")


async def test_an_answer_over_the_limit_is_not_read(server: RawMcpServer, person: Person, settings: Settings) -> None:
    house = http(server.url)
    settings.CODAY_FETCH_BYTES = 10_000
    tool = await person.tool(house, "add")

    async def huge(_: dict[str, Any]) -> Any:
        return text("x" * 50_000)

    server.replies["tools/call"] = huge
    with pytest.raises(McpLostError):
        await tool.call(person.invocation())


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(body=b'{"jsonrpc":"2.0","id":1,"result":"\xff\xfe"}', content_type="application/json"),
        web.Response(body=b"<html>not JSON</html>", content_type="application/json"),
        web.Response(body=b"[" * 100_000, content_type="application/json"),
        web.Response(text="<html>"),
        web.Response(status=500, text="secret internals"),
        {"content": "no list"},
        {"content": [{"type": "hologram"}]},
        ["no object"],
    ],
)
async def test_an_answer_that_is_none_is_an_error_of_the_tool(
    answer: Any, server: RawMcpServer, person: Person
) -> None:
    async def reply(_: dict[str, Any]) -> Any:
        return answer

    server.replies["tools/call"] = reply
    settled = await person.call(http(server.url), "add")
    assert settled.is_error
    assert settled.content.startswith("The server did not carry out add.")


async def test_text_that_cannot_be_stored_is_made_harmless(server: RawMcpServer, person: Person) -> None:
    async def reply(_: dict[str, Any]) -> Any:
        return text("a\x00b\x1bc")

    server.replies["tools/call"] = reply
    assert (await person.call(http(server.url), "add")).content == "abc"


async def test_a_tool_that_hangs_ends_with_its_time(server: RawMcpServer, person: Person) -> None:
    server.replies["tools/call"] = _never
    with pytest.raises(McpTimeoutError):
        await person.call(http(server.url, timeout=0.2), "add")


async def test_a_redirect_into_the_house_is_not_followed(server: RawMcpServer, person: Person) -> None:
    async with RawMcpServer() as inside:

        async def redirect(_: dict[str, Any]) -> Any:
            return web.Response(status=307, headers={"Location": inside.url})

        server.replies["initialize"] = server.replies["server/discover"] = redirect
        offers = await person.offers(http(server.url, headers=(("Authorization", "Bearer canary"),)))
        assert offers.notices == MISSING
        assert inside.requests == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/mcp", "http://localhost/mcp", "http://[::1]/mcp", "file:///etc"])
async def test_private_addresses_are_refused(url: str, settings: Settings, person: Person) -> None:
    settings.CODAY_FETCH_ALLOW = []
    with pytest.raises(McpUnavailableError, match=r"may not be fetched|Give an http"):
        await person.mcp.catalog(http(url), user_id=person.id)


async def test_a_command_that_the_operator_does_not_allow_is_never_run(settings: Settings, person: Person) -> None:
    with pytest.raises(McpUnavailableError, match="CODAY_MCP_COMMANDS"):
        await person.mcp.catalog(stdio("sh"), user_id=person.id)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (["/nowhere/at-all"], "cannot be started"),
        (["true"], "ended the connection"),
        (["cat"], "as an MCP server does"),
    ],
)
async def test_a_command_that_is_no_server_says_why(
    command: list[str], why: str, settings: Settings, person: Person
) -> None:
    settings.CODAY_MCP_COMMANDS = {"tool": command}
    broken = McpTools()
    with pytest.raises(McpUnavailableError, match=why):
        await broken.catalog(stdio("tool"), user_id=person.id)
    await broken.aclose()


@pytest.mark.parametrize("setting", [[], {"x": "sh -c"}, {"x": []}, {"x": [1]}, {"x": {"command": ["a"], "env": [1]}}])
def test_commands_that_are_none_are_found_at_the_start(setting: Any, settings: Settings) -> None:
    settings.CODAY_MCP_COMMANDS = setting
    with pytest.raises(McpCommandsError):
        McpTools()


async def test_a_stored_header_is_sent_and_never_told(
    server: RawMcpServer, person: Person, caplog: pytest.LogCaptureFixture
) -> None:
    """Line 23. It goes to its own server, and into no log, result, notice or repr."""
    caplog.set_level(logging.DEBUG)
    house = http(server.url, headers=(("Authorization", "Bearer canary"),))
    assert "canary" not in repr(house)
    settled = await person.call(house, "add")
    assert server.asked("tools/call")[0].headers["Authorization"] == "Bearer canary"

    async def refuse(_: dict[str, Any]) -> Any:
        return web.Response(status=401, text="Bearer canary")

    server.replies["tools/call"] = refuse
    with pytest.raises(McpUnavailableError, match="refuses access") as refused:
        await person.call(house, "add")
    assert "canary" not in f"{settled} {refused.value} {refused.value.details} {caplog.text}"
