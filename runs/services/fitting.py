"""Which earlier turns fit a model's window, and how: whole turns only, long tool results shortened before a turn leaves.

What is left out stays left out for a while: the beginning that a provider has cached is worth more than the last few words
that would still fit. So a boundary is set a little further than it has to be, at the roundest number there; as the
conversation goes on, that boundary stays the same for many calls. Nothing is remembered for it.

Before turns leave for good, a memory stands for them, where there is one: a summary of all that is before it. Pinned and
important turns, and summaries that a person asked for, leave last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Literal, TypeAlias

from runs.context import IMPORTANT, Turn
from runs.inference.base import ModelMessage
from runs.services.quoting import element, harmless
from runs.services.result_shortener import ResultShortener, long_results
from runs.services.token_estimate import estimate_messages
from runs.summarizing.summaries import Summary
from threads.content import TextPart

# How much of the window, and of what could stay, a boundary may give away to be where it is for a while.
SLACK = 0.2
SLACK_OF_REST = 0.25

Form: TypeAlias = Literal["whole", "shortened", "summarised", "remembered", "left_out", "excluded"]


class TurnView:
    """An earlier turn as the model may be shown it: whole, or with its long results shortened."""

    def __init__(self, turn: Turn, whole: tuple[ModelMessage, ...], shortener: ResultShortener) -> None:
        self.turn = turn
        self.number = turn.run.number
        self.stays = turn.run.pinned or turn.run.importance >= IMPORTANT
        self.whole = whole
        self.long_results = sum(map(long_results, whole))
        self.tokens = estimate_messages(whole)
        self._shortener = shortener

    @cached_property
    def short(self) -> tuple[ModelMessage, ...]:
        """Its messages, long results shortened."""
        return self._shortener.shorten(self.whole)

    @cached_property
    def short_tokens(self) -> int:
        """About how many tokens those are."""
        return estimate_messages(self.short) if self.long_results else self.tokens


class SummaryView:
    """A summary as the model is shown it, at the place of the run with this number."""

    stays = True
    long_results = 0
    turn = None

    def __init__(self, summary: Summary, *, number: int) -> None:
        self.summary = summary
        self.number = number
        self.whole = self.short = summary_messages(summary.text)
        self.tokens = self.short_tokens = estimate_messages(self.whole)


View: TypeAlias = TurnView | SummaryView


def summary_messages(text: str) -> tuple[ModelMessage, ...]:
    """A summary in the place of earlier turns. Providers expect that a person and the model speak in turn."""
    told = element("summary", harmless(text))
    said = f"This is a summary of an earlier part of our conversation. It stands in its place.\n{told}"
    return ModelMessage("user", (TextPart(text=said),)), ModelMessage("assistant", (TextPart(text="Understood."),))


@dataclass(frozen=True, slots=True)
class Fitted:
    """What fits: the views that are shown, so many of them from the oldest on with their results shortened, after the
    ``memory`` if it is needed. ``left_out`` are turns that nothing stands for."""

    views: tuple[View, ...]
    shortened: int
    memory: SummaryView | None = None
    left_out: tuple[View, ...] = ()
    remembered: int = 0

    @property
    def messages(self) -> tuple[ModelMessage, ...]:
        """The earlier part of the request."""
        first = self.memory.whole if self.memory else ()
        short, whole = self.views[: self.shortened], self.views[self.shortened :]
        rest = (*(view.short for view in short), *(view.whole for view in whole))
        return (*first, *(message for shown in rest for message in shown))

    @property
    def tokens(self) -> int:
        """About how many tokens that is."""
        short, whole = self.views[: self.shortened], self.views[self.shortened :]
        first = self.memory.tokens if self.memory else 0
        return first + sum(view.short_tokens for view in short) + sum(view.tokens for view in whole)

    @property
    def shortened_results(self) -> int:
        """How many long results in it are not whole."""
        return sum(view.long_results for view in self.views[: self.shortened])

    def forms(self, views: Sequence[View]) -> list[Form]:
        """How each of the turns that there are is shown."""
        short = {id(view) for view in self.views[: self.shortened] if view.long_results}
        shown, left_out = set(map(id, self.views)), set(map(id, self.left_out))
        return [
            ("shortened" if id(view) in short else "whole")
            if id(view) in shown
            else ("left_out" if id(view) in left_out else "remembered")
            for view in views
        ]


def fit(
    views: Sequence[View], *, end: int, memory: SummaryView | None, truncated: bool, room: int, slack: int
) -> Fitted:
    """What of the earlier turns, oldest first, fits into so many tokens; a boundary may give away ``slack`` of them. ``end``
    is the number of the run that follows them; ``truncated``: there are older ones, of which only a memory could tell."""
    kept, shortened = _squeezed(views, end=end, room=room, slack=slack)
    if memory is None or (len(kept) == len(views) and not truncated):
        return Fitted(tuple(kept), shortened, left_out=_without(views, kept))
    behind = [view for view in views if view.stays or view.number > memory.summary.upto_number]
    kept, shortened = _squeezed(behind, end=end, room=room - memory.tokens, slack=slack)
    remembered = len(views) - len(behind)
    return Fitted(tuple(kept), shortened, memory, left_out=_without(behind, kept), remembered=remembered)


def _without(views: Sequence[View], kept: Sequence[View]) -> tuple[View, ...]:
    there = set(map(id, kept))
    return tuple(view for view in views if id(view) not in there)


def _squeezed(views: Sequence[View], *, end: int, room: int, slack: int) -> tuple[Sequence[View], int]:
    """The views that stay, and how many of them from the oldest on have their results shortened."""
    whole = sum(view.tokens for view in views)
    if whole <= room:
        return views, 0
    numbers = [*(view.number for view in views), end]
    savings = [view.tokens - view.short_tokens for view in views]
    place = boundary(savings, numbers, excess=whole - room, slack=slack)
    if place is not None:
        return views, place
    kept = _kept(views, numbers, room=room, slack=slack)
    return kept, len(kept)


def _kept(views: Sequence[View], numbers: Sequence[int], *, room: int, slack: int) -> Sequence[View]:
    """The turns that stay when even short ones have to leave: the oldest leave first, those that are to stay last."""
    excess = sum(view.short_tokens for view in views) - room
    savings = [0 if view.stays else view.short_tokens for view in views]
    place = boundary(savings, numbers, excess=excess, slack=slack)
    if place is not None:
        return [view for at, view in enumerate(views) if at >= place or view.stays]
    last = [view for view in views if view.stays]
    excess = sum(view.short_tokens for view in last) - room
    numbers = [*(view.number for view in last), numbers[-1]]
    place = boundary([view.short_tokens for view in last], numbers, excess=excess, slack=slack)
    return last[place:] if place is not None else []


def boundary(savings: Sequence[int], numbers: Sequence[int], *, excess: int, slack: int) -> int | None:
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
