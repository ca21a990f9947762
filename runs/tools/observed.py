"""A tool whose calls are counted and traced: by name and outcome, never with what it was given or said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runs import metrics
from runs.inference.base import ToolDefinition
from runs.tools.base import Settled, Tool
from runs.tracing import tool_call_span


class ObservedTool:
    """Any tool, observed."""

    def __init__(self, tool: Tool) -> None:
        self._tool = tool

    @property
    def definition(self) -> ToolDefinition:
        """The tool's own."""
        return self._tool.definition

    async def call(self, arguments: Mapping[str, Any]) -> Settled:
        """The tool's own result; a call that raises or is stopped counts as failed."""
        name = self._tool.definition.name
        outcome: metrics.ToolOutcome = "failed"
        try:
            with tool_call_span(name) as span:
                settled = await self._tool.call(arguments)
                if settled.is_error:
                    span.fail("tool_error")
                else:
                    outcome = "done"
                return settled
        finally:
            metrics.tool_called(tool=name, outcome=outcome)
