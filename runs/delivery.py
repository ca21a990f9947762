"""Publishes to this process's watchers what the journal holds, after it was committed, and the transient deltas.

The truth is the journal. A watcher is sent each ``seq`` once and in order: where one is missing in what was published, the
journal is read before going on. A watcher who reads too slowly loses its queue, not its place: it is brought up to date from
the journal, and slows nobody else down.
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from coday.kernel.database import in_database
from runs import journal, wire
from runs.events import (
    DurableEvent,
    RunChangedEvent,
    RunDeltaEvent,
    RunEvent,
    RunMessageEvent,
    RunMessageStartEvent,
    RunSessionEvent,
)
from runs.queries import unfinished_runs
from threads.queries import journal_end
from threads.snapshot import MessageSnapshot
from threads.wire import message_object

QUEUE_LIMIT = 2_000  # frames a watcher may be behind
PAGE = 200  # journal entries read at once
HEARTBEAT = 15.0  # seconds of silence after which a watcher hears that the connection lives

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Frame:
    """One encoded frame. ``seq`` is 0 for a transient one; ``ends_run`` names the run whose terminal event it is."""

    text: str
    seq: int = 0
    run_id: UUID | None = None
    ends_run: bool = False


class Subscription:
    """A watcher's bounded queue. ``offer`` may be called from any thread, the rest from the watcher's event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._frames: deque[Frame] = deque()
        self._arrived = asyncio.Event()
        self._live = False
        self.overflowed = False
        self.closed = False

    def offer(self, frame: Frame) -> None:
        """Queue a frame."""
        if threading.get_ident() == self._thread:
            self._put(frame)
        else:
            self._loop.call_soon_threadsafe(self._put, frame)

    def close(self) -> None:
        """Say that nothing more will come."""
        self._loop.call_soon_threadsafe(self._close)

    def go_live(self, streaming: Iterable[Frame]) -> None:
        """From here on transient frames too, after the ones that tell what is being streamed."""
        self._live = True
        self._frames.extend(streaming)
        self._arrived.set()

    def restart(self) -> None:
        """Forget the queue: the journal will be read instead."""
        self._frames.clear()
        self._live = False
        self.overflowed = False

    async def take(self) -> list[Frame]:
        """Everything that is queued, once there is something: a heartbeat where nothing came for long, nothing when the
        subscription was closed or has overflowed."""
        try:
            async with asyncio.timeout(HEARTBEAT):
                await self._arrived.wait()
        except TimeoutError:
            return [Frame(wire.HEARTBEAT)]
        self._arrived.clear()
        frames = list(self._frames)
        self._frames.clear()
        return frames

    def _put(self, frame: Frame) -> None:
        if self.overflowed or not (frame.seq or self._live):
            return
        if len(self._frames) >= QUEUE_LIMIT:
            self._frames.clear()
            self.overflowed = True
        else:
            self._frames.append(frame)
        self._arrived.set()

    def _close(self) -> None:
        self.closed = True
        self._arrived.set()


@dataclass(slots=True)
class _LivePart:
    kind: str
    pieces: list[str] = field(default_factory=list)
    call_id: str = ""
    name: str = ""

    def shown(self) -> dict[str, str]:
        text = "".join(self.pieces)
        if self.kind == "tool_use":
            return {"type": self.kind, "id": self.call_id, "name": self.name, "arguments_text": text}
        return {"type": self.kind, "text": text}


class _LiveMessage:
    """A message in the middle of its stream, for whoever joins."""

    def __init__(self, message: MessageSnapshot) -> None:
        self.message = message
        self._parts: dict[int, _LivePart] = {}

    def add(self, delta: RunDeltaEvent) -> None:
        part = self._parts.get(delta.part)
        if part is None:
            part = self._parts[delta.part] = _LivePart(delta.kind, call_id=delta.call_id, name=delta.name)
        part.pieces.append(delta.text)

    def frame(self) -> Frame:
        content = [part.shown() for _, part in sorted(self._parts.items())]
        message = {**message_object(self.message), "content": content}
        return Frame(
            wire.encode_object({"type": "message_start", "message": message}),
            run_id=self.message.run_id,
        )


class Delivery:
    """The in-process broker: topics are threads, and people for the lists of their threads."""

    def __init__(self) -> None:
        self._watchers: defaultdict[UUID, set[Subscription]] = defaultdict(set)
        self._lists: defaultdict[UUID, set[ListSubscription]] = defaultdict(set)
        self._live: defaultdict[UUID, dict[UUID, _LiveMessage]] = defaultdict(dict)

    def publish(self, events: Iterable[RunEvent], *, owner_id: UUID) -> None:
        """Hand events of one thread to its watchers. Durable ones are committed already."""
        for event in events:
            self._track(event)
            watchers = self._watchers.get(event.thread_id)
            if watchers:
                encoded = _encode(event)
                for watcher in tuple(watchers):
                    watcher.offer(encoded)
            if isinstance(event, DurableEvent):
                self.touch(thread_id=event.thread_id, owner_id=owner_id)

    def touch(self, *, thread_id: UUID, owner_id: UUID, deleted: bool = False) -> None:
        """Tell the lists that show a thread that something about it changed."""
        for watcher in tuple(self._lists.get(owner_id, ())):
            watcher.offer(thread_id)
        if deleted:
            for subscription in tuple(self._watchers.get(thread_id, ())):
                subscription.close()

    def forget(self, *, thread_id: UUID, run_id: UUID) -> None:
        """Drop what is remembered of a run that is over, however it ended."""
        live = self._live.get(thread_id, {})
        self._drop(thread_id, {key for key, streaming in live.items() if streaming.message.run_id == run_id})

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
        position = after
        try:
            while not subscription.closed:
                subscription.restart()
                session = await in_database(_session, thread_id)
                yield _encode(session)
                position = session.last_seq if position is None else min(position, session.last_seq)
                async for frame in self._replay(thread_id, after=position):
                    yield frame
                    position = frame.seq
                subscription.go_live([message.frame() for message in self._live.get(thread_id, {}).values()])
                while not (subscription.overflowed or subscription.closed):
                    for frame in await subscription.take():
                        if not frame.seq:
                            yield frame
                            continue
                        if frame.seq > position + 1:
                            async for missed in self._replay(thread_id, after=position, until=frame.seq - 1):
                                yield missed
                        if frame.seq > position:
                            yield frame
                            position = frame.seq
        finally:
            _leave(self._watchers, thread_id, subscription)

    async def watch_list(self, *, user_id: UUID) -> AsyncGenerator[set[UUID], None]:
        """The ids of the person's threads that changed, as they change."""
        subscription = ListSubscription()
        self._lists[user_id].add(subscription)
        try:
            while True:
                yield await subscription.take()
        finally:
            _leave(self._lists, user_id, subscription)

    async def _replay(self, thread_id: UUID, *, after: int, until: int | None = None) -> AsyncGenerator[Frame, None]:
        while True:
            events = await in_database(journal.read, thread_id=thread_id, after=after, until=until, limit=PAGE)
            for event in events:
                yield _encode(event)
            if len(events) < PAGE:
                return
            after = events[-1].seq

    def _track(self, event: RunEvent) -> None:
        """Remember what is being streamed."""
        match event:
            case RunMessageStartEvent():
                self._live[event.thread_id][event.message.id] = _LiveMessage(event.message)
            case RunDeltaEvent():
                streaming = self._live.get(event.thread_id, {}).get(event.message_id)
                if streaming:
                    streaming.add(event)
            case RunMessageEvent():
                self._drop(event.thread_id, {event.message.id})

    def _drop(self, thread_id: UUID, message_ids: set[UUID]) -> None:
        live = self._live.get(thread_id)
        if live is None:
            return
        for message_id in message_ids:
            live.pop(message_id, None)
        if not live:
            del self._live[thread_id]


class ListSubscription:
    """The threads that changed since they were last asked for. ``offer`` may be called from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed: set[UUID] = set()
        self._arrived = asyncio.Event()

    def offer(self, thread_id: UUID) -> None:
        """Note a change."""
        self._loop.call_soon_threadsafe(self._put, thread_id)

    async def take(self) -> set[UUID]:
        """The changed threads, once there is one; none where nothing changed for long."""
        try:
            async with asyncio.timeout(HEARTBEAT):
                await self._arrived.wait()
        except TimeoutError:
            return set()
        self._arrived.clear()
        changed, self._changed = self._changed, set()
        return changed

    def _put(self, thread_id: UUID) -> None:
        self._changed.add(thread_id)
        self._arrived.set()


def _leave(topics: defaultdict[UUID, set[T]], topic: UUID, subscription: T) -> None:
    topics[topic].discard(subscription)
    if not topics[topic]:
        del topics[topic]


def _encode(event: RunEvent) -> Frame:
    return Frame(
        wire.encode(event),
        seq=event.seq if isinstance(event, DurableEvent) else 0,
        run_id=event.run_id,
        ends_run=isinstance(event, RunChangedEvent) and event.ends_run,
    )


def _session(thread_id: UUID) -> RunSessionEvent:
    """The journal's end is read first: a run that changes after it is told again by the journal."""
    last_seq = journal_end(thread_id=thread_id)
    runs = tuple(unfinished_runs(thread_id=thread_id))
    streaming = any(run.status == "running" for run in runs)
    return RunSessionEvent(thread_id=thread_id, streaming=streaming, last_seq=last_seq, runs=runs)


# The one broker of this process: doors watch it, whoever writes publishes to it.
delivery = Delivery()
