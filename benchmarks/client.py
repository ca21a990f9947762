"""The load client: sockets that cost little, and runs whose every frame is timed on receipt and checked.

One process with one event loop drives all sockets; the frames to send are encoded beforehand.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import uuid4

import msgspec
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from benchmarks.answers import AnswerShape

TERMINAL = {"completed", "failed", "cancelled", "interrupted"}
PATIENCE_SECONDS = 120


class BrokenAnswerError(AssertionError):
    """What was received is not what the provider sent."""


class RunState(msgspec.Struct):
    """The part of a run object that says whether it has ended."""

    status: str
    error: dict[str, Any] | None = None


class Part(msgspec.Struct):
    """One part of a message."""

    text: str = ""


class StoredMessage(msgspec.Struct):
    """A message as its ``message`` frame has it."""

    role: str
    content: list[Part] = []


class WireFrame(msgspec.Struct):
    """The union of the fields of all frames that a measurement looks at."""

    type: str
    text: str = ""
    offset: int | None = None
    run: RunState | None = None
    message: StoredMessage | str | None = None
    changed: list[str] | dict[str, Any] | None = None
    code: str = ""


decode_frame = msgspec.json.Decoder(WireFrame).decode


@dataclass
class Exchange:
    """One run as its client sees it. Times are seconds of ``time.perf_counter``; sizes are bytes."""

    shape: AnswerShape
    sent_at: float = 0.0
    first_delta_at: float = 0.0
    ended_at: float = 0.0
    text: str = ""
    delta_frames: int = 0
    delta_overhead: int = 0
    other_bytes: int = 0
    ended: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def first_delta_ms(self) -> float:
        """Milliseconds from sending to the first delta."""
        return (self.first_delta_at - self.sent_at) * 1000

    @property
    def text_bytes(self) -> int:
        """The size of the texts of both sides, in UTF-8."""
        return len(self.shape.prompt.encode()) + len(self.shape.text.encode())

    def receive(self, data: bytes, now: float) -> None:
        """Take in one frame."""
        frame = decode_frame(data)
        if frame.type == "delta":
            self.receive_delta(frame, len(data), now)
            return
        self.other_bytes += len(data)
        if frame.type == "run" and frame.run and frame.run.status in TERMINAL and frame.changed is None:
            self.finish(frame.run, now)
        elif frame.type == "message":
            self.check_message(frame.message)
        elif frame.type in ("error", "session"):
            self.fail(f"unexpected frame: {data.decode()}")

    def receive_delta(self, frame: WireFrame, size: int, now: float) -> None:
        """Append a delta that follows what is here already."""
        if not self.delta_frames:
            self.first_delta_at = now
        if frame.offset not in (None, len(self.text)):
            self.fail(f"a delta at {frame.offset} came when {len(self.text)} code points were here")
        self.text += frame.text
        self.delta_frames += 1
        self.delta_overhead = max(self.delta_overhead, size - len(frame.text.encode()))

    def check_message(self, message: StoredMessage | str | None) -> None:
        """The stored answer must be the provider's, whole."""
        if isinstance(message, StoredMessage) and message.role == "assistant":
            stored = "".join(part.text for part in message.content)
            if stored != self.shape.text:
                self.fail(f"the stored answer has {len(stored)} of {len(self.shape.text)} code points")

    def finish(self, run: RunState, now: float) -> None:
        """The run has ended: well, and with all of its text."""
        self.ended_at = now
        if run.status != "completed":
            self.fail(f"the run is {run.status}: {run.error}")
        elif self.text != self.shape.text:
            self.fail(f"received {len(self.text)} of {len(self.shape.text)} code points, or in another order")
        elif not self.ended.done():
            self.ended.set_result(None)

    def fail(self, reason: str) -> None:
        """End the exchange with an error."""
        if not self.ended.done():
            self.ended.set_exception(BrokenAnswerError(reason))


class Socket(asyncio.Protocol):
    """One WebSocket over the ``websockets`` library's protocol without its I/O."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self.websocket = ClientProtocol(parse_uri(url), max_size=None)
        self.headers = headers
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.first_frame: asyncio.Future[bytes] = loop.create_future()
        self.exchange: Exchange | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        request = self.websocket.connect()
        request.headers.update(self.headers)
        self.websocket.send_request(request)
        self.flush()

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self.websocket.receive_data(data)
        for event in self.websocket.events_received():
            if isinstance(event, Frame):
                self.frame_received(event, now)
            elif isinstance(event, Response) and self.websocket.handshake_exc is None:
                self.opened.set_result(None)
        self.flush()

    def frame_received(self, frame: Frame, now: float) -> None:
        """Hand a text frame to the exchange that waits for it; the library answers pings itself."""
        if frame.opcode is not Opcode.TEXT:
            return
        if not self.first_frame.done():
            self.first_frame.set_result(bytes(frame.data))
        if self.exchange is not None:
            self.exchange.receive(bytes(frame.data), now)

    def connection_lost(self, exc: Exception | None) -> None:
        reason = self.websocket.handshake_exc or exc or BrokenAnswerError("the socket was closed")
        if not self.opened.done():
            self.opened.set_exception(reason)
        if self.exchange is not None:
            self.exchange.fail(f"the socket was lost: {reason}")

    def send(self, data: bytes) -> None:
        """Send one text frame."""
        self.websocket.send_text(data)
        self.flush()

    def flush(self) -> None:
        """Write what the protocol has to say."""
        for data in self.websocket.data_to_send():
            if data:
                self.transport.write(data)

    def close(self) -> None:
        """Drop the connection."""
        self.exchange = None
        self.transport.abort()


async def open_socket(url: str, headers: dict[str, str]) -> Socket:
    """A socket after its handshake."""
    host, port = parse_uri(url).host, parse_uri(url).port
    _, socket = await asyncio.get_running_loop().create_connection(lambda: Socket(url, headers), host, port)
    await asyncio.wait_for(socket.opened, PATIENCE_SECONDS)
    return socket


def create_frame(shape: AnswerShape) -> bytes:
    """An encoded ``run.create`` frame with a key of its own."""
    return msgspec.json.encode(
        {
            "type": "run.create",
            "ref": "1",
            "key": str(uuid4()),
            "input": {"type": "user", "text": shape.prompt},
        }
    )


@dataclass(frozen=True)
class Burst:
    """Runs that were started together, and the CPU seconds that the client itself needed for them."""

    exchanges: list[Exchange]
    client_cpu: float

    @property
    def first_delta_ms(self) -> list[float]:
        """Milliseconds to the first delta of each run, from its own sending, ascending."""
        return sorted(exchange.first_delta_ms for exchange in self.exchanges)

    @property
    def seconds_late(self) -> float:
        """How much later the last run ended than if every answer had begun when the first frame was sent."""
        start = min(exchange.sent_at for exchange in self.exchanges)
        end = max(exchange.ended_at for exchange in self.exchanges)
        return end - start - self.exchanges[0].shape.duration


async def run_all(sockets: Sequence[Socket], shape: AnswerShape, *, gap: float = 0.0) -> Burst:
    """Start one run on each socket and wait until all have ended.

    ``gap`` is the time between two starts in seconds; without one, all frames leave in one turn of the event loop.

    Raises:
        BrokenAnswerError: a text was lost, reordered or not stored as it was sent, or a run did not complete.
    """
    frames = [create_frame(shape) for _ in sockets]
    exchanges = [Exchange(shape) for _ in sockets]
    with no_garbage_collection():
        cpu_before = own_cpu_seconds()
        start = time.perf_counter()
        for index, (socket, frame, exchange) in enumerate(zip(sockets, frames, exchanges, strict=True)):
            if gap:
                await asyncio.sleep(start + index * gap - time.perf_counter())
            socket.exchange = exchange
            exchange.sent_at = time.perf_counter()
            socket.send(frame)
        ends = asyncio.gather(*(exchange.ended for exchange in exchanges))
        await asyncio.wait_for(ends, PATIENCE_SECONDS)
        client_cpu = own_cpu_seconds() - cpu_before
    for socket in sockets:
        socket.exchange = None
    return Burst(exchanges, client_cpu)


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """The client's own pauses must not be measured as the server's."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def own_cpu_seconds() -> float:
    """User and system time of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
