"""The seam to tools: a call comes back *settled*, with a result for the model, or *pending*, until somebody answers.

A tool is a module that knows one thing and nothing of the loop: it holds no emitter, writes no message and no event. What it
may do it does with the rights of the person who asked (``Invocation.context``).
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias
from uuid import UUID

from msgspec import json

from agents.snapshot import ToolPolicy
from runs.context import RunContext
from runs.events import DurableEvent
from runs.inference.base import ToolDefinition

ToolKind = Literal["backend", "display", "client", "async", "mcp", "delegation"]
Asks = Literal["approval", "answer", "run"]

ANSWER_WITHIN = 7 * 24 * 3_600.0  # seconds that a person gets to answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolTraits:
    """What the run has to know of a tool beside its definition.

    Attributes:
        kind: how the page shows it, and who does the work.
        title: what people see instead of the name.
        timeout: seconds that a call gets.
        changes: it changes something outside of the run: an approval that was remembered does not hold for it once the
            run has read what others wrote.
        untrusted: its results are what others wrote (a page, a remote server).
        remembers: it keeps what it is given beyond the thread: anonymous threads have no such tools.
        policy: what holds where the agent says nothing else; ``None``: off unless the agent names it.
    """

    kind: ToolKind = "backend"
    title: str = ""
    timeout: float = 30.0
    changes: bool = False
    untrusted: bool = False
    remembers: bool = False
    policy: ToolPolicy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One call of a tool. ``arguments`` fit the definition's schema; ``context`` is the run as it was when it was called."""

    call_id: str
    arguments: Mapping[str, Any]
    context: RunContext


@dataclass(frozen=True, slots=True)
class Settled:
    """A tool call's result, as text for the model. A failure is told as a failure.

    ``details`` is for the page alone, small and JSON: it goes with the ``tool`` event (``{"sources": [...]}``).
    ``operation`` is the id of what goes on after the run: then the call is *in progress*. ``events`` tell what else the tool
    has written, in the journals of whichever threads; whoever called it publishes them.
    """

    content: str
    is_error: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)
    operation: UUID | None = None
    events: tuple[DurableEvent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """A task for another agent (a slug), to be carried out as a run of its own."""

    agent: str
    task: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The call waits for somebody, and the run with it: no process, no socket and no lock is held meanwhile.

    Attributes:
        asks: who answers: ``answer`` the person, ``run`` the run of ``delegation``.
        question: what the person is asked, as plain text.
        schema: the JSON schema of the answer.
        state: what the tool wants back with the answer; JSON, and nobody else sees it.
        within: seconds until the call is settled as unanswered.
    """

    asks: Asks = "answer"
    question: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    delegation: Delegation | None = None
    within: float = ANSWER_WITHIN


ToolOutcome: TypeAlias = Settled | Pending


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a pending call was answered with: JSON that fits ``Pending.schema``, and the tool's ``state``."""

    content: Any
    state: Mapping[str, Any] = field(default_factory=dict)


class Tool(ABC):
    """Something a run can call."""

    traits = ToolTraits()

    @property
    @abstractmethod
    def definition(self) -> ToolDefinition:
        """What the model is told of it."""

    @property
    def digest(self) -> str:
        """A fingerprint of the definition: a word that was given for the tool holds as long as it is the same."""
        definition = self.definition
        told = (definition.name, definition.description, definition.parameters)
        return hashlib.sha256(json.encode(told, order="sorted")).hexdigest()

    @abstractmethod
    async def call(self, invocation: Invocation) -> ToolOutcome:
        """Do it.

        Raises:
            CodayError: its message is what the model is told.
        """

    async def resume(self, invocation: Invocation, answer: Answer) -> ToolOutcome:
        """Go on after a pending call was answered; most tools have said all when they asked."""
        return Settled(answer.content if isinstance(answer.content, str) else _as_json(answer.content))


def _as_json(value: Any) -> str:
    return json.encode(value).decode()


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool in a toolset, with the policy that holds for it here, and whether it is trusted with personal data."""

    tool: Tool
    policy: ToolPolicy = "allow"
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Toolset:
    """The tools of one model call, by name."""

    offers: Mapping[str, Offer] = field(default_factory=dict)

    @property
    def definitions(self) -> tuple[ToolDefinition, ...]:
        """In a stable order, so that providers can cache the prompt."""
        return tuple(self.offers[name].tool.definition for name in sorted(self.offers))
