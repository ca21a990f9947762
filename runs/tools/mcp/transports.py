"""How a server is reached: streamable HTTP through guarded connections, or one of the operator's commands."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2
from mcp import StdioServerParameters
from mcp.client import Transport
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.message import SessionMessage

from coday.kernel.guarded.policy import FetchPolicy
from runs.tools.mcp.commands import Command
from runs.tools.mcp.errors import McpUnavailableError
from runs.tools.mcp.guarded_http import GuardedTransport
from skills.snapshot import McpServerSnapshot

Message = SessionMessage | Exception


def transport_for(
    server: McpServerSnapshot, *, commands: Mapping[str, Command], policy: FetchPolicy, on_end: Callable[[], None]
) -> Transport:
    """The way to a server; ``on_end`` is called when the server ends it.

    Raises:
        McpUnavailableError: the operator allows no command of that name.
        InvalidAddressError: its address cannot be read.
    """
    if server.transport == "http":
        return _Watched(_over_http(server, policy), on_end)
    command = commands.get(server.command)
    if command is None:
        raise McpUnavailableError("Its command is not among those that the operator allows (CODAY_MCP_COMMANDS).")
    return _Watched(_over_stdio(command), on_end)


@asynccontextmanager
async def _over_http(server: McpServerSnapshot, policy: FetchPolicy) -> AsyncIterator[Any]:
    client = httpx2.AsyncClient(
        transport=GuardedTransport(url=server.url, policy=policy),
        headers=[("User-Agent", "Coday"), *server.headers],
        timeout=None,  # each request has the server's own
        follow_redirects=False,
        trust_env=False,
    )
    transport = streamable_http_client(server.url, http_client=client, max_sse_event_size=policy.size)
    async with client, transport as streams:
        yield streams


@asynccontextmanager
async def _over_stdio(command: Command) -> AsyncIterator[Any]:
    program, *arguments = command.arguments
    parameters = StdioServerParameters(
        command=program,
        args=arguments,
        env=dict(command.environment),
        encoding_error_handler="replace",
    )
    with Path(os.devnull).open("w") as nowhere:  # noqa: ASYNC230  # no disk; what it logs may be what people said
        async with stdio_client(parameters, errlog=nowhere) as streams:
            yield streams


class _Watched:
    """A transport that tells when its other end is gone: the SDK says so to those only who wait for an answer."""

    def __init__(self, transport: AbstractAsyncContextManager[Any], on_end: Callable[[], None]) -> None:
        self._transport = transport
        self._on_end = on_end

    async def __aenter__(self) -> Any:
        read, write = await self._transport.__aenter__()
        return _WatchedStream(read, self._on_end), write

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        return await self._transport.__aexit__(exc_type, exc_value, traceback)


class _WatchedStream:
    """The stream of what the server sends."""

    def __init__(self, inner: Any, on_end: Callable[[], None]) -> None:
        self._inner = inner
        self._on_end = on_end

    @property
    def last_context(self) -> Any:
        """The context variables of whoever sent the newest item: of the request that it came with, over HTTP."""
        return getattr(self._inner, "last_context", None)

    async def receive(self) -> Message:
        """The next item."""
        item: Message = await self._inner.receive()
        return item

    async def aclose(self) -> None:
        """Close it."""
        await self._inner.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        with ExitStack() as end:
            end.callback(self._on_end)
            item: Message = await self._inner.__anext__()
            end.pop_all()  # it goes on
        return item

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        self._on_end()
        result: bool | None = await self._inner.__aexit__(exc_type, exc_value, traceback)
        return result
