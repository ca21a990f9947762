"""What fits the model's window: whole turns, the newest first, and the present one always."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coday.kernel.ids import new_id
from runs.context import RunContext, Turn
from runs.errors import ContextTooLongError
from runs.inference.base import ToolDefinition
from runs.services.context_window import (
    ContextWindowService,
    FittedContext,
    answer_tokens,
    estimate_messages,
    estimate_text,
    estimate_tool,
)
from runs.services.message_cleanup import MessageCleanupService
from runs.tools.base import Toolset
from tests.runs.services.values import a_context, a_message, a_turn
from tests.runs.tools import Notes
from threads.content import ImagePart, TextPart, text_of

SYSTEM = "Be kind."
service = ContextWindowService(cleanup=MessageCleanupService())

turns = st.lists(
    st.builds(
        lambda asked, told: a_turn(a_message("user", TextPart(asked)), a_message("assistant", TextPart(told))),
        st.text(min_size=1, max_size=300),
        st.text(min_size=1, max_size=300),
    ),
    max_size=12,
)


async def fit(context: RunContext, toolset: Toolset | None = None) -> FittedContext:
    return await service.fit(context, system=SYSTEM, toolset=toolset or Toolset())


def context_of(history: list[Turn], *, window: int) -> RunContext:
    return a_context(a_message("user", TextPart("And now?")), history=tuple(history), context_window=window)


@given(turns, st.integers(100, 3_000), st.none() | st.integers(1, 5_000))
async def test_never_more_than_the_window_and_whole_turns_only(
    history: list[Turn], window: int, output_limit: int | None
) -> None:
    context = a_context(
        a_message("user", TextPart("And now?")),
        history=tuple(history),
        context_window=window,
        output_limit=output_limit,
    )
    fitted = await fit(context)

    sent = estimate_text(SYSTEM) + estimate_messages(fitted.request.messages)
    assert sent + answer_tokens(window, output_limit) <= window
    kept = len(history) - fitted.left_out
    expected = [text_of(message.content) for turn in history[len(history) - kept :] for message in turn.messages]
    assert [text_of(message.content) for message in fitted.request.messages] == [*expected, "And now?"]


@given(turns)
async def test_what_fits_is_all_shown(history: list[Turn]) -> None:
    fitted = await fit(context_of(history, window=100_000))

    assert fitted.left_out == 0


async def test_the_next_turn_that_was_left_out_would_not_have_fitted() -> None:
    history = [a_turn(a_message("user", TextPart("x" * 350)), a_message("assistant", TextPart("y" * 350)))] * 10
    fitted = await fit(context_of(history, window=1_000))

    one = estimate_messages(fitted.request.messages[:2])
    room = 1_000 - answer_tokens(1_000, None) - estimate_text(SYSTEM)
    assert 0 < fitted.left_out < 10
    assert estimate_messages(fitted.request.messages) + one > room


async def test_a_turn_that_is_too_long_ends_the_history_there() -> None:
    """What is older than a hole would make no sense without it."""
    short = a_turn(a_message("user", TextPart("Old?")), a_message("assistant", TextPart("Old.")))
    long = a_turn(a_message("user", TextPart("x" * 50_000)), a_message("assistant", TextPart("Long.")))
    new = a_turn(a_message("user", TextPart("New?")), a_message("assistant", TextPart("New.")))
    fitted = await fit(context_of([short, long, new], window=2_000))

    assert [text_of(message.content) for message in fitted.request.messages] == ["New?", "New.", "And now?"]
    assert fitted.left_out == 2


async def test_the_present_turn_alone_is_too_long() -> None:
    context = a_context(a_message("user", TextPart("x" * 10_000)), context_window=1_000)
    with pytest.raises(ContextTooLongError):
        await fit(context)


async def test_tools_take_their_room() -> None:
    tool = Notes()
    bare = ToolDefinition(name="note", description="x" * 3_000, parameters={"type": "object"})
    context = context_of([], window=1_000)
    await fit(context, Toolset({"note": tool}))
    assert estimate_tool(bare) > 800

    class Wordy(Notes):
        @property
        def definition(self) -> ToolDefinition:
            return bare

    with pytest.raises(ContextTooLongError):
        await fit(context, Toolset({"note": Wordy()}))


async def test_an_earlier_image_is_named_to_a_model_that_cannot_see() -> None:
    history = [a_turn(a_message("user", ImagePart(new_id(), "cat.png")), a_message("assistant", TextPart("A cat.")))]
    fitted = await fit(context_of(history, window=8_000))

    assert fitted.request.messages[0].content == (TextPart("[image: cat.png]"),)
    assert not fitted.request.images


@given(st.text())
def test_an_estimate_counts_every_text(text: str) -> None:
    assert estimate_text(text) >= len(text.encode()) / 4
    assert bool(estimate_text(text)) == bool(text)


@given(st.integers(2, 10**6), st.none() | st.integers(1, 10**6))
def test_the_answer_never_takes_more_than_half(window: int, limit: int | None) -> None:
    assert 0 <= answer_tokens(window, limit) <= window // 2
