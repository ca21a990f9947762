"""The tools of the MCP servers that a run may use. What a server listed is kept for a while; one that is down is left out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID

from django.conf import settings

from runs.tools.base import Tool
from runs.tools.mcp.catalog import Catalog, read_catalog
from runs.tools.mcp.commands import read_commands
from runs.tools.mcp.connections import Connections, Key
from runs.tools.mcp.errors import McpBusyError, McpError, McpTimeoutError, McpUnavailableError
from skills.snapshot import McpServerSnapshot

logger = logging.getLogger(__name__)

LIST_SECONDS = 300.0  # that a list of tools is believed, unless the server says that it changed
DOWN_SECONDS = 30.0  # that a server which is down is not asked again
IDLE_SECONDS = 300.0  # until a connection that nobody uses is closed
MAX_LISTS = 1_000  # that are kept


@dataclass(frozen=True, slots=True)
class McpOffers:
    """Tools, and what people should be told: servers that are missing, tools that were left out."""

    tools: tuple[Tool, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Kept:
    catalog: Catalog | None
    error: McpError | None
    until: float


class McpTools:
    """One for each event loop; ``aclose`` ends its connections.

    Raises:
        McpCommandsError: ``CODAY_MCP_COMMANDS`` is not what it should be.
    """

    def __init__(self) -> None:
        self._seconds: float = settings.CODAY_MCP_CONNECT_SECONDS
        self._connections = Connections(
            commands=read_commands(settings.CODAY_MCP_COMMANDS),
            limit=settings.CODAY_MCP_CONNECTIONS,
            connect_seconds=self._seconds,
            idle_seconds=IDLE_SECONDS,
            on_tools_changed=self._changed,
        )
        self._kept: dict[Key, _Kept] = {}
        self._reading: dict[Key, asyncio.Task[_Kept]] = {}

    async def offers(self, servers: Sequence[McpServerSnapshot], *, user_id: UUID) -> McpOffers:
        """The tools of all of these servers that answer within ``CODAY_MCP_CONNECT_SECONDS``. It never fails."""
        distinct = {server.slug: server for server in servers}
        found = [self._fresh((server, user_id)) for server in distinct.values()]
        if None in found:
            found = list(await asyncio.gather(*(self._look((server, user_id)) for server in distinct.values())))
        return _together(list(distinct.values()), [kept for kept in found if kept is not None])

    async def catalog(self, server: McpServerSnapshot, *, user_id: UUID) -> Catalog:
        """What one server has now, whatever is known of it from before.

        Raises:
            McpError: it cannot be asked. Its message says why, for an operator.
        """
        self._changed((server, user_id))
        kept = await self._look((server, user_id))
        if kept.catalog is None:
            raise kept.error or McpError()
        return kept.catalog

    def forget(self, server_id: UUID) -> None:
        """Ask this server again before its tools are used, for everybody."""
        for key in [key for key in self._kept if key[0].id == server_id]:
            del self._kept[key]

    async def aclose(self) -> None:
        """End all connections."""
        reading = list(self._reading.values())
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
        await self._connections.aclose()

    def _fresh(self, key: Key) -> _Kept | None:
        kept = self._kept.get(key)
        return kept if kept is not None and kept.until > monotonic() else None

    async def _look(self, key: Key) -> _Kept:
        """What is known, or what the server says: it is asked once, however many runs want to know."""
        if (kept := self._fresh(key)) is not None:
            return kept
        task = self._reading.get(key)
        if task is None:
            task = self._reading[key] = asyncio.create_task(self._read(key))
            task.add_done_callback(lambda _: self._reading.pop(key, None))
        await asyncio.wait({task})  # a run that is cancelled takes it from nobody else
        error = McpUnavailableError() if task.cancelled() else task.exception()
        if error is None:
            return task.result()
        logger.error("The MCP server %s could not be read (%s).", key[0].slug, type(error).__name__)
        return _Kept(None, McpError(), monotonic())

    async def _read(self, key: Key) -> _Kept:
        try:
            async with asyncio.timeout(2 * self._seconds):  # to connect, and to list
                catalog = await read_catalog(key=key, connections=self._connections)
        except McpBusyError as error:
            return _Kept(None, error, monotonic())
        except TimeoutError:
            kept = _Kept(None, McpTimeoutError("It did not say in time what tools it has."), monotonic() + DOWN_SECONDS)
        except McpError as error:
            kept = _Kept(None, error, monotonic() + DOWN_SECONDS)
        else:
            kept = _Kept(catalog, None, monotonic() + LIST_SECONDS)
        self._keep(key, kept)
        return kept

    def _keep(self, key: Key, kept: _Kept) -> None:
        self._kept.pop(key, None)
        self._kept[key] = kept
        while len(self._kept) > MAX_LISTS:
            del self._kept[next(iter(self._kept))]

    def _changed(self, key: Key) -> None:
        self._kept.pop(key, None)


def _together(servers: Sequence[McpServerSnapshot], found: Sequence[_Kept]) -> McpOffers:
    tools: dict[str, Any] = {}
    notices: list[str] = []
    for server, kept in zip(servers, found, strict=True):
        if kept.catalog is None:
            notices.append(f"The tools of “{server.name}” are missing: the server cannot be used at the moment.")
            continue
        notices += kept.catalog.notices
        for tool in kept.catalog.tools:
            if tool.definition.name in tools:
                notices.append(f"The tool {tool.definition.name} of “{server.name}” has the name of another one.")
            else:
                tools[tool.definition.name] = tool
    return McpOffers(tuple(tools.values()), tuple(notices))
