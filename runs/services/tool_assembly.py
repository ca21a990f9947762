"""What a run is equipped with before each model call: its active skills, and the tools that it may call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agents.snapshot import ToolPolicy
from coday.kernel.database import in_database
from runs.context import RunContext, active_skills
from runs.tools.base import Offer, Tool, Toolset
from runs.tools.delegation import DELEGATION_TOOLS
from runs.tools.mcp.service import McpTools
from runs.tools.skills.tools import skill_tools
from skills.snapshot import McpServerSnapshot, SkillSnapshot
from threads.privacy.rules import trusted_tools


@dataclass(frozen=True, slots=True)
class Equipment:
    """Skills and tools of the next model call. ``notices`` say, in words for a person, what could not be had."""

    skills: tuple[SkillSnapshot, ...]
    toolset: Toolset
    notices: tuple[str, ...] = ()


class ToolAssemblyService:
    """Assembles what the agent names, what its skills bring, and what remote servers offer, in this order: what is built in
    wins over a name of somebody else's.

    ``tools`` are the built-in ones by name; ``mcp`` reaches the servers.
    """

    def __init__(self, *, tools: Mapping[str, Tool], mcp: McpTools) -> None:
        self._tools = tools
        self._mcp = mcp

    async def assemble(self, context: RunContext) -> Equipment:
        """The equipment of the next model call; no tools for a model that cannot call any."""
        skills = await _skills(context)
        if not context.agent.model.tools:
            return Equipment(skills, Toolset())
        remote = await self._mcp.offers(_servers(context, skills), user_id=context.run.user_id)
        trusted = await in_database(trusted_tools) if context.run.anonymous else frozenset()
        own = (_offer(tool, context, trusted, default="off") for tool in self._tools.values())
        brought = [*skill_tools(agent=context.agent, skills=skills), *_delegation(context), *remote.tools]
        others = (_offer(tool, context, trusted, default="allow") for tool in brought)
        return Equipment(skills, Toolset(_by_name(filter(None, [*own, *others]))), remote.notices)


async def _skills(context: RunContext) -> tuple[SkillSnapshot, ...]:
    """Those that were read with the context; read again where the model may have activated one since."""
    if not (context.model_calls and context.agent.available_skills):
        return context.skills
    return await in_database(active_skills, run=context.run, agent=context.agent)


def _servers(context: RunContext, skills: tuple[SkillSnapshot, ...]) -> tuple[McpServerSnapshot, ...]:
    """The agent's servers and those of its skills, each once."""
    named = [*context.agent.mcp_servers, *(server for skill in skills for server in skill.mcp_servers)]
    return tuple({server.id: server for server in named}.values())


def _delegation(context: RunContext) -> tuple[Tool, ...]:
    return DELEGATION_TOOLS if context.agent.delegates else ()


def _offer(tool: Tool, context: RunContext, trusted: frozenset[str], *, default: ToolPolicy) -> Offer | None:
    """The tool with the policy that holds for it here: the agent's word, else the tool's own. What site or person have
    switched off is off."""
    name = tool.definition.name
    policy = context.agent.tools.get(name) or tool.traits.policy or default
    if policy == "off" or name in context.prompts.tools_off or (tool.traits.remembers and context.run.anonymous):
        return None
    server, _, rest = name.partition("__")
    return Offer(tool, policy, trusted=name in trusted or (bool(rest) and f"{server}__*" in trusted))


def _by_name(offers: Iterable[Offer]) -> dict[str, Offer]:
    found: dict[str, Offer] = {}
    for offer in offers:
        found.setdefault(offer.tool.definition.name, offer)
    return found
