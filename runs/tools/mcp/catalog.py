"""From what a server lists to tools of a run. What it says of a tool is looked at before a model or a person sees it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import mcp_types as types
from mcp import Client
from msgspec import json

from runs.inference.base import ToolDefinition
from runs.tools.arguments import check_schema
from runs.tools.base import Tool
from runs.tools.mcp.connections import Connections, Key
from runs.tools.mcp.resources import ListResources, ReadResource
from runs.tools.mcp.text import clean, one_line
from runs.tools.mcp.tools import Listed, McpTool
from runs.tools.schemas import ToolSchemaError, TooMuchWorkError, errors_of
from skills.snapshot import McpServerSnapshot

MAX_TOOLS = 128  # of one server
MAX_EXAMINED = 500  # to find them
MAX_PAGES = 20
CHECKED_LISTS = 32  # that are kept: checking costs milliseconds a tool, and everybody asks for the same
MAX_DESCRIPTION_CHARS = 2_000
MAX_TITLE_CHARS = 100
MAX_SCHEMA_CHARS = 30_000  # of JSON: a model reads it with every call
SHOWN_NAMES = 5

_OFFERED = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SEPARATORS = re.compile(r"[./]")  # allowed in the protocol's names, not in those of the models' providers


@dataclass(frozen=True, slots=True)
class Catalog:
    """A server's tools, and what people should know of those that are missing."""

    tools: tuple[Tool, ...]
    notices: tuple[str, ...] = ()


async def read_catalog(*, key: Key, connections: Connections) -> Catalog:
    """Ask a server what it has.

    Raises:
        McpError: there is no connection, or no answer.
    """
    server, _ = key
    connection = await connections.lend(key)
    found = await connections.ask(key, _all_tools) if connection.capabilities.tools else []
    own: tuple[Tool, ...] = ()
    if connection.capabilities.resources is not None:
        own = (
            ListResources(server=server, connections=connections),
            ReadResource(server=server, connections=connections),
        )
    listed, refused = await asyncio.to_thread(  # hostile schemas take their time
        _check, server.slug, server.name, _encoded(found), tuple(tool.definition.name for tool in own)
    )
    tools = (McpTool(server=server, listed=tool, connections=connections) for tool in listed)
    return Catalog((*tools, *own), tuple(_notices(server, found=len(found), listed=len(listed), refused=refused)))


def _encoded(found: Sequence[types.Tool]) -> bytes:
    kept = (tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in found[:MAX_EXAMINED])
    return json.encode(list(kept))


@lru_cache(maxsize=CHECKED_LISTS)
def _check(slug: str, name: str, encoded: bytes, taken: Sequence[str]) -> tuple[tuple[Listed, ...], tuple[str, ...]]:
    """The tools that can be offered, in the server's order, and the names of the others. Who has the same list shares it."""
    listed: dict[str, Listed] = {}
    refused: list[str] = []
    for tool in map(types.Tool.model_validate, json.decode(encoded)):
        if len(listed) == MAX_TOOLS:
            break
        checked = _checked(slug, name, tool)
        if checked is None or checked.definition.name in listed or checked.definition.name in taken:
            refused.append(one_line(tool.name, limit=80))
        else:
            listed[checked.definition.name] = checked
    return tuple(listed.values()), tuple(refused)


async def _all_tools(client: Client) -> list[types.Tool]:
    """All pages; no more than can be of use."""
    tools: list[types.Tool] = []
    cursor: str | None = None
    for _ in range(MAX_PAGES):
        page = await client.list_tools(cursor=cursor)
        tools += page.tools
        cursor = page.next_cursor
        if cursor is None or len(tools) > MAX_TOOLS:
            break
    return tools


def _checked(slug: str, server_name: str, tool: types.Tool) -> Listed | None:
    name = f"{slug}__{_SEPARATORS.sub('_', tool.name)}"
    if not _OFFERED.fullmatch(name) or not _is_usable(tool.input_schema):
        return None
    hints = tool.annotations or types.ToolAnnotations()
    title = one_line(tool.title or hints.title or tool.name, limit=MAX_TITLE_CHARS)
    return Listed(
        name=tool.name,
        definition=ToolDefinition(
            name=name,
            description=clean(tool.description or "", limit=MAX_DESCRIPTION_CHARS) or title,
            parameters=tool.input_schema,
        ),
        title=f"{title} ({server_name})",
        changes=hints.read_only_hint is not True,
    )


def _is_usable(schema: dict[str, Any]) -> bool:
    """Whether a model can be told of it, and calls be checked against it."""
    if len(json.encode(schema)) > MAX_SCHEMA_CHARS or _refers_elsewhere(schema):
        return False
    try:
        check_schema(schema)
        errors_of(schema, {}, most=1)  # references in a circle
    except (ToolSchemaError, TooMuchWorkError):
        return False
    return True


def _refers_elsewhere(schema: dict[str, Any]) -> bool:
    """Whether a part of it is in another document: nothing is fetched for a schema, so no call would ever fit."""
    waiting: list[Any] = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            reference = part.get("$ref", "#")
            if isinstance(reference, str) and not reference.startswith("#"):
                return True
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return False


def _notices(server: McpServerSnapshot, *, found: int, listed: int, refused: Sequence[str]) -> Iterable[str]:
    if refused:
        names = ", ".join(refused[:SHOWN_NAMES]) + (", …" if len(refused) > SHOWN_NAMES else "")
        yield f"Tools of “{server.name}” were left out, because their names or schemas cannot be used: {names}."
    if found > listed + len(refused):
        yield f"“{server.name}” has more tools than the {MAX_TOOLS} that are used; the others were left out."
