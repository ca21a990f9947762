"""The tools that come with the product. A new one is a module beside these, and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agents.snapshot import ToolPolicy
from runs.tools.background import BACKGROUND_TOOLS
from runs.tools.base import Tool, ToolKind
from runs.tools.builtin.calculate import Calculate
from runs.tools.builtin.current_time import CurrentTime
from runs.tools.builtin.fetch_page import FetchPage
from runs.tools.builtin.read_result import ReadResult
from runs.tools.builtin.search_threads import SearchThreads
from runs.tools.client.choice import AskChoice
from runs.tools.client.form import AskForm
from runs.tools.delegation import DELEGATION_TOOLS
from runs.tools.display.chart import ShowChart
from runs.tools.display.diagram import ShowDiagram
from runs.tools.display.document import ShowDocument
from runs.tools.display.table import ShowTable
from runs.tools.history import HISTORY_TOOLS
from runs.tools.memory import MEMORY_TOOLS
from runs.tools.skills.tools import SKILL_TOOLS

BACKEND_TOOLS: tuple[Tool, ...] = (CurrentTime(), Calculate(), FetchPage(), SearchThreads(), ReadResult())
DISPLAY_TOOLS: tuple[Tool, ...] = (ShowChart(), ShowTable(), ShowDiagram(), ShowDocument())
CLIENT_TOOLS: tuple[Tool, ...] = (AskChoice(), AskForm())


def _by_name(*tools: Tool) -> dict[str, Tool]:
    return {tool.definition.name: tool for tool in tools}


BUILTIN: Mapping[str, Tool] = _by_name(
    *BACKEND_TOOLS, *HISTORY_TOOLS, *DISPLAY_TOOLS, *CLIENT_TOOLS, *BACKGROUND_TOOLS, *MEMORY_TOOLS
)
"""By name: what any agent can be given. An agent has those that it names, and those whose policy says so."""

ACQUIRED: Mapping[str, Tool] = _by_name(*SKILL_TOOLS, *DELEGATION_TOOLS)
"""By name: what an agent has as soon as it has skills, or agents to delegate to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDescription:
    """A tool as an admin or a person is told of it. ``policy`` holds where an agent does not name it."""

    name: str
    title: str
    description: str
    kind: ToolKind
    changes: bool
    untrusted: bool
    policy: ToolPolicy


def describe() -> tuple[ToolDescription, ...]:
    """All tools of the product, by kind as they stand above."""
    return (
        *(_described(tool, default="off") for tool in BUILTIN.values()),
        *(_described(tool, default="allow") for tool in ACQUIRED.values()),
    )


def _described(tool: Tool, *, default: ToolPolicy) -> ToolDescription:
    return ToolDescription(
        name=tool.definition.name,
        title=tool.traits.title or tool.definition.name,
        description=tool.definition.description,
        kind=tool.traits.kind,
        changes=tool.traits.changes,
        untrusted=tool.traits.untrusted,
        policy=tool.traits.policy or default,
    )
