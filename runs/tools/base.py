"""The seam to tools: a call comes back *settled*, with a result for the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from runs.inference.base import ToolDefinition


@dataclass(frozen=True, slots=True)
class Settled:
    """A tool call's result, as text for the model. A failure is told as a failure."""

    content: str
    is_error: bool = False


class Tool(Protocol):
    """Something a run can call."""

    @property
    def definition(self) -> ToolDefinition:
        """What the model is told of it."""
        ...

    async def call(self, arguments: Mapping[str, Any]) -> Settled:
        """Do it, with arguments that fit the definition's schema."""
        ...


@dataclass(frozen=True, slots=True)
class Toolset:
    """The tools of one model call, by name."""

    tools: Mapping[str, Tool] = field(default_factory=dict)

    @property
    def definitions(self) -> tuple[ToolDefinition, ...]:
        """In a stable order, so that providers can cache the prompt."""
        return tuple(self.tools[name].definition for name in sorted(self.tools))
