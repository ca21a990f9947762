"""MCP tools of a test's own, for one person, and servers that may be on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from pytest_django import Settings

from runs.tools.mcp.service import McpTools
from tests.runs.tools.mcp.calls import Person


@pytest.fixture(autouse=True)
def _loopback(settings: Settings) -> None:
    settings.CODAY_FETCH_ALLOW = ["127.0.0.1"]
    settings.CODAY_MCP_CONNECT_SECONDS = 2.0


@pytest.fixture
async def mcp() -> AsyncIterator[McpTools]:
    """Made after ``settings`` were changed, where a test takes them both."""
    tools = McpTools()
    yield tools
    await tools.aclose()


@pytest.fixture
def person(mcp: McpTools) -> Person:
    """Somebody with MCP tools."""
    return Person(mcp, uuid4())
