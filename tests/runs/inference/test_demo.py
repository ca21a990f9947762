"""The demo model says that it is one, and does what its help promises."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from uuid import uuid4

import pytest

from agents.seeds import DEMO
from runs.errors import ProviderUnavailableError
from runs.inference.base import ImageData, ModelMessage, TextDelta, UsageDelta
from runs.inference.demo import DemoProvider
from tests.runs.inference.requests import WEATHER, Outcome, add_all, ask, outcome, snapshot
from threads.content import ImagePart, TextPart, ToolResultPart

MODEL = snapshot("demo", "")


@pytest.fixture
def demo() -> DemoProvider:
    return DemoProvider(pace=0)


async def test_says_what_it_is_and_what_it_can(demo: DemoProvider) -> None:
    result = await outcome(demo.stream(ask(MODEL, "What do you think of code?")))
    assert result.text.startswith("I am the built-in demo model.")
    assert all(word in result.text for word in ("think", "code", "table", "words", "use the tool", "fail", "stall"))
    assert (result.thinking, result.finish) == ("", "stop")


async def test_streams_word_by_word(demo: DemoProvider) -> None:
    deltas = [delta async for delta in demo.stream(ask(MODEL, "write long 500 words"))]
    words = [delta.text for delta in deltas if isinstance(delta, TextDelta)]
    assert len(words) == len("".join(words).split()) == 500


async def test_waits_between_words() -> None:
    loop = asyncio.get_running_loop()
    start = loop.time()
    await outcome(DemoProvider(pace=0.005).stream(ask(MODEL, "write long 20 words")))
    assert loop.time() - start >= 0.1


async def test_thinks_when_asked_to(demo: DemoProvider) -> None:
    result = await outcome(demo.stream(ask(MODEL, "think, then code")))
    assert result.thinking.startswith("I was asked to think.")
    assert "```python\n" in result.text


@pytest.mark.parametrize(("wish", "shown"), [("code, please", "```python\n"), ("Write a table", "| --- |")])
async def test_writes_markdown(demo: DemoProvider, wish: str, shown: str) -> None:
    assert shown in (await outcome(demo.stream(ask(MODEL, wish)))).text


async def test_calls_a_tool_that_it_has_and_tells_its_result(demo: DemoProvider) -> None:
    result = await outcome(demo.stream(ask(MODEL, 'Use the tool weather {"place": "Köln"}', tools=(WEATHER,))))
    ((call_id, name, arguments),) = result.calls
    assert (name, arguments, result.finish) == ("weather", '{"place": "Köln"}', "tool_use")
    history = (ModelMessage("tool", (ToolResultPart(call_id, "weather", "It rains."),)),)
    assert "It rains." in (await outcome(demo.stream(ask(MODEL, messages=history)))).text


async def test_calls_no_tool_that_it_does_not_have(demo: DemoProvider) -> None:
    result = await outcome(demo.stream(ask(MODEL, "use the tool rocket {}", tools=(WEATHER,))))
    assert result.calls == []
    assert "no tool called `rocket`" in result.text
    assert "`weather`" in result.text


async def test_admits_that_it_cannot_see(demo: DemoProvider) -> None:
    image = uuid4()
    messages = (ModelMessage("user", (TextPart("What is this?"), ImagePart(image))),)
    request = ask(MODEL, messages=messages, images={image: ImageData("image/png", b"png")})
    assert "cannot see" in (await outcome(demo.stream(request))).text


@pytest.mark.parametrize("suggestion", DEMO.suggestions[1:])
async def test_understands_what_its_agent_suggests(demo: DemoProvider, suggestion: str) -> None:
    result = Outcome()
    with suppress(ProviderUnavailableError):
        await add_all(result, demo.stream(ask(MODEL, suggestion)))
    assert "I am the built-in demo model." not in result.text


async def test_breaks_off_when_asked_to_fail(demo: DemoProvider) -> None:
    result = Outcome()
    deltas = demo.stream(ask(MODEL, "fail"))
    with pytest.raises(ProviderUnavailableError, match="asked it to fail"):
        await add_all(result, deltas)
    assert result.text


async def test_falls_silent_when_asked_to_stall_until_it_is_closed(demo: DemoProvider) -> None:
    deltas = demo.stream(ask(MODEL, "stall"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await outcome(deltas)
    with pytest.raises(StopAsyncIteration):
        await anext(deltas)


async def test_stops_at_the_limit_and_says_so(demo: DemoProvider) -> None:
    result = await outcome(demo.stream(ask(MODEL, "write long 500 words", max_output_tokens=20)))
    assert result.finish == "length"
    assert 0 < len(result.text) <= 80


async def test_counts_its_tokens(demo: DemoProvider) -> None:
    result = await outcome(demo.stream(ask(MODEL, "x" * 40, system="y" * 40)))
    assert result.usage == UsageDelta(input_tokens=20, output_tokens=-(-len(result.text) // 4))


async def test_lists_itself(demo: DemoProvider) -> None:
    assert await demo.list_models(MODEL.provider) == ("demo",)
