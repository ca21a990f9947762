"""What fits the model's window: whole turns, the newest first, long results shortened, and the present turn always."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coday.kernel.ids import new_id
from runs.context import RunContext, Turn
from runs.errors import ContextTooLongError
from runs.inference.base import ModelMessage, ToolDefinition
from runs.services.context_window import ContextWindowService, FittedContext, answer_tokens
from runs.services.message_cleanup import MessageCleanupService
from runs.services.token_estimate import estimate_messages, estimate_text, estimate_tool
from runs.tools.base import Invocation, Offer, Settled, Tool, Toolset
from tests.runs.services.test_quoting import patient
from tests.runs.services.values import a_context, a_message, a_turn
from threads.content import ContentPart, ImagePart, TextPart, ToolResultPart, ToolUsePart, text_of
from threads.snapshot import MessageSnapshot

SYSTEM = "Be kind."
NOW = a_message("user", TextPart("And now?"))
service = ContextWindowService(cleanup=MessageCleanupService())


class Described(Tool):
    """A tool that is never called."""

    def __init__(self, name: str, description: str = "Does it.") -> None:
        self._definition = ToolDefinition(name=name, description=description, parameters={"type": "object"})

    @property
    def definition(self) -> ToolDefinition:
        return self._definition

    async def call(self, invocation: Invocation) -> Settled:
        return Settled("done")


def offering(*tools: Tool) -> Toolset:
    return Toolset({tool.definition.name: Offer(tool) for tool in tools})


def said(asked: str, told: str) -> tuple[MessageSnapshot, ...]:
    return a_message("user", TextPart(asked)), a_message("assistant", TextPart(told))


def looked_up(call: str, result: str) -> tuple[MessageSnapshot, ...]:
    """A call and its result."""
    return a_message("assistant", ToolUsePart(call, "search", {})), a_message(
        "tool", ToolResultPart(call, "search", result)
    )


def read(call: str, result: str) -> tuple[MessageSnapshot, ...]:
    """A whole turn in which a tool was called."""
    return a_message("user", TextPart("Look!")), *looked_up(call, result), a_message("assistant", TextPart("Found."))


texts = st.text(min_size=1, max_size=300)
long_texts = st.integers(1, 9_000).map(lambda size: "ä" * size)
whole_turns = st.builds(said, texts, texts) | st.builds(read, st.just("c1"), long_texts)
histories = st.lists(st.tuples(whole_turns, st.sampled_from([50, 50, 50, 90]))).map(
    lambda turns: [
        # each begins with its number, or two could not be told apart
        a_turn(a_message("user", TextPart(f"{number}")), *messages[1:], number=number, importance=importance)
        for number, (messages, importance) in enumerate(turns, 1)
    ]
)


async def fit(context: RunContext, toolset: Toolset | None = None) -> FittedContext:
    return await service.fit(context, system=SYSTEM, toolset=toolset or Toolset())


def context_of(history: list[Turn], *, window: int) -> RunContext:
    return a_context(NOW, history=tuple(history), number=len(history) + 1, context_window=window)


def shown_turns(fitted: FittedContext, history: list[Turn]) -> list[int]:
    """The numbers of the earlier turns that are there, each of them whole but for its long results."""
    shown = list(fitted.request.messages[:-1])
    numbers = []
    for turn in history:
        if shown and [m.role for m in shown[: len(turn.messages)]] == [m.role for m in turn.messages]:
            pairs = list(zip(shown, turn.messages, strict=False))
            if all(same(part, stored) for m, n in pairs for part, stored in zip(m.content, n.content, strict=True)):
                numbers.append(turn.run.number)
                del shown[: len(turn.messages)]
    assert not shown
    return numbers


def same(part: ContentPart, stored: ContentPart) -> bool:
    if isinstance(part, ToolResultPart) and isinstance(stored, ToolResultPart):
        return part.tool_call_id == stored.tool_call_id and part.content[:900] == stored.content[:900]
    return part == stored


def calls_and_results(messages: Iterable[ModelMessage]) -> tuple[list[str], list[str]]:
    parts = [part for message in messages for part in message.content]
    called = [part.id for part in parts if isinstance(part, ToolUsePart)]
    return called, [part.tool_call_id for part in parts if isinstance(part, ToolResultPart)]


class TestWhatHolds:
    @patient
    @given(histories, st.integers(100, 6_000), st.none() | st.integers(1, 5_000), st.none() | st.integers(1, 5_000))
    async def test_never_more_than_the_window(
        self, history: list[Turn], window: int, of_model: int | None, of_agent: int | None
    ) -> None:
        context = a_context(
            NOW,
            history=tuple(history),
            context_window=window,
            output_limit=of_model,
            agent={"max_output_tokens": of_agent},
        )
        request = (await fit(context)).request

        limit = min((limit for limit in (of_model, of_agent) if limit), default=None)
        assert request.max_output_tokens == limit
        sent = estimate_text(SYSTEM) + estimate_messages(request.messages)
        assert sent + answer_tokens(window, limit) <= window

    @patient
    @given(histories, st.integers(100, 6_000))
    async def test_whole_turns_in_their_order_and_the_present_one_at_the_end(
        self, history: list[Turn], window: int
    ) -> None:
        fitted = await fit(context_of(history, window=window))

        shown = shown_turns(fitted, history)
        assert len(shown) == len(history) - fitted.left_out
        assert text_of(fitted.request.messages[-1].content) == "And now?"
        called, answered = calls_and_results(fitted.request.messages)
        assert called == answered

    @patient
    @given(histories, st.integers(100, 6_000))
    async def test_the_oldest_leave_first_and_important_ones_last(self, history: list[Turn], window: int) -> None:
        shown = set(shown_turns(await fit(context_of(history, window=window)), history))

        important = {turn.run.number for turn in history if turn.run.importance >= 80}
        usual = {turn.run.number for turn in history} - important
        assert usual & shown == {number for number in usual if number >= min(usual & shown, default=number + 1)}
        assert important <= shown or not usual & shown

    @patient
    @given(histories, st.integers(100, 6_000))
    async def test_a_turn_leaves_only_when_all_results_are_short(self, history: list[Turn], window: int) -> None:
        fitted = await fit(context_of(history, window=window))

        if fitted.left_out:
            results = [part for m in fitted.request.messages for part in m.content if isinstance(part, ToolResultPart)]
            assert all(len(part.content) <= 2_000 for part in results)

    @patient
    @given(histories)
    async def test_what_fits_is_all_shown(self, history: list[Turn]) -> None:
        fitted = await fit(context_of(history, window=10_000_000))

        assert fitted.request.messages[:-1] == tuple(
            ModelMessage(m.role, m.content)  # type: ignore[arg-type]
            for turn in history
            for m in turn.messages
        )
        assert (fitted.left_out, fitted.shortened, fitted.notices) == (0, 0, ())


class TestOrderOfSaving:
    async def test_a_long_result_shrinks_and_says_where_the_rest_is(self) -> None:
        history = [a_turn(*read("c1", "x" * 20_000)), a_turn(*said("And?", "Well."), number=2)]
        fitted = await fit(context_of(history, window=4_000), offering(Described("read_result")))

        result = fitted.request.messages[2].content[0]
        assert isinstance(result, ToolResultPart)
        assert result.content == (
            f'{"x" * 1_000}\n[… 19000 more characters were left out here; read_result(call_id="c1", offset=1000) has them]'
        )
        assert fitted.notices == ("1 long tool result was shortened, because the model's window is full.",)

    async def test_without_the_tool_that_reads_it_nothing_is_said_of_it(self) -> None:
        fitted = await fit(context_of([a_turn(*read("c1", "x" * 20_000))], window=4_000))

        assert "read_result" not in str(fitted.request.messages)

    async def test_the_oldest_results_shrink_first(self) -> None:
        history = [a_turn(*read(f"c{number}", "x" * 7_000), number=number) for number in range(1, 9)]
        fitted = await fit(context_of(history, window=20_000))

        lengths = [
            len(m.content[0].content) for m in fitted.request.messages if isinstance(m.content[0], ToolResultPart)
        ]
        assert 0 < fitted.shortened < 8
        assert lengths == sorted(lengths)
        assert fitted.left_out == 0

    async def test_a_run_that_is_excluded_is_out_and_does_not_count(self) -> None:
        history = [a_turn(*said("Secret?", "Secret.")), a_turn(*said("Old?", "Old."), number=2)]
        history[0] = a_turn(*history[0].messages, context="excluded")
        fitted = await fit(context_of(history, window=100_000))

        assert [text_of(m.content) for m in fitted.request.messages] == ["Old?", "Old.", "And now?"]
        assert fitted.left_out == 0

    async def test_an_important_turn_outlives_newer_ones(self) -> None:
        history = [a_turn(*said("My name is Ann.", "Hello Ann."), importance=80)]
        history += [a_turn(*said("x" * 700, "y" * 700), number=number) for number in range(2, 12)]
        fitted = await fit(context_of(history, window=2_000))

        assert text_of(fitted.request.messages[0].content) == "My name is Ann."
        assert 5 < fitted.left_out < 10

    async def test_says_what_was_left_out(self) -> None:
        history = [a_turn(*read("c", "x" * 3_000), number=number) for number in range(1, 40)]
        fitted = await fit(context_of(history, window=8_000))

        runs, results = fitted.left_out, fitted.shortened
        (notice,) = fitted.notices
        assert notice.startswith(
            f"{runs} earlier runs were left out and {results} long tool results were shortened, bec"
        )


class TestTheTurnUnderWay:
    def turn(self, *sizes: int) -> tuple[MessageSnapshot, ...]:
        steps = [step for number, size in enumerate(sizes) for step in looked_up(f"c{number}", "x" * size)]
        return a_message("user", TextPart("Find it.")), *steps

    async def test_its_older_results_shrink_where_it_outgrows_the_window(self) -> None:
        fitted = await fit(a_context(*self.turn(*[9_000] * 6), context_window=16_000))

        results = [m.content[0] for m in fitted.request.messages if m.role == "tool"]
        lengths = [len(part.content) for part in results if isinstance(part, ToolResultPart)]
        assert lengths[-1] == 9_000
        assert lengths == sorted(lengths)
        assert fitted.shortened == lengths.count(lengths[0])
        assert estimate_messages(fitted.request.messages) <= 12_000

    async def test_its_newest_results_never_shrink(self) -> None:
        with pytest.raises(ContextTooLongError):
            await fit(a_context(*self.turn(3_000, 60_000), context_window=16_000))

    async def test_it_is_too_long_alone(self) -> None:
        with pytest.raises(ContextTooLongError):
            await fit(a_context(a_message("user", TextPart("x" * 10_000)), context_window=1_000))

    @patient
    @given(st.lists(st.integers(1, 9_000), max_size=12), st.integers(1_000, 20_000))
    async def test_it_is_whole_or_refused(self, sizes: list[int], window: int) -> None:
        messages = self.turn(*sizes)
        try:
            request = (await fit(a_context(*messages, context_window=window))).request
        except ContextTooLongError:
            return
        assert [m.role for m in request.messages] == [m.role for m in messages]
        assert estimate_messages(request.messages) + answer_tokens(window, None) <= window


class TestCacheability:
    """Providers cache the beginning of a request: it stays the same for as many calls as possible."""

    async def test_the_beginning_stays_while_the_conversation_goes_on(self) -> None:
        history: list[Turn] = []
        beginnings = []
        for number in range(1, 201):
            fitted = await fit(context_of(history, window=16_000))
            beginnings.append(fitted.request.messages[0])
            history.append(a_turn(*said(f"{number} {'x' * 600}", "y" * 600), number=number))
        changes = [before != after for before, after in pairwise(beginnings[40:])]
        assert sum(changes) <= len(changes) / 5
        assert len(set(map(id, beginnings))) > 10

    async def test_the_beginning_stays_while_the_turn_under_way_grows(self) -> None:
        history = [a_turn(*said("x" * 600, "y" * 600), number=number) for number in range(1, 200)]
        turn: tuple[MessageSnapshot, ...] = (a_message("user", TextPart("Find it.")),)
        beginnings: Counter[int] = Counter()
        for step in range(20):
            fitted = await fit(a_context(*turn, history=tuple(history), number=200, context_window=32_000))
            beginnings[fitted.left_out] += 1
            turn += looked_up(f"c{step}", "z" * 1_500)
        assert len(beginnings) <= 5

    async def test_the_same_context_is_fitted_the_same_way(self) -> None:
        history = [a_turn(*read(f"c{number}", "x" * 3_000), number=number) for number in range(1, 40)]
        first, second = [await fit(context_of(history, window=8_000)) for _ in range(2)]

        assert first.request == second.request


async def test_tools_take_their_room() -> None:
    context = context_of([], window=1_000)
    wordy = Described("note", "x" * 3_000)
    assert estimate_tool(wordy.definition) > 800

    await fit(context, offering(Described("note")))
    with pytest.raises(ContextTooLongError):
        await fit(context, offering(wordy))


async def test_the_agents_sampling_settings_are_asked_for() -> None:
    request = (await fit(a_context(NOW, agent={"temperature": 0.2, "top_p": 0.9}))).request

    assert (request.temperature, request.top_p, request.max_output_tokens) == (0.2, 0.9, None)


async def test_an_earlier_image_is_named_to_a_model_that_cannot_see() -> None:
    history = [a_turn(a_message("user", ImagePart(new_id(), "cat.png")), a_message("assistant", TextPart("A cat.")))]
    fitted = await fit(context_of(history, window=8_000))

    assert fitted.request.messages[0].content == (TextPart("[image: cat.png]"),)
    assert not fitted.request.images


@patient
@given(st.text())
def test_an_estimate_counts_every_text(text: str) -> None:
    assert estimate_text(text) >= len(text.encode()) / 4
    assert bool(estimate_text(text)) == bool(text)


@patient
@given(st.integers(2, 10**6), st.none() | st.integers(1, 10**6))
def test_the_answer_never_takes_more_than_half(window: int, limit: int | None) -> None:
    assert 0 <= answer_tokens(window, limit) <= window // 2
