"""The local driver: lanes and their queues, watchers that come and go, cancelling, and what a restart finds."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from django.db import connection
from pytest_django import Settings

from coday.kernel.database import _executor, in_database
from runs import capture, lifecycle
from runs.errors import QueueFullError
from runs.events import RunSnapshot
from runs.execution.executor import claim
from runs.inputs import parse_request
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation, statuses, words
from tests.runs.notes import Gated
from tests.support.mock_provider import HANG, Call, Gate, MockProvider, Reply, openai_reply
from tests.support.replies import PATIENCE
from usage.models import UsageRecord


def terminal_events(frames: list[dict[str, object]], run: RunSnapshot) -> list[dict[str, object]]:
    """The events with which the run says that it has ended."""
    ends = {"completed", "failed", "cancelled", "interrupted"}
    return [
        frame
        for frame in frames
        if frame["type"] == "run"
        and "changed" not in frame
        and frame["run_id"] == str(run.id)
        and frame["run"]["status"] in ends  # type: ignore[index]
    ]


class TestLanes:
    async def test_what_is_sent_meanwhile_waits_its_turn(self, talk: Conversation) -> None:
        gate = Gate()
        talk.provider.reply(openai_reply("One", gate), openai_reply("Two"), openai_reply("Three"))
        runs = [await talk.say(text) for text in ("One?", "Two?", "Three?")]
        await gate.reached

        assert [(await talk.run(run)).status for run in runs] == ["running", "queued", "queued"]
        assert len(talk.provider.requests) == 1
        gate.open()
        await talk.idle()

        assert [(await talk.run(run)).status for run in runs] == ["completed"] * 3
        assert [sent[-1]["content"] for sent in talk.sent] == ["One?", "Two?", "Three?"]
        assert [words(await talk.answer(run)) for run in runs] == ["One", "Two", "Three"]

    async def test_the_next_one_starts_only_after_the_terminal_event(self, talk: Conversation) -> None:
        async with talk.watch() as watcher:
            first, second = await talk.say("One?"), await talk.say("Two?")
            await watcher.ended(second)

        told = [
            (frame["run_id"], frame["run"]["status"])
            for frame in watcher.durable
            if frame["type"] == "run" and frame["run"]["status"] != "queued"
        ]
        assert told == [
            (str(first.id), "running"),
            (str(first.id), "completed"),
            (str(second.id), "running"),
            (str(second.id), "completed"),
        ]

    async def test_the_next_one_starts_whatever_became_of_the_first(self, talk: Conversation) -> None:
        talk.provider.reply(Reply(status=401), openai_reply(HANG), openai_reply("Three"))
        first, second, third = [await talk.say(text) for text in ("One?", "Two?", "Three?")]
        await talk.provider.arrival(1)
        await talk.cancel(second)
        await talk.idle()

        runs = (first, second, third)
        assert [(await talk.run(run)).status for run in runs] == ["failed", "cancelled", "completed"]

    async def test_lanes_run_side_by_side(self, talk: Conversation) -> None:
        first = await talk.ask("One?")
        left, right = Gate(), Gate()
        talk.provider.reply(openai_reply("Left", left), openai_reply("Right", right))
        runs = [await talk.say("Two?"), await talk.say("Other two?", parent=str(first.id))]
        await left.reached
        await right.reached

        assert [(await talk.run(run)).status for run in runs] == ["running", "running"]
        left.open()
        right.open()
        await talk.idle()

    async def test_interrupting_stops_what_runs_and_goes_first(self, talk: Conversation) -> None:
        gate = Gate()
        talk.provider.reply(openai_reply("One", gate), openai_reply("Two"))
        first = await talk.say("One?")
        await gate.reached
        second = await talk.say("Stop, rather this:", when_busy="interrupt")
        await talk.idle()

        assert [(await talk.run(run)).status for run in (first, second)] == ["cancelled", "completed"]
        answer = await talk.answer(first)
        assert (answer.status, words(answer)) == ("partial", "One")


class TestWatchers:
    async def test_a_run_survives_when_every_watcher_leaves(self, talk: Conversation) -> None:
        gate = Gate()
        talk.provider.reply(openai_reply("Hel", gate, "lo"))
        async with talk.watch() as first, talk.watch() as second:
            run = await talk.say()
            await first.said("Hel")
            await second.said("Hel")
        assert not talk.delivery.is_watched(talk.thread_id)
        gate.open()
        await talk.idle()

        assert (await talk.run(run)).status == "completed"
        assert words(await talk.answer(run)) == "Hello"
        assert not talk.provider.requests[0].disconnected.is_set

    async def test_two_watchers_see_the_same(self, talk: Conversation) -> None:
        gate = Gate()
        talk.provider.reply(openai_reply("Hel", gate, "lo"))
        async with talk.watch() as first, talk.watch() as second:
            run = await talk.say()
            await first.said("Hel")
            gate.open()
            await first.ended(run)
            await second.ended(run)

        assert first.raw == second.raw

    async def test_whoever_sent_the_message_may_leave_while_it_is_captured(self, talk: Conversation) -> None:
        """The door's task is cancelled, as when its socket closes; the input is captured and its run started all the same."""
        asking = asyncio.create_task(talk.say("Hi"))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        await talk.idle()

        assert [sent[-1]["content"] for sent in talk.sent] == ["Hi"]
        assert statuses(await talk.journal()) == ["queued", "running", "completed"]


class TestCancel:
    async def test_before_the_first_byte(self, talk: Conversation) -> None:
        talk.provider.reply(Reply(steps=(HANG,)))
        run = await talk.say("Hi")
        await talk.provider.arrival()
        asked = time.monotonic()
        await talk.cancel(run)
        await talk.provider.requests[0].disconnected
        await talk.idle()

        assert time.monotonic() - asked < 1.0
        assert (await talk.run(run)).status == "cancelled"
        assert [words(message) for message in await talk.messages(run)] == ["Hi"]

    async def test_in_the_middle_of_the_answer(self, talk: Conversation) -> None:
        talk.provider.reply(openai_reply("Half an", HANG))
        async with talk.watch() as watcher:
            run = await talk.say()
            await watcher.said("Half an")
            asked = time.monotonic()
            await talk.cancel(run)
            await talk.provider.requests[0].disconnected
            await watcher.ended(run)

        assert time.monotonic() - asked < 1.0
        answer = await talk.answer(run)
        assert (answer.status, words(answer)) == ("partial", "Half an")
        assert [frame["type"] for frame in watcher.durable[-2:]] == ["message", "run"]
        assert watcher.durable[-2]["message"]["status"] == "partial"
        assert not [frame for frame in watcher.durable if frame["type"] == "error"]
        assert (await in_database(UsageRecord.objects.get, run_id=run.id)).complete is False

    @pytest.mark.skipif(connection.vendor != "sqlite", reason="needs the one thread that all database calls wait for")
    async def test_while_the_answer_is_stored(self, talk: Conversation) -> None:
        gate, blocked = Gate(), threading.Event()
        talk.provider.reply(openai_reply("Hel", gate, "lo"))
        async with talk.watch() as watcher:
            run = await talk.say()
            await watcher.said("Hel")
            blocker = asyncio.create_task(in_database(blocked.wait, PATIENCE))
            await _waiting_for_database(0)
            cancelling = asyncio.create_task(talk.cancel(run))
            await _waiting_for_database(1)
            gate.open()
            await _waiting_for_database(2)
            blocked.set()
            await asyncio.gather(blocker, cancelling)
            await watcher.ended(run)

        assert (await talk.run(run)).status == "cancelled"
        answer = await talk.answer(run)
        assert (answer.status, words(answer)) == ("complete", "Hello")
        assert words(answer) in watcher.text
        assert len(terminal_events(await talk.journal(), run)) == 1

    async def test_while_a_tool_runs(self, converse: Converse, provider: MockProvider) -> None:
        tool = Gated()
        talk = await converse(model={"tools": True}, tools=(tool,))
        provider.reply(openai_reply("Let me see.", Call("note")))
        run = await talk.say()
        await tool.gate.reached
        await talk.cancel(run)
        await talk.idle()

        assert (await talk.run(run)).status == "cancelled"
        assert tool.calls == []
        assert len(provider.requests) == 1
        assert [message.role for message in await talk.messages(run)] == ["user", "assistant", "tool"]

    async def test_while_it_waits_to_try_again(self, talk: Conversation) -> None:
        talk.provider.reply(Reply(status=429, headers={"Retry-After": "20"}))
        async with talk.watch() as watcher:
            run = await talk.say()
            await watcher.frame(lambda frame: frame["type"] == "step" and frame["kind"] == "retry")
            await talk.cancel(run)
            end = await watcher.ended(run)

        assert end["run"]["status"] == "cancelled"
        assert len(talk.provider.requests) == 1

    async def test_a_queued_run(self, talk: Conversation) -> None:
        gate = Gate()
        talk.provider.reply(openai_reply("One", gate))
        first, second = await talk.say("One?"), await talk.say("Two?")
        await gate.reached
        assert (await talk.cancel(second)).status == "cancelled"
        gate.open()
        await talk.idle()

        assert (await talk.run(first)).status == "completed"
        assert len(talk.provider.requests) == 1
        assert len(terminal_events(await talk.journal(), second)) == 1

    async def test_a_terminal_run_is_acknowledged_and_stays_as_it_is(self, talk: Conversation) -> None:
        run = await talk.ask()
        told = await talk.journal()

        assert await talk.cancel(run) == run
        assert await talk.journal() == told

    async def test_twice(self, talk: Conversation) -> None:
        talk.provider.reply(openai_reply("Half an", HANG))
        async with talk.watch() as watcher:
            run = await talk.say()
            await watcher.said("Half an")
            await asyncio.gather(talk.cancel(run), talk.cancel(run))
            await watcher.ended(run)
            await talk.idle()

        assert len(terminal_events(await talk.journal(), run)) == 1

    @pytest.mark.parametrize("steps", range(0, 40, 3))
    async def test_at_any_moment_of_its_start(self, talk: Conversation, steps: int) -> None:
        """The event loop takes so many steps between the capture and the wish to stop: claiming is somewhere in there."""
        talk.provider.answer = lambda _: openai_reply("Half an", HANG)
        run = await talk.say()
        for _ in range(steps):
            await asyncio.sleep(0)
        await talk.cancel(run)
        await talk.idle()

        assert (await talk.run(run)).status == "cancelled"
        assert len(terminal_events(await talk.journal(), run)) == 1
        assert not talk.driver._executor._cancelled_early


async def _waiting_for_database(count: int) -> None:
    """Let the event loop turn until so many calls wait for the database thread."""
    async with asyncio.timeout(PATIENCE):
        while _executor()._work_queue.qsize() != count:  # noqa: ASYNC110  # it tells nobody when it changes
            await asyncio.sleep(0)


class TestRetry:
    async def test_makes_a_sibling_with_the_same_parent_and_input(self, talk: Conversation) -> None:
        talk.provider.reply(openai_reply("One"), Reply(status=401), openai_reply("Two"))
        first = await talk.ask("One?")
        failed = await talk.ask("Two?")
        again = await talk.retry(failed)
        await talk.idle()
        again = await talk.run(again)

        assert (again.status, again.parent) == ("completed", first.id)
        assert again.lane != failed.lane
        assert again.number == failed.number + 1
        assert (await talk.messages(again))[0].content == (await talk.messages(failed))[0].content
        assert [message["content"] for message in talk.sent[-1]] == ["One?", "One", "Two?"]
        assert (await talk.thread()).head == again.id
        assert (await talk.run(failed)).status == "failed"

    async def test_a_rerun_answers_again_beside_the_first_answer(self, talk: Conversation) -> None:
        talk.provider.reply(openai_reply("Heads"), openai_reply("Tails"), openai_reply("Well."))
        first = await talk.ask("Toss a coin.")
        again = await talk.rerun(first)
        await talk.idle()
        await talk.ask("And?")

        assert words(await talk.answer(first)) == "Heads"
        assert words(await talk.answer(again)) == "Tails"
        assert [message["content"] for message in talk.sent[-1]] == ["Toss a coin.", "Tails", "And?"]


async def test_the_queue_of_a_lane_has_an_end(talk: Conversation, settings: Settings) -> None:
    settings.CODAY_MAX_QUEUED_RUNS = 2
    talk.provider.reply(openai_reply(HANG))
    first = await talk.say("One?")
    await talk.provider.arrival()
    await talk.say("Two?")
    await talk.say("Three?")
    with pytest.raises(QueueFullError) as refused:
        await talk.say("Four?")

    assert refused.value.details == {"limit": 2}
    assert (await talk.run(first)).status == "running"


async def test_a_cancellation_before_the_first_step_of_a_run_ends_it(talk: Conversation) -> None:
    executor = talk.driver._executor
    request = parse_request({"input": {"type": "user", "text": "Hello?"}})
    created = await in_database(capture.create, asker=talk.asker, thread_id=talk.thread_id, request=request)
    claimed = await in_database(claim, created.run.lane, runner=created.run.id)
    assert claimed
    await in_database(lifecycle.cancel, asker=talk.asker, run_id=created.run.id)
    executor.start(claimed)
    executor.cancel(created.run.id)
    await talk.idle()

    assert (await talk.run(created.run)).status == "cancelled"
    assert talk.provider.requests == []
    assert not executor.running
