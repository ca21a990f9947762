"""A message while it streams: however it is cut into deltas, it is the same message for everyone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from runs import wire
from runs.delivery.live import LiveMessage
from runs.events import RunDeltaEvent
from runs.inference.base import TextDelta, ThinkingDelta, ToolCallDelta
from runs.services.message_draft import MessageDraft
from tests.runs.conversation import Screen
from tests.runs.services.values import NOW, a_context
from threads.content import ContentPart, TextPart, ThinkingPart, ToolUsePart
from threads.wire import message_object

Delta = TextDelta | ThinkingDelta | ToolCallDelta

# What models say, with characters that are easy to cut in the wrong place.
texts = st.text(
    st.sampled_from('aé漢😀👩‍\u200d\u0301"\\\n{}') | st.characters(codec="utf-8", exclude_characters="\x00"),
    min_size=1,
    max_size=40,
)


@st.composite
def cut(draw: st.DrawFn, text: str) -> list[str]:
    """The text in pieces."""
    places = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


@st.composite
def answers(draw: st.DrawFn) -> tuple[list[Delta], tuple[ContentPart, ...]]:
    """An answer as deltas, cut at random, and the parts that it has to become."""
    deltas: list[Delta] = []
    parts: list[ContentPart] = []
    if draw(st.booleans()):  # what the provider encrypted: stored for it, with nothing to show
        deltas.append(ThinkingDelta("", "OPAQUE", redacted=True))
        parts.append(ThinkingPart("", "OPAQUE", "mock", redacted=True))
    if draw(st.booleans()):
        thought = draw(texts)
        deltas += [ThinkingDelta(piece) for piece in draw(cut(thought))]
        deltas.append(ThinkingDelta("", "SIGNATURE"))
        parts.append(ThinkingPart(thought, "SIGNATURE", "mock"))
    text = draw(texts)
    deltas += [TextDelta(piece) for piece in draw(cut(text))]
    parts.append(TextPart(text))
    for index in range(draw(st.integers(0, 2))):
        arguments = {"text": draw(texts)}
        pieces = draw(cut(msgspec.json.encode(arguments).decode()))
        deltas.append(ToolCallDelta(index, id=f"c{index}", name="note"))
        deltas += [ToolCallDelta(index, piece) for piece in pieces]
        parts.append(ToolUsePart(f"c{index}", "note", arguments))
    return deltas, tuple(parts)


def stream(draft: MessageDraft, deltas: Iterable[Delta]) -> Iterator[RunDeltaEvent]:
    """Feed the draft; the events that it tells."""
    return (event for event in map(draft.add, deltas) if event is not None)


def shown(screen: Screen) -> list[tuple[str, str]]:
    """Kind and text of each part on the screen that has something to show."""
    [message] = screen.messages.values()
    parts = []
    for part in message["content"]:
        text = part.get("text") or part.get("arguments_text") or ""
        parts.append((part["type"], msgspec.json.encode(part["arguments"]).decode() if "arguments" in part else text))
    return [(kind, text) for kind, text in parts if text]


@given(answers())
def test_any_cut_gives_the_same_message(answer: tuple[list[Delta], tuple[ContentPart, ...]]) -> None:
    deltas, parts = answer
    draft = MessageDraft(a_context(), now=NOW)
    list(stream(draft, deltas))

    assert draft.snapshot("complete").content == parts


@given(answers(), st.integers(0, 40))
def test_any_moment_of_joining_ends_with_the_same_text(
    answer: tuple[list[Delta], tuple[ContentPart, ...]], moment: int
) -> None:
    """A watcher from the beginning and one that joins after so many deltas both end with what is stored."""
    deltas, _ = answer
    draft = MessageDraft(a_context(), now=NOW)
    live = LiveMessage(draft.start().message)
    first, joiner = Screen(), Screen()
    first.show(msgspec.json.decode(wire.encode(live.start())))
    joined = False
    for count, event in enumerate(stream(draft, deltas)):
        if count == moment:
            joiner.show(msgspec.json.decode(wire.encode(live.start())))
            joined = True
        live.add(event)
        frame = msgspec.json.decode(wire.encode(event))
        first.show(frame)
        if joined:
            joiner.show(frame)
    if not joined:
        joiner.show(msgspec.json.decode(wire.encode(live.start())))
    stored = Screen()
    stored.show({"type": "message", "message": message_object(draft.snapshot("complete"))})

    assert shown(joiner) == shown(first) == shown(stored)


@given(st.lists(texts, min_size=1))
def test_offsets_count_code_points(pieces: list[str]) -> None:
    draft = MessageDraft(a_context(), now=NOW)
    said = ""
    for event in stream(draft, map(TextDelta, pieces)):
        assert (event.part, event.offset) == (0, len(said))
        said += event.text
    assert draft.characters == len(said)


def test_signed_thinking_is_closed() -> None:
    draft = MessageDraft(a_context(), now=NOW)
    list(stream(draft, [ThinkingDelta("One", "S1"), ThinkingDelta("Two", "S2"), ThinkingDelta("x", redacted=True)]))

    assert draft.snapshot("complete").content == (
        ThinkingPart("One", "S1", "mock"),
        ThinkingPart("Two", "S2", "mock"),
        ThinkingPart("x", "", "mock", redacted=True),
    )


def test_nothing_said_is_an_empty_draft() -> None:
    draft = MessageDraft(a_context(), now=NOW)
    assert list(stream(draft, [TextDelta(""), ThinkingDelta("")])) == []

    assert draft.is_empty
    assert draft.snapshot("complete").content == ()


def test_interleaved_calls_keep_their_arguments() -> None:
    draft = MessageDraft(a_context(), now=NOW)
    deltas = [
        ToolCallDelta(0, id="a", name="one"),
        ToolCallDelta(1, id="b", name="two"),
        ToolCallDelta(0, '{"x":'),
        ToolCallDelta(1, '{"y":'),
        ToolCallDelta(0, "1}"),
        ToolCallDelta(1, "2}"),
    ]
    told = [(event.part, event.offset, event.text) for event in stream(draft, deltas)]

    assert told == [(0, 0, ""), (1, 0, ""), (0, 0, '{"x":'), (1, 0, '{"y":'), (0, 5, "1}"), (1, 5, "2}")]
    assert draft.snapshot("complete").content == (
        ToolUsePart("a", "one", {"x": 1}),
        ToolUsePart("b", "two", {"y": 2}),
    )
