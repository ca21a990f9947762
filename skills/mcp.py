"""MCP servers as values: rows to snapshots, the text of headers to pairs; and the wish to have their tools listed anew."""

from __future__ import annotations

import re
from typing import cast
from uuid import UUID

from django.utils import timezone

from coday.kernel.errors import InvalidInputError
from skills.models import McpServer
from skills.snapshot import McpServerSnapshot, McpTransport

MAX_HEADERS = 20
RESERVED_HEADERS = frozenset(
    {
        "accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "cookie", "expect",
        "host", "keep-alive", "last-event-id", "mcp-protocol-version", "mcp-session-id", "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
"""What the connection and the protocol set themselves."""

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def parse_headers(text: str) -> tuple[tuple[str, str], ...]:
    """Headers from lines of ``Name: value``; empty lines do not count.

    Raises:
        InvalidInputError: a line is no header, or one that is not for people to set. It names the line, never the value.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MAX_HEADERS:
        raise InvalidInputError(f"There may be {MAX_HEADERS} headers at most.", field="headers")
    return tuple(_header(line, number) for number, line in enumerate(lines, start=1))


def mcp_server_snapshot(server: McpServer) -> McpServerSnapshot:
    """A server as a run needs it, its headers in clear.

    Raises:
        UnreadableSecretError: its headers cannot be decrypted with the configured keys (where they were deferred).
        InvalidInputError: its headers are none; the admin lets no such row in.
    """
    return McpServerSnapshot(
        id=server.pk,
        slug=server.slug,
        name=server.name,
        transport=cast("McpTransport", server.transport),
        url=server.url,
        command=server.command,
        headers=parse_headers(server.headers),
        timeout=server.timeout,
        ask_first=server.ask_first,
        refreshed_at=server.refreshed_at,
    )


def refresh_mcp_server(*, server_id: UUID) -> None:
    """Have all processes ask this server for its tools again, and forget sessions of before."""
    McpServer.objects.filter(pk=server_id).update(refreshed_at=timezone.now())


def _header(line: str, number: int) -> tuple[str, str]:
    name, colon, value = (part.strip() for part in line.partition(":"))
    if not colon or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise InvalidInputError(f"Line {number} is not a header: write “Name: value”.", field="headers")
    if name.lower() in RESERVED_HEADERS:
        raise InvalidInputError(f"The header in line {number} is set by the connection itself.", field="headers")
    return name, value
