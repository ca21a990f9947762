"""The connection under a stream: closed when nobody listens, never led astray, shared by many."""

from __future__ import annotations

import asyncio
import logging

import pytest

from agents.snapshot import ProviderKind
from coday.kernel.http import HttpClients
from runs.errors import ProviderAuthError, ProviderNotFoundError, ProviderUnavailableError
from runs.inference.base import InferenceDelta, InferenceProvider, TextDelta, UsageDelta
from runs.inference.registry import ProviderRegistry
from tests.runs.inference.requests import KEY, ask, outcome, snapshot
from tests.support.mock_provider import CUT, HANG, Gate, MockProvider, Part, Reply, anthropic_reply, openai_reply


@pytest.fixture(params=["openai", "anthropic"])
def kind(request: pytest.FixtureRequest) -> ProviderKind:
    kind: ProviderKind = request.param
    return kind


@pytest.fixture
def adapter(clients: HttpClients, kind: ProviderKind) -> InferenceProvider:
    return ProviderRegistry(clients).adapter_for(kind)


def reply(kind: ProviderKind, *parts: Part) -> Reply:
    return openai_reply(*parts) if kind == "openai" else anthropic_reply(*parts)


async def test_each_delta_is_there_as_soon_as_it_was_sent(
    adapter: InferenceProvider, server: MockProvider, kind: ProviderKind
) -> None:
    gates = [Gate(), Gate()]
    server.reply(reply(kind, "one", gates[0], "two", gates[1], "three"))
    texts = []
    async for delta in adapter.stream(ask(snapshot(kind, server.base_url))):
        if isinstance(delta, TextDelta):
            texts.append(delta.text)
            if gates:
                await gates[0].reached
                gates.pop(0).open()
    assert texts == ["one", "two", "three"]


async def test_cancelling_closes_the_connection(
    adapter: InferenceProvider, server: MockProvider, kind: ProviderKind
) -> None:
    server.reply(reply(kind, "one", HANG))
    heard = asyncio.Event()

    async def listen() -> None:
        async for delta in adapter.stream(ask(snapshot(kind, server.base_url))):
            if isinstance(delta, TextDelta):
                heard.set()

    task = asyncio.create_task(listen())
    await heard.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(1):
        await server.requests[0].disconnected


async def test_cancelling_before_the_answer_closes_the_connection(
    adapter: InferenceProvider, server: MockProvider, kind: ProviderKind
) -> None:
    gate = Gate()
    server.reply(Reply(head=b"", steps=(gate,)))
    task = asyncio.create_task(outcome(adapter.stream(ask(snapshot(kind, server.base_url)))))
    await gate.reached
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(1):
        await server.requests[0].disconnected


async def test_closing_the_generator_closes_the_connection(
    adapter: InferenceProvider, server: MockProvider, kind: ProviderKind
) -> None:
    server.reply(reply(kind, "one", HANG))
    deltas = adapter.stream(ask(snapshot(kind, server.base_url)))
    first: InferenceDelta = await anext(deltas)
    while isinstance(first, UsageDelta):
        first = await anext(deltas)
    assert first == TextDelta("one")
    await deltas.aclose()
    async with asyncio.timeout(1):
        await server.requests[0].disconnected


async def test_a_server_that_does_not_end_its_stream_is_left(
    adapter: InferenceProvider, server: MockProvider, kind: ProviderKind
) -> None:
    server.reply(Reply(steps=(*reply(kind, "one").steps, HANG)))
    async with asyncio.timeout(3):
        assert (await outcome(adapter.stream(ask(snapshot(kind, server.base_url))))).finish == "stop"
        await server.requests[0].disconnected


async def test_a_pooled_connection_that_hangs_up_is_replaced(
    adapter: InferenceProvider, server: MockProvider, kind: ProviderKind
) -> None:
    server.reply(reply(kind, "one"), Reply(head=b"", steps=(CUT,)), reply(kind, "two"))
    for text in ("one", "two"):
        assert (await outcome(adapter.stream(ask(snapshot(kind, server.base_url))))).text == text
    assert (len(server.requests), server.connections) == (3, 2)


async def test_a_fresh_connection_that_hangs_up_is_not_tried_again(
    adapter: InferenceProvider, server: MockProvider, kind: ProviderKind
) -> None:
    server.reply(Reply(head=b"", steps=(CUT,)))
    with pytest.raises(ProviderUnavailableError):
        await outcome(adapter.stream(ask(snapshot(kind, server.base_url))))
    assert len(server.requests) == 1


async def test_redirects_are_not_followed_and_cookies_not_kept(
    adapter: InferenceProvider, server: MockProvider, kind: ProviderKind
) -> None:
    async with MockProvider() as elsewhere:
        away = {"Location": f"{elsewhere.base_url}/messages", "Set-Cookie": "id=1; Path=/"}
        for status in (301, 302, 307, 308):
            server.reply(Reply(status=status, headers=away))
            with pytest.raises(ProviderNotFoundError):
                await outcome(adapter.stream(ask(snapshot(kind, server.base_url))))
        assert elsewhere.requests == []
        assert all("cookie" not in request.headers for request in server.requests)


async def test_the_environment_changes_nothing(
    adapter: InferenceProvider, server: MockProvider, kind: ProviderKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("NETRC", "/dev/null")
    assert (await outcome(adapter.stream(ask(snapshot(kind, server.base_url))))).finish == "stop"


@pytest.mark.parametrize("key", ["sk-with\nnewline", "sk-gréek", "sk-\r\nX-Other: 1"])
async def test_a_key_that_fits_no_header_is_a_wrong_key(
    adapter: InferenceProvider, server: MockProvider, kind: ProviderKind, key: str
) -> None:
    model = snapshot(kind, server.base_url, api_key=key)
    with pytest.raises(ProviderAuthError):
        await outcome(adapter.stream(ask(model)))
    assert server.requests == []


async def test_the_key_is_not_logged(
    adapter: InferenceProvider, server: MockProvider, kind: ProviderKind, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await outcome(adapter.stream(ask(snapshot(kind, server.base_url))))
    assert KEY not in caplog.text


async def test_two_hundred_streams_run_side_by_side(
    adapter: InferenceProvider, server: MockProvider, kind: ProviderKind
) -> None:
    gate = Gate()
    server.answer = lambda _: reply(kind, "one", gate, " two")
    streams = [outcome(adapter.stream(ask(snapshot(kind, server.base_url)))) for _ in range(200)]
    together = asyncio.gather(*streams)
    await server.arrival(199)
    gate.open()
    assert {result.text for result in await together} == {"one two"}


def test_each_event_loop_has_its_own_client(kind: ProviderKind) -> None:
    clients = HttpClients()

    async def ask_once(base_url: str) -> str:
        adapter = ProviderRegistry(clients).adapter_for(kind)
        result = await outcome(adapter.stream(ask(snapshot(kind, base_url))))
        assert clients.get() is clients.get()
        await clients.aclose()
        return result.text

    with MockProvider.in_thread() as provider:
        for _ in range(2):
            assert asyncio.run(ask_once(provider.base_url)) == "Hello from the mock provider."
