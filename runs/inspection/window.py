"""What fills a model's window: run by run, as the next model call would be given it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from runs.context import RunContext, Turn
from runs.errors import ContextTooLongError
from runs.services.context_window import ContextWindowService, Plan, answer_tokens, notices_of, output_limit
from runs.services.fitting import Form
from runs.services.message_cleanup import MessageCleanupService
from runs.services.system_prompt_builder import SystemPromptBuilderService
from runs.services.token_estimate import estimate_tool
from runs.services.tool_assembly import ToolAssemblyService
from runs.wiring import Wiring
from threads.content import text_of

LONGEST_TITLE = 80  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class GaugeEntry:
    """An earlier run, how it is shown, and about how many tokens it takes there."""

    run_id: UUID
    number: int
    title: str
    tokens: int
    shown: Form
    summary: UUID | None
    pinned: bool
    importance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """What fills the window, in tokens, estimated: ``answer`` is kept free for it; ``free`` is less than nothing where the
    message alone is too long. ``memory`` is the summary that stands for what had to leave."""

    agent: str
    model: str
    window: int
    answer: int
    system: int
    tools: int
    history: int
    message: int
    entries: tuple[GaugeEntry, ...]
    notices: tuple[str, ...]
    truncated: bool
    memory: UUID | None

    @property
    def free(self) -> int:
        """What nothing fills."""
        return self.window - self.answer - self.system - self.tools - self.history - self.message


async def gauge_now(context: RunContext) -> Gauge:
    """What the next model call of this context would be given. MCP servers are asked for their tools."""
    wiring = Wiring()
    try:
        return await _gauge(context, ToolAssemblyService(tools=wiring.tools, mcp=wiring.mcp))
    finally:
        await wiring.aclose()


async def _gauge(context: RunContext, tool_assembly: ToolAssemblyService) -> Gauge:
    equipment = await tool_assembly.assemble(context)
    context = context.equipped(equipment.skills)
    tools = equipment.toolset.definitions
    prompt = SystemPromptBuilderService().build(context, tools=tools, now=timezone.localtime(context.run.created_at))
    window = ContextWindowService(cleanup=MessageCleanupService())
    try:
        plan = window.plan(context, system=prompt.text, toolset=equipment.toolset)
        fitting = notices_of(plan, context)
    except ContextTooLongError as error:
        plan, fitting = None, (error.message,)
    model = context.agent.model
    return Gauge(
        agent=context.agent.slug,
        model=model.slug,
        window=model.context_window,
        answer=answer_tokens(model.context_window, output_limit(context.agent)),
        system=prompt.tokens,
        tools=sum(map(estimate_tool, tools)),
        history=plan.earlier.tokens if plan else 0,
        message=plan.current_tokens if plan else window.tokens_under_way(context),
        entries=_entries(plan) if plan else (),
        notices=(*equipment.notices, *prompt.notices, *fitting),
        truncated=context.history_truncated,
        memory=plan.memory if plan else None,
    )


def _entries(plan: Plan) -> tuple[GaugeEntry, ...]:
    return tuple(
        GaugeEntry(
            run_id=shown.turn.run.id,
            number=shown.turn.run.number,
            title=_title(shown.turn),
            tokens=shown.tokens,
            shown=shown.form,
            summary=shown.summary,
            pinned=shown.turn.run.pinned,
            importance=shown.turn.run.importance,
        )
        for shown in plan.shown
    )


def _title(turn: Turn) -> str:
    """What the run is called, or how it begins."""
    said = next((text_of(message.content) for message in turn.messages if message.role in ("user", "system")), "")
    return turn.run.title or " ".join(said.split())[:LONGEST_TITLE]
