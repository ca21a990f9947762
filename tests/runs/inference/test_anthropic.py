"""Messages: what is sent, and what is read."""

from __future__ import annotations

import base64
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coday.kernel.http import HttpClients
from runs.errors import (
    ContextTooLongError,
    ProviderDisconnectedError,
    ProviderProtocolError,
    ProviderRequestError,
    ProviderUnavailableError,
)
from runs.inference.anthropic import AnthropicProvider
from runs.inference.anthropic_events import EventReader
from runs.inference.base import FinishReason, ImageData, ModelMessage, ThinkingDelta, UsageDelta
from runs.inference.sse import SseDecoder
from tests.runs.inference.requests import KEY, WEATHER, Outcome, ask, outcome, outcome_of, snapshot
from tests.runs.inference.test_sse import cut
from tests.support.mock_provider import (
    CUT,
    Call,
    MockProvider,
    Reply,
    Thought,
    Tokens,
    anthropic_reply,
    json_reply,
    sse,
)
from threads.content import ImagePart, TextPart, ThinkingPart, ToolResultPart, ToolUsePart

MARK = {"cache_control": {"type": "ephemeral"}}
CALL = ToolUsePart("c1", "weather", {"place": "Köln"})
RESULT = ModelMessage("tool", (ToolResultPart("c1", "weather", "rain"),))
QUESTION = ModelMessage("user", (TextPart("How is it?"),))


@pytest.fixture
def adapter(clients: HttpClients) -> AnthropicProvider:
    return AnthropicProvider(clients)


class TestRequest:
    async def test_says_everything_the_model_needs(self, adapter: AnthropicProvider, server: MockProvider) -> None:
        image = uuid4()
        messages = (
            ModelMessage("user", (TextPart("What is this?"), ImagePart(image), TextPart("  \n"))),
            ModelMessage(
                "assistant",
                (
                    ThinkingPart("hm", "sig", "mock"),
                    ThinkingPart("", "opaque", "mock", redacted=True),
                    ThinkingPart("of another", "sig", "another"),
                    ThinkingPart("unsigned", "", "mock"),
                    TextPart("Let me see."),
                    CALL,
                    ToolUsePart("c2", "weather", None, '{"pla'),
                ),
            ),
            RESULT,
            ModelMessage("tool", (ToolResultPart("c2", "weather", "no", is_error=True),)),
            ModelMessage("user", (TextPart("And now?"),)),
        )
        request = ask(
            snapshot("anthropic", server.base_url),
            messages=messages,
            tools=(WEATHER,),
            images={image: ImageData("image/png", b"png")},
            max_output_tokens=77,
            temperature=1.5,
            top_p=0.9,
        )
        await outcome(adapter.stream(request))
        (received,) = server.requests
        assert received.path == "/v1/messages"
        assert received.headers["x-api-key"] == KEY
        assert received.headers["anthropic-version"] == "2023-06-01"
        assert "authorization" not in received.headers
        source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(b"png").decode()}
        assert received.json == {
            "model": "mock-1",
            "max_tokens": 77,
            "temperature": 1.0,
            "top_p": 0.9,
            "stream": True,
            "system": [{"type": "text", "text": "Be kind.", **MARK}],
            "tools": [{"name": WEATHER.name, "description": WEATHER.description, "input_schema": WEATHER.parameters}],
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "text", "text": "What is this?"}, {"type": "image", "source": source}],
                },
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "hm", "signature": "sig"},
                        {"type": "redacted_thinking", "data": "opaque"},
                        {"type": "text", "text": "Let me see."},
                        {"type": "tool_use", "id": "c1", "name": "weather", "input": {"place": "Köln"}},
                        {"type": "tool_use", "id": "c2", "name": "weather", "input": {"malformed_arguments": '{"pla'}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "c1", "content": "rain"},
                        {"type": "tool_result", "tool_use_id": "c2", "content": "no", "is_error": True},
                        {"type": "text", "text": "And now?", **MARK},
                    ],
                },
            ],
        }

    @pytest.mark.parametrize(("limit", "asked", "sent"), [(None, None, 4096), (9000, None, 9000), (9000, 50, 50)])
    async def test_always_names_a_limit(
        self, adapter: AnthropicProvider, server: MockProvider, limit: int | None, asked: int | None, sent: int
    ) -> None:
        model = snapshot("anthropic", server.base_url, output_limit=limit)
        await outcome(adapter.stream(ask(model, max_output_tokens=asked)))
        assert server.requests[0].json["max_tokens"] == sent

    async def test_asks_a_reasoning_model_to_think(self, adapter: AnthropicProvider, server: MockProvider) -> None:
        model = snapshot("anthropic", server.base_url, reasoning=True)
        await outcome(adapter.stream(ask(model, temperature=0.5, top_p=0.9)))
        body = server.requests[0].json
        assert body["thinking"] == {"type": "adaptive", "display": "summarized"}
        assert not {"temperature", "top_p"} & set(body)

    async def test_gives_a_budget_where_that_is_wanted_and_remembers(
        self, adapter: AnthropicProvider, server: MockProvider
    ) -> None:
        refusal = {"type": "invalid_request_error", "message": "adaptive thinking is not supported on this model"}
        server.reply(json_reply({"type": "error", "error": refusal}, status=400))
        model = snapshot("anthropic", server.base_url, reasoning=True, output_limit=8000)
        for _ in range(2):
            assert (await outcome(adapter.stream(ask(model)))).finish == "stop"
        assert [request.json["thinking"]["type"] for request in server.requests] == ["adaptive", "enabled", "enabled"]
        assert server.requests[-1].json["thinking"]["budget_tokens"] == 4000

    @pytest.mark.parametrize(
        ("refusal", "taken"),
        [
            ("temperature: not supported on this model", set()),
            ("top_p: not supported on this model", set()),
            ("`temperature` and `top_p` cannot both be specified for this model.", {"temperature"}),
        ],
    )
    async def test_leaves_out_refused_sampling_settings_and_remembers(
        self, adapter: AnthropicProvider, server: MockProvider, refusal: str, taken: set[str]
    ) -> None:
        error = {"type": "invalid_request_error", "message": refusal}
        server.reply(json_reply({"type": "error", "error": error}, status=400))
        model = snapshot("anthropic", server.base_url)
        for _ in range(2):
            assert (await outcome(adapter.stream(ask(model, temperature=0.5, top_p=0.9)))).finish == "stop"
        sent = [{"temperature", "top_p"} & set(request.json) for request in server.requests]
        assert sent == [{"temperature", "top_p"}, taken, taken]

    @pytest.mark.parametrize(
        ("history", "thinks"),
        [
            ((QUESTION, ModelMessage("assistant", (CALL,)), RESULT), False),
            ((QUESTION, ModelMessage("assistant", (ThinkingPart("hm", "s", "another"), CALL)), RESULT), False),
            ((QUESTION, ModelMessage("assistant", (ThinkingPart("hm", "s", "mock"), CALL)), RESULT), True),
            ((QUESTION, ModelMessage("assistant", (CALL,)), RESULT, QUESTION), True),
        ],
    )
    async def test_a_turn_begun_without_thinking_goes_on_without(
        self, adapter: AnthropicProvider, server: MockProvider, history: tuple[ModelMessage, ...], thinks: bool
    ) -> None:
        model = snapshot("anthropic", server.base_url, reasoning=True)
        await outcome(adapter.stream(ask(model, messages=history)))
        assert ("thinking" in server.requests[0].json) is thinks


class TestAnswer:
    async def test_reads_thinking_text_calls_usage_and_finish(
        self, adapter: AnthropicProvider, server: MockProvider
    ) -> None:
        tokens = Tokens(input=20, output=9, cached=12)
        thoughts = (Thought("Let me "), Thought("see.", signature="sig"))
        calls = (Call("weather", ('{"pla', 'ce":"Köln"}'), "c1"), Call("now", (), "c2"))
        server.reply(anthropic_reply(*thoughts, "Grüße ", "🌍", *calls, tokens=tokens))
        assert await outcome(adapter.stream(ask(snapshot("anthropic", server.base_url)))) == Outcome(
            text="Grüße 🌍",
            thinking="Let me see.",
            signatures=["sig"],
            calls=[("c1", "weather", '{"place":"Köln"}'), ("c2", "now", "{}")],
            usage=UsageDelta(input_tokens=20, output_tokens=9, cached_tokens=12),
            finish="tool_use",
        )

    async def test_counts_all_input_and_what_of_the_output_was_thought(
        self, adapter: AnthropicProvider, server: MockProvider
    ) -> None:
        output = {"output_tokens": 7, "output_tokens_details": {"thinking_tokens": 4}}
        start = {"input_tokens": 3, "cache_creation_input_tokens": 40, "cache_read_input_tokens": 500}
        events = (
            {"type": "message_start", "message": {"usage": {**start, "output_tokens": 1}}},
            {"type": "ping"},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": output},
            {"type": "message_stop"},
        )
        server.reply(Reply(steps=sse(*events)))
        result = await outcome(adapter.stream(ask(snapshot("anthropic", server.base_url))))
        assert result.usage == UsageDelta(input_tokens=543, output_tokens=7, cached_tokens=500, reasoning_tokens=4)

    async def test_redacted_thinking_is_kept_as_it_is(self, adapter: AnthropicProvider, server: MockProvider) -> None:
        block = {"type": "redacted_thinking", "data": "opaque"}
        events = (
            {"type": "message_start", "message": {}},
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
        )
        server.reply(Reply(steps=sse(*events)))
        deltas = [delta async for delta in adapter.stream(ask(snapshot("anthropic", server.base_url)))]
        assert deltas[0] == ThinkingDelta("", "opaque", redacted=True)

    async def test_two_signed_thoughts_stay_two(self, adapter: AnthropicProvider, server: MockProvider) -> None:
        whole = anthropic_reply(Thought("one", signature="s1"), Thought("two", signature="s2"))
        server.reply(Reply(steps=(b"".join(step for step in whole.steps if isinstance(step, bytes)),)))
        deltas = [delta async for delta in adapter.stream(ask(snapshot("anthropic", server.base_url)))]
        thoughts = [delta for delta in deltas if isinstance(delta, ThinkingDelta)]
        assert thoughts == [ThinkingDelta("one", "s1"), ThinkingDelta("two", "s2")]

    @pytest.mark.parametrize(
        ("wire", "ours"),
        [
            ("end_turn", "stop"),
            ("stop_sequence", "stop"),
            ("max_tokens", "length"),
            ("model_context_window_exceeded", "length"),
            ("refusal", "content_filter"),
            ("pause_turn", "other"),
            ("something_new", "other"),
        ],
    )
    async def test_says_why_it_stopped(
        self, adapter: AnthropicProvider, server: MockProvider, wire: str, ours: FinishReason
    ) -> None:
        server.reply(anthropic_reply("x", finish=wire))
        result = await outcome(adapter.stream(ask(snapshot("anthropic", server.base_url))))
        assert result.finish == ours

    async def test_takes_a_whole_answer_where_a_stream_was_asked_for(
        self, adapter: AnthropicProvider, server: MockProvider
    ) -> None:
        content = [
            {"type": "thinking", "thinking": "hm", "signature": "sig"},
            {"type": "text", "text": "Hello"},
            {"type": "tool_use", "id": "c1", "name": "weather", "input": {"place": "Köln"}},
        ]
        usage = {"input_tokens": 1, "output_tokens": 2, "cache_read_input_tokens": None}
        server.reply(json_reply({"type": "message", "content": content, "stop_reason": "tool_use", "usage": usage}))
        assert await outcome(adapter.stream(ask(snapshot("anthropic", server.base_url)))) == Outcome(
            text="Hello",
            thinking="hm",
            signatures=["sig"],
            calls=[("c1", "weather", '{"place":"Köln"}')],
            usage=UsageDelta(input_tokens=1, output_tokens=2),
            finish="tool_use",
        )

    async def test_kinds_that_nobody_knew_are_passed_over(
        self, adapter: AnthropicProvider, server: MockProvider
    ) -> None:
        block = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}
        fragment = {"type": "input_json_delta", "partial_json": "{}"}
        events = (
            {"type": "message_start", "message": {}},
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "content_block_delta", "index": 0, "delta": fragment},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "citations_delta", "citation": {}}},
            {"type": "something_new", "data": [1]},
        )
        steps = (*sse(*events), *anthropic_reply("x").steps)
        server.reply(Reply(steps=steps))
        result = await outcome(adapter.stream(ask(snapshot("anthropic", server.base_url))))
        assert (result.text, result.calls) == ("x", [])


class TestFailure:
    @pytest.mark.parametrize(
        ("error", "kind"),
        [
            ({"type": "overloaded_error", "message": "Overloaded"}, ProviderUnavailableError),
            ({"type": "invalid_request_error", "message": "prompt is too long: 9 > 8"}, ContextTooLongError),
            ({"type": "invalid_request_error", "message": "no"}, ProviderRequestError),
        ],
    )
    async def test_an_error_event_is_told(
        self, adapter: AnthropicProvider, server: MockProvider, error: Any, kind: type[Exception]
    ) -> None:
        begin = anthropic_reply("Hel").steps[:3]
        server.reply(Reply(steps=(*begin, *sse({"type": "error", "error": error}))))
        with pytest.raises(kind):
            await outcome(adapter.stream(ask(snapshot("anthropic", server.base_url))))

    @pytest.mark.parametrize("end", [(), (CUT,)], ids=["ended as if whole", "cut"])
    async def test_a_stream_without_a_finish_is_an_error(
        self, adapter: AnthropicProvider, server: MockProvider, end: tuple[Any, ...]
    ) -> None:
        server.reply(Reply(steps=(*anthropic_reply("Hel").steps[:3], *end)))
        with pytest.raises(ProviderDisconnectedError):
            await outcome(adapter.stream(ask(snapshot("anthropic", server.base_url))))

    @pytest.mark.parametrize(
        "reply",
        [
            Reply(steps=()),
            Reply(steps=(b"data: {broken\n\n",)),
            Reply(steps=(b"data: []\n\n",)),
            Reply(content_type="text/html", steps=(b"<html>",)),
            Reply(content_type="application/json", steps=(b"{}",)),
        ],
    )
    async def test_what_is_no_answer_is_a_protocol_error(
        self, adapter: AnthropicProvider, server: MockProvider, reply: Reply
    ) -> None:
        server.reply(reply)
        with pytest.raises(ProviderProtocolError):
            await outcome(adapter.stream(ask(snapshot("anthropic", server.base_url))))


async def test_lists_the_models(adapter: AnthropicProvider, server: MockProvider) -> None:
    server.reply(json_reply({"data": [{"id": "b"}, {"id": "a"}], "has_more": False}))
    assert await adapter.list_models(snapshot("anthropic", server.base_url).provider) == ("a", "b")
    assert server.requests[0].target == "/v1/models?limit=1000"
    assert server.requests[0].headers["x-api-key"] == KEY


RECORDED = b"".join(
    step
    for step in anthropic_reply(
        Thought("Grübel "), Thought("…", "sig"), "Grüße", " 🌍🌎", Call("weather", ('{"place"', ':"Köln"}'))
    ).steps
    if isinstance(step, bytes)
)


@given(st.lists(st.integers(0, len(RECORDED)), max_size=60))
def test_any_split_of_a_stream_gives_the_same_answer(places: list[int]) -> None:
    decoder = SseDecoder()
    reader = EventReader(snapshot("anthropic", "http://unused.invalid").provider)
    deltas = [delta for piece in cut(RECORDED, places) for delta in reader.read(decoder.feed(piece))]
    assert outcome_of([*deltas, *reader.finish()]) == Outcome(
        text="Grüße 🌍🌎",
        thinking="Grübel …",
        signatures=["sig"],
        calls=[("call_1", "weather", '{"place":"Köln"}')],
        usage=UsageDelta(input_tokens=10, output_tokens=5),
        finish="tool_use",
    )
