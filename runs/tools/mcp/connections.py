"""The connections of one event loop: one for each server and person, so that no session is ever shared between people.

A server is told apart by all that is known of it, its headers included: what is changed in the admin is used from the next
request on, and the connection of before ends when it is idle.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from mcp import Client
from mcp.client import Transport

from coday.kernel.guarded.policy import FetchPolicy
from runs.tools.mcp.commands import Command
from runs.tools.mcp.connection import CallOutcome, Connection
from runs.tools.mcp.elicitation import Given
from runs.tools.mcp.errors import McpBusyError, McpUnavailableError, NotDeliveredError
from runs.tools.mcp.transports import transport_for
from skills.snapshot import McpServerSnapshot

T = TypeVar("T")
Key = tuple[McpServerSnapshot, UUID]


class Connections:
    """Lends connections, and opens them at the first use.

    Args:
        limit: how many may be open.
        connect_seconds: until one has to stand.
        idle_seconds: after which one that nobody uses ends.
        on_tools_changed: called when a server says that its tools have changed.
    """

    def __init__(
        self,
        *,
        commands: Mapping[str, Command],
        limit: int,
        connect_seconds: float,
        idle_seconds: float,
        on_tools_changed: Callable[[Key], None],
    ) -> None:
        self._commands = commands
        self._limit = limit
        self.connect_seconds = connect_seconds
        self._idle_seconds = idle_seconds
        self._on_tools_changed = on_tools_changed
        self._open: dict[Key, Connection] = {}
        self._ending: set[Connection] = set()

    async def ask(self, key: Key, request: Callable[[Client], Awaitable[T]]) -> T:
        """Send a request that changes nothing.

        Raises:
            McpError: there is no connection, or no answer.
        """
        return await self._deliver(key, lambda connection: connection.ask(request))

    async def call(
        self, key: Key, *, tool: str, arguments: Mapping[str, Any], given: tuple[Given, ...] = (), **values: Any
    ) -> tuple[CallOutcome, tuple[Given, ...]]:
        """Call a tool; see ``Connection.call``. It is sent again only where it certainly did not arrive.

        Raises:
            McpError: there is no connection, or no answer.
        """
        return await self._deliver(
            key, lambda connection: connection.call(tool=tool, arguments=arguments, given=given, **values)
        )

    async def lend(self, key: Key) -> Connection:
        """The connection of a server and a person, standing.

        Raises:
            McpUnavailableError: there is none to be had.
            McpBusyError: too many are in use.
        """
        connection = self._open.get(key)
        if connection is None or connection.closed:
            connection = self._open[key] = self._new(key)
        try:
            await connection.opened()
        except McpUnavailableError:
            self._drop(key, connection)
            raise
        return connection

    async def aclose(self) -> None:
        """End all of them."""
        for key, connection in list(self._open.items()):
            self._drop(key, connection)
        await asyncio.gather(*(connection.ended() for connection in self._ending))
        self._ending.clear()

    async def _deliver(self, key: Key, request: Callable[[Connection], Awaitable[T]]) -> T:
        for again in (True, False):
            connection = await self.lend(key)
            try:
                return await request(connection)
            except NotDeliveredError as error:
                self._drop(key, connection)
                if not again:
                    raise McpUnavailableError(str(error) or None) from error
        raise AssertionError("unreachable")

    def _new(self, key: Key) -> Connection:
        self._make_room()
        server, _ = key

        def transport(on_end: Callable[[], None]) -> Transport:
            policy = FetchPolicy.from_settings()
            return transport_for(server, commands=self._commands, policy=policy, on_end=on_end)

        return Connection(
            server=server,
            transport=transport,
            connect_seconds=self.connect_seconds,
            idle_seconds=self._idle_seconds,
            on_tools_changed=partial(self._on_tools_changed, key),
        )

    def _make_room(self) -> None:
        for key in [key for key, connection in self._open.items() if connection.closed]:
            self._drop(key, self._open[key])
        if len(self._open) < self._limit:
            return
        idle = {key: since for key, connection in self._open.items() if (since := connection.idle_since) is not None}
        if not idle:
            raise McpBusyError
        oldest = min(idle, key=lambda key: idle[key])
        self._drop(oldest, self._open[oldest])

    def _drop(self, key: Key, connection: Connection) -> None:
        connection.close()
        self._ending = {connection, *(other for other in self._ending if not other.is_over)}
        if self._open.get(key) is connection:
            del self._open[key]
