"""Carries events between processes over the channel layer.

It carries and wakes, and may lose what it carries: a lost durable event is read from the journal at the next look, lost
text is told again by the process that streams it. So a channel layer that is away stops no run.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import msgspec
from redis.exceptions import RedisError

from coday.kernel.database import DATABASE_AWAY, in_database
from coday.kernel.tasks import Tasks
from runs.delivery import Delivery
from runs.events import RunDeltaEvent, RunEvent
from threads.queries import journal_ends

logger = logging.getLogger(__name__)

LOOK_EVERY = 2.0  # seconds between two looks at the journals of the threads that are watched here
ASK_EVERY = 0.5  # seconds between two questions for what is being streamed in a thread
PATIENCE = 5.0  # seconds for one message
LONGEST_OUTBOX = 2_000  # events; then deltas are dropped, and told again when somebody misses them
PACE = 0.0005  # seconds between two messages of a thread, for each thread that is being sent
LONGEST_PACE = 0.05
EXECUTORS = "executors"  # the group of the processes that execute runs

LAYER_AWAY = (RedisError, OSError, TimeoutError)

Message = dict[str, Any]

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[RunEvent])


class ChannelRelay:
    """One per process. ``on_cancel`` is given by a process that executes runs: it hears of cancellations."""

    def __init__(self, *, delivery: Delivery, layer: Any, on_cancel: Callable[[UUID], None] | None = None) -> None:
        self._delivery = delivery
        self._layer = layer
        self._on_cancel = on_cancel
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._origin = uuid4().hex
        self._channel: str | None = None
        self._wanted: Counter[str] = Counter({EXECUTORS: 1} if on_cancel else {})
        self._joined: set[str] = set()
        self._joining = asyncio.Lock()
        self._outboxes: dict[UUID, _Outbox] = {}
        self._asking: dict[UUID, bool] = {}  # threads; whether to ask once more
        self._away_since = 0.0
        self._tasks = Tasks()

    async def start(self) -> None:
        """Begin to listen, or to try."""
        await self._join()
        self._tasks.start(self._look())

    async def stop(self) -> None:
        """Send what is still to be sent, and listen no more."""
        await self._tasks.idle(patience=0.5)
        self._tasks.cancel()
        await self._tasks.idle(patience=PATIENCE)

    # --- Out ----------------------------------------------------------------------------------------------------------

    def send(self, events: Iterable[RunEvent], *, thread_id: UUID, owner_id: UUID | None) -> None:
        """Carry events of one thread, in their order. What comes while others are on their way is sent with the next."""
        self._in_loop(partial(self._send, list(events), thread_id=thread_id, owner_id=owner_id))

    def _send(self, events: list[RunEvent], *, thread_id: UUID, owner_id: UUID | None) -> None:
        outbox = self._outboxes.get(thread_id)
        if outbox:
            outbox.put(events, owner_id=owner_id)
            return
        outbox = self._outboxes[thread_id] = _Outbox()
        outbox.put(events, owner_id=owner_id)
        self._tasks.start(self._empty(thread_id, outbox))

    def touch(self, *, thread_id: UUID, owner_id: UUID, deleted: bool) -> None:
        """Carry the news that something about a thread changed."""
        message = {"type": "touch", "thread": thread_id.hex, "owner": owner_id.hex, "deleted": deleted}
        self._publish_soon(_person(owner_id), message)
        if deleted:
            self._publish_soon(_thread(thread_id), message)

    def ask(self, thread_id: UUID) -> None:
        """Have whoever executes runs in the thread tell what is being streamed. Not so often as it is missed."""
        if thread_id in self._asking:
            self._asking[thread_id] = True
        else:
            self._asking[thread_id] = False
            self._tasks.start(self._ask(thread_id))

    async def _ask(self, thread_id: UUID) -> None:
        while True:
            await self._publish(EXECUTORS, {"type": "ask", "thread": thread_id.hex})
            await asyncio.sleep(ASK_EVERY)
            if not self._asking[thread_id]:
                break
            self._asking[thread_id] = False
        del self._asking[thread_id]

    def cancel(self, run_id: UUID) -> None:
        """Tell whoever executes the run that it shall stop. The database says so, too."""
        self._publish_soon(EXECUTORS, {"type": "cancel", "run": run_id.hex})

    def _publish_soon(self, group: str, message: Message) -> None:
        self._in_loop(lambda: self._tasks.start(self._publish(group, message)))

    def _in_loop(self, work: Callable[[], Any]) -> None:
        """Events also come from the threads that serve REST."""
        if threading.get_ident() == self._thread:
            work()
        else:
            self._loop.call_soon_threadsafe(work)

    async def _empty(self, thread_id: UUID, outbox: _Outbox) -> None:
        while events := outbox.take():
            owner = outbox.owner_id.hex if outbox.owner_id else ""
            message = {"type": "events", "owner": owner, "events": _encoder.encode(events)}
            await self._publish(_thread(thread_id), message)
            if outbox.owner_id and any(event.durable for event in events):
                touch = {"type": "touch", "thread": thread_id.hex, "owner": owner, "deleted": False}
                await self._publish(_person(outbox.owner_id), touch)
            await asyncio.sleep(
                min(PACE * len(self._outboxes), LONGEST_PACE)
            )  # more travels together when more is sent
        del self._outboxes[thread_id]

    async def _publish(self, group: str, message: Message) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._layer.group_send(group, {**message, "origin": self._origin})
        except LAYER_AWAY as error:
            self._note_away(error)

    # --- In -----------------------------------------------------------------------------------------------------------

    async def follow_thread(self, thread_id: UUID) -> None:
        """From here on, what happens in the thread is carried to this process."""
        await self._follow(_thread(thread_id))

    async def follow_person(self, user_id: UUID) -> None:
        """From here on, changes of the person's threads are carried to this process."""
        await self._follow(_person(user_id))

    def unfollow_thread(self, thread_id: UUID) -> None:
        """One watcher of the thread less."""
        self._unfollow(_thread(thread_id))

    def unfollow_person(self, user_id: UUID) -> None:
        """One watcher of the person's list less."""
        self._unfollow(_person(user_id))

    async def _follow(self, group: str) -> None:
        self._wanted[group] += 1
        if group not in self._joined:
            await self._join()

    def _unfollow(self, group: str) -> None:
        self._wanted[group] -= 1
        if self._wanted[group] <= 0:
            del self._wanted[group]
            self._tasks.start(self._join())

    async def _join(self) -> None:
        """Be in the groups that are wanted, and in no other. Where that fails, the next look tries again."""
        async with self._joining:
            try:
                async with asyncio.timeout(PATIENCE):
                    if self._channel is None:
                        self._channel = await self._layer.new_channel()
                        self._tasks.start(self._listen(self._channel))
                    for group in self._wanted.keys() - self._joined:
                        await self._layer.group_add(group, self._channel)
                        self._joined.add(group)
                    for group in self._joined - self._wanted.keys():
                        self._joined.discard(group)
                        await self._layer.group_discard(group, self._channel)
            except LAYER_AWAY as error:
                self._note_away(error)

    async def _listen(self, channel: str) -> None:
        while True:
            message = await self._layer.receive(channel)
            if message["origin"] != self._origin:
                self._take(message)

    def _take(self, message: Message) -> None:
        match message["type"]:
            case "events":
                owner_id = UUID(message["owner"]) if message["owner"] else None
                self._delivery.receive(_decoder.decode(message["events"]), owner_id=owner_id)
            case "touch":
                self._delivery.touched(
                    thread_id=UUID(message["thread"]), owner_id=UUID(message["owner"]), deleted=message["deleted"]
                )
            case "ask":
                self._delivery.tell_streaming(UUID(message["thread"]))
            case "cancel" if self._on_cancel:
                self._on_cancel(UUID(message["run"]))
            case _:
                pass  # a newer version's news

    async def _look(self) -> None:
        """What was lost on the way is found in the journal."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if self._channel is None or self._joined != self._wanted.keys():
                await self._join()
            watched = self._delivery.watched
            if watched:
                try:
                    self._delivery.catch_up(await in_database(journal_ends, thread_ids=watched))
                except DATABASE_AWAY:
                    logger.warning("The database does not answer: watchers are caught up later.")

    def _note_away(self, error: BaseException) -> None:
        now = time.monotonic()
        if now - self._away_since > PATIENCE:  # not for each message
            logger.warning("The channel layer is away (%s): watchers read the journal.", type(error).__name__)
            self._away_since = now


class _Outbox:
    """What waits to be carried to one thread's watchers elsewhere. Pieces of one text that wait together become one."""

    def __init__(self) -> None:
        self.owner_id: UUID | None = None
        self._events: list[RunEvent] = []

    def put(self, events: Iterable[RunEvent], *, owner_id: UUID | None) -> None:
        """Add events in their order."""
        self.owner_id = owner_id or self.owner_id
        for event in events:
            if isinstance(event, RunDeltaEvent) and len(self._events) >= LONGEST_OUTBOX:
                continue
            self._events.append(event)

    def take(self) -> list[RunEvent]:
        """Everything that waits."""
        events, self._events = self._events, []
        return _joined(events)


def _joined(events: list[RunEvent]) -> list[RunEvent]:
    joined: list[RunEvent] = []
    pieces: list[str] = []
    for event in events:
        last = joined[-1] if joined else None
        if isinstance(event, RunDeltaEvent) and isinstance(last, RunDeltaEvent) and _continues(event, last, pieces):
            pieces.append(event.text)
            continue
        _close(joined, pieces)
        joined.append(event)
        pieces = [event.text] if isinstance(event, RunDeltaEvent) else []
    _close(joined, pieces)
    return joined


def _continues(event: RunDeltaEvent, last: RunDeltaEvent, pieces: list[str]) -> bool:
    if (event.message_id, event.part, event.kind) != (last.message_id, last.part, last.kind):
        return False
    return event.offset == last.offset + sum(map(len, pieces))


def _close(joined: list[RunEvent], pieces: list[str]) -> None:
    last = joined[-1] if joined else None
    if len(pieces) > 1 and isinstance(last, RunDeltaEvent):
        joined[-1] = msgspec.structs.replace(last, text="".join(pieces))


def _thread(thread_id: UUID) -> str:
    return f"thread.{thread_id.hex}"


def _person(user_id: UUID) -> str:
    return f"person.{user_id.hex}"
