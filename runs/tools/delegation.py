"""Handing a task to another agent."""

from __future__ import annotations

from runs.context import RunContext
from runs.inference.base import ToolDefinition
from runs.tools.base import Delegation, Invocation, Pending, Settled, Tool, ToolOutcome, ToolTraits

LONGEST_TASK = 20_000  # characters
DAY = 24 * 3_600.0  # seconds that a delegated run gets where its agent has no limit


class ListAgents(Tool):
    """Which agents there are to delegate to."""

    traits = ToolTraits(title="List agents")
    definition = ToolDefinition(
        name="list_agents",
        description="List the agents that you can delegate a task to, with what each of them is for.",
        parameters={"type": "object", "properties": {}, "additionalProperties": False},
    )

    async def call(self, invocation: Invocation) -> ToolOutcome:
        """One agent a line."""
        delegates = invocation.context.agent.delegates
        if not delegates:
            return Settled("There are no agents to delegate to.")
        return Settled("\n".join(f"- {agent.slug}: {agent.name}. {agent.description}" for agent in delegates))


class Delegate(Tool):
    """A task for another agent. The run waits until its answer is there."""

    traits = ToolTraits(kind="delegation", title="Delegate")
    definition = ToolDefinition(
        name="delegate",
        description=(
            "Hand a task to another agent and wait for its answer. The agent knows nothing of this conversation: say "
            "everything that it needs. Independent tasks can be delegated side by side."
        ),
        parameters={
            "type": "object",
            "properties": {
                "agent": {"type": "string", "description": "The agent's slug, as list_agents names it."},
                "task": {"type": "string", "minLength": 1, "maxLength": LONGEST_TASK},
            },
            "required": ["agent", "task"],
            "additionalProperties": False,
        },
    )

    async def call(self, invocation: Invocation) -> ToolOutcome:
        """Pending, with the task as data; or why it cannot be delegated."""
        context, arguments = invocation.context, invocation.arguments
        if refused := _refused(context, agent=arguments["agent"], call_id=invocation.call_id):
            return Settled(refused, is_error=True)
        delegation = Delegation(agent=arguments["agent"], task=arguments["task"])
        return Pending(asks="run", delegation=delegation, within=context.agent.limits.max_seconds or DAY)


def _refused(context: RunContext, *, agent: str, call_id: str) -> str:
    limits = context.agent.limits
    if agent == context.agent.slug:
        return "An agent cannot delegate to itself."
    if agent not in {delegate.slug for delegate in context.agent.delegates}:
        return f"There is no agent {agent!r} to delegate to."
    if context.run.depth >= limits.max_depth:
        return f"Tasks are delegated at most {limits.max_depth} levels deep. Do this one yourself."
    if context.calls_of(Delegate.definition.name).index(call_id) >= limits.max_delegations:
        return f"At most {limits.max_delegations} tasks can be delegated in one run. Do this one yourself."
    return ""


DELEGATION_TOOLS: tuple[Tool, ...] = (ListAgents(), Delegate())
