"""Small real tools for runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coday.kernel.errors import CodayError
from runs.inference.base import ToolDefinition
from runs.tools.base import Settled
from tests.support.replies import Gate


class Notes:
    """A tool that keeps what it is called with."""

    def __init__(self, name: str = "note", *, answer: str = "noted", is_error: bool = False) -> None:
        self.calls: list[Mapping[str, Any]] = []
        self._name = name
        self._settled = Settled(answer, is_error=is_error)

    @property
    def definition(self) -> ToolDefinition:
        """What the model is told of it."""
        return ToolDefinition(name=self._name, description="Keeps a note.", parameters={"type": "object"})

    async def call(self, arguments: Mapping[str, Any]) -> Settled:
        """Keep the arguments."""
        self.calls.append(arguments)
        return self._settled


class Refusing(Notes):
    """A tool that raises one of our errors."""

    async def call(self, arguments: Mapping[str, Any]) -> Settled:
        """Keep the arguments and refuse."""
        await super().call(arguments)
        raise CodayError("The notebook is closed.")


class Broken(Notes):
    """A tool with a bug."""

    async def call(self, arguments: Mapping[str, Any]) -> Settled:
        """Keep the arguments and fall over."""
        await super().call(arguments)
        raise ZeroDivisionError("secret internals")


class Gated(Notes):
    """A tool that answers when the test opens its gate."""

    def __init__(self, name: str = "note", *, answer: str = "noted") -> None:
        super().__init__(name, answer=answer)
        self.gate = Gate()

    async def call(self, arguments: Mapping[str, Any]) -> Settled:
        """Wait for the gate."""
        self.gate.reached.set()
        await self.gate.opened
        return await super().call(arguments)
