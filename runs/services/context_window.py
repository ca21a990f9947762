"""What a model is shown: the request that fits its window, and an account of it.

In the order in which room is made: long tool results of old turns are shortened, a summary stands for what has to leave, and
what nothing stands for is left out (``fitting``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from agents.snapshot import AgentSnapshot
from coday.kernel.database import in_database, until_done
from coday.kernel.errors import CodayError
from runs.context import RunContext, Turn
from runs.errors import ContextTooLongError, RunLostError
from runs.inference.base import ImageData, InferenceRequest, ModelMessage
from runs.services.fitting import SLACK, Fitted, Form, SummaryView, TurnView, View, boundary, fit
from runs.services.message_cleanup import MessageCleanupService
from runs.services.result_shortener import READING_TOOL, ResultShortener, long_results
from runs.services.summary_writer import SummaryWriterService, summary_tokens
from runs.services.token_estimate import estimate_message, estimate_messages, estimate_text, estimate_tool
from runs.summarizing import summaries
from runs.tools.base import Toolset
from threads.content import ContentPart, ImagePart, TextPart
from threads.queries import images_of_thread

logger = logging.getLogger(__name__)

# What the answer may take of the window where neither the agent nor the model's row gives an output limit.
ANSWER_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Shown:
    """How one earlier run stands in the model's view, and about how many tokens it takes there. ``summary`` stands for it."""

    turn: Turn
    form: Form
    tokens: int
    summary: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What fits. ``room`` is what is left of the window without the answer, the system prompt and the tools; ``current`` is
    the turn that is under way, ``cut`` how many of its messages from the first on have their results shortened, and
    ``cut_results`` how many results that are."""

    room: int
    earlier: Fitted
    current: tuple[ModelMessage, ...]
    current_tokens: int
    cut: int
    cut_results: int
    shown: tuple[Shown, ...]
    memory: UUID | None

    @property
    def messages(self) -> tuple[ModelMessage, ...]:
        """All messages of the request."""
        return (*self.earlier.messages, *self.current)


@dataclass(frozen=True, slots=True)
class FittedContext:
    """The request that fits, the plan behind it, and the context after it: it may remember more than before."""

    request: InferenceRequest
    plan: Plan
    context: RunContext

    @property
    def left_out(self) -> int:
        """How many earlier turns nothing stands for; where ``truncated``, at least so many."""
        return len(self.plan.earlier.left_out)

    @property
    def shortened(self) -> int:
        """How many long tool results are not whole."""
        return self.plan.earlier.shortened_results + self.plan.cut_results

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know of it."""
        return notices_of(self.plan, self.context)


def notices_of(plan: Plan, context: RunContext) -> tuple[str, ...]:
    """What a person should know of what fits. There may be turns that are too old to have been read."""
    truncated = context.history_truncated and plan.memory is None
    remembered, left_out = plan.earlier.remembered, len(plan.earlier.left_out)
    shortened = plan.earlier.shortened_results + plan.cut_results
    done = [
        *(["the oldest runs were summed up"] if context.history_truncated and plan.memory else []),
        *([f"{_count(remembered, 'earlier run')} summed up"] if remembered and not context.history_truncated else []),
        *([f"{_count(left_out, 'earlier run')} left out"] if left_out else []),
        *([f"{_count(shortened, 'long tool result')} shortened"] if shortened else []),
    ]
    if not done and truncated:
        done = ["the oldest runs were left out"]
    at_least = "at least " if left_out and truncated else ""
    said = f"{at_least}{' and '.join(done)}, because the model's window is full."
    return (said[0].upper() + said[1:],) if done else ()


class ContextWindowService:
    """Chooses what the model is shown. ``automatic``: what has no room is summed up by the run's model."""

    def __init__(
        self, *, cleanup: MessageCleanupService, summaries: SummaryWriterService | None = None, automatic: bool = False
    ) -> None:
        self._cleanup = cleanup
        self._summaries = summaries if automatic else None

    async def fit(self, context: RunContext, *, system: str, toolset: Toolset) -> FittedContext:
        """The next model call's request.

        Raises:
            ContextTooLongError: the present turn alone is too long, whatever is shortened in it.
        """
        plan = self.plan(context, system=system, toolset=toolset)
        if self._summaries and not context.memory_tried and _is_worth_a_summary(plan, context):
            context = await self._remember(self._summaries, context, plan)
            plan = self.plan(context, system=system, toolset=toolset)
        agent, messages = context.agent, plan.messages
        request = InferenceRequest(
            model=agent.model,
            system=system,
            messages=messages,
            tools=toolset.definitions,
            images=await _images(context.thread_id, messages),
            max_output_tokens=output_limit(agent),
            temperature=agent.temperature,
            top_p=agent.top_p,
        )
        return FittedContext(request, plan, context)

    def plan(self, context: RunContext, *, system: str, toolset: Toolset) -> Plan:
        """What fits.

        Raises:
            ContextTooLongError: as ``fit``.
        """
        model = context.agent.model
        room = model.context_window - answer_tokens(model.context_window, output_limit(context.agent))
        room -= estimate_text(system) + sum(map(estimate_tool, toolset.definitions))
        shortener = ResultShortener(readable=READING_TOOL in toolset.offers)
        slack = int(model.context_window * SLACK)
        under_way = self._cleanup.current(context)
        current, cut = _shorten_current(under_way, shortener, room=room, slack=slack)
        tokens = estimate_messages(current)
        views = self.views(context, shortener)
        memory = SummaryView(context.memory, number=0) if context.memory else None
        earlier = fit(
            views,
            end=context.run.number,
            memory=memory,
            truncated=context.history_truncated,
            room=room - tokens,
            slack=slack,
        )
        return Plan(
            room=room,
            earlier=earlier,
            current=current,
            current_tokens=tokens,
            cut=cut,
            cut_results=sum(map(long_results, under_way[:cut])),
            shown=tuple(_shown(context, views, earlier)),
            memory=earlier.memory.summary.id if earlier.memory else None,
        )

    def tokens_under_way(self, context: RunContext) -> int:
        """About how many tokens the turn that is under way is, whole."""
        return estimate_messages(self._cleanup.current(context))

    def views(self, context: RunContext, shortener: ResultShortener) -> list[View]:
        """The earlier turns that a model may be shown, oldest first; summaries in the place of those that they stand for."""
        by_run = {run_id: summary for summary in context.summaries for run_id in summary.runs}
        found: list[View] = []
        placed: set[UUID] = set()
        for turn in context.history:
            summary = by_run.get(turn.run.id)
            if turn.run.context == "excluded":
                continue
            if summary is None:
                view = TurnView(turn, self._visible(turn, context=context), shortener)
                found += [view] if view.whole else []
            elif summary.id not in placed:
                placed.add(summary.id)
                found.append(SummaryView(summary, number=turn.run.number))
        return found

    def _visible(self, turn: Turn, *, context: RunContext) -> tuple[ModelMessage, ...]:
        """Without images for a model that cannot see: an earlier turn may have been another model's."""
        view = self._cleanup.view(turn)
        return view if context.agent.model.vision else tuple(map(without_images, view))

    async def _remember(self, writer: SummaryWriterService, context: RunContext, plan: Plan) -> RunContext:
        """Have what would be left out summed up, on top of what was before. Where no model helps, it is left out."""
        turns = _turns(plan.earlier.left_out)
        before = memory = context.memory
        try:
            text = await writer.write(context, turns, earlier=before.text if before else "")
            memory = await until_done(
                partial(
                    summaries.remember,
                    run=context.run,
                    upto=turns[-1].run.id,
                    text=text,
                    model=context.agent.model.slug,
                    instead_of=before.id if before else None,
                )
            )
        except RunLostError:
            raise
        except CodayError as error:
            logger.warning("Earlier turns of thread %s could not be summed up: %s", context.thread_id, error)
        return context.remembering(memory)


def _turns(views: Iterable[View]) -> list[Turn]:
    return [view.turn for view in views if view.turn]


def _is_worth_a_summary(plan: Plan, context: RunContext) -> bool:
    """Whether so much would be left out that a summary of it is much shorter."""
    tokens = sum(view.short_tokens for view in plan.earlier.left_out if view.turn)
    return tokens >= 2 * summary_tokens(context.agent.model.context_window)


def _shown(context: RunContext, views: list[View], earlier: Fitted) -> Iterable[Shown]:
    """How each of the earlier turns stands in the view, oldest first."""
    forms = {
        view.turn.run.id: (form, view.short_tokens if form == "shortened" else view.tokens)
        for view, form in zip(views, earlier.forms(views), strict=True)
        if isinstance(view, TurnView)
    }
    kept = {view.summary.id: view for view in earlier.views if isinstance(view, SummaryView)}
    by_run = {run_id: summary.id for summary in context.summaries for run_id in summary.runs}
    counted: set[UUID] = set()
    for turn in context.history:
        if turn.run.context == "excluded":
            yield Shown(turn, "excluded", 0)
        elif summary := by_run.get(turn.run.id):
            tokens = kept[summary].tokens if summary in kept and summary not in counted else 0
            counted.add(summary)
            yield Shown(turn, "summarised" if summary in kept else "left_out", tokens, summary)
        elif turn.run.id in forms:
            form, tokens = forms[turn.run.id]
            yield Shown(turn, form, tokens if form in ("whole", "shortened") else 0)


def _shorten_current(
    messages: tuple[ModelMessage, ...], shortener: ResultShortener, *, room: int, slack: int
) -> tuple[tuple[ModelMessage, ...], int]:
    """The turn under way: whole, or with its older results shortened where it has grown over the window by itself; and how
    many of its messages from the first on are.

    Raises:
        ContextTooLongError: that does not help.
    """
    tokens = list(map(estimate_message, messages))
    if sum(tokens) <= room:
        return messages, 0
    newest = max((at for at, message in enumerate(messages) if message.role == "tool"), default=0)
    short = shortener.shorten(messages[:newest])
    savings = [before - estimate_message(message) for before, message in zip(tokens, short, strict=False)]
    place = boundary(savings, range(newest + 1), excess=sum(tokens) - room, slack=slack)
    if place is None:
        raise ContextTooLongError
    return (*short[:place], *messages[place:]), place


def output_limit(agent: AgentSnapshot) -> int | None:
    """How many tokens an answer may have: the agent's limit or its model's, whichever is less."""
    limits = [limit for limit in (agent.max_output_tokens, agent.model.output_limit) if limit]
    return min(limits, default=None)


def answer_tokens(window: int, limit: int | None) -> int:
    """How much of the window is kept free for the answer, never more than half of it."""
    return min(limit or int(window * ANSWER_SHARE), window // 2)


def without_images(message: ModelMessage) -> ModelMessage:
    """The message for a model that cannot see."""
    if not any(isinstance(part, ImagePart) for part in message.content):
        return message
    return ModelMessage(message.role, tuple(map(_described, message.content)))


def _described(part: ContentPart) -> ContentPart:
    return TextPart(text=f"[image: {part.alt or 'without a name'}]") if isinstance(part, ImagePart) else part


def _count(number: int, thing: str) -> str:
    return f"{number} {thing} was" if number == 1 else f"{number} {thing}s were"


async def _images(thread_id: UUID, messages: Iterable[ModelMessage]) -> dict[UUID, ImageData]:
    ids = [part.id for message in messages for part in message.content if isinstance(part, ImagePart)]
    return await in_database(_read_images, thread_id, ids) if ids else {}


def _read_images(thread_id: UUID, ids: list[UUID]) -> dict[UUID, ImageData]:
    found: dict[UUID, ImageData] = {}
    for image_id, image in images_of_thread(thread_id=thread_id, ids=ids).items():
        with image.file.open("rb") as file:
            found[image_id] = ImageData(media_type=image.media_type, data=file.read())
    return found
