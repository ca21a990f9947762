"""Two tools for the resources of a server that has some: to see which there are, and to read one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from mcp import Client

from runs.inference.base import ToolDefinition
from runs.tools.base import Invocation, Settled, Tool, ToolTraits
from runs.tools.mcp.connections import Connections
from runs.tools.mcp.errors import McpAnswerError
from runs.tools.mcp.results import resource_list, resource_result
from skills.snapshot import McpServerSnapshot

T = TypeVar("T")

MAX_URI_CHARS = 2_000


class _ResourceTool(Tool):
    """What both have in common. Reading goes to the server all the same, so its policy holds here, too."""

    title: str

    def __init__(self, *, server: McpServerSnapshot, connections: Connections) -> None:
        self._server = server
        self._connections = connections
        self.traits = ToolTraits(
            kind="mcp",
            title=f"{self.title} ({server.name})",
            timeout=server.timeout + connections.connect_seconds + 1.0,
            untrusted=True,
            policy="ask" if server.ask_first else "allow",
        )

    async def _ask(self, invocation: Invocation, request: Callable[[Client], Awaitable[Settled]]) -> Settled:
        try:
            return await self._connections.ask((self._server, invocation.context.run.user_id), request)
        except McpAnswerError as error:
            said = f" It says: {error.remote}" if error.remote else ""
            return Settled(f"The server did not answer.{said}", is_error=True)


class ListResources(_ResourceTool):
    """``server__list_resources``."""

    title = "List resources"

    @property
    def definition(self) -> ToolDefinition:
        """What the model is told of it."""
        return ToolDefinition(
            name=f"{self._server.slug}__list_resources",
            description=f"List what can be read on the server “{self._server.name}” with {self._server.slug}__read_resource.",
            parameters={"type": "object", "properties": {}, "additionalProperties": False},
        )

    async def call(self, invocation: Invocation) -> Settled:
        """List the first page of resources and of templates.

        Raises:
            McpError: there is no connection, or no answer.
        """
        return await self._ask(invocation, _list)


class ReadResource(_ResourceTool):
    """``server__read_resource``."""

    title = "Read a resource"

    @property
    def definition(self) -> ToolDefinition:
        """What the model is told of it."""
        uri: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": MAX_URI_CHARS}
        return ToolDefinition(
            name=f"{self._server.slug}__read_resource",
            description=f"Read a resource of the server “{self._server.name}” by its address.",
            parameters={
                "type": "object",
                "properties": {"uri": uri},
                "required": ["uri"],
                "additionalProperties": False,
            },
        )

    async def call(self, invocation: Invocation) -> Settled:
        """Have the server read it; nothing is fetched from here.

        Raises:
            McpError: there is no connection, or no answer.
        """
        uri = str(invocation.arguments["uri"])

        async def read(client: Client) -> Settled:
            return resource_result((await client.read_resource(uri)).contents)

        return await self._ask(invocation, read)


async def _list(client: Client) -> Settled:
    resources = await client.list_resources()
    templates = await client.list_resource_templates()
    return resource_list(resources.resources, templates.resource_templates)
