"""Runs ``@modelcontextprotocol/server-everything``, the reference MCP server, as nobody of this project wrote it.

Installed from ``tests/mcp/package-lock.json``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import npm
from tests.support.server import free_port

FOLDER = Path(__file__).resolve().parent.parent / "mcp"
_CLI = FOLDER / "node_modules" / "@modelcontextprotocol" / "server-everything" / "dist" / "index.js"
_LISTENING = re.compile("listening on port")


def stdio_command() -> list[str]:
    """The command that speaks MCP over its standard input and output."""
    npm.install(FOLDER)
    return ["node", str(_CLI), "stdio"]


@contextmanager
def running_everything() -> Iterator[str]:
    """Start it on a free port; the address of its endpoint (streamable HTTP)."""
    npm.install(FOLDER)
    port = free_port()
    with npm.running("node", str(_CLI), "streamableHttp", ready=_LISTENING, environment={"PORT": str(port)}):
        yield f"http://127.0.0.1:{port}/mcp"
