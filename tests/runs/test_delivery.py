"""What a watcher is sent: the journal and the stream, once and in order, whenever it joins and however slow it is."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from uuid import UUID

import msgspec
import pytest
from django.db import transaction

from coday.kernel.database import in_database
from runs import journal, wire
from runs.delivery import Delivery
from runs.delivery import subscriptions as delivery_module
from runs.events import DurableEvent, RunDeltaEvent, RunThreadEvent
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation, Frame, Screen, words
from tests.support.mock_provider import CUT, HANG, Call, Gate, MockProvider, Reply, Thought, openai_reply
from tests.support.replies import PATIENCE
from threads.operations import delete_thread

EMOJI = "👩‍👩‍👧 e\u0301 \U0001f600 ñ 漢字 \u200f\u202e"


class TestReplay:
    async def test_it_is_what_was_seen_live(self, converse: Converse, provider: MockProvider) -> None:
        talk = await converse(title="", model={"input_price": 3, "output_price": 15})
        provider.reply(
            openai_reply(Thought("Hm."), EMOJI, finish="length"),
            openai_reply("A title"),
            openai_reply("Half an", CUT),
            Reply(status=401),
        )
        async with talk.watch() as live:
            for text in ("One?", "Two?", "Three?"):
                await talk.ask(text)
            last = (await talk.thread()).last_seq
            await live.frame(lambda frame: frame.get("seq") == last)
        async with talk.watch(after=0) as replay:
            await replay.frame(lambda frame: frame.get("seq") == last)

        assert replay.frames[1:] == live.durable
        assert {frame["type"] for frame in replay.durable} == {"run", "message", "thread", "step", "error"}

    async def test_it_shows_the_same_screen(self, talk: Conversation) -> None:
        talk.provider.reply(openai_reply(Thought("Hm."), EMOJI, " done"), openai_reply("Half an", CUT))
        async with talk.watch() as live:
            for text in ("One?", EMOJI):
                await talk.ask(text)
            last = (await talk.thread()).last_seq
            await live.frame(lambda frame: frame.get("seq") == last)
        async with talk.watch(after=0) as replay:
            await replay.frame(lambda frame: frame.get("seq") == last)

        assert replay.screen == live.screen

    @pytest.mark.parametrize("after", [0, 1, 3, 5])
    async def test_it_begins_after_any_number(self, talk: Conversation, after: int) -> None:
        await talk.ask()
        last = (await talk.thread()).last_seq
        async with talk.watch(after=after) as watcher:
            await watcher.frame(lambda frame: frame.get("seq") == last)

        assert [frame["seq"] for frame in watcher.durable] == list(range(after + 1, last + 1))

    @pytest.mark.parametrize("after", [None, 6, 1_000, 10**30])
    async def test_without_something_missed_nothing_old_is_sent(self, talk: Conversation, after: int | None) -> None:
        await talk.ask()
        async with talk.watch(after=after) as watcher:
            run = await talk.say()
            await watcher.ended(run)

        assert [frame["seq"] for frame in watcher.durable] == list(range(7, 13))

    async def test_more_than_one_page_of_the_journal_is_read(self, talk: Conversation) -> None:
        await in_database(_append, talk.thread_id, 450)
        async with talk.watch(after=0) as watcher:
            await watcher.frame(lambda frame: frame.get("seq") == 450)

        assert [frame["seq"] for frame in watcher.durable] == list(range(1, 451))

    async def test_the_session_says_what_is_going_on(self, talk: Conversation) -> None:
        talk.provider.reply(openai_reply("One", HANG))
        async with talk.watch() as first:
            running = await talk.say("One?")
            await first.said("One")
        queued = await talk.say("Two?")
        async with talk.watch() as second:
            pass

        assert first.frames[0] == {"type": "session", "streaming": False, "last_seq": 0, "runs": []}
        session = second.frames[0]
        assert (session["streaming"], session["last_seq"]) == (True, (await talk.thread()).last_seq)
        assert [(run["id"], run["status"]) for run in session["runs"]] == [
            (str(running.id), "running"),
            (str(queued.id), "queued"),
        ]


class TestJoining:
    async def test_in_the_middle_of_a_stream_gets_the_text_so_far_and_then_the_rest(self, talk: Conversation) -> None:
        gate = Gate()
        talk.provider.reply(openai_reply(Thought("Hm."), f"{EMOJI} one", gate, " two"))
        async with talk.watch() as first:
            run = await talk.say()
            await first.said(f"{EMOJI} one")
            async with talk.watch() as second:
                start = await second.frame(lambda frame: frame["type"] == "message_start")
                gate.open()
                await second.ended(run)

        assert start["message"]["status"] == "streaming"
        assert start["message"]["content"] == [
            {"type": "thinking", "text": "Hm."},
            {"type": "text", "text": f"{EMOJI} one"},
        ]
        [delta] = [frame for frame in second.frames if frame["type"] == "delta"]
        assert (delta["part"], delta["offset"], delta["text"]) == (1, len(f"{EMOJI} one"), " two")

    @pytest.mark.parametrize("before", range(6))
    async def test_at_any_moment_ends_with_the_same_screen(self, talk: Conversation, before: int) -> None:
        gates = [Gate() for _ in range(5)]
        pieces = [piece for number, gate in enumerate(gates) for piece in (f"{EMOJI}{number}", gate)]
        talk.provider.reply(openai_reply(*pieces, "end"))
        async with talk.watch() as first:
            run = await talk.say()
            for gate in gates[:before]:
                await gate.reached
                gate.open()
            async with talk.watch(after=0) as joiner:
                for gate in gates[before:]:
                    gate.open()
                await joiner.ended(run)
                await first.ended(run)

        assert joiner.screen == first.screen
        assert words(await talk.answer(run)) in joiner.text


class TestSlowWatchers:
    async def test_lose_their_queue_and_not_their_place(
        self, talk: Conversation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(delivery_module, "QUEUE_LIMIT", 20)
        gates = [Gate() for _ in range(60)]
        talk.provider.reply(openai_reply(*(piece for n, gate in enumerate(gates) for piece in (f"{n} ", gate)), "end"))
        screen, sessions = Screen(), 0
        async with talk.watch() as quick, aclosing(talk.delivery.watch(thread_id=talk.thread_id, after=0)) as slow:
            run = await talk.say()
            async for frame in slow:
                screen.show(msgspec.json.decode(frame.text))
                if '"message_start"' in frame.text:
                    break  # it is live, and reads no further for now
            for number, gate in enumerate(gates):
                await quick.said(f"{number} ")
                gate.open()
            await quick.ended(run)
            async with asyncio.timeout(PATIENCE):
                async for frame in slow:
                    shown: Frame = msgspec.json.decode(frame.text)
                    sessions += shown["type"] == "session"
                    screen.show(shown)
                    if frame.ends_run:
                        break

        assert sessions == 1, "it was told to begin again"
        assert screen == quick.screen

    async def test_slow_nobody_down(self, talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(delivery_module, "QUEUE_LIMIT", 2)
        async with aclosing(talk.delivery.watch(thread_id=talk.thread_id)) as slow:
            await anext(slow)
            run = await talk.ask()
            assert run.status == "completed"


class TestOrder:
    async def test_each_number_once_and_in_order_whatever_the_order_of_publishing(self, talk: Conversation) -> None:
        events = await in_database(_append, talk.thread_id, 40)
        shuffled = [*events, *events[::3]]
        shuffled.sort(key=lambda event: event.seq * 7 % 11)
        async with talk.watch() as watcher:
            more = await in_database(_append, talk.thread_id, 30)
            more.sort(key=lambda event: event.seq * 7 % 11)
            for event in (*shuffled, *more, *more[:5]):
                talk.delivery.publish([event], owner_id=talk.asker.user_id)
            await watcher.frame(lambda frame: frame.get("seq") == 70)

        assert [frame["seq"] for frame in watcher.durable] == list(range(41, 71))

    async def test_what_was_never_published_is_read_before_what_was(self, talk: Conversation) -> None:
        """Another process publishes nothing here: its events come with the next one of ours."""
        async with talk.watch() as watcher:
            events = await in_database(_append, talk.thread_id, 5)
            talk.delivery.publish([events[-1]], owner_id=talk.asker.user_id)
            await watcher.frame(lambda frame: frame.get("seq") == 5)

        assert [frame["seq"] for frame in watcher.durable] == [1, 2, 3, 4, 5]

    async def test_events_published_on_database_threads_arrive(self, talk: Conversation) -> None:
        def append_and_publish() -> None:
            talk.delivery.publish(_append(talk.thread_id, 3), owner_id=talk.asker.user_id)

        async with talk.watch() as watcher:
            await asyncio.gather(*(in_database(append_and_publish) for _ in range(10)))
            await watcher.frame(lambda frame: frame.get("seq") == 30)

        assert [frame["seq"] for frame in watcher.durable] == list(range(1, 31))


class TestSize:
    async def test_a_delta_is_small_beside_its_text(self, talk: Conversation) -> None:
        talk.provider.reply(openai_reply(Thought("Hm."), 'Hel\n"lo"', Call("note", ("{}",)), "x" * 100_000, "y"))
        async with talk.watch() as watcher:
            await watcher.ended(await talk.say())

        deltas = [frame for frame in watcher.frames if frame["type"] == "delta"]
        assert len(deltas) >= 3
        for frame in deltas:
            named = {name: frame[name] for name in ("id", "name") if name in frame}
            whole = len(msgspec.json.encode(frame))
            beside = (
                whole - len(msgspec.json.encode(frame["text"])) - sum(len(n) + len(v) + 6 for n, v in named.items())
            )
            assert beside <= 130

    async def test_a_delta_in_a_very_long_message_is_still_small(self, talk: Conversation) -> None:
        run = await talk.ask()
        answer = await talk.answer(run)
        delta = RunDeltaEvent(
            thread_id=talk.thread_id, run_id=run.id, message_id=answer.id, part=99, kind="tool_use",
            offset=9_999_999, text="",
        )  # fmt: skip
        assert len(wire.encode(delta)) - 2 <= 130

    async def test_bytes_grow_with_the_text_and_not_with_its_square(self, talk: Conversation) -> None:
        """Beside the deltas, at most twice the text and a constant."""
        beside = {}
        for length in (1_000, 100_000):
            gates = [Gate() for _ in range(10)]
            pieces = [piece for gate in gates for piece in ("x" * (length // 10), gate)]
            talk.provider.reply(openai_reply(*pieces))
            async with talk.watch() as watcher:
                run = await talk.say()
                for gate in gates:
                    await gate.reached
                    gate.open()
                await watcher.ended(run)
            others = [raw for raw, frame in zip(watcher.raw, watcher.frames, strict=True) if frame["type"] != "delta"]
            beside[length] = sum(len(raw) for raw in others) - 2 * length

        assert beside[100_000] <= beside[1_000] + 200
        assert beside[1_000] <= 8_000


class TestMemory:
    async def test_nothing_is_held_when_runs_have_ended_and_watchers_have_left(
        self, converse: Converse, provider: MockProvider
    ) -> None:
        talk = await converse(title="")
        provider.answer = lambda request: (
            openai_reply("Half an", CUT) if b"fail" in request.body else openai_reply(Thought("Hm."), "Yes.")
        )
        async with talk.watch():
            for text in ("One?", "fail", "Two?"):
                await talk.ask(text)
            provider.reply(openai_reply("One", HANG))
            run = await talk.say("Stop.")
            await provider.arrival(len(provider.requests))
            await talk.cancel(run)
            await talk.idle()

        assert not talk.delivery._live._threads
        assert not talk.delivery._watchers
        assert not talk.delivery._lists
        assert not talk.driver._executor.busy
        assert not talk.driver._executor.running
        assert not talk.driver._executor._cancelled_early
        assert not talk.driver._wiring.usage._pending

    async def test_nothing_is_held_of_a_thread_that_was_deleted_while_it_answered(self, talk: Conversation) -> None:
        gate = Gate()
        talk.provider.reply(openai_reply("Half an", gate, " answer"))
        async with talk.watch() as watcher:
            await talk.say()
            await watcher.said("Half an")
        await in_database(delete_thread, user_id=talk.asker.user_id, thread_id=talk.thread_id)
        gate.open()
        await talk.idle()

        assert not talk.delivery._live._threads
        assert not talk.driver._executor.running


async def test_a_watch_ends_with_its_thread(talk: Conversation) -> None:
    async with talk.watch() as watcher:
        talk.delivery.touch(thread_id=talk.thread_id, owner_id=talk.asker.user_id, deleted=True)
        await watcher.closed()

    assert not talk.delivery.is_watched(talk.thread_id)


async def test_a_silent_watch_hears_a_heartbeat(talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_module, "HEARTBEAT", 0.05)
    async with talk.watch() as watcher:
        await watcher.frame(lambda frame: frame["type"] == "heartbeat")

    assert watcher.raw[1] == '{"type":"heartbeat"}'


async def test_a_list_hears_of_every_thread_that_changes(talk: Conversation) -> None:
    async with aclosing(talk.delivery.watch_list(user_id=talk.asker.user_id)) as changes:
        waiting = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        await talk.ask()
        assert await asyncio.wait_for(waiting, PATIENCE) == {talk.thread_id}


async def test_a_list_hears_nothing_of_other_peoples_threads(talk: Conversation) -> None:
    delivery, somebody = Delivery(), talk.thread_id
    async with aclosing(delivery.watch_list(user_id=somebody)) as changes:
        waiting = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        delivery.touch(thread_id=talk.thread_id, owner_id=talk.asker.user_id)
        delivery.touch(thread_id=somebody, owner_id=somebody)
        assert await asyncio.wait_for(waiting, PATIENCE) == {somebody}


@transaction.atomic
def _append(thread_id: UUID, count: int) -> list[DurableEvent]:
    """Journal so many changes of a thread."""
    return journal.append([RunThreadEvent(thread_id=thread_id, changed={"title": str(n)}) for n in range(count)])
