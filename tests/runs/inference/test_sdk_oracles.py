"""The vendors' own clients read the same streams as our adapters do, and send the same requests."""

from __future__ import annotations

from typing import Any

import anthropic
import openai
import pytest
from anthropic.types import MessageParam
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from pydantic import TypeAdapter

from coday.kernel.http import HttpClients
from runs.inference.anthropic import AnthropicProvider
from runs.inference.base import ModelMessage, UsageDelta
from runs.inference.openai import OpenAIProvider
from tests.runs.inference.requests import KEY, WEATHER, Outcome, ask, outcome, snapshot
from tests.support.mock_provider import (
    Call,
    MockProvider,
    Part,
    Reply,
    Thought,
    Tokens,
    anthropic_reply,
    openai_reply,
)
from threads.content import TextPart, ThinkingPart, ToolResultPart, ToolUsePart

TOKENS = Tokens(input=40, output=12, cached=30)
CASES: dict[str, tuple[Part, ...]] = {
    "text": ("Grüße", ", ", "🌍", "!\n\n", "  indented"),
    "thinking": (Thought("Let me "), Thought("see.", signature="sig"), "Done."),
    "calls": (
        "I ask.",
        Call("weather", ('{"pla', 'ce": "K', 'öln"}'), "c1"),
        Call("weather", ('{"place": "Rom"}',), "c2"),
    ),
    "empty": (),
}


def at_once(reply: Reply) -> Reply:
    """The same stream, cut in 7-byte pieces: nothing may depend on how the network splits it."""
    whole = b"".join(step for step in reply.steps if isinstance(step, bytes))
    return Reply(steps=tuple(whole[start : start + 7] for start in range(0, len(whole), 7)))


async def openai_sdk(base_url: str) -> Outcome:
    """What OpenAI's client makes of one stream."""
    result = Outcome()
    async with openai.AsyncOpenAI(base_url=base_url, api_key=KEY, max_retries=0) as client:
        stream = await client.chat.completions.create(
            model="mock-1", messages=[{"role": "user", "content": "Hello?"}], stream=True
        )
        calls: dict[int, list[str]] = {}
        async for chunk in stream:
            if chunk.usage and chunk.usage.prompt_tokens_details:
                result.usage = UsageDelta(
                    input_tokens=chunk.usage.prompt_tokens,
                    output_tokens=chunk.usage.completion_tokens,
                    cached_tokens=chunk.usage.prompt_tokens_details.cached_tokens or 0,
                )
            for choice in chunk.choices:
                result.text += choice.delta.content or ""
                result.thinking += (choice.delta.model_extra or {}).get("reasoning_content") or ""
                for call in choice.delta.tool_calls or ():
                    assert call.function
                    known = calls.setdefault(call.index, [call.id or "", call.function.name or "", ""])
                    known[2] += call.function.arguments or ""
                if choice.finish_reason:
                    result.finish = "tool_use" if choice.finish_reason == "tool_calls" else "stop"
    result.calls = [(known[0], known[1], known[2]) for known in calls.values()]
    return result


async def anthropic_sdk(base_url: str) -> Outcome:
    """What Anthropic's client makes of one stream."""
    result = Outcome()
    root = base_url.removesuffix("/v1")
    async with (
        anthropic.AsyncAnthropic(base_url=root, api_key=KEY, max_retries=0) as client,
        client.messages.stream(
            model="mock-1", max_tokens=100, messages=[{"role": "user", "content": "Hello?"}]
        ) as stream,
    ):
        message = await stream.get_final_message()
    for block in message.content:
        match block.type:
            case "text":
                result.text += block.text
            case "thinking":
                result.thinking += block.thinking
                result.signatures += [block.signature] if block.signature else []
            case "tool_use":
                arguments = TypeAdapter(dict[str, Any]).dump_json(block.input).decode()
                result.calls.append((block.id, block.name, arguments))
    cached = message.usage.cache_read_input_tokens or 0
    result.usage = UsageDelta(
        input_tokens=message.usage.input_tokens + cached,
        output_tokens=message.usage.output_tokens,
        cached_tokens=cached,
    )
    result.finish = "tool_use" if message.stop_reason == "tool_use" else "stop"
    return result


@pytest.mark.parametrize("case", CASES)
async def test_openai_reads_what_we_read(clients: HttpClients, server: MockProvider, case: str) -> None:
    reply = at_once(openai_reply(*CASES[case], tokens=TOKENS))
    server.reply(reply, reply)
    ours = await outcome(OpenAIProvider(clients).stream(ask(snapshot("openai", server.base_url))))
    assert ours == await openai_sdk(server.base_url)


@pytest.mark.parametrize("case", CASES)
async def test_anthropic_reads_what_we_read(clients: HttpClients, server: MockProvider, case: str) -> None:
    reply = at_once(anthropic_reply(*CASES[case], tokens=TOKENS))
    server.reply(reply, reply)
    ours = await outcome(AnthropicProvider(clients).stream(ask(snapshot("anthropic", server.base_url))))
    ours.calls = [(call_id, name, _compact(arguments)) for call_id, name, arguments in ours.calls]
    assert ours == await anthropic_sdk(server.base_url)


HISTORY = (
    ModelMessage("user", (TextPart("How is the weather?"),)),
    ModelMessage(
        "assistant",
        (ThinkingPart("hm", "sig", "mock"), TextPart("I ask."), ToolUsePart("c1", "weather", {"place": "Köln"})),
    ),
    ModelMessage("tool", (ToolResultPart("c1", "weather", "rain"),)),
    ModelMessage("assistant", (TextPart("It rains."),)),
    ModelMessage("user", (TextPart("Thanks."),)),
)


async def test_openai_would_send_what_we_send(clients: HttpClients, server: MockProvider) -> None:
    request = ask(snapshot("openai", server.base_url), messages=HISTORY, tools=(WEATHER,), max_output_tokens=9)
    await outcome(OpenAIProvider(clients).stream(request))
    ours = server.requests[0]
    TypeAdapter(list[ChatCompletionMessageParam]).validate_python(ours.json["messages"])
    TypeAdapter(list[ChatCompletionToolParam]).validate_python(ours.json["tools"])
    async with openai.AsyncOpenAI(base_url=server.base_url, api_key=KEY, max_retries=0) as client:
        await client.chat.completions.create(**ours.json)
    theirs = server.requests[1]
    assert (theirs.target, theirs.json) == (ours.target, ours.json)
    assert theirs.headers["authorization"] == ours.headers["authorization"]


async def test_anthropic_would_send_what_we_send(clients: HttpClients, server: MockProvider) -> None:
    model = snapshot("anthropic", server.base_url, reasoning=True)
    await outcome(AnthropicProvider(clients).stream(ask(model, messages=HISTORY, tools=(WEATHER,))))
    ours = server.requests[0]
    TypeAdapter(list[MessageParam]).validate_python(ours.json["messages"])
    root = server.base_url.removesuffix("/v1")
    async with anthropic.AsyncAnthropic(base_url=root, api_key=KEY, max_retries=0) as client:
        await client.messages.create(**ours.json)
    theirs = server.requests[1]
    assert (theirs.target, theirs.json) == (ours.target, ours.json)


def _compact(arguments: str) -> str:
    return TypeAdapter(dict[str, Any]).dump_json(TypeAdapter(dict[str, Any]).validate_json(arguments)).decode()
