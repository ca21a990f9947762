"""What a run knows while it runs: a frozen value. What changes it makes a new one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from agents.queries import ChatPrompts, chat_prompts, resolve_agent
from agents.snapshot import AgentSnapshot
from coday.kernel.errors import CodayError
from runs.errors import RunNotFoundError
from runs.events import RunSnapshot
from runs.queries import earlier_turns
from threads.content import ToolUsePart
from threads.queries import messages_of_run
from threads.snapshot import MessageSnapshot

# Read no further back than this many characters for each token of the model's window: more could never fit, as the
# context window counts a token for every so many bytes.
CHARS_PER_TOKEN = 3.5


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier run on the branch, with what was said in it."""

    run: RunSnapshot
    messages: tuple[MessageSnapshot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """One run's surroundings.

    ``history`` holds the earlier turns of its branch, oldest first, as far back as could fit the model;
    ``history_truncated`` says that there are older ones. ``messages`` is what was said in this run so far.
    """

    run: RunSnapshot
    agent: AgentSnapshot
    prompts: ChatPrompts
    history: tuple[Turn, ...]
    history_truncated: bool
    messages: tuple[MessageSnapshot, ...]

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

    def having_said(self, *messages: MessageSnapshot) -> RunContext:
        """The context after these messages."""
        return replace(self, messages=(*self.messages, *messages))


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
    """
    agent = resolve_agent(agent=run.agent, model=run.model, user_id=run.user_id)
    history, truncated = _history(run=run, budget=agent.model.context_window * CHARS_PER_TOKEN)
    return RunContext(
        run=run,
        agent=agent,
        prompts=chat_prompts(user_id=run.user_id),
        history=history,
        history_truncated=truncated,
        messages=tuple(messages_of_run(run_id=run.id)),
    )


def _history(*, run: RunSnapshot, budget: float) -> tuple[tuple[Turn, ...], bool]:
    if run.parent is None:
        return (), False
    turns: list[Turn] = []
    for earlier, messages in earlier_turns(parent_id=run.parent):
        budget -= sum(_characters(message) for message in messages)
        if budget < 0:
            return tuple(reversed(turns)), True
        turns.append(Turn(earlier, tuple(messages)))
    return tuple(reversed(turns)), False


def _characters(message: MessageSnapshot) -> int:
    return sum(len(getattr(part, "text", "") or getattr(part, "content", "")) + 20 for part in message.content)
