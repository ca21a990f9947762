"""Traces: what a real collector is sent, and that nothing is loaded where nobody asked for it."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from pytest_django import Settings

from coday.kernel.database import in_database
from runs.events import RunChangedEvent
from runs.observing import tracing
from runs.wiring import Wiring
from tests.runs.conversation import KEY, Cast, ToolWiring, make_cast
from tests.runs.notes import Notes
from tests.runs.observed import execute
from tests.support.forked import PROJECT
from tests.support.mock_provider import CUT, Call, Gate, MockProvider, Tokens, openai_reply
from tests.support.otlp import OtlpCollector
from tests.support.replies import PATIENCE
from tests.support.server import CodayServer

LOOK = """
import sys
import coday.asgi
from runs.observing import tracing
tracing.tool_call_span("note")
print("opentelemetry.sdk" in sys.modules)
"""
INTERNAL, CLIENT = 1, 3  # OTLP's kinds of spans


@pytest.fixture
def traced(settings: Settings) -> Iterator[None]:
    """Traces are on from the first span in the test to its end."""
    tracing.close()
    settings.TRACES = True
    yield
    tracing.close()


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch, traced: None) -> Iterator[OtlpCollector]:
    """Where traces go."""
    with OtlpCollector.in_thread() as listening:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", listening.endpoint)
        yield listening


@pytest.fixture
async def cast(transactional_db: None, provider: MockProvider) -> Cast:
    return await in_database(make_cast, base_url=provider.base_url, model={"tools": True})


@pytest.fixture
async def wiring(settings: Settings) -> AsyncIterator[Wiring]:
    settings.CODAY_PROVIDER_ATTEMPTS = 1
    made = ToolWiring((Notes(),))
    yield made
    await made.aclose()


async def test_a_run_is_a_span_with_its_calls_under_it(
    cast: Cast, wiring: Wiring, provider: MockProvider, collector: OtlpCollector
) -> None:
    provider.reply(openai_reply(Call("note", ("{}",))), openai_reply("Done."))
    await execute(cast, wiring)
    tracing.close()

    [run] = collector.named("invoke_agent helper")
    [tool] = collector.named("execute_tool note")
    calls = collector.named("chat mock-1")
    assert run.parent == b""
    assert [span.parent for span in (*calls, tool)] == [run.id] * 3
    assert (run.kind, tool.kind, calls[0].kind) == (INTERNAL, INTERNAL, CLIENT)
    assert not any(span.failed for span in collector.spans)
    assert run.resource["service.name"] == "coday"


async def test_a_run_that_begins_at_the_end_of_another_has_a_trace_of_its_own(
    cast: Cast, wiring: Wiring, collector: OtlpCollector
) -> None:
    with tracing.tool_call_span("outer"):
        await execute(cast, wiring)
    tracing.close()
    [run] = collector.named("invoke_agent helper")
    [call] = collector.named("chat mock-1")
    assert (run.parent, call.parent) == (b"", run.id)


async def test_spans_follow_the_conventions(
    cast: Cast, wiring: Wiring, provider: MockProvider, collector: OtlpCollector
) -> None:
    provider.reply(openai_reply("Done.", tokens=Tokens(input=100, output=30, cached=40, reasoning=10)))
    await execute(cast, wiring)
    tracing.close()

    [call] = collector.named("chat mock-1")
    assert call.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "mock-1",
        "gen_ai.request.stream": True,
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 30,
        "gen_ai.usage.cache_read.input_tokens": 40,
        "gen_ai.usage.reasoning.output_tokens": 10,
        "server.address": "127.0.0.1",
        "server.port": int(provider.base_url.split(":")[2].split("/")[0]),
        "coday.provider": "mock",
    }
    [run] = collector.named("invoke_agent helper")
    assert run.attributes["gen_ai.operation.name"] == "invoke_agent"
    assert run.attributes["gen_ai.agent.name"] == "helper"
    assert run.attributes["gen_ai.conversation.id"] == str(cast.thread_id)
    assert run.attributes["coday.run.outcome"] == "completed"
    assert run.attributes["gen_ai.usage.input_tokens"] == 100


async def test_a_failure_is_told_by_its_code(
    cast: Cast, wiring: Wiring, provider: MockProvider, collector: OtlpCollector
) -> None:
    provider.reply(openai_reply("Hel", CUT))
    await execute(cast, wiring)
    tracing.close()

    for name in ("invoke_agent helper", "chat mock-1"):
        [span] = collector.named(name)
        assert span.failed
        assert span.attributes["error.type"] == "provider_disconnected"


async def test_nothing_that_was_said_leaves(
    cast: Cast, wiring: Wiring, provider: MockProvider, collector: OtlpCollector
) -> None:
    provider.reply(openai_reply("secret answer", Call("note", ('{"text": "secret argument"}',))), openai_reply("Done."))
    await execute(cast, wiring, text="secret question")
    tracing.close()

    sent = b"".join(collector.bodies)
    assert b"invoke_agent" in sent
    for hidden in (b"secret", b"Be kind.", b"noted", KEY.encode(), cast.asker.username.encode()):
        assert hidden not in sent


async def test_a_stopped_call_is_no_failure(
    cast: Cast, wiring: Wiring, provider: MockProvider, collector: OtlpCollector
) -> None:
    gate = Gate()
    provider.reply(openai_reply("Hel", gate, "lo"))
    run = asyncio.create_task(execute(cast, wiring))
    await gate.reached
    run.cancel()
    await run
    tracing.close()

    [call] = collector.named("chat mock-1")
    assert call.attributes["coday.cancelled"] is True
    assert not call.failed
    [span] = collector.named("invoke_agent helper")
    assert span.attributes["coday.run.outcome"] == "interrupted"


async def test_a_collector_that_is_away_costs_no_run(
    cast: Cast, wiring: Wiring, traced: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.1")
    events = await execute(cast, wiring)
    assert [event.run.status for event in events if isinstance(event, RunChangedEvent)] == ["completed"]


@pytest.mark.parametrize(
    ("configured", "loaded"), [({}, False), ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, True)]
)
def test_opentelemetry_is_loaded_where_traces_are_wanted(
    configured: dict[str, str], loaded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "CODAY_TRACES", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in configured.items():
        monkeypatch.setenv(name, value)
    done = subprocess.run([sys.executable, "-c", LOOK], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(loaded)


def _serve_a_run(data_dir: Path, *, endpoint: str) -> None:
    """A server from its start to its end, with one run in between."""
    with CodayServer(data_dir=data_dir, environment={"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}) as server:
        with httpx.Client(base_url=f"{server.base_url}/api/v1/", timeout=PATIENCE) as client:
            credentials = {"username": server.admin_username, "password": server.admin_password}
            client.headers["Authorization"] = f"Bearer {client.post('tokens/', json=credentials).json()['token']}"
            thread = client.post("threads/", json={"title": "Titled"}).json()["id"]
            body = {"input": {"type": "user", "text": "code"}}
            client.post(f"threads/{thread}/runs/", json=body, headers={"Accept": "text/event-stream"})
        assert server.terminate() == 0


def test_a_server_sends_its_last_spans_when_it_ends(tmp_path: Path, collector: OtlpCollector) -> None:
    _serve_a_run(tmp_path, endpoint=collector.endpoint)
    assert len(collector.named("chat demo")) == 1


def test_a_collector_that_hangs_keeps_no_server_from_ending(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        _serve_a_run(tmp_path, endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}")
