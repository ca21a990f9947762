"""What an agent would be told and could do if somebody asked it something now: its prompt and its tools, and where they
come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from agents.queries import chat_prompts, resolve_agent
from agents.snapshot import AgentSnapshot, ToolPolicy
from coday.kernel.ids import new_id
from runs.context import RunContext, active_skills, with_past
from runs.events import RunSnapshot
from runs.inputs import Asker
from runs.queries import find_run
from runs.services.system_prompt import SystemPrompt
from runs.services.system_prompt_builder import SystemPromptBuilderService
from runs.services.token_estimate import estimate_tool
from runs.services.tool_assembly import Equipment, ToolAssemblyService
from runs.tools.base import Offer, ToolKind
from runs.wiring import Wiring
from skills.snapshot import McpServerSnapshot, SkillReference, SkillSnapshot
from threads.content import TextPart
from threads.queries import get_thread
from threads.snapshot import MessageSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveTool:
    """A tool that the agent could call. ``server`` is the slug of the MCP server that it is from, ``skill`` that of the skill
    which brought the server; both are empty where there is none."""

    name: str
    title: str
    description: str
    kind: ToolKind
    policy: ToolPolicy
    tokens: int
    server: str = ""
    skill: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveAgent:
    """An agent as it would answer now. ``notices`` say what could not be had, in words for a person."""

    agent: AgentSnapshot
    prompt: SystemPrompt
    tools: tuple[EffectiveTool, ...]
    active: tuple[SkillSnapshot, ...]
    available: tuple[SkillReference, ...]
    notices: tuple[str, ...]

    @property
    def tokens(self) -> int:
        """About how many tokens the prompt and the tools are together."""
        return self.prompt.tokens + sum(tool.tokens for tool in self.tools)


def hypothetical_context(
    *, asker: Asker, agent: str = "", model: str = "", thread_id: UUID | None = None, says: str = "", past: bool = False
) -> RunContext:
    """What a run would know that this person starts now: in the thread, or in a new one.

    Args:
        agent, model: slugs; empty for those of the thread.
        says: what the person would say.
        past: whether what was said before on the branch that is shown is read, too.

    Raises:
        ThreadNotFoundError, AgentNotFoundError: to this person they are not there.
        ModelNotFoundError, NoModelError: there is no model that could answer.
    """
    thread = get_thread(user_id=asker.user_id, thread_id=thread_id) if thread_id else None
    resolved = resolve_agent(
        agent=agent or (thread.agent if thread else ""),
        model=model or (thread.model if thread else ""),
        user_id=asker.user_id,
    )
    head = find_run(run_id=thread.head) if thread and thread.head and past else None
    number = thread.last_number + 1 if thread else 1
    run = RunSnapshot(
        id=new_id(), thread_id=thread_id or new_id(), number=number, parent=head.pk if head else None, lane=new_id(),
        kind="user", trigger="user", status="queued", user_id=asker.user_id, username=asker.username,
        agent=resolved.slug, model=resolved.model.slug, created_at=timezone.now(),
    )  # fmt: skip
    message = MessageSnapshot(
        id=new_id(), thread_id=run.thread_id, run_id=run.id, role="user", status="complete",
        content=(TextPart(text=says),), created_at=run.created_at,
    )  # fmt: skip
    context = RunContext(
        run=run, agent=resolved, prompts=chat_prompts(user_id=asker.user_id), history=(), history_truncated=False,
        messages=(message,) if says else (), skills=active_skills(run=run, agent=resolved),
    )  # fmt: skip
    return with_past(context)


async def inspect_now(context: RunContext) -> EffectiveAgent:
    """``inspect``, with connections to MCP servers that end with it."""
    wiring = Wiring()
    try:
        return await inspect(context, tool_assembly=ToolAssemblyService(tools=wiring.tools, mcp=wiring.mcp))
    finally:
        await wiring.aclose()


async def inspect(context: RunContext, *, tool_assembly: ToolAssemblyService) -> EffectiveAgent:
    """Everything that the next model call would be given before the conversation."""
    equipment = await tool_assembly.assemble(context)
    context = context.equipped(equipment.skills)
    prompt = SystemPromptBuilderService().build(
        context, tools=equipment.toolset.definitions, now=timezone.localtime(context.run.created_at)
    )
    offers = equipment.toolset.offers
    active = {skill.slug for skill in equipment.skills}
    return EffectiveAgent(
        agent=context.agent,
        prompt=prompt,
        tools=tuple(_tool(offers[name], context) for name in sorted(offers)),
        active=equipment.skills,
        available=tuple(skill for skill in context.agent.available_skills if skill.slug not in active),
        notices=(*equipment.notices, *prompt.notices, *_missing(context, equipment)),
    )


def _tool(offer: Offer, context: RunContext) -> EffectiveTool:
    definition, traits = offer.tool.definition, offer.tool.traits
    server, skill = _origin(definition.name, context) if traits.kind == "mcp" else ("", "")
    return EffectiveTool(
        name=definition.name,
        title=traits.title or definition.name,
        description=definition.description,
        kind=traits.kind,
        policy=offer.policy,
        tokens=estimate_tool(definition),
        server=server,
        skill=skill,
    )


def _origin(name: str, context: RunContext) -> tuple[str, str]:
    """The MCP server that a tool is from, and the skill that brought it."""
    slug = name.partition("__")[0]
    brought = next((skill.slug for skill in context.skills if _has(skill.mcp_servers, slug)), "")
    return slug, "" if _has(context.agent.mcp_servers, slug) else brought


def _has(servers: tuple[McpServerSnapshot, ...], slug: str) -> bool:
    return any(server.slug == slug for server in servers)


def _missing(context: RunContext, equipment: Equipment) -> Iterator[str]:
    """Why the agent does not have what it names."""
    named = {name for name, policy in context.agent.tools.items() if policy != "off"}
    if not context.agent.model.tools:
        if named or context.agent.mcp_servers or context.agent.delegates:
            model = context.agent.model.label
            yield f"{model} cannot call tools, so the agent has none. If it can, an admin says so at the model."
        return
    for name in sorted(named - set(equipment.toolset.offers)):
        why = "is switched off by the site or by you" if name in context.prompts.tools_off else "is not there"
        yield f"The agent names the tool {name}, which {why}."
