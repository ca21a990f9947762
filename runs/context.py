"""What a run knows while it runs: a frozen value. What changes it makes a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from agents.queries import ChatPrompts, chat_prompts, resolve_agent
from agents.snapshot import AgentSnapshot
from coday.kernel.errors import CodayError
from runs.commands import LONE_PROMPT, CommandRecord, remaining
from runs.errors import AnonymousModelError, RunNotFoundError
from runs.events import RunSnapshot
from runs.models import Run
from runs.queries import Stretch, earlier_turns, find_run, older_that_stay, run_snapshot, stretches
from runs.summarizing.summaries import Summary, memory_of, of_branch
from skills.queries import skill_snapshots
from skills.snapshot import SkillSnapshot
from threads.content import ContentPart, TextPart, ThinkingPart, ToolResultPart, ToolUsePart
from threads.queries import messages_of_run, messages_of_runs
from threads.skills import skills_of_thread
from threads.snapshot import MessageSnapshot

# Read no further back than this many characters for each token of the model's window: more could never fit, as the
# context window counts a token for every so many bytes.
CHARS_PER_TOKEN = 3.5
MEMORABLE = 0.2  # of that: where less is there, nothing can be too much for the window
MOST_OLDER = 90  # turns beyond that which are read because they stay
IMPORTANT = 80
"""Runs that are this important leave the model's view last, as pinned ones do."""
LONGEST_OLD_RESULT = 1_200  # characters that are left of an earlier turn's tool result before a turn is left out


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier run on the branch, with what was said in it."""

    run: RunSnapshot
    messages: tuple[MessageSnapshot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """One run's surroundings.

    ``history`` holds the earlier turns of its branch, oldest first, as far back as could fit the model, and of the older ones
    those that stay; ``history_truncated`` says that there are others. ``summaries`` stand for some of them; ``memory`` stands
    for what would be left out, and ``memory_tried`` says that this run has tried to have more of it. ``messages`` is what was
    said in this run so far. ``skills`` are those that are active, ``noted`` what the person was told of already (by its
    summary), ``commands`` what is still to be carried out.
    """

    run: RunSnapshot
    agent: AgentSnapshot
    prompts: ChatPrompts
    history: tuple[Turn, ...]
    history_truncated: bool
    messages: tuple[MessageSnapshot, ...]
    skills: tuple[SkillSnapshot, ...] = ()
    noted: frozenset[str] = frozenset()
    summaries: tuple[Summary, ...] = ()
    memory: Summary | None = None
    memory_tried: bool = False
    commands: tuple[CommandRecord, ...] = (LONE_PROMPT,)

    @property
    def thread_id(self) -> UUID:
        """The thread the run belongs to."""
        return self.run.thread_id

    @property
    def open_calls(self) -> tuple[ToolUsePart, ...]:
        """The tool calls of the newest message, which wait for their results."""
        newest = self.messages[-1].content if self.messages else ()
        return tuple(part for part in newest if isinstance(part, ToolUsePart))

    @property
    def call_ids(self) -> frozenset[str]:
        """The ids of all tool calls of this run."""
        parts = (part for message in self.messages for part in message.content)
        return frozenset(part.id for part in parts if isinstance(part, ToolUsePart))

    @property
    def model_calls(self) -> int:
        """How often the model has spoken in this run."""
        return sum(message.role == "assistant" for message in self.messages)

    def calls_of(self, tool: str) -> tuple[str, ...]:
        """The ids of this run's calls of one tool, in their order."""
        parts = (part for message in self.messages for part in message.content)
        return tuple(part.id for part in parts if isinstance(part, ToolUsePart) and part.name == tool)

    def having_said(self, *messages: MessageSnapshot) -> RunContext:
        """The context after these messages."""
        return replace(self, messages=(*self.messages, *messages))

    def equipped(self, skills: tuple[SkillSnapshot, ...]) -> RunContext:
        """The context with these skills active."""
        return replace(self, skills=skills)

    def still_to_do(self, commands: tuple[CommandRecord, ...]) -> RunContext:
        """The context with these commands left."""
        return replace(self, commands=commands)

    def answered_by(self, run: RunSnapshot, agent: AgentSnapshot) -> RunContext:
        """The context after another agent or model took the run over."""
        return replace(self, run=run, agent=agent)

    def remembering(self, memory: Summary | None) -> RunContext:
        """The context after an attempt to sum up what has no room."""
        return replace(self, memory=memory, memory_tried=True)

    def having_noted(self, summary: str) -> RunContext:
        """The context after the person was told this."""
        return replace(self, noted=self.noted | {summary})


@dataclass(frozen=True, slots=True)
class LoadedContext:
    """A context that was read ahead, on the visit to the database that claimed the run, or why there is none."""

    context: RunContext | None = None
    error: CodayError | None = None

    def get(self) -> RunContext:
        """The context; what went wrong with it is raised here, where the run's guard hears of it."""
        if self.context is None:
            raise self.error or RunNotFoundError
        return self.context


def read_ahead(*, run: RunSnapshot) -> LoadedContext:
    """``load_context``, with its error kept for later."""
    try:
        return LoadedContext(context=load_context(run=run))
    except CodayError as error:
        return LoadedContext(error=error)


def load_context(*, run: RunSnapshot) -> RunContext:
    """Read everything a claimed run needs, in a number of queries that does not grow with the thread.

    Raises:
        AgentNotFoundError, ModelNotFoundError: they were disabled since the input was captured.
        AnonymousModelError: the model is reached in anonymous threads alone, and this is none.
    """
    agent = resolve_agent(agent=run.agent, model=run.model, user_id=run.user_id)
    if agent.model.anonymous_only and not run.anonymous:
        raise AnonymousModelError
    return with_past(
        RunContext(
            run=run,
            agent=agent,
            prompts=chat_prompts(user_id=run.user_id),
            history=(),
            history_truncated=False,
            messages=tuple(messages_of_run(run_id=run.id)),
            skills=active_skills(run=run, agent=agent),
            commands=remaining(run_id=run.id) if run.commanded else (LONE_PROMPT,),
        )
    )


def with_past(context: RunContext) -> RunContext:
    """The context with what was said before its run on its branch, as far back as could fit the model."""
    past = _past(run=context.run, budget=context.agent.model.context_window * CHARS_PER_TOKEN)
    return replace(
        context,
        history=past.turns,
        history_truncated=past.truncated,
        summaries=past.summaries,
        memory=past.memory,
    )


def active_skills(*, run: RunSnapshot, agent: AgentSnapshot) -> tuple[SkillSnapshot, ...]:
    """The skills that are active in the run's thread at this moment, those of the agent first; only those that the run's
    person may use.

    Raises:
        McpHeadersUnreadableError: an MCP server's headers need to be entered again.
    """
    by: dict[str, Literal["agent", "model", "person"]] = dict.fromkeys(agent.always_skills, "agent")
    for active in skills_of_thread(thread_id=run.thread_id):
        by.setdefault(active.slug, active.by)
    found = skill_snapshots(slugs=tuple(by), user_id=run.user_id, activated_by="agent") if by else ()
    return tuple(replace(skill, activated_by=by[skill.slug]) for skill in found)


@dataclass(frozen=True, slots=True)
class _Past:
    """What came before a run on its branch."""

    turns: tuple[Turn, ...] = ()
    truncated: bool = False
    summaries: tuple[Summary, ...] = ()
    memory: Summary | None = None


def _past(*, run: RunSnapshot, budget: float) -> _Past:
    parent = find_run(run_id=run.parent) if run.parent else None
    if parent is None:
        return _Past()
    turns, left, truncated = _newest(parent, budget=budget)
    is_summarised = any(turn.run.summary for turn in turns)
    if not truncated and not is_summarised and left > budget * (1 - MEMORABLE):
        return _Past(tuple(turns))
    branch = stretches(run=parent)
    older = _older(branch, before=turns[0].run.number if turns else run.number, budget=budget) if truncated else []
    summary_ids = {turn.run.summary for turn in (*older, *turns) if turn.run.summary}
    return _Past(
        (*older, *turns),
        truncated,
        of_branch(summary_ids=summary_ids, branch=branch),
        memory_of(thread_id=run.thread_id, branch=branch),
    )


def _newest(parent: Run, *, budget: float) -> tuple[list[Turn], float, bool]:
    """The newest turns, oldest first, what is left of the budget, and whether there are older ones."""
    turns: list[Turn] = []
    for earlier, messages in earlier_turns(parent=parent):
        budget -= sum(map(_characters, messages)) if earlier.context == "full" else 0
        if budget < 0:
            return turns[::-1], 0, True
        turns.append(Turn(earlier, tuple(messages)))
    return turns[::-1], budget, False


def _older(branch: Sequence[Stretch], *, before: int, budget: float) -> list[Turn]:
    """Of the turns before a number those that stay in view, oldest first: as many as could fit, the oldest of them first."""
    runs = older_that_stay(stretches=branch, before=before, importance=IMPORTANT, most=MOST_OLDER)
    messages = messages_of_runs(run_ids=[run.pk for run in runs if run.context == Run.Context.FULL])
    turns: list[Turn] = []
    for run in runs:
        said = tuple(messages.get(run.pk, ()))
        budget -= sum(map(_characters, said))
        if budget >= 0:
            turns.append(Turn(run_snapshot(run), said))
    return turns


def _characters(message: MessageSnapshot) -> int:
    return sum(_length(part) + 20 for part in message.content)


def _length(part: ContentPart) -> int:
    match part:
        case TextPart() | ThinkingPart():
            return len(part.text)
        case ToolResultPart():
            return min(len(part.content), LONGEST_OLD_RESULT)
    return 0
