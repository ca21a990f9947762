"""MCP servers of a test's own: one made with the SDK, and one that says whatever the test wants it to say.

    async with serving(MCPServer("house")) as url: ...
    async with RawMcpServer(tools=[{"name": "add", "inputSchema": {"type": "object"}}]) as server: ... server.url

The raw one speaks the older protocol (2025-11-25) over streamable HTTP with JSON answers. ``requests`` holds what it was
asked; ``server.replies["tools/call"] = function`` decides what a method answers: a result, or an ``aiohttp`` response.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Self

import uvicorn
from aiohttp import web
from mcp.server.mcpserver import MCPServer

Reply = Callable[[dict[str, Any]], Awaitable[Any]]

VERSION = "2025-11-25"


class _Server(uvicorn.Server):
    """One among others in a loop: it leaves the process's signals alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None."""
        yield


@asynccontextmanager
async def serving(server: MCPServer) -> AsyncIterator[str]:
    """Serve it over streamable HTTP in the running loop; the address of its endpoint."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(server.streamable_http_app(), log_config=None, timeout_graceful_shutdown=1)
        running = _Server(config)
        task = asyncio.create_task(running.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        finally:
            running.should_exit = True
            await task


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that arrived."""

    method: str
    headers: dict[str, str]
    parameters: dict[str, Any]


class RawMcpServer:
    """Says what it is told to say."""

    def __init__(self, *, tools: list[dict[str, Any]] | None = None) -> None:
        self.tools = tools if tools is not None else [{"name": "add", "inputSchema": {"type": "object"}}]
        self.requests: list[Asked] = []
        self.replies: dict[str, Reply] = {}
        self.session = "first"
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_route("*", "/mcp", self._handle)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/mcp"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Go down."""
        if self._runner is not None:
            await self._runner.cleanup()

    def asked(self, method: str) -> list[Asked]:
        """The requests for a method."""
        return [request for request in self.requests if request.method == method]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.method != "POST":
            return web.Response(status=405)
        message = await request.json()
        method, parameters = message.get("method", ""), message.get("params", {})
        self.requests.append(Asked(method, dict(request.headers), parameters))
        if request.headers.get("Mcp-Session-Id", self.session) != self.session:
            return web.Response(status=404)
        if "id" not in message:
            return web.Response(status=202)
        reply = self.replies.get(method, getattr(self, f"_{method.replace('/', '_')}", None))
        if reply is None:
            return _json(message, error={"code": -32601, "message": "Method not found"})
        result = await reply(parameters)
        if isinstance(result, web.StreamResponse):
            return result
        return _json(message, result=result, headers={"Mcp-Session-Id": self.session})

    async def _initialize(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "protocolVersion": VERSION,
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "raw", "version": "1"},
        }

    async def _tools_list(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"tools": self.tools}

    async def _tools_call(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return text(f"{parameters['name']} was called")


def text(said: str, *, is_error: bool = False) -> dict[str, Any]:
    """A tool's result that is text."""
    return {"content": [{"type": "text", "text": said}], "isError": is_error}


def _json(message: dict[str, Any], *, headers: dict[str, str] | None = None, **answer: Any) -> web.Response:
    return web.json_response({"jsonrpc": "2.0", "id": message["id"], **answer}, headers=headers)
