"""The sockets: one for a thread and its runs, one for a person's list of threads."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import aclosing, suppress
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from uvicorn.protocols.utils import ClientDisconnected

from coday.accounts.consumers import REJOIN, AuthenticatedConsumer
from coday.accounts.limits import count_run
from coday.edge.consumers import Frame
from coday.kernel.database import DATABASE_AWAY, in_database
from coday.kernel.errors import InvalidInputError
from runs import wire
from runs.delivery import delivery
from runs.execution.driver import get_driver
from runs.inputs import Asker, parse_answer, parse_request
from runs.reuse import asking
from runs.summaries import thread_summaries
from threads.operations import mark_seen
from threads.queries import get_thread

logger = logging.getLogger(__name__)

THREAD_GONE = 4404
LONGEST_SEQ = 18  # digits
NOTE_AFTER = 1.0  # seconds in which what is read is noted together


class WatchingConsumer(AuthenticatedConsumer):
    """A socket with one task that sends what it watches, beside the frames that it answers."""

    _watching: asyncio.Task[None] | None = None
    _closing: asyncio.Task[None] | None = None

    def watch(self, work: Coroutine[Any, Any, None]) -> None:
        """Start watching, instead of what was watched before."""
        if self._watching:
            self._watching.cancel()
        self._watching = asyncio.create_task(work)
        self._watching.add_done_callback(self._watched)

    def _watched(self, task: asyncio.Task[None]) -> None:
        """A watch that failed (the database went away) is begun again by the client, here or elsewhere."""
        error = None if task.cancelled() else task.exception()
        if error and not isinstance(error, ClientDisconnected):
            logger.warning("A socket's watch failed: it is closed.", exc_info=error)
            self._closing = asyncio.create_task(self.close(REJOIN))

    async def disconnect(self, code: int) -> None:
        """The socket is closed: nothing is left to send to. Runs go on."""
        await super().disconnect(code)
        if self._watching:
            self._watching.cancel()


class ThreadConsumer(WatchingConsumer):
    """``/ws/threads/<id>/?after=<seq>``: watch a thread, create and cancel its runs."""

    thread_id: UUID
    after: int | None
    seen: int = 0  # how far the person has read
    noted: int = 0  # and how far that is noted
    _noting: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Refuse who may not see the thread. Who opens it reads what is there."""
        self.thread_id = self.scope["url_route"]["kwargs"]["thread_id"]
        self.after = _after_of_query(self.scope["query_string"])
        thread = await in_database(get_thread, user_id=self.caller.user.pk, thread_id=self.thread_id)
        self.seen, self.noted = thread.last_seq, thread.seen_seq

    async def opened(self) -> None:
        """Begin with the session frame."""
        self.watch(self._send_events(self.after))
        await self._note_reading()

    async def disconnect(self, code: int) -> None:
        """Note how far the person has read."""
        await super().disconnect(code)
        if self._noting:
            self._noting.cancel()
        await self._note_reading()

    async def _note_reading(self) -> None:
        """Have the person's lists, in all their windows, know what was read here."""
        if self.seen <= self.noted:
            return
        user_id, self.noted = self.caller.user.pk, self.seen
        with suppress(*DATABASE_AWAY):  # read marks are a convenience
            if await in_database(mark_seen, user_id=user_id, thread_id=self.thread_id, seq=self.seen):
                delivery.touch(thread_id=self.thread_id, owner_id=user_id)

    async def _note_soon(self) -> None:
        while self.seen > self.noted:
            await asyncio.sleep(NOTE_AFTER)
            await self._note_reading()

    async def create_run(self, frame: Frame) -> None:
        """``run.create``: capture an input. The acknowledgement says that nothing of it can be lost any more."""
        request = parse_request({name: value for name, value in frame.items() if name not in ("type", "ref")})
        count_run(user_id=self.caller.user.pk, runs=1 + len(request.also))
        driver = await get_driver()
        run = await driver.capture(asking.ask, asker=self._asker, thread_id=self.thread_id, request=request)
        await self._acknowledge(frame, run_id=run.id)

    async def cancel_run(self, frame: Frame) -> None:
        """``run.cancel``: stop one of the thread's runs."""
        driver = await get_driver()
        run = await driver.cancel(asker=self._asker, run_id=_run_id(frame), thread_id=self.thread_id)
        await self._acknowledge(frame, run_id=run.id)

    async def answer(self, frame: Frame) -> None:
        """``run.input``: answer what one of the thread's runs waits for."""
        body = {name: value for name, value in frame.items() if name not in ("type", "ref", "run_id")}
        driver = await get_driver()
        run = await driver.answer(
            asker=self._asker, run_id=_run_id(frame), thread_id=self.thread_id, given=parse_answer(body)
        )
        await self._acknowledge(frame, run_id=run.id)

    async def resync(self, frame: Frame) -> None:
        """``resync``: begin again after a number, or without old events."""
        after = frame.get("after")
        if after is not None and (not isinstance(after, int) or isinstance(after, bool) or after < 0):
            raise InvalidInputError("after has to be a number of the journal.", field="after")
        await in_database(get_thread, user_id=self.caller.user.pk, thread_id=self.thread_id)
        await self._acknowledge(frame)
        self.watch(self._send_events(after))

    handlers = {"run.create": create_run, "run.cancel": cancel_run, "run.input": answer, "resync": resync}

    @property
    def _asker(self) -> Asker:
        return Asker(user_id=self.caller.user.pk, username=self.caller.user.username)

    async def _acknowledge(self, frame: Frame, *, run_id: UUID | None = None) -> None:
        answer: Frame = {"type": "ack"}
        if isinstance(frame.get("ref"), str):
            answer["ref"] = frame["ref"]
        if run_id:
            answer["run_id"] = str(run_id)
        await self.send_frame(answer)

    async def _send_events(self, after: int | None) -> None:
        async with aclosing(delivery.watch(thread_id=self.thread_id, after=after)) as frames:
            async for frame in frames:
                await self.send(text_data=frame.text)
                if frame.seq > self.seen:
                    self.seen = frame.seq
                    if self._noting is None or self._noting.done():
                        self._noting = asyncio.create_task(self._note_soon())
        await self.close(THREAD_GONE)


class ThreadListConsumer(WatchingConsumer):
    """``/ws/threads/``: a summary of each of the person's threads that changes."""

    async def opened(self) -> None:
        """Send what changes from now on."""
        self.watch(self._send_summaries())

    async def _send_summaries(self) -> None:
        user_id = self.caller.user.pk
        async with aclosing(delivery.watch_list(user_id=user_id)) as changes:
            async for changed in changes:
                if not changed:
                    await self.send(text_data=wire.HEARTBEAT)
                    continue
                summaries = await in_database(thread_summaries, user_id=user_id, thread_ids=changed)
                for thread_id in changed:
                    watched = delivery.is_watched(thread_id)
                    await self.send_frame(wire.summary_frame(thread_id, summaries.get(thread_id), watched=watched))


def _after_of_query(query: bytes) -> int | None:
    given = parse_qs(query.decode("ascii", "replace")).get("after", [""])[0]
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= LONGEST_SEQ):
        raise InvalidInputError("after has to be a number of the journal.", field="after")
    return int(given)


def _run_id(frame: Frame) -> UUID:
    try:
        return UUID(str(frame.get("run_id")))
    except ValueError as error:
        raise InvalidInputError("run_id has to be the id of a run.", field="run_id") from error
