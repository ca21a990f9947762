"""Calls of tools, as the collector makes them: arguments are checked against the schema first."""

from __future__ import annotations

from typing import Any

from runs.context import RunContext
from runs.tools.arguments import check_arguments
from runs.tools.base import Answer, Invocation, Pending, Settled, Tool, ToolOutcome
from tests.runs.services.values import a_context


def invocation(arguments: dict[str, Any], *, context: RunContext | None = None) -> Invocation:
    """A call with these arguments."""
    return Invocation(call_id="call-1", arguments=arguments, context=context or a_context())


async def call(tool: Tool, *, context: RunContext | None = None, **arguments: Any) -> ToolOutcome:
    """What a call comes to whose arguments fit the schema."""
    assert check_arguments(tool.definition.parameters, arguments) == ()
    return await tool.call(invocation(arguments, context=context))


async def settled(tool: Tool, *, context: RunContext | None = None, **arguments: Any) -> Settled:
    """The result of a call that settles at once."""
    outcome = await call(tool, context=context, **arguments)
    assert isinstance(outcome, Settled)
    return outcome


async def asked(tool: Tool, **arguments: Any) -> Pending:
    """What the person is asked."""
    outcome = await call(tool, **arguments)
    assert isinstance(outcome, Pending)
    return outcome


async def answered(tool: Tool, arguments: dict[str, Any], content: Any) -> str:
    """What the model is told of an answer that fits the question."""
    question = await asked(tool, **arguments)
    assert content is None or check_arguments(question.schema, content) == ()
    outcome = await tool.resume(invocation(arguments), Answer(content=content, state=question.state))
    assert isinstance(outcome, Settled)
    return outcome.content


def complaints(tool: Tool, **arguments: Any) -> tuple[str, ...]:
    """What the schema has against these arguments."""
    return check_arguments(tool.definition.parameters, arguments)
