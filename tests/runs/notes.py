"""Small real tools for runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coday.kernel.errors import CodayError
from runs.inference.base import ToolDefinition
from runs.tools.base import Answer, Invocation, Pending, Settled, Tool, ToolOutcome, ToolTraits
from tests.support.replies import Gate

ALLOWED = ToolTraits(policy="allow")
ASKS_FIRST = ToolTraits(policy="ask", title="Notebook")


class Notes(Tool):
    """A tool that keeps what it is called with."""

    traits = ALLOWED

    def __init__(
        self,
        name: str = "note",
        *,
        answer: str = "noted",
        is_error: bool = False,
        traits: ToolTraits = ALLOWED,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self.calls: list[Mapping[str, Any]] = []
        self.traits = traits
        self._definition = ToolDefinition(
            name=name, description="Keeps a note.", parameters=parameters or {"type": "object"}
        )
        self._settled = Settled(answer, is_error=is_error)

    @property
    def definition(self) -> ToolDefinition:
        """What the model is told of it."""
        return self._definition

    async def call(self, invocation: Invocation) -> ToolOutcome:
        """Keep the arguments."""
        self.calls.append(invocation.arguments)
        return self._settled


class Refusing(Notes):
    """A tool that raises one of our errors."""

    async def call(self, invocation: Invocation) -> ToolOutcome:
        """Keep the arguments and refuse."""
        await super().call(invocation)
        raise CodayError("The notebook is closed.")


class Broken(Notes):
    """A tool with a bug."""

    async def call(self, invocation: Invocation) -> ToolOutcome:
        """Keep the arguments and fall over."""
        await super().call(invocation)
        raise ZeroDivisionError("secret internals")


class Gated(Notes):
    """A tool that answers when the test opens its gate."""

    def __init__(self, name: str = "note", *, answer: str = "noted", traits: ToolTraits = ALLOWED) -> None:
        super().__init__(name, answer=answer, traits=traits)
        self.gate = Gate()

    async def call(self, invocation: Invocation) -> ToolOutcome:
        """Wait for the gate."""
        self.gate.reached.set()
        await self.gate.opened
        return await super().call(invocation)


class Asking(Notes):
    """A tool that asks the person for a colour, and keeps what they said."""

    def __init__(self, name: str = "colour", *, within: float = 3_600.0) -> None:
        super().__init__(name, traits=ToolTraits(kind="client", policy="allow"))
        self.answers: list[Any] = []
        self._within = within

    async def call(self, invocation: Invocation) -> ToolOutcome:
        """Ask."""
        await super().call(invocation)
        schema = {"type": "string", "enum": ["red", "green"]}
        return Pending(question="Which colour?", schema=schema, state={"step": 1}, within=self._within)

    async def resume(self, invocation: Invocation, answer: Answer) -> ToolOutcome:
        """Keep the answer."""
        self.answers.append((answer.content, dict(answer.state)))
        return Settled(f"The colour is {answer.content}.")
