"""How many runs may be under way at once, and what those that have to wait are told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from agents.models import Provider
from coday.kernel.database import in_database
from runs import capture
from runs.events import RunSnapshot
from runs.inputs import parse_request
from runs.queries import unfinished_runs
from tests.runs.conversation import Conversation, Watcher
from tests.support.mock_provider import HANG, Gate, openai_reply
from threads.operations import create_thread


async def elsewhere(talk: Conversation, text: str = "Hello?") -> RunSnapshot:
    """Say something in another thread of the same person."""
    thread = await in_database(create_thread, owner_id=talk.asker.user_id, title="Another")
    request = parse_request({"input": {"type": "user", "text": text}})
    return await talk.driver.capture(capture.create, asker=talk.asker, thread_id=thread.id, request=request)


async def positions(thread_id: UUID) -> list[tuple[str, Any]]:
    """The thread's runs that have not ended, with their places."""
    return [(run.status, run.position) for run in await in_database(unfinished_runs, thread_id=thread_id)]


@pytest.mark.parametrize("limit", ["process", "user", "provider"])
async def test_what_is_over_a_limit_waits_and_starts_when_there_is_room(
    talk: Conversation, settings: Settings, limit: str
) -> None:
    match limit:
        case "process":
            settings.CODAY_MAX_RUNS = 1
        case "user":
            settings.CODAY_MAX_RUNS_PER_USER = 1
        case "provider":
            provider = await in_database(Provider.objects.get)
            provider.max_runs = 1
            await in_database(provider.save)
    talk.provider.reply(openai_reply("One", HANG), openai_reply("Two."), openai_reply("Three."))
    async with talk.watch() as watcher:
        first = await talk.say()
        await watcher.said("One")
        second = await elsewhere(talk)
        third = await elsewhere(talk)
        assert await positions(second.thread_id) == [("queued", 1)]
        assert await positions(third.thread_id) == [("queued", 2)]
        await talk.cancel(first)
        await talk.idle()
    assert [(await talk.run(run)).status for run in (first, second, third)] == ["cancelled", "completed", "completed"]


async def test_a_queue_is_told_with_its_places(talk: Conversation) -> None:
    talk.provider.reply(openai_reply("One", HANG), openai_reply("Two."), openai_reply("Three."))
    async with talk.watch() as watcher:
        first = await talk.say()
        await watcher.said("One")
        second, third = await talk.say("Second?"), await talk.say("Third?")
        assert [run.position for run in (first, second, third)] == [1, 1, 2]
        assert await positions(talk.thread_id) == [("running", None), ("queued", 1), ("queued", 2)]
        await talk.cancel(second)
        assert await positions(talk.thread_id) == [("running", None), ("queued", 1)]
        await talk.cancel(first)
        await talk.idle()


async def test_a_run_that_waits_for_a_free_place_is_told_why(
    talk: Conversation, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runs.execution.driver.EXPLAIN_AFTER", 0.01)
    settings.CODAY_MAX_RUNS_PER_USER = 1
    talk.provider.reply(openai_reply("One", HANG), openai_reply("Two."))
    async with talk.watch() as watcher:
        first = await talk.say()
        await watcher.said("One")
        second = await elsewhere(talk)
        async with Watcher(talk.delivery, second.thread_id, after=0) as reader:
            step = await reader.frame(lambda frame: frame["type"] == "step")
        assert step["kind"] == "queue"
        assert "your runs are under way" in step["summary"]
        await talk.cancel(first)
        await talk.idle()


async def test_a_retry_waits_for_what_it_goes_on_from(talk: Conversation) -> None:
    gate = Gate()
    talk.provider.reply(openai_reply("The first ", gate, "answer."), openai_reply("The second."))
    async with talk.watch() as watcher:
        first = await talk.say()
        await watcher.said("The first ")
        queued = await talk.say("And then?")
        await talk.cancel(queued)
        again = await talk.retry(queued)
        assert (await talk.run(again)).status == "queued"
        gate.open()
        await watcher.ended(again)
        await talk.idle()
    assert [message["content"] for message in talk.sent[-1]][:2] == ["Hello?", "The first answer."]
    assert (await talk.run(first)).status == "completed"
