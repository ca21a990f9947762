"""What a server asks in the middle of a call, as a question for the person that outlives the call.

By the protocol of 2026-07-28 a tool answers "input required" and is called again with the answers and its own state. By the
older one it asks while the call is open, and a person may take days: then the call is ended, the question kept, and the tool
called again from the start; what it asks again is answered from what was kept. ``docs/mcp.md`` says so to operators.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import mcp_types as types
from msgspec import json
from pydantic import ValidationError

from runs.tools.arguments import check_schema
from runs.tools.mcp.text import clean
from runs.tools.schemas import ToolSchemaError

MAX_QUESTIONS = 20  # of one call
MAX_QUESTION_CHARS = 2_000
MAX_STATE_CHARS = 100_000

Content = Mapping[str, Any] | None
"""What the person filled in; ``None`` where the question was declined."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a server wants to know, and the JSON schema of the answer."""

    message: str
    schema: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The same for the same question."""
        return hashlib.sha256(json.encode([self.message, self.schema], order="sorted")).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """For the state of a pending call."""
        return {"message": self.message, "schema": dict(self.schema)}


@dataclass(frozen=True, slots=True)
class Given:
    """An answer, and the key of its question."""

    key: str
    content: Content


@dataclass(eq=False, slots=True)
class OpenCall:
    """A call under way. ``asked`` is done when the server asks what nobody has answered yet."""

    given: Sequence[Given] = ()
    asked: asyncio.Future[Question] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    _next: int = 0

    async def answer(self, question: Question) -> types.ElicitResult:
        """The kept answer, where the call asks the same as last time; otherwise ask, and hold still until the call ended."""
        if self._next < len(self.given) and self.given[self._next].key == question.key:
            self._next += 1
            return elicit_result(self.given[self._next - 1].content)
        if not self.asked.done():
            self.asked.set_result(question)
        await self.ended.wait()
        return types.ElicitResult(action="cancel")

    @property
    def used(self) -> tuple[Given, ...]:
        """The answers that this call asked for."""
        return tuple(self.given[: self._next])


def question_of(parameters: types.ElicitRequestParams) -> Question | None:
    """The question of a request; ``None`` for one that is declined: it leads to an address, or has no usable schema."""
    if not isinstance(parameters, types.ElicitRequestFormParams):
        return None
    schema = {**parameters.requested_schema}
    try:
        check_schema(schema)
    except ToolSchemaError:
        return None
    schema["x-order"] = list(schema.get("properties", {}))  # a JSON column does not keep the order of keys
    return Question(clean(parameters.message, limit=MAX_QUESTION_CHARS), schema)


def elicit_result(content: Content) -> types.ElicitResult:
    """An answer in the protocol's form; what does not fit into it is none."""
    if content is None:
        return types.ElicitResult(action="decline")
    try:
        return types.ElicitResult(action="accept", content=dict(content))
    except ValidationError:
        return types.ElicitResult(action="decline")


def as_content(answer: Any) -> Content:
    """The person's answer; whatever is no object is no."""
    return answer if isinstance(answer, dict) else None
