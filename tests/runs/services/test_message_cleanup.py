"""The model's view of a thread: ends with the assistant, pairs every call, invents and deletes nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runs.inference.base import ModelMessage
from runs.services.message_cleanup import MessageCleanupService
from tests.runs.services.values import a_context, a_message, a_turn
from threads.content import ContentPart, TextPart, ToolResultPart, ToolUsePart
from threads.snapshot import MessageSnapshot

cleanup = MessageCleanupService()

call_ids = st.sampled_from(["c1", "c2", "c3"])
said = st.one_of(
    st.builds(lambda text: a_message("user", TextPart(text)), st.text(min_size=1)),
    st.builds(
        lambda text, calls: a_message("assistant", *text, *(ToolUsePart(call, "note", {}) for call in calls)),
        st.lists(st.builds(TextPart, st.text(min_size=1)), max_size=1),
        st.lists(call_ids, max_size=2, unique=True),
    ),
    st.builds(
        lambda calls: a_message("tool", *(ToolResultPart(call, "note", "noted") for call in calls)),
        st.lists(call_ids, min_size=1, max_size=2, unique=True),
    ),
    st.builds(lambda text: a_message("system", TextPart(text)), st.text(min_size=1)),
)


def ids(messages: tuple[ModelMessage, ...], kind: type[ContentPart]) -> set[str]:
    parts = [part for message in messages for part in message.content if isinstance(part, kind)]
    return {part.id if isinstance(part, ToolUsePart) else part.tool_call_id for part in parts}  # type: ignore[union-attr]


@given(st.lists(said, max_size=8))
def test_an_earlier_turn_ends_with_the_assistant_or_is_not_shown(messages: list[MessageSnapshot]) -> None:
    view = cleanup.view(a_turn(*messages))

    assert not view or view[-1].role == "assistant"


@given(st.lists(said, max_size=8))
def test_every_call_in_it_has_a_result_and_every_result_a_call(messages: list[MessageSnapshot]) -> None:
    view = cleanup.view(a_turn(*messages))

    assert ids(view, ToolUsePart) == ids(view, ToolResultPart)


@given(st.lists(said, max_size=8))
def test_it_invents_nothing_and_keeps_the_order(messages: list[MessageSnapshot]) -> None:
    view = cleanup.view(a_turn(*messages))
    stored = iter([(message.role, part) for message in messages for part in message.content])

    assert all(message.content for message in view)
    for shown in [(message.role, part) for message in view for part in message.content]:
        assert shown in stored  # an iterator: each one is found after the one before


@given(st.lists(said, max_size=8))
def test_system_messages_are_not_the_models_business(messages: list[MessageSnapshot]) -> None:
    roles = {message.role for message in cleanup.view(a_turn(*messages))}
    assert roles <= {"user", "assistant", "tool"}


def test_a_whole_turn_is_shown_whole() -> None:
    messages = (
        a_message("user", TextPart("One?")),
        a_message("assistant", TextPart("Let me see."), ToolUsePart("c1", "note", {})),
        a_message("tool", ToolResultPart("c1", "note", "noted")),
        a_message("assistant", TextPart("Done.")),
    )
    shown = cleanup.view(a_turn(*messages))

    assert shown == tuple(ModelMessage(message.role, message.content) for message in messages)  # type: ignore[arg-type]


def test_an_unanswered_input_is_out_of_view() -> None:
    assert cleanup.view(a_turn(a_message("user", TextPart("One?")))) == ()


def test_an_empty_answer_is_out_of_view() -> None:
    assert cleanup.view(a_turn(a_message("user", TextPart("One?")), a_message("assistant"))) == ()


def test_the_turn_under_way_keeps_its_input_and_its_results() -> None:
    context = a_context(
        a_message("user", TextPart("One?")),
        a_message("assistant", ToolUsePart("c1", "note", {})),
        a_message("tool", ToolResultPart("c1", "note", "noted")),
    )

    assert [message.role for message in cleanup.current(context)] == ["user", "assistant", "tool"]
