"""Carries events between processes over the channel layer.

It carries and wakes, and may lose what it carries: a lost durable event is read from the journal at the next look, lost
text is told again by the process that streams it. So a channel layer that is away stops no run.

Everything that happens while one message is on its way travels with the next one, whatever thread it belongs to: nothing
waits when little happens, and much costs little more.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
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
PAUSE = 0.005  # seconds between two messages: what comes meanwhile travels together
LONGEST_OUTBOX = 20_000  # events; then deltas are dropped, and told again when somebody misses them
WATCHERS = "watchers"  # the group of all processes: what happened
EXECUTORS = "executors"  # the group of the processes that execute runs: questions and cancellations

LAYER_AWAY = (RedisError, OSError, TimeoutError)

Message = dict[str, Any]


class _Parcel(msgspec.Struct):
    """What happened in one thread. ``owner`` is missing where nothing durable did."""

    thread: UUID
    owner: UUID | None
    events: list[RunEvent]
    touched: bool = False
    deleted: bool = False


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[_Parcel])


class ChannelRelay:
    """One per process. ``on_cancel`` is given by a process that executes runs: it hears of cancellations."""

    def __init__(self, *, delivery: Delivery, layer: Any, on_cancel: Callable[[UUID], None] | None = None) -> None:
        self._delivery = delivery
        self._layer = layer
        self._on_cancel = on_cancel
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._origin = uuid4().hex
        self._groups = (WATCHERS, EXECUTORS) if on_cancel else (WATCHERS,)
        self._channel: str | None = None
        self._joined: set[str] = set()
        self._outbox = _Outbox()
        self._sending = False
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
        """Carry events of one thread, in their order."""
        self._in_loop(partial(self._post, _Parcel(thread_id, owner_id, list(events))))

    def touch(self, *, thread_id: UUID, owner_id: UUID, deleted: bool) -> None:
        """Carry the news that something about a thread changed."""
        self._in_loop(partial(self._post, _Parcel(thread_id, owner_id, [], touched=True, deleted=deleted)))

    def ask(self, thread_id: UUID) -> None:
        """Have whoever executes runs in the thread tell what is being streamed. Not so often as it is missed."""
        if thread_id in self._asking:
            self._asking[thread_id] = True
        else:
            self._asking[thread_id] = False
            self._tasks.start(self._ask(thread_id))

    def cancel(self, run_id: UUID) -> None:
        """Tell whoever executes the run that it shall stop. The database says so, too."""
        self._tasks.start(self._publish(EXECUTORS, {"type": "cancel", "run": run_id.hex}))

    def _post(self, parcel: _Parcel) -> None:
        self._outbox.put(parcel)
        if not self._sending:
            self._sending = True
            self._tasks.start(self._empty())

    async def _empty(self) -> None:
        try:
            while parcels := self._outbox.take():
                await self._publish(WATCHERS, {"type": "events", "parcels": _encoder.encode(parcels)})
                await asyncio.sleep(PAUSE)
        finally:
            self._sending = False

    async def _ask(self, thread_id: UUID) -> None:
        while True:
            await self._publish(EXECUTORS, {"type": "ask", "thread": thread_id.hex})
            await asyncio.sleep(ASK_EVERY)
            if not self._asking[thread_id]:
                break
            self._asking[thread_id] = False
        del self._asking[thread_id]

    async def _publish(self, group: str, message: Message) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._layer.group_send(group, {**message, "origin": self._origin})
        except LAYER_AWAY as error:
            self._note_away(error)

    def _in_loop(self, work: Callable[[], None]) -> None:
        """Events also come from the threads that serve REST."""
        if threading.get_ident() == self._thread:
            work()
        else:
            self._loop.call_soon_threadsafe(work)

    # --- In -----------------------------------------------------------------------------------------------------------

    async def _join(self) -> None:
        """Listen. Where that fails, the next look tries again."""
        try:
            async with asyncio.timeout(PATIENCE):
                if self._channel is None:
                    self._channel = await self._layer.new_channel()
                    self._tasks.start(self._listen(self._channel))
                for group in self._groups:
                    if group not in self._joined:
                        await self._layer.group_add(group, self._channel)
                        self._joined.add(group)
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
                for parcel in _decoder.decode(message["parcels"]):
                    self._hand_over(parcel)
            case "ask":
                self._delivery.tell_streaming(UUID(message["thread"]))
            case "cancel" if self._on_cancel:
                self._on_cancel(UUID(message["run"]))
            case _:
                pass  # a newer version's news

    def _hand_over(self, parcel: _Parcel) -> None:
        if self._delivery.is_watched(parcel.thread):
            self._delivery.receive(parcel.events, owner_id=parcel.owner)
        elif parcel.owner and any(event.durable for event in parcel.events):
            self._delivery.touched(thread_id=parcel.thread, owner_id=parcel.owner)
        if parcel.touched and parcel.owner:
            self._delivery.touched(thread_id=parcel.thread, owner_id=parcel.owner, deleted=parcel.deleted)

    async def _look(self) -> None:
        """What was lost on the way is found in the journal."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if len(self._joined) < len(self._groups):
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
    """What waits to be carried. Pieces of one text that wait together become one."""

    def __init__(self) -> None:
        self._parcels: dict[UUID, _Parcel] = {}
        self._size = 0

    def put(self, parcel: _Parcel) -> None:
        """Add what happened in a thread, behind what happened there before."""
        if self._size >= LONGEST_OUTBOX:
            parcel.events = [event for event in parcel.events if not isinstance(event, RunDeltaEvent)]
        self._size += len(parcel.events)
        known = self._parcels.setdefault(parcel.thread, parcel)
        if known is not parcel:
            known.owner = known.owner or parcel.owner
            known.events += parcel.events
            known.touched |= parcel.touched
            known.deleted |= parcel.deleted

    def take(self) -> list[_Parcel]:
        """Everything that waits."""
        parcels, self._parcels, self._size = list(self._parcels.values()), {}, 0
        for parcel in parcels:
            parcel.events = _joined(parcel.events)
        return parcels


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
