"""What waits for a watcher: a bounded queue of frames, or the set of threads that changed."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Iterable
from uuid import UUID

from runs import wire
from runs.delivery.frames import Frame

QUEUE_LIMIT = 2_000  # frames a watcher may be behind
HEARTBEAT = 15.0  # seconds of silence after which a watcher hears that the connection lives


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
