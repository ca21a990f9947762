"""Publishes what the journal holds, after it was committed, and the transient deltas, to this process's watchers.

The truth is the journal. A watcher is sent each ``seq`` once and in order: where one is missing in what was published, the
journal is read before going on. A watcher who reads too slowly loses its queue, not its place: it is brought up to date from
the journal, and slows nobody else down.

Where there are other processes, a ``Relay`` carries events between them. It may lose some: the journal has them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from typing import Protocol, TypeVar
from uuid import UUID

from coday.kernel.database import in_database
from runs import journal
from runs.delivery.frames import Frame, encode, mark
from runs.delivery.live import LiveMessages, StreamGapError
from runs.delivery.subscriptions import ListSubscription, Subscription
from runs.events import DurableEvent, RunEvent, RunSessionEvent
from runs.observing import metrics
from runs.queries import unfinished_runs
from threads.queries import journal_end

PAGE = 200  # journal entries read at once

T = TypeVar("T")


class Relay(Protocol):
    """What carries events to other processes, and theirs to this one (with ``Delivery.receive``)."""

    def send(self, events: Iterable[RunEvent], *, thread_id: UUID, owner_id: UUID | None) -> None:
        """Carry events of one thread, in their order. Durable ones need its owner."""

    def touch(self, *, thread_id: UUID, owner_id: UUID, deleted: bool) -> None:
        """Carry the news that something about a thread changed."""

    def ask(self, thread_id: UUID) -> None:
        """Have whoever executes runs in the thread tell what is being streamed."""


class Delivery:
    """The in-process broker: topics are threads, and people for the lists of their threads."""

    def __init__(self, *, relay: Relay | None = None) -> None:
        self.relay = relay
        self._watchers: defaultdict[UUID, set[Subscription]] = defaultdict(set)
        self._lists: defaultdict[UUID, set[ListSubscription]] = defaultdict(set)
        self._live = LiveMessages()
        self._told: dict[UUID, int] = {}  # the newest number that the watchers of a thread were offered

    # --- What happens -------------------------------------------------------------------------------------------------

    def publish(self, events: Iterable[RunEvent], *, owner_id: UUID) -> None:
        """Hand out events of one thread that happened in this process. Durable ones are committed already."""
        happened = list(events)
        for event in happened:
            self._live.add(event)
            self._hand_out(event, owner_id=owner_id)
        if self.relay and happened:
            self.relay.send(happened, thread_id=happened[0].thread_id, owner_id=owner_id)

    def publish_all(self, events: Iterable[DurableEvent], *, owner_id: UUID) -> None:
        """``publish`` for events of several threads of one person."""
        by_thread: defaultdict[UUID, list[DurableEvent]] = defaultdict(list)
        for event in events:
            by_thread[event.thread_id].append(event)
        for of_thread in by_thread.values():
            self.publish(of_thread, owner_id=owner_id)

    def receive(self, events: Iterable[RunEvent], *, owner_id: UUID | None) -> None:
        """Hand out events that happened in another process."""
        for event in events:
            try:
                news = self._live.merge(event)
            except StreamGapError:
                self._ask(event.thread_id)
                continue
            if news:
                self._hand_out(news, owner_id=owner_id)

    def touch(self, *, thread_id: UUID, owner_id: UUID, deleted: bool = False) -> None:
        """Tell the lists that show a thread that something about it changed."""
        self.touched(thread_id=thread_id, owner_id=owner_id, deleted=deleted)
        if self.relay:
            self.relay.touch(thread_id=thread_id, owner_id=owner_id, deleted=deleted)

    def touched(self, *, thread_id: UUID, owner_id: UUID, deleted: bool = False) -> None:
        """``touch``, for what happened in another process."""
        for watcher in tuple(self._lists.get(owner_id, ())):
            watcher.offer(thread_id)
        if deleted:
            for subscription in tuple(self._watchers.get(thread_id, ())):
                subscription.close()

    def forget(self, *, thread_id: UUID, run_id: UUID) -> None:
        """Drop what is remembered of a run that is over, however it ended."""
        self._live.forget(thread_id=thread_id, run_id=run_id)

    def catch_up(self, ends: Mapping[UUID, int]) -> None:
        """Tell watchers how far the journals of their threads go: who is behind reads on."""
        for thread_id, seq in ends.items():
            if seq > self._told.get(thread_id, 0):
                self._told[thread_id] = seq
                for watcher in tuple(self._watchers.get(thread_id, ())):
                    watcher.offer(mark(seq))
                self._ask(thread_id)  # what was lost may have been the beginning of a message

    def tell_streaming(self, thread_id: UUID) -> None:
        """Tell other processes what is being streamed in a thread."""
        streaming = self._live.of(thread_id)
        if self.relay and streaming:
            self.relay.send(streaming, thread_id=thread_id, owner_id=None)

    def _hand_out(self, event: RunEvent, *, owner_id: UUID | None) -> None:
        watchers = self._watchers.get(event.thread_id)
        if watchers:
            encoded = encode(event)
            self._told[event.thread_id] = max(encoded.seq, self._told.get(event.thread_id, 0))
            for watcher in tuple(watchers):
                watcher.offer(encoded)
        if owner_id and isinstance(event, DurableEvent):
            self.touched(thread_id=event.thread_id, owner_id=owner_id)

    def _ask(self, thread_id: UUID) -> None:
        if self.relay and self.is_watched(thread_id):
            self.relay.ask(thread_id)

    # --- Who watches --------------------------------------------------------------------------------------------------

    @property
    def watched(self) -> list[UUID]:
        """The threads that somebody in this process has open."""
        return list(self._watchers)

    def is_watched(self, thread_id: UUID) -> bool:
        """Whether somebody in this process has the thread open."""
        return bool(self._watchers.get(thread_id))

    async def watch(self, *, thread_id: UUID, after: int | None = None) -> AsyncGenerator[Frame, None]:
        """Frames from here on: the session, what the journal has after ``after`` (``None``: nothing old), what is being
        streamed, then what happens. Ends when the thread is deleted.

        The caller has checked that the thread may be seen.
        """
        subscription = Subscription()
        self._watchers[thread_id].add(subscription)
        metrics.joined(kind="thread")
        position = after
        try:
            while not subscription.closed:
                if subscription.overflowed:
                    metrics.resynced(reason="overflow")
                subscription.restart()
                session = await in_database(_session, thread_id)
                yield encode(session)
                position = session.last_seq if position is None else min(position, session.last_seq)
                async for frame in self._replay(thread_id, after=position):
                    yield frame
                    position = frame.seq
                self._go_live(subscription, session)
                async with aclosing(self._live_frames(subscription, thread_id, after=position)) as frames:
                    async for frame in frames:
                        yield frame
                        position = max(position, frame.seq)
        finally:
            metrics.left(kind="thread")
            self._leave(thread_id, subscription)

    async def watch_list(self, *, user_id: UUID) -> AsyncGenerator[set[UUID], None]:
        """The ids of the person's threads that changed, as they change."""
        subscription = ListSubscription()
        self._lists[user_id].add(subscription)
        metrics.joined(kind="list")
        try:
            while True:
                yield await subscription.take()
        finally:
            metrics.left(kind="list")
            _leave(self._lists, user_id, subscription)

    def _leave(self, thread_id: UUID, subscription: Subscription) -> None:
        _leave(self._watchers, thread_id, subscription)
        if not self.is_watched(thread_id):
            self._told.pop(thread_id, None)
            if self.relay:
                self._live.forget(thread_id=thread_id)  # from here on nothing more is heard of it

    def _go_live(self, subscription: Subscription, session: RunSessionEvent) -> None:
        streaming = self._live.of(session.thread_id)
        subscription.go_live([encode(start) for start in streaming])
        if session.streaming and not streaming:
            self._ask(session.thread_id)

    async def _live_frames(
        self, subscription: Subscription, thread_id: UUID, *, after: int
    ) -> AsyncGenerator[Frame, None]:
        """What is queued, as it comes, each number once and in order, until the subscription is closed or overflows."""
        position = after
        while not (subscription.overflowed or subscription.closed):
            for frame in await subscription.take():
                if not frame.seq:
                    yield frame
                    continue
                until = frame.seq - 1 if frame.text else frame.seq
                if until > position:
                    metrics.resynced(reason="gap")
                    async for missed in self._replay(thread_id, after=position, until=until):
                        yield missed
                        position = missed.seq
                if frame.text and frame.seq > position:
                    yield frame
                    position = frame.seq

    async def _replay(self, thread_id: UUID, *, after: int, until: int | None = None) -> AsyncGenerator[Frame, None]:
        while True:
            events = await in_database(journal.read, thread_id=thread_id, after=after, until=until, limit=PAGE)
            for event in events:
                self._live.settle(event)
                yield encode(event)
            if len(events) < PAGE:
                return
            after = events[-1].seq


def _leave(topics: defaultdict[UUID, set[T]], topic: UUID, subscription: T) -> None:
    topics[topic].discard(subscription)
    if not topics[topic]:
        del topics[topic]


def _session(thread_id: UUID) -> RunSessionEvent:
    """The journal's end is read first: a run that changes after it is told again by the journal."""
    last_seq = journal_end(thread_id=thread_id)
    runs = tuple(unfinished_runs(thread_id=thread_id))
    streaming = any(run.status == "running" for run in runs)
    return RunSessionEvent(thread_id=thread_id, streaming=streaming, last_seq=last_seq, runs=runs)
