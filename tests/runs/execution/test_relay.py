"""Events on their way between processes: two deliveries over one channel layer, which may lose what it carries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from channels.layers import InMemoryChannelLayer
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.exceptions import ConnectionError as RedisConnectionError

from coday.kernel.ids import new_id
from runs.delivery import Delivery
from runs.delivery.live import LiveMessages, StreamGapError
from runs.events import RunDeltaEvent, RunMessageEvent, RunMessageStartEvent
from runs.execution.relay import ChannelRelay, _joined
from tests.runs.conversation import Conversation, Watcher
from tests.runs.services.values import NOW
from tests.support.mock_provider import HANG, Silence, openai_reply
from threads.content import TextPart, ThinkingPart
from threads.snapshot import MessageSnapshot

THREAD, RUN, MESSAGE = new_id(), new_id(), new_id()
WORDS = tuple(f"word{number} " for number in range(30))


class Layer(InMemoryChannelLayer):  # type: ignore[misc]  # channels has no types
    """A channel layer that loses what ``loses`` says, and fails while it is ``away``."""

    def __init__(self) -> None:
        super().__init__(capacity=10_000)
        self.loses: Callable[[dict[str, Any]], bool] = lambda message: False
        self.away = False

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Carry a message, or not."""
        if self.away:
            raise RedisConnectionError("away")
        if not self.loses(message):
            await super().group_send(group, message)


@pytest.fixture
def layer() -> Layer:
    return Layer()


@asynccontextmanager
async def other_process(talk: Conversation, layer: Layer) -> AsyncIterator[Delivery]:
    """A web process beside the one that executes the conversation's runs."""
    here = ChannelRelay(delivery=talk.delivery, layer=layer, on_cancel=lambda run_id: None)
    talk.delivery.relay = here
    web = Delivery()
    there = web.relay = ChannelRelay(delivery=web, layer=layer)
    await here.start()
    await there.start()
    try:
        yield web
    finally:
        await there.stop()
        await here.stop()


class TestAnotherProcess:
    async def test_shows_what_the_executing_one_shows(self, talk: Conversation, layer: Layer) -> None:
        talk.provider.reply(openai_reply(*WORDS))
        async with other_process(talk, layer) as web, Watcher(web, talk.thread_id, after=0) as watcher:
            run = await talk.say()
            await watcher.ended(run)
        assert watcher.text.endswith("".join(WORDS))

    async def test_joins_in_the_middle_of_an_answer(self, talk: Conversation, layer: Layer) -> None:
        talk.provider.reply(openai_reply(*WORDS[:10], HANG))
        async with other_process(talk, layer) as web, talk.watch() as first:
            run = await talk.say()
            await first.said("".join(WORDS[:10]))
            async with Watcher(web, talk.thread_id, after=None) as joiner:
                await joiner.frame(lambda frame: frame["type"] == "message_start")
                assert joiner.text == "".join(WORDS[:10])
                async with Watcher(web, talk.thread_id, after=None) as second:
                    await second.frame(lambda frame: frame["type"] == "message_start")
                    assert second.text == joiner.text, "the process knows already what is being streamed"
                    await talk.cancel(run)
                    await joiner.ended(run)

    async def test_reads_from_the_journal_what_was_lost(
        self, talk: Conversation, layer: Layer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("runs.execution.relay.LOOK_EVERY", 0.05)
        layer.loses = lambda message: message["type"] == "events"
        talk.provider.reply(openai_reply(*WORDS))
        async with other_process(talk, layer) as web, Watcher(web, talk.thread_id, after=0) as watcher:
            run = await talk.say()
            await watcher.ended(run)
        assert [frame["seq"] for frame in watcher.durable] == list(range(1, watcher.screen.last_seq + 1))
        assert watcher.text.endswith("".join(WORDS))

    async def test_is_told_again_what_text_it_missed(self, talk: Conversation, layer: Layer) -> None:
        sent = iter(range(1_000))
        layer.loses = lambda message: message["type"] == "events" and next(sent) % 3 == 2
        talk.provider.reply(openai_reply(*(step for word in WORDS for step in (word, Silence(0.002))), HANG))
        async with other_process(talk, layer) as web, Watcher(web, talk.thread_id, after=0) as watcher:
            run = await talk.say()
            async with talk.watch() as first:
                await first.frame(lambda frame: "".join(WORDS) in first.text)
                layer.loses = lambda message: False
                assert web.relay
                web.relay.ask(talk.thread_id)  # as the next delta would
                await watcher.frame(lambda frame: "".join(WORDS) in watcher.text)
                await talk.cancel(run)
                await watcher.ended(run)

    async def test_a_layer_that_is_away_stops_no_run(
        self, talk: Conversation, layer: Layer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("runs.execution.relay.LOOK_EVERY", 0.05)
        talk.provider.reply(openai_reply(*WORDS))
        async with other_process(talk, layer) as web, Watcher(web, talk.thread_id, after=0) as watcher:
            layer.away = True
            run = await talk.say()
            await talk.idle()
            assert (await talk.run(run)).status == "completed"
            await watcher.ended(run)

    async def test_hears_of_a_cancellation(self, talk: Conversation, layer: Layer) -> None:
        heard: asyncio.Queue[UUID] = asyncio.Queue()
        worker = ChannelRelay(delivery=Delivery(), layer=layer, on_cancel=heard.put_nowait)
        web = ChannelRelay(delivery=Delivery(), layer=layer)
        await worker.start()
        await web.start()
        web.cancel(RUN)
        async with asyncio.timeout(5):
            assert await heard.get() == RUN
        await web.stop()
        await worker.stop()

    async def test_the_lists_of_another_process_hear_of_changes(self, talk: Conversation, layer: Layer) -> None:
        async with other_process(talk, layer) as web:
            changes = web.watch_list(user_id=talk.asker.user_id)
            waiting = asyncio.ensure_future(anext(changes))
            await asyncio.sleep(0)
            talk.delivery.touch(thread_id=THREAD, owner_id=talk.asker.user_id)
            async with asyncio.timeout(5):
                assert await waiting == {THREAD}
            await changes.aclose()

    async def test_watchers_of_a_deleted_thread_end(self, talk: Conversation, layer: Layer) -> None:
        async with other_process(talk, layer) as web, Watcher(web, talk.thread_id, after=None) as watcher:
            talk.delivery.touch(thread_id=talk.thread_id, owner_id=talk.asker.user_id, deleted=True)
            await watcher.closed()


def start() -> RunMessageStartEvent:
    """An answer begins."""
    message = MessageSnapshot(
        id=MESSAGE, thread_id=THREAD, run_id=RUN, role="assistant", status="streaming", content=(), created_at=NOW
    )
    return RunMessageStartEvent(thread_id=THREAD, run_id=RUN, message=message)


def deltas(pieces: list[tuple[int, str]]) -> list[RunDeltaEvent]:
    """The events that tell these pieces, each of one of two parts."""
    lengths = [0, 0]
    events = []
    for part, text in pieces:
        kind = ("thinking", "text")[part]
        events.append(
            RunDeltaEvent(
                thread_id=THREAD,
                run_id=RUN,
                message_id=MESSAGE,
                part=part,
                kind=kind,  # type: ignore[arg-type]
                offset=lengths[part],
                text=text,
            )
        )
        lengths[part] += len(text)
    return events


pieces_of_an_answer = st.lists(st.tuples(st.integers(0, 1), st.text(min_size=1, max_size=5)), max_size=25).map(
    lambda pieces: sorted(pieces, key=lambda piece: piece[0])
)


@settings(deadline=None)
@given(pieces_of_an_answer)
def test_what_travels_together_says_the_same(pieces: list[tuple[int, str]]) -> None:
    together = _joined([start(), *deltas(pieces)])
    assert len(together) <= 3
    assert content_of(together) == content_of([start(), *deltas(pieces)])


@settings(deadline=None)
@given(pieces_of_an_answer, st.data())
def test_a_lossy_road_ends_with_the_same_text(pieces: list[tuple[int, str]], data: st.DataObject) -> None:
    sender, receiver = LiveMessages(), LiveMessages()
    sender.add(start())
    receiver.merge(start())
    for event in deltas(pieces):
        sender.add(event)
        for _ in range(data.draw(st.sampled_from([0, 1, 1, 2]))):  # lost, carried, carried twice
            try:
                receiver.merge(event)
            except StreamGapError:
                for told in sender.of(THREAD):
                    receiver.merge(told)
    for told in sender.of(THREAD):
        receiver.merge(told)
    assert receiver.of(THREAD) == sender.of(THREAD)


def content_of(events: list[Any]) -> tuple[TextPart | ThinkingPart, ...]:
    """The content that these events tell."""
    live = LiveMessages()
    for event in events:
        live.merge(event)
    return live.of(THREAD)[0].message.content  # type: ignore[return-value]  # nothing else was told


def test_late_news_of_a_message_that_was_told_as_whole_is_old() -> None:
    live = LiveMessages()
    told = start()
    live.settle(RunMessageEvent(thread_id=THREAD, run_id=RUN, message=told.message))
    assert live.merge(told) is None
    assert live.merge(deltas([(1, "late")])[0]) is None
    assert live.of(THREAD) == []
