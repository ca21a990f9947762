"""Both adapters against a provider written by others: it catches what we believe wrongly of the wire formats."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from agents.snapshot import ProviderKind
from coday.kernel.http import HttpClients
from runs.errors import ProviderDisconnectedError, ProviderNotFoundError, ProviderRateLimitedError
from runs.inference.anthropic_events import EventReader
from runs.inference.base import InferenceProvider, ModelMessage, UsageDelta
from runs.inference.openai_chunks import ChunkReader
from runs.inference.registry import ProviderRegistry
from tests.runs.inference.requests import WEATHER, Outcome, add_all, ask, outcome, outcome_of, snapshot
from tests.support.aimock import running_aimock
from threads.content import TextPart, ToolResultPart, ToolUsePart

HELLO = "Grüße! Hello from a server that nobody here wrote. 🌍"


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with running_aimock() as address:
        yield address


@pytest.fixture(params=["openai", "anthropic"])
def kind(request: pytest.FixtureRequest) -> ProviderKind:
    kind: ProviderKind = request.param
    return kind


@pytest.fixture
def adapter(clients: HttpClients, kind: ProviderKind) -> InferenceProvider:
    return ProviderRegistry(clients).adapter_for(kind)


async def test_text_usage_and_finish(adapter: InferenceProvider, kind: ProviderKind, base_url: str) -> None:
    result = await outcome(adapter.stream(ask(snapshot(kind, base_url), "Please say hello.")))
    assert (result.text, result.finish) == (HELLO, "stop")
    assert result.usage == UsageDelta(input_tokens=11, output_tokens=7)


async def test_thinking(adapter: InferenceProvider, kind: ProviderKind, base_url: str) -> None:
    model = snapshot(kind, base_url, reasoning=True)
    result = await outcome(adapter.stream(ask(model, "Please think first.")))
    assert (result.thinking, result.text) == ("Let me think about that.", "Done.")
    assert bool(result.signatures) is (kind == "anthropic")


async def test_tool_calls_and_their_results(adapter: InferenceProvider, kind: ProviderKind, base_url: str) -> None:
    model = snapshot(kind, base_url, tools=True)
    question = ModelMessage("user", (TextPart("How is the weather?"),))
    asked = await outcome(adapter.stream(ask(model, messages=(question,), tools=(WEATHER,))))
    assert asked.finish == "tool_use"
    assert [(name, arguments) for _, name, arguments in asked.calls] == [
        ("weather", '{"place":"Köln"}'),
        ("weather", '{"place":"Rom"}'),
    ]
    ids = [call_id for call_id, _, _ in asked.calls]
    uses = ModelMessage("assistant", tuple(ToolUsePart(call_id, "weather", {"place": "?"}) for call_id in ids))
    results = ModelMessage("tool", tuple(ToolResultPart(call_id, "weather", "rain") for call_id in ids))
    told = await outcome(adapter.stream(ask(model, messages=(question, uses, results), tools=(WEATHER,))))
    assert (told.text, told.finish) == ("It rains.", "stop")


async def test_an_answer_cut_by_its_limit(adapter: InferenceProvider, kind: ProviderKind, base_url: str) -> None:
    assert (await outcome(adapter.stream(ask(snapshot(kind, base_url), "Please stop short.")))).finish == "length"


async def test_a_rate_limit(adapter: InferenceProvider, kind: ProviderKind, base_url: str) -> None:
    with pytest.raises(ProviderRateLimitedError) as caught:
        await outcome(adapter.stream(ask(snapshot(kind, base_url), "That is too many.")))
    assert caught.value.retry_after == 1.0


async def test_a_cut_connection(adapter: InferenceProvider, kind: ProviderKind, base_url: str) -> None:
    result = Outcome()
    with pytest.raises(ProviderDisconnectedError):
        await add_all(result, adapter.stream(ask(snapshot(kind, base_url), "Please break off.")))
    assert "This answer is never going to be whole, whatever you do.".startswith(result.text)
    assert result.finish is None


async def test_a_path_that_is_none(adapter: InferenceProvider, kind: ProviderKind, base_url: str) -> None:
    with pytest.raises(ProviderNotFoundError):
        await outcome(adapter.stream(ask(snapshot(kind, f"{base_url}/nowhere"))))


async def test_the_list_of_models(adapter: InferenceProvider, kind: ProviderKind, base_url: str) -> None:
    assert await adapter.list_models(snapshot(kind, base_url).provider)


@pytest.mark.parametrize("wish", ["say hello", "think first", "weather", "stop short"])
async def test_a_whole_answer_reads_like_a_streamed_one(
    adapter: InferenceProvider, kind: ProviderKind, base_url: str, wish: str
) -> None:
    model = snapshot(kind, base_url)
    streamed = await outcome(adapter.stream(ask(model, wish)))
    path = "chat/completions" if kind == "openai" else "messages"
    body = {"model": model.name, "max_tokens": 4096, "messages": [{"role": "user", "content": wish}]}
    async with httpx.AsyncClient(trust_env=False) as client:
        document = (await client.post(f"{base_url}/{path}", json=body)).content
    reader = ChunkReader(model.provider) if kind == "openai" else EventReader(model.provider)
    whole = outcome_of([*reader.read([document]), *reader.finish()])
    whole.usage = streamed.usage  # the one asked with a system prompt, the other without
    assert whole == streamed
