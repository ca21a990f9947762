"""What is counted of runs, and what is never told."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pytest_django import Settings

from coday.kernel.database import in_database
from runs.events import RunChangedEvent, RunDeltaEvent
from runs.observing import metrics
from runs.wiring import Wiring
from tests.runs.conversation import KEY, Cast, ToolWiring, make_cast
from tests.runs.notes import Notes, Refusing
from tests.runs.observed import claim, execute
from tests.support.forked import PROJECT
from tests.support.mock_provider import CUT, Call, Gate, MockProvider, Reply, Tokens, openai_reply

Count = Callable[..., float]
MODEL = {"model": "mock-1"}
AT = {"provider": "mock"}


@pytest.fixture
async def cast(transactional_db: None, provider: MockProvider) -> Cast:
    return await in_database(make_cast, base_url=provider.base_url, model={"tools": True})


@pytest.fixture
async def wiring(settings: Settings) -> AsyncIterator[Wiring]:
    settings.CODAY_PROVIDER_ATTEMPTS = 2
    made = ToolWiring((Notes(), Refusing("refuse")))
    yield made
    await made.aclose()


@pytest.fixture
def added(transactional_db: None) -> Count:
    """By how much a sample has grown in this test."""
    before: dict[tuple[Any, ...], float] = {}
    for metric in metrics.REGISTRY.collect():
        for sample in metric.samples:
            before[(sample.name, *sorted(sample.labels.items()))] = sample.value

    def difference(name: str, **labels: str) -> float:
        now = metrics.REGISTRY.get_sample_value(name, labels) or 0.0
        return now - before.get((name, *sorted(labels.items())), 0.0)

    return difference


async def test_a_run_is_counted_once_with_its_times(cast: Cast, wiring: Wiring, added: Count) -> None:
    await execute(cast, wiring)
    assert added("coday_runs_total", outcome="completed", agent="helper", model="mock-1") == 1
    assert added("coday_run_wait_seconds_count") == 1
    assert added("coday_run_first_delta_seconds_count", **MODEL) == 1
    assert added("coday_run_duration_seconds_count", outcome="completed") == 1


async def test_a_token_is_counted_under_one_kind(
    cast: Cast, wiring: Wiring, provider: MockProvider, added: Count
) -> None:
    provider.reply(openai_reply("Hello.", tokens=Tokens(input=100, output=30, cached=40, reasoning=10)))
    await execute(cast, wiring)
    counted = {
        kind: added("coday_tokens_total", **AT, **MODEL, kind=kind)
        for kind in ("input", "cached", "output", "reasoning")
    }
    assert counted == {"input": 60, "cached": 40, "output": 20, "reasoning": 10}


async def test_a_repeated_and_a_final_failure_of_the_provider_are_counted(
    cast: Cast, wiring: Wiring, provider: MockProvider, added: Count
) -> None:
    busy = Reply(status=429, headers={"Retry-After": "0"}, steps=(b"{}",))
    provider.reply(busy, openai_reply("Hel", CUT))
    await execute(cast, wiring)
    assert added("coday_provider_errors_total", **AT, code="provider_rate_limited") == 1
    assert added("coday_provider_errors_total", **AT, code="provider_disconnected") == 1
    assert added("coday_runs_total", outcome="failed", agent="helper", model="mock-1") == 1


async def test_tool_calls_are_counted_by_outcome_and_only_of_tools_that_exist(
    cast: Cast, wiring: Wiring, provider: MockProvider, added: Count
) -> None:
    calls = [Call(name, ("{}",), id=f"call_{name}") for name in ("note", "refuse", "invented")]
    provider.reply(openai_reply(*calls), openai_reply("Done."))
    await execute(cast, wiring)
    assert added("coday_tool_calls_total", tool="note", outcome="done") == 1
    assert added("coday_tool_calls_total", tool="refuse", outcome="failed") == 1
    assert b"invented" not in metrics.page()


async def test_a_run_is_under_way_until_its_end_and_not_until_its_title(
    transactional_db: None, wiring: Wiring, provider: MockProvider, added: Count
) -> None:
    cast = await in_database(make_cast, base_url=provider.base_url, title="")
    answer, title = Gate(), Gate()
    provider.reply(openai_reply(answer, "Hello."), openai_reply(title, "A greeting"))
    run = asyncio.create_task(execute(cast, wiring))
    await answer.reached
    assert added("coday_runs_running") == 1
    answer.open()
    await title.reached
    assert added("coday_runs_running") == 0
    title.open()
    await run


async def test_subscribers_are_counted_while_they_watch(added: Count) -> None:
    metrics.joined(kind="thread")
    assert added("coday_subscribers", kind="thread") == 1
    metrics.left(kind="thread")
    assert added("coday_subscribers", kind="thread") == 0


def test_what_has_too_many_names_is_counted_as_other(added: Count) -> None:
    for number in range(metrics.MOST_VALUES + 5):
        metrics.provider_failed(provider="many", code=f"provider_{number}")
    assert added("coday_provider_errors_total", provider="many", code="other") >= 5


async def test_the_page_tells_nobody_who_or_what_was_said(cast: Cast, wiring: Wiring, provider: MockProvider) -> None:
    provider.reply(openai_reply("A secret answer."))
    events = await execute(cast, wiring, text="A secret question")
    page = metrics.page().decode()
    [ended] = [event.run for event in events if isinstance(event, RunChangedEvent) and event.ends_run]
    for hidden in ("secret", KEY, ended.username, str(ended.user_id), str(ended.id), str(ended.thread_id)):
        assert hidden not in page


async def test_observing_changes_no_event(cast: Cast, wiring: Wiring, provider: MockProvider) -> None:
    provider.reply(openai_reply("One ", "two ", "three."))
    events = await execute(cast, wiring)
    assert "".join(event.text for event in events if isinstance(event, RunDeltaEvent)) == "One two three."


async def test_the_backlog_is_on_the_page(cast: Cast) -> None:
    await in_database(claim, cast, "Hello?")
    metrics._backlog.forget()
    page = metrics.page().decode()
    assert "coday_backlog_readable 1.0" in page
    assert "coday_backlog_active 1.0" in page
    assert "coday_backlog_queued 0.0" in page


async def test_every_metric_is_documented(transactional_db: None) -> None:
    metrics._backlog.forget()
    documented = set(re.findall(r"^\| `(coday_\w+)`", (PROJECT / "docs" / "monitoring.md").read_text(), re.MULTILINE))
    collected = [metric for metric in metrics.REGISTRY.collect() if metric.name.startswith("coday_")]
    assert {f"{metric.name}_total" if metric.type == "counter" else metric.name for metric in collected} == documented


async def test_the_tasks_of_an_event_loop_are_counted(added: Count) -> None:
    metrics.watch_tasks(asyncio.get_running_loop())
    before = added("coday_asyncio_tasks")
    task = asyncio.create_task(asyncio.sleep(60))
    assert added("coday_asyncio_tasks") == before + 1
    task.cancel()
    await asyncio.wait([task])
    assert added("coday_asyncio_tasks") == before
