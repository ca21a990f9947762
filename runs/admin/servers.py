"""Admin of MCP servers, with a test of the connection."""

from __future__ import annotations

from uuid import UUID

from asgiref.sync import async_to_sync
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import action

from coday.kernel.crypto import UnreadableSecretError
from coday.kernel.errors import InvalidInputError
from runs.tools.mcp.catalog import Catalog
from runs.tools.mcp.errors import McpCommandsError, McpError
from runs.tools.mcp.service import McpTools
from skills.admin_mcp import McpServerAdmin
from skills.mcp import mcp_server_snapshot, refresh_mcp_server
from skills.models import McpServer
from skills.snapshot import McpServerSnapshot

SHOWN_TOOLS = 20


@admin.register(McpServer)
class TestableMcpServerAdmin(McpServerAdmin):
    """MCP servers, with a button that asks one of them for its tools, and has everybody ask it again."""

    actions = ("refresh_chosen",)
    actions_submit_line = ("refresh_tools",)

    @action(description="Save, test the connection and refresh the tools")
    def refresh_tools(self, request: HttpRequest, obj: McpServer) -> None:
        """After saving, ask the server with its stored address and headers."""
        self._refresh(request, obj)

    @admin.action(description="Test the connection and refresh the tools", permissions=["change"])
    def refresh_chosen(self, request: HttpRequest, servers: QuerySet[McpServer]) -> None:
        """Ask each of them."""
        for server in servers:
            self._refresh(request, server)

    def _refresh(self, request: HttpRequest, server: McpServer) -> None:
        refresh_mcp_server(server_id=server.pk)
        try:
            snapshot = mcp_server_snapshot(McpServer.objects.get(pk=server.pk))
            catalog = async_to_sync(_mcp_catalog)(snapshot, user_id=UUID(str(request.user.pk)))
        except (McpError, McpCommandsError, InvalidInputError) as error:
            self.message_user(request, f"{server.name}: {error}", messages.ERROR)
        except UnreadableSecretError:
            self.message_user(request, f"{server.name}: the stored headers cannot be read any more.", messages.ERROR)
        else:
            names = [tool.definition.name for tool in catalog.tools]
            more = ", …" if len(names) > SHOWN_TOOLS else ""
            shown = f" ({', '.join(names[:SHOWN_TOOLS])}{more})" if names else ""
            self.message_user(request, f"{server.name} answers. Tools: {len(names)}{shown}.", messages.SUCCESS)
            for notice in catalog.notices:
                self.message_user(request, notice, messages.WARNING)


async def _mcp_catalog(server: McpServerSnapshot, *, user_id: UUID) -> Catalog:
    tools = McpTools()
    try:
        return await tools.catalog(server, user_id=user_id)
    finally:
        await tools.aclose()
