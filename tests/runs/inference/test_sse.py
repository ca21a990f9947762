"""The splitter gives the same events however the network cuts the bytes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.errors import ProviderProtocolError
from runs.inference.sse import MAX_EVENT_BYTES, SseDecoder

LINE_ENDS = st.sampled_from(["\n", "\r", "\r\n"])
VALUES = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=20)
NOISE = st.one_of(
    VALUES.map(lambda text: f":{text}"),
    VALUES.map(lambda text: f"event: {text}"),
    VALUES.map(lambda text: f"id:{text}"),
    st.just("retry: 10"),
    VALUES.map(lambda text: f"database: {text}"),
)


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[str], bytes]:
    """Events, and a stream that says them with any line ends, noise and field style."""
    events = draw(st.lists(st.lists(VALUES, min_size=1, max_size=3), max_size=6))
    lines: list[str] = []
    for event in events:
        lines += draw(st.lists(NOISE, max_size=2))
        for value in event:
            style = "data:" if draw(st.booleans()) and not value.startswith(" ") else "data: "
            lines.append("data" if value == "" and draw(st.booleans()) else style + value)
        lines.append("")
    text = ""
    for line in lines:
        # A lone CR and the LF of an empty line after it would be one line end.
        ends = LINE_ENDS.filter(lambda end: end != "\n") if text.endswith("\r") and not line else LINE_ENDS
        text += line + draw(ends)
    bom = "\ufeff" if draw(st.booleans()) else ""
    return ["\n".join(event) for event in events], (bom + text).encode()


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(streams(), st.lists(st.integers(0, 10_000), max_size=40))
def test_any_split_gives_the_same_events(stream: tuple[list[str], bytes], places: list[int]) -> None:
    events, data = stream
    decoder = SseDecoder()
    got = [event.decode() for chunk in cut(data, places) for event in decoder.feed(chunk)]
    assert got == events


@given(streams())
def test_byte_by_byte_gives_the_same_events(stream: tuple[list[str], bytes]) -> None:
    events, data = stream
    decoder = SseDecoder()
    got = [event.decode() for byte in data for event in decoder.feed(bytes([byte]))]
    assert got == events


def test_all_events_of_one_read_come_together() -> None:
    assert SseDecoder().feed(b"data: a\n\n: ping\n\ndata: b\n\ndata: c") == [b"a", b"b"]


def test_a_character_cut_in_two_is_whole_again() -> None:
    decoder = SseDecoder()
    data = "data: Grüße 🌍\n\n".encode()
    assert decoder.feed(data[:9]) == []
    assert decoder.feed(data[9:]) == ["Grüße 🌍".encode()]


def test_an_event_ends_with_its_blank_line_even_if_that_is_a_lone_cr() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: a\r\r") == [b"a"]
    assert decoder.feed(b"\ndata: b\r\n\r") == [b"b"]
    assert decoder.feed(b"\n") == []


@pytest.mark.parametrize("line", [b"data: ", b": ", b"x"])
def test_an_endless_line_is_an_error_and_not_a_memory_leak(line: bytes) -> None:
    decoder = SseDecoder()
    decoder.feed(line)
    for _ in range(3):
        decoder.feed(b"x" * (MAX_EVENT_BYTES // 4))
    with pytest.raises(ProviderProtocolError):
        decoder.feed(b"x" * (MAX_EVENT_BYTES // 4))


def test_an_endless_event_is_an_error() -> None:
    decoder = SseDecoder()
    line = b"data: " + b"x" * (MAX_EVENT_BYTES // 4) + b"\n"
    for _ in range(3):
        decoder.feed(line)
    with pytest.raises(ProviderProtocolError):
        decoder.feed(line)


def test_a_long_event_in_small_reads_takes_linear_time() -> None:
    decoder = SseDecoder()
    decoder.feed(b"data: ")
    for _ in range(4000):
        decoder.feed(b"x" * 1000)
    (event,) = decoder.feed(b"\n\n")
    assert len(event) == 4_000_000
