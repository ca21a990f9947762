"""Chat Completions: what is read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coday.kernel.http import HttpClients
from runs.errors import (
    ProviderDisconnectedError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRequestError,
    ProviderUnavailableError,
)
from runs.inference.base import FinishReason, TextDelta, UsageDelta
from runs.inference.openai import OpenAIProvider
from runs.inference.openai_chunks import ChunkReader
from runs.inference.sse import SseDecoder
from tests.runs.inference.requests import Outcome, ask, outcome, outcome_of, snapshot
from tests.runs.inference.test_sse import cut
from tests.support.mock_provider import (
    CUT,
    Call,
    MockProvider,
    Reply,
    Thought,
    Tokens,
    json_reply,
    openai_reply,
    sse,
)


@pytest.fixture
def adapter(clients: HttpClients) -> OpenAIProvider:
    return OpenAIProvider(clients)


def chunk(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


class TestAnswer:
    async def test_reads_thinking_text_calls_usage_and_finish(
        self, adapter: OpenAIProvider, server: MockProvider
    ) -> None:
        tokens = Tokens(input=20, output=9, cached=12, reasoning=4)
        parts = (Thought("Let me "), Thought("see."), "Grüße ", "🌍", Call("weather", ('{"pla', 'ce":"Köln"}'), "c1"))
        server.reply(openai_reply(*parts, Call("now", (), "c2"), tokens=tokens))
        assert await outcome(adapter.stream(ask(snapshot("openai", server.base_url)))) == Outcome(
            text="Grüße 🌍",
            thinking="Let me see.",
            calls=[("c1", "weather", '{"place":"Köln"}'), ("c2", "now", "{}")],
            usage=UsageDelta(input_tokens=20, output_tokens=9, cached_tokens=12, reasoning_tokens=4),
            finish="tool_use",
        )

    async def test_text_of_one_network_read_is_one_delta(self, adapter: OpenAIProvider, server: MockProvider) -> None:
        steps = sse(*(chunk(content=word) for word in ("a", "b", "c")), chunk(finish="stop"), "[DONE]")
        server.reply(Reply(steps=(b"".join(steps),)))
        deltas = [delta async for delta in adapter.stream(ask(snapshot("openai", server.base_url)))]
        assert [delta for delta in deltas if isinstance(delta, TextDelta)] == [TextDelta("abc")]

    @pytest.mark.parametrize(
        ("wire", "ours"),
        [
            ("stop", "stop"),
            ("length", "length"),
            ("content_filter", "content_filter"),
            ("model_length", "length"),
            ("something_new", "other"),
        ],
    )
    async def test_says_why_it_stopped(
        self, adapter: OpenAIProvider, server: MockProvider, wire: str, ours: FinishReason
    ) -> None:
        server.reply(openai_reply("x", finish=wire))
        assert (await outcome(adapter.stream(ask(snapshot("openai", server.base_url))))).finish == ours

    async def test_a_truncated_call_gets_no_arguments_that_nobody_wrote(
        self, adapter: OpenAIProvider, server: MockProvider
    ) -> None:
        server.reply(openai_reply(Call("weather", ()), finish="length"))
        result = await outcome(adapter.stream(ask(snapshot("openai", server.base_url))))
        assert (result.calls, result.finish) == ([("call_1", "weather", "")], "length")

    @pytest.mark.parametrize(
        "deltas",
        [
            [{"reasoning": "hm"}, {"content": "ok"}],
            [{"reasoning_content": "hm", "content": None}, {"content": "ok", "reasoning_content": None}],
            [{"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]}, {"content": "ok"}],
            [{"content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "ok"}]}],
        ],
    )
    async def test_reads_every_way_to_think(
        self, adapter: OpenAIProvider, server: MockProvider, deltas: list[dict[str, Any]]
    ) -> None:
        server.reply(Reply(steps=sse(*(chunk(**delta) for delta in deltas), chunk(finish="stop"), "[DONE]")))
        result = await outcome(adapter.stream(ask(snapshot("openai", server.base_url))))
        assert (result.thinking, result.text) == ("hm", "ok")

    @pytest.mark.parametrize("index", [{"index": 0}, {}])
    async def test_calls_that_share_a_number_stay_apart(
        self, adapter: OpenAIProvider, server: MockProvider, index: dict[str, int]
    ) -> None:
        calls = [
            {**index, "id": f"c{number}", "function": {"name": "weather", "arguments": f'{{"n":{number}}}'}}
            for number in range(3)
        ]
        server.reply(Reply(steps=sse(*(chunk(tool_calls=[call]) for call in calls), chunk(finish="stop"), "[DONE]")))
        result = await outcome(adapter.stream(ask(snapshot("openai", server.base_url))))
        assert result.calls == [(f"c{number}", "weather", f'{{"n":{number}}}') for number in range(3)]
        assert result.finish == "tool_use"

    async def test_a_call_without_id_gets_one(self, adapter: OpenAIProvider, server: MockProvider) -> None:
        call = {"index": 0, "function": {"name": "weather", "arguments": {"place": "Köln"}}}
        server.reply(Reply(steps=sse(chunk(tool_calls=[call]), chunk(finish="tool_calls"), "[DONE]")))
        ((call_id, name, arguments),) = (await outcome(adapter.stream(ask(snapshot("openai", server.base_url))))).calls
        assert call_id.startswith("call_")
        assert (name, arguments) == ("weather", '{"place":"Köln"}')

    async def test_reasoning_left_out_of_the_completion_is_counted(
        self, adapter: OpenAIProvider, server: MockProvider
    ) -> None:
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 35}
        server.reply(Reply(steps=sse(chunk(finish="stop", content="x"), {"choices": [], "usage": usage}, "[DONE]")))
        result = await outcome(adapter.stream(ask(snapshot("openai", server.base_url))))
        assert result.usage == UsageDelta(input_tokens=10, output_tokens=25)

    async def test_takes_a_whole_answer_where_a_stream_was_asked_for(
        self, adapter: OpenAIProvider, server: MockProvider
    ) -> None:
        call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
        message = {"role": "assistant", "content": "Hello", "reasoning_content": "hm", "tool_calls": [call]}
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
        usage = {"prompt_tokens": 1, "completion_tokens": 2}
        server.reply(json_reply({"object": "chat.completion", "choices": [choice], "usage": usage}))
        assert await outcome(adapter.stream(ask(snapshot("openai", server.base_url)))) == Outcome(
            text="Hello",
            thinking="hm",
            calls=[("c1", "weather", "{}")],
            usage=UsageDelta(input_tokens=1, output_tokens=2),
            finish="tool_use",
        )

    async def test_a_finished_answer_is_whole_though_the_connection_broke_after_it(
        self, adapter: OpenAIProvider, server: MockProvider
    ) -> None:
        server.reply(Reply(steps=(*sse(chunk(content="Hello"), chunk(finish="stop")), CUT)))
        result = await outcome(adapter.stream(ask(snapshot("openai", server.base_url))))
        assert (result.text, result.finish) == ("Hello", "stop")

    async def test_the_connection_is_used_again(self, adapter: OpenAIProvider, server: MockProvider) -> None:
        for _ in range(3):
            await outcome(adapter.stream(ask(snapshot("openai", server.base_url))))
        assert server.connections == 1


class TestFailure:
    @pytest.mark.parametrize(
        "steps",
        [
            (*sse(chunk(content="Hel")), CUT),
            (*sse(chunk(content="Hel")), b'data: {"choices": [{"del', CUT),
            sse(chunk(content="Hel")),
        ],
        ids=["cut", "cut in a chunk", "ended as if whole"],
    )
    async def test_a_stream_without_a_finish_is_an_error(
        self, adapter: OpenAIProvider, server: MockProvider, steps: tuple[Any, ...]
    ) -> None:
        server.reply(Reply(steps=steps))
        with pytest.raises(ProviderDisconnectedError):
            await outcome(adapter.stream(ask(snapshot("openai", server.base_url))))

    @pytest.mark.parametrize(
        "reply",
        [
            Reply(steps=()),
            Reply(steps=(b"data: {broken\n\n",)),
            Reply(steps=(b"data: [1]\n\n",)),
            Reply(steps=(b"\xff\xfe\n\n" * 10,)),
            Reply(steps=(b'data: {"choices": [{"delta": {"content": "\xff"}}]}\n\n',)),
            Reply(content_type="text/html", steps=(b"<html>Log in</html>",)),
            Reply(content_type="", steps=(b"<html>Log in</html>",)),
            Reply(content_type="application/json", steps=(b"",)),
            Reply(content_type="application/json", steps=(b"{}",)),
            Reply(headers={"Content-Encoding": "gzip"}, steps=(b"this is no gzip",)),
        ],
    )
    async def test_what_is_no_answer_is_a_protocol_error(
        self, adapter: OpenAIProvider, server: MockProvider, reply: Reply
    ) -> None:
        server.reply(reply)
        with pytest.raises(ProviderProtocolError):
            await outcome(adapter.stream(ask(snapshot("openai", server.base_url))))

    @pytest.mark.parametrize(
        ("event", "kind"),
        [
            ({"error": {"message": "slow down", "code": 429}}, ProviderRateLimitedError),
            ({"error": {"message": "slow down", "type": "rate_limit_exceeded"}}, ProviderRateLimitedError),
            ({"error": {"message": "no such thing", "code": 400}}, ProviderRequestError),
            ({"error": {"message": "oops"}}, ProviderUnavailableError),
            ({"error": "oops"}, ProviderUnavailableError),
            ({"object": "error", "message": "bad", "code": 400}, ProviderRequestError),
        ],
    )
    async def test_an_error_in_the_stream_is_told(
        self, adapter: OpenAIProvider, server: MockProvider, event: Any, kind: type[Exception]
    ) -> None:
        server.reply(Reply(steps=sse(chunk(content="Hel"), event)))
        with pytest.raises(kind):
            await outcome(adapter.stream(ask(snapshot("openai", server.base_url))))


async def test_lists_the_models(adapter: OpenAIProvider, server: MockProvider) -> None:
    server.reply(json_reply({"object": "list", "data": [{"id": "b"}, {"id": "a"}]}))
    assert await adapter.list_models(snapshot("openai", server.base_url).provider) == ("a", "b")
    assert (server.requests[0].method, server.requests[0].path) == ("GET", "/v1/models")


@pytest.mark.parametrize("data", [[], None])
async def test_a_server_without_models_has_none(adapter: OpenAIProvider, server: MockProvider, data: Any) -> None:
    server.reply(json_reply({"object": "list", "data": data}))
    assert await adapter.list_models(snapshot("openai", server.base_url).provider) == ()


@pytest.mark.parametrize("reply", [json_reply({}), json_reply([]), Reply(content_type="text/html", steps=(b"<html>",))])
async def test_what_is_no_list_of_models_is_a_protocol_error(
    adapter: OpenAIProvider, server: MockProvider, reply: Reply
) -> None:
    server.reply(reply)
    with pytest.raises(ProviderProtocolError):
        await adapter.list_models(snapshot("openai", server.base_url).provider)


RECORDED = b"".join(
    step
    for step in openai_reply(
        Thought("Grübel "), "Grüße", " 🌍🌎", Call("weather", ('{"place"', ':"Köln"}')), Call("now", ("{", "}"), "c2")
    ).steps
    if isinstance(step, bytes)
)


@given(st.lists(st.integers(0, len(RECORDED)), max_size=60))
def test_any_split_of_a_stream_gives_the_same_answer(places: list[int]) -> None:
    decoder = SseDecoder()
    reader = ChunkReader(snapshot("openai", "http://unused.invalid").provider)
    deltas = [delta for piece in cut(RECORDED, places) for delta in reader.read(decoder.feed(piece))]
    assert outcome_of([*deltas, *reader.finish()]) == Outcome(
        text="Grüße 🌍🌎",
        thinking="Grübel ",
        calls=[("call_1", "weather", '{"place":"Köln"}'), ("c2", "now", "{}")],
        usage=UsageDelta(input_tokens=10, output_tokens=5),
        finish="tool_use",
    )
