"""A scriptable model provider: a real HTTP server on 127.0.0.1 that speaks OpenAI's and Anthropic's streams.

    async with MockProvider() as provider:            # in the test's own event loop
    with MockProvider.in_thread() as provider:        # in a thread of its own: for sync tests and live servers

``provider.base_url`` (``http://127.0.0.1:<port>/v1``) is what a ``ProviderSnapshot`` wants. Without a script every
request is answered politely in the protocol that its path asks for. Scripted replies are used up in order:

    provider.reply(openai_reply("Hel", "lo"))                       # one network write per piece
    provider.reply(Reply(status=429, headers={"Retry-After": "7"}, steps=(b"{}",)))
    provider.reply(openai_reply("Hel", CUT))                        # the connection breaks in the middle of the answer
    gate = Gate()
    provider.reply(openai_reply("Hel", gate, "lo"))                 # "lo" is sent when the test opens the gate
    await gate.reached                                              # or gate.reached.wait() in a sync test
    gate.open()

or decided by the request: ``provider.answer = lambda request: openai_reply(...)``.

What arrived is in ``provider.requests``; ``await provider.arrival(0)`` (or ``.wait()``) waits for the first of them,
and a request's ``disconnected`` tells when the client has gone before its answer was whole. Signals work across threads
and event loops, so no test needs a sleep. ``provider.connections`` counts the connections that were opened.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self, TypeAlias
from urllib.parse import urlsplit

import msgspec

from tests.support.replies import (
    CUT,
    HANG,
    PATIENCE,
    Call,
    Cut,
    Gate,
    Hang,
    Part,
    Reply,
    Signal,
    Silence,
    Thought,
    Tokens,
    anthropic_reply,
    json_reply,
    openai_reply,
    sse,
)

__all__ = [
    "CUT",
    "HANG",
    "PATIENCE",
    "Call",
    "Gate",
    "MockProvider",
    "Part",
    "ReceivedRequest",
    "Reply",
    "Signal",
    "Silence",
    "Thought",
    "Tokens",
    "anthropic_reply",
    "json_reply",
    "openai_reply",
    "polite_answer",
    "sse",
]


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """What a client sent. Header names are lower-case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    disconnected: Signal = field(default_factory=Signal, compare=False)

    @property
    def path(self) -> str:
        """The target without its query."""
        return urlsplit(self.target).path

    @property
    def json(self) -> Any:
        """The decoded body; ``None`` if there is none."""
        return msgspec.json.decode(self.body) if self.body else None


Answer: TypeAlias = Callable[[ReceivedRequest], Reply]


class MockProvider:
    """The server. ``answer`` decides what a request gets once the scripted replies are used up."""

    def __init__(self) -> None:
        self.requests: list[ReceivedRequest] = []
        self.connections = 0
        self.answer: Answer = polite_answer
        self._replies: deque[Reply] = deque()
        self._arrivals: dict[int, Signal] = {}
        self._lock = threading.Lock()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._port = 0

    @property
    def base_url(self) -> str:
        """Where OpenAI's and Anthropic's paths begin, without a trailing slash."""
        return f"http://127.0.0.1:{self._port}/v1"

    def reply(self, *replies: Reply) -> None:
        """Script the answers to the next requests, in order."""
        self._replies.extend(replies)

    def arrival(self, index: int = 0) -> Signal:
        """Set when request number ``index`` (from 0) has arrived whole."""
        with self._lock:
            return self._arrivals.setdefault(index, Signal())

    async def start(self) -> None:
        """Listen on a free port of the loopback interface."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._port = self._server.sockets[0].getsockname()[1]

    async def aclose(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is not None:
            self._server.close()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    @classmethod
    @contextmanager
    def in_thread(cls) -> Iterator[Self]:
        """Run in a thread of its own; ready when entered, gone when left."""
        provider = cls()
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="mock-provider", daemon=True)
        thread.start()
        asyncio.run_coroutine_threadsafe(provider.start(), loop).result(PATIENCE)
        try:
            yield provider
        finally:
            asyncio.run_coroutine_threadsafe(provider.aclose(), loop).result(PATIENCE)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(PATIENCE)
            loop.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            await self._serve(_Connection(reader, writer))
        except (ConnectionError, EOFError, asyncio.CancelledError):
            pass  # the client left, or the test is over
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, connection: _Connection) -> None:
        while True:
            request = await connection.receive()
            with self._lock:
                arrival = self._arrivals.setdefault(len(self.requests), Signal())
                self.requests.append(request)
                reply = self._replies.popleft() if self._replies else None
            arrival.set()
            watch = asyncio.create_task(connection.watch(request.disconnected))
            try:
                keep_open = await connection.send(reply or self.answer(request), request.disconnected)
            finally:
                watch.cancel()
                with suppress(asyncio.CancelledError):
                    await watch
            if not keep_open:
                return


class _Connection:
    """One client connection: parses requests, writes replies, notices when the client leaves."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._buffer = b""

    async def receive(self) -> ReceivedRequest:
        """The next request; ``EOFError`` when the client has gone."""
        while b"\r\n\r\n" not in self._buffer:
            await self._fill()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        length = int(headers.get("content-length", 0))
        while len(self._buffer) < length:
            await self._fill()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return ReceivedRequest(method, target, headers, body)

    async def watch(self, disconnected: Signal) -> None:
        """Read ahead until the client leaves."""
        with suppress(ConnectionError, EOFError):
            while True:
                await self._fill()
        disconnected.set()

    async def send(self, reply: Reply, disconnected: Signal) -> bool:
        """Write the reply; whether the connection can be used again."""
        self._writer.write(_head(reply) if reply.head is None else reply.head)
        for step in reply.steps:
            match step:
                case bytes():
                    self._writer.write(b"%x\r\n%b\r\n" % (len(step), step) if reply.framed else step)
                    await self._writer.drain()
                case Gate():
                    step.reached.set()
                    await step.opened.as_future()
                case Silence():
                    await asyncio.sleep(step.seconds)
                case Hang():
                    await disconnected.as_future()
                    return False
                case Cut():
                    return False
        if reply.framed:
            self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()
        return reply.framed

    async def _fill(self) -> None:
        data = await self._reader.read(65536)
        if not data:
            raise EOFError
        self._buffer += data


def _head(reply: Reply) -> bytes:
    phrase = HTTPStatus(reply.status).phrase if reply.status in HTTPStatus._value2member_map_ else "Unknown"
    framing = {"Transfer-Encoding": "chunked"} if reply.framed else {"Connection": "close"}
    content = {"Content-Type": reply.content_type} if reply.content_type else {}
    fields = {**content, **framing, **reply.headers}
    lines = (f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {reply.status} {phrase}\r\n{''.join(lines)}\r\n".encode("latin-1")


def polite_answer(request: ReceivedRequest) -> Reply:
    """What is answered without a script: a short text, or the list of models."""
    if request.path.endswith("/models"):
        return json_reply({"object": "list", "data": [{"id": "mock", "object": "model", "type": "model"}]})
    if request.path.endswith("/messages"):
        return anthropic_reply("Hello", " from", " the", " mock", " provider.")
    if request.path.endswith("/chat/completions"):
        return openai_reply("Hello", " from", " the", " mock", " provider.")
    return json_reply({"error": {"message": f"no such path: {request.path}"}}, status=404)
