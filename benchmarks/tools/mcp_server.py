"""An MCP server over stdio with twenty tools, as a process of its own: ``python -m benchmarks.tools.mcp_server``."""

from __future__ import annotations

from mcp.server import MCPServer

TOOLS = 20

server = MCPServer("benchmark")


def look_up(question: str, limit: int = 10, newest_first: bool = True) -> str:
    """Answer a question from the archive, with at most so many entries."""
    return f"{limit} entries on {question}, newest first: {newest_first}"


for number in range(TOOLS):
    server.tool(name=f"look_up_{number}", description="Look something up in the archive. " * 5)(look_up)


if __name__ == "__main__":
    server.run()
