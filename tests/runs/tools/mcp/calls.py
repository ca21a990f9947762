"""Servers as a run knows them, and somebody who calls their tools."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

from runs.context import RunContext
from runs.tools.base import Answer, Invocation, Pending, Settled, Tool, ToolOutcome
from runs.tools.mcp.service import McpOffers, McpTools
from skills.snapshot import McpServerSnapshot

HOUSE = McpServerSnapshot(id=uuid4(), slug="house", name="House", transport="http")


def http(url: str, **values: Any) -> McpServerSnapshot:
    """A server at an address."""
    changes: dict[str, Any] = {"id": uuid4(), "url": url, **values}
    return replace(HOUSE, **changes)


def stdio(command: str, **values: Any) -> McpServerSnapshot:
    """A server that is a command."""
    changes: dict[str, Any] = {"id": uuid4(), "transport": "stdio", "command": command, **values}
    return replace(HOUSE, **changes)


@dataclass(frozen=True)
class Person:
    """Whose sessions they are."""

    mcp: McpTools
    id: UUID

    async def offers(self, *servers: McpServerSnapshot) -> McpOffers:
        """What a run of this person is offered."""
        return await self.mcp.offers(servers, user_id=self.id)

    async def tool(self, server: McpServerSnapshot, name: str) -> Tool:
        """One tool of a server by its own name."""
        offers = await self.offers(server)
        found = {tool.definition.name: tool for tool in offers.tools}
        return found[f"{server.slug}__{name}"]

    async def call(self, server: McpServerSnapshot, name: str, **arguments: Any) -> Settled:
        """Call a tool that answers at once."""
        outcome = await (await self.tool(server, name)).call(self.invocation(**arguments))
        assert isinstance(outcome, Settled)
        return outcome

    async def answer(self, tool: Tool, asked: ToolOutcome, content: Any, **arguments: Any) -> ToolOutcome:
        """Answer what a tool asked."""
        assert isinstance(asked, Pending)
        return await tool.resume(self.invocation(**arguments), Answer(content=content, state=asked.state))

    def invocation(self, **arguments: Any) -> Invocation:
        """A call in one of this person's runs."""
        context = SimpleNamespace(run=SimpleNamespace(user_id=self.id))
        return Invocation(call_id="call", arguments=arguments, context=cast("RunContext", context))
