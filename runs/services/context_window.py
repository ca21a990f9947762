"""Fits the branch's history to the model's real window: whole turns only, long tool results shortened before a turn leaves.

What is left out stays left out for a while: the beginning that a provider has cached is worth more than the last few words
that would still fit. So a boundary is set a little further than it has to be, at the roundest number there; as the
conversation goes on, that boundary stays the same for many calls. Nothing is remembered for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from uuid import UUID

from agents.snapshot import AgentSnapshot
from coday.kernel.database import in_database
from runs.context import RunContext, Turn
from runs.errors import ContextTooLongError
from runs.inference.base import ImageData, InferenceRequest, ModelMessage
from runs.services.message_cleanup import MessageCleanupService
from runs.services.result_shortener import READING_TOOL, ResultShortener, long_results
from runs.services.token_estimate import estimate_message, estimate_messages, estimate_text, estimate_tool
from runs.tools.base import Toolset
from threads.content import ContentPart, ImagePart, TextPart
from threads.queries import images_of_thread

# What the answer may take of the window where neither the agent nor the model's row gives an output limit.
ANSWER_SHARE = 0.25
# How much of the window, and of what could stay, a boundary may give away to be where it is for a while.
SLACK = 0.2
SLACK_OF_REST = 0.25
# Runs that are this important leave last.
IMPORTANT = 80


@dataclass(frozen=True, slots=True)
class FittedContext:
    """The request that fits, and what it cost: how many earlier turns stayed out of it (``truncated``: at least so many), and
    how many tool results in it were shortened."""

    request: InferenceRequest
    left_out: int
    shortened: int
    truncated: bool

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know of it."""
        done = [
            *([f"{_count(self.left_out, 'earlier run')} left out"] if self.left_out else []),
            *([f"{_count(self.shortened, 'long tool result')} shortened"] if self.shortened else []),
        ]
        if not done and self.truncated:
            done = ["the oldest runs were left out"]
        at_least = "at least " if self.left_out and self.truncated else ""
        said = f"{at_least}{' and '.join(done)}, because the model's window is full."
        return (said[0].upper() + said[1:],) if done else ()


class ContextWindowService:
    """Chooses what the model is shown."""

    def __init__(self, *, cleanup: MessageCleanupService) -> None:
        self._cleanup = cleanup

    async def fit(self, context: RunContext, *, system: str, toolset: Toolset) -> FittedContext:
        """The next model call's request.

        Raises:
            ContextTooLongError: the present turn alone is too long, whatever is shortened in it.
        """
        agent, tools = context.agent, toolset.definitions
        limit = output_limit(agent)
        room = agent.model.context_window - answer_tokens(agent.model.context_window, limit)
        room -= estimate_text(system) + sum(map(estimate_tool, tools))
        shortener = ResultShortener(readable=READING_TOOL in toolset.offers)
        slack = int(agent.model.context_window * SLACK)
        current = _shorten_current(self._cleanup.current(context), shortener, room=room, slack=slack)
        history = _History(self._views(context, shortener), end=context.run.number)
        earlier = history.fitted(room=room - current.tokens, slack=slack)
        messages = (*earlier.messages, *current.messages)
        request = InferenceRequest(
            model=agent.model,
            system=system,
            messages=messages,
            tools=tools,
            images=await _images(context.thread_id, messages),
            max_output_tokens=limit,
            temperature=agent.temperature,
            top_p=agent.top_p,
        )
        return FittedContext(
            request,
            left_out=earlier.left_out,
            shortened=earlier.shortened + current.shortened,
            truncated=context.history_truncated,
        )

    def _views(self, context: RunContext, shortener: ResultShortener) -> list[_View]:
        """The earlier turns that a model may be shown."""
        turns = (turn for turn in context.history if turn.run.context != "excluded")
        views = [_View(turn, self._visible(turn, context=context), shortener) for turn in turns]
        return [view for view in views if view.whole]

    def _visible(self, turn: Turn, *, context: RunContext) -> tuple[ModelMessage, ...]:
        """Without images for a model that cannot see: an earlier turn may have been another model's."""
        view = self._cleanup.view(turn)
        return view if context.agent.model.vision else tuple(map(_without_images, view))


class _View:
    """An earlier turn as the model may be shown it: whole, or with its long results shortened."""

    def __init__(self, turn: Turn, whole: tuple[ModelMessage, ...], shortener: ResultShortener) -> None:
        self.number = turn.run.number
        self.important = turn.run.importance >= IMPORTANT
        self.whole = whole
        self.long_results = sum(map(long_results, whole))
        self.tokens = estimate_messages(whole)
        self._shortener = shortener

    @cached_property
    def short(self) -> tuple[ModelMessage, ...]:
        return self._shortener.shorten(self.whole)

    @cached_property
    def short_tokens(self) -> int:
        return estimate_messages(self.short) if self.long_results else self.tokens


@dataclass(frozen=True, slots=True)
class _Fitted:
    messages: tuple[ModelMessage, ...]
    tokens: int
    shortened: int
    left_out: int = 0


class _History:
    """The earlier turns, oldest first. ``end`` is the number of the run that follows them."""

    def __init__(self, views: list[_View], *, end: int) -> None:
        self._views = views
        self._numbers = [*(view.number for view in views), end]

    def fitted(self, *, room: int, slack: int) -> _Fitted:
        """What fits into so many tokens; a boundary may give away ``slack`` of them."""
        whole = sum(view.tokens for view in self._views)
        if whole <= room:
            return self._shown(self._views, shortened=0)
        savings = [view.tokens - view.short_tokens for view in self._views]
        boundary = _boundary(savings, self._numbers, excess=whole - room, slack=slack)
        if boundary is not None:
            return self._shown(self._views, shortened=boundary)
        kept = self._kept(room=room, slack=slack)
        return self._shown(kept, shortened=len(kept))

    def _kept(self, *, room: int, slack: int) -> list[_View]:
        """The turns that stay when even short ones have to leave: the oldest leave first, important ones last."""
        excess = sum(view.short_tokens for view in self._views) - room
        savings = [0 if view.important else view.short_tokens for view in self._views]
        boundary = _boundary(savings, self._numbers, excess=excess, slack=slack)
        if boundary is not None:
            return [view for at, view in enumerate(self._views) if at >= boundary or view.important]
        important = [view for view in self._views if view.important]
        numbers = [*(view.number for view in important), self._numbers[-1]]
        excess = sum(view.short_tokens for view in important) - room
        boundary = _boundary([view.short_tokens for view in important], numbers, excess=excess, slack=slack)
        return important[boundary:] if boundary is not None else []

    def _shown(self, views: Sequence[_View], *, shortened: int) -> _Fitted:
        """These turns, so many of them from the oldest on with their results shortened."""
        short, whole = views[:shortened], views[shortened:]
        return _Fitted(
            messages=tuple(
                message for shown in (*(v.short for v in short), *(v.whole for v in whole)) for message in shown
            ),
            tokens=sum(view.short_tokens for view in short) + sum(view.tokens for view in whole),
            shortened=sum(view.long_results for view in short),
            left_out=len(self._views) - len(views),
        )


def _shorten_current(
    messages: tuple[ModelMessage, ...], shortener: ResultShortener, *, room: int, slack: int
) -> _Fitted:
    """The turn under way: whole, or with its older results shortened where it has grown over the window by itself.

    Raises:
        ContextTooLongError: that does not help.
    """
    tokens = list(map(estimate_message, messages))
    if sum(tokens) <= room:
        return _Fitted(messages, tokens=sum(tokens), shortened=0)
    newest = max((at for at, message in enumerate(messages) if message.role == "tool"), default=0)
    short = shortener.shorten(messages[:newest])
    savings = [before - estimate_message(message) for before, message in zip(tokens, short, strict=False)]
    boundary = _boundary(savings, range(newest + 1), excess=sum(tokens) - room, slack=slack)
    if boundary is None:
        raise ContextTooLongError
    return _Fitted(
        (*short[:boundary], *messages[boundary:]),
        tokens=sum(tokens) - sum(savings[:boundary]),
        shortened=sum(map(long_results, messages[:boundary])),
    )


def _boundary(savings: Sequence[int], numbers: Sequence[int], *, excess: int, slack: int) -> int | None:
    """Before which place to save so that the excess is gone; ``None`` where saving everywhere does not do.

    Of the places that do, and save at most ``slack`` or a part of what is left more than the first of them, it is the one
    with the roundest number: the most zeros at its end in binary. As older places stop doing and newer ones come into
    reach, that one changes seldom.
    """
    saved = list(accumulate(savings, initial=0))
    if saved[-1] < excess:
        return None
    first = next(place for place, total in enumerate(saved) if total >= excess)
    most = saved[first] + min(slack, int((saved[-1] - saved[first]) * SLACK_OF_REST))
    allowed = [place for place in range(first, len(saved)) if saved[place] <= most]
    return max(allowed, key=lambda place: (_roundness(numbers[place]), -place))


def _roundness(number: int) -> int:
    """How many zeros a number ends with in binary."""
    return (number & -number).bit_length() if number else 64


def output_limit(agent: AgentSnapshot) -> int | None:
    """How many tokens an answer may have: the agent's limit or its model's, whichever is less."""
    limits = [limit for limit in (agent.max_output_tokens, agent.model.output_limit) if limit]
    return min(limits, default=None)


def answer_tokens(window: int, limit: int | None) -> int:
    """How much of the window is kept free for the answer, never more than half of it."""
    return min(limit or int(window * ANSWER_SHARE), window // 2)


def _without_images(message: ModelMessage) -> ModelMessage:
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
