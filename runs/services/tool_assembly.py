"""Which tools a run may call, before each model call."""

from __future__ import annotations

from runs.context import RunContext
from runs.tools.base import Tool, Toolset
from runs.tools.observed import ObservedTool


class ToolAssemblyService:
    """Assembles the toolset from what the server offers and the model can use.

    ``tools`` are those that every agent may call.
    """

    def __init__(self, *, tools: tuple[Tool, ...] = ()) -> None:
        self._tools = tools

    async def assemble(self, context: RunContext) -> Toolset:
        """The tools of the next model call; none for a model that cannot call tools."""
        if not context.agent.model.tools:
            return Toolset()
        return Toolset({tool.definition.name: ObservedTool(tool) for tool in self._tools})
