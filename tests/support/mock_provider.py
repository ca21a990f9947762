"""A scriptable model provider: a real HTTP server on 127.0.0.1 that speaks OpenAI's and Anthropic's streams.

    async with MockProvider() as provider:            # in the test's own event loop
    with MockProvider.in_thread() as provider:        # in a thread of its own: for sync tests and live servers

``provider.base_url`` (``http://127.0.0.1:<port>/v1``) is what a ``ProviderSnapshot`` wants. Without a script every request
is answered politely in the protocol that its path asks for. Scripted replies are used up in order:

    provider.reply(openai_reply("Hel", "lo"))                       # one network write per piece
    provider.reply(Reply(status=429, headers={"Retry-After": "7"}, steps=(b"{}",)))
    provider.reply(openai_reply("Hel", CUT))                        # the connection breaks in the middle of the answer
    gate = Gate()
    provider.reply(openai_reply("Hel", gate, "lo"))                 # "lo" is sent when the test opens the gate
    await gate.reached                                              # or gate.reached.wait() in a sync test
    gate.open()

or decided by the request: ``provider.answer = lambda request: openai_reply(...)``.

What arrived is in ``provider.requests``; ``await provider.arrival(0)`` (or ``.wait()``) waits for the first of them, and a
request's ``disconnected`` tells when the client has gone before its answer was whole. Signals work across threads and
event loops, so no test needs a sleep.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self, TypeAlias
from urllib.parse import urlsplit

import msgspec

PATIENCE = 20.0
"""Seconds after which a wait of a test is a failure."""


class Signal:
    """Something that happens once; waited for from any thread (``wait``) or event loop (``await``)."""

    def __init__(self) -> None:
        self._future: Future[None] = Future()
        self._lock = threading.Lock()

    def set(self) -> None:
        """Let it happen. A second time changes nothing."""
        with self._lock:
            if not self._future.done():
                self._future.set_result(None)

    @property
    def is_set(self) -> bool:
        """Whether it has happened."""
        return self._future.done()

    def wait(self, timeout: float = PATIENCE) -> None:
        """Block this thread until it happens; ``TimeoutError`` after ``timeout`` seconds."""
        self._future.result(timeout)

    def __await__(self) -> Generator[Any, None, None]:
        return asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._future)), PATIENCE).__await__()


class Gate:
    """A point of a reply at which the server waits until the test opens it."""

    def __init__(self) -> None:
        self.reached = Signal()
        self.opened = Signal()

    def open(self) -> None:
        """Let the reply go on."""
        self.opened.set()


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing is sent for this many seconds (real time: for pacing, not for waiting in tests)."""

    seconds: float


class _Cut:
    """The connection ends here, without the end that HTTP promises."""


class _Hang:
    """Nothing more is sent, and the connection stays open until the client leaves."""


CUT: Final = _Cut()
HANG: Final = _Hang()

Step: TypeAlias = bytes | Gate | Silence | _Cut | _Hang
Piece: TypeAlias = str | Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One HTTP answer: each ``bytes`` step is one write to the socket.

    With ``framed`` each write is one chunk of HTTP's chunked encoding; without it the body ends where the connection
    does, and ``headers`` may promise a ``Content-Length``.
    """

    status: int = 200
    content_type: str = "text/event-stream"
    headers: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    framed: bool = True


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
        self._writer.write(_head(reply))
        for step in reply.steps:
            match step:
                case bytes():
                    self._writer.write(b"%x\r\n%b\r\n" % (len(step), step) if reply.framed else step)
                    await self._writer.drain()
                case Gate():
                    step.reached.set()
                    await asyncio.wrap_future(step.opened._future)
                case Silence():
                    await asyncio.sleep(step.seconds)
                case _Hang():
                    await asyncio.wrap_future(disconnected._future)
                    return False
                case _Cut():
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The usage that a reply reports. ``input`` counts the cached ones, ``output`` the reasoning ones."""

    input: int = 10
    output: int = 5
    cached: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Thought:
    """A piece of thinking. ``signature`` (Anthropic only) closes the block."""

    text: str
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call; ``fragments`` are the pieces in which its JSON arguments are sent."""

    name: str
    fragments: tuple[str, ...] = ("{}",)
    id: str = "call_1"


Part: TypeAlias = Piece | Thought | Call


def json_reply(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A whole JSON document."""
    return Reply(
        status=status,
        content_type="application/json",
        headers=headers or {},
        steps=(msgspec.json.encode(value),),
    )


def sse(*events: Any) -> tuple[bytes, ...]:
    """Each value as one server-sent event; a string is sent as it is, other values as JSON."""
    texts = (event.encode() if isinstance(event, str) else msgspec.json.encode(event) for event in events)
    return tuple(b"data: %b\n\n" % text for text in texts)


def openai_reply(*parts: Part, finish: str | None = None, tokens: Tokens | None = None) -> Reply:
    """A Chat Completions stream of ``parts``: role, content, finish reason, usage, ``[DONE]``."""
    steps: list[Step] = list(sse(_openai_chunk({"role": "assistant", "content": ""})))
    calls = 0
    for part in parts:
        match part:
            case str():
                steps += sse(_openai_chunk({"content": part}))
            case Thought():
                steps += sse(_openai_chunk({"reasoning_content": part.text}))
            case Call():
                steps += sse(*(_openai_chunk({"tool_calls": [call]}) for call in _openai_fragments(part, calls)))
                calls += 1
            case _:
                steps.append(part)
    reason = finish or ("tool_calls" if calls else "stop")
    steps += sse(_openai_chunk({}, finish=reason), _openai_usage(tokens or Tokens()), "[DONE]")
    return Reply(steps=tuple(steps))


def _openai_chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {**_OPENAI_HEAD, "choices": [choice], "usage": None}


def _openai_fragments(call: Call, index: int) -> Iterator[dict[str, Any]]:
    yield {"index": index, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
    for fragment in call.fragments:
        yield {"index": index, "function": {"arguments": fragment}}


def _openai_usage(tokens: Tokens) -> dict[str, Any]:
    usage = {
        "prompt_tokens": tokens.input,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.input + tokens.output,
        "prompt_tokens_details": {"cached_tokens": tokens.cached},
        "completion_tokens_details": {"reasoning_tokens": tokens.reasoning},
    }
    return {**_OPENAI_HEAD, "choices": [], "usage": usage}


_OPENAI_HEAD: Final = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "mock"}


def anthropic_reply(*parts: Part, finish: str | None = None, tokens: Tokens | None = None) -> Reply:
    """A Messages stream of ``parts``: adjacent pieces of text, or of thinking, share one content block."""
    tokens = tokens or Tokens()
    stream = _AnthropicStream()
    stream.send({"type": "message_start", "message": _anthropic_message(tokens)})
    for part in parts:
        stream.add(part)
    stream.close()
    reason = finish or ("tool_use" if stream.calls else "end_turn")
    delta = {"stop_reason": reason, "stop_sequence": None}
    stream.send({"type": "message_delta", "delta": delta, "usage": {"output_tokens": tokens.output}})
    stream.send({"type": "message_stop"})
    return Reply(steps=tuple(stream.steps))


class _AnthropicStream:
    """Builds the steps of a Messages stream, opening and closing content blocks as the parts change."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.calls = 0
        self._index = -1
        self._open = ""

    def send(self, event: dict[str, Any]) -> None:
        self.steps.append(b"event: %b\ndata: %b\n\n" % (event["type"].encode(), msgspec.json.encode(event)))

    def add(self, part: Part) -> None:
        match part:
            case str():
                self._block("text", {"text": ""})
                self._delta({"type": "text_delta", "text": part})
            case Thought():
                self._block("thinking", {"thinking": "", "signature": ""})
                if part.text:
                    self._delta({"type": "thinking_delta", "thinking": part.text})
                if part.signature:
                    self._delta({"type": "signature_delta", "signature": part.signature})
                    self.close()
            case Call():
                self.close()
                self._block("tool_use", {"id": part.id, "name": part.name, "input": {}})
                for fragment in part.fragments:
                    self._delta({"type": "input_json_delta", "partial_json": fragment})
                self.close()
                self.calls += 1
            case _:
                self.steps.append(part)

    def close(self) -> None:
        if self._open:
            self.send({"type": "content_block_stop", "index": self._index})
            self._open = ""

    def _block(self, kind: str, start: dict[str, Any]) -> None:
        if self._open == kind:
            return
        self.close()
        self._index += 1
        self._open = kind
        block = {"type": kind, **start}
        self.send({"type": "content_block_start", "index": self._index, "content_block": block})

    def _delta(self, delta: dict[str, Any]) -> None:
        self.send({"type": "content_block_delta", "index": self._index, "delta": delta})


def _anthropic_message(tokens: Tokens) -> dict[str, Any]:
    usage = {
        "input_tokens": tokens.input - tokens.cached,
        "cache_read_input_tokens": tokens.cached,
        "cache_creation_input_tokens": 0,
        "output_tokens": 1,
    }
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "mock",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }


def polite_answer(request: ReceivedRequest) -> Reply:
    """What is answered without a script: a short text, or the list of models."""
    if request.path.endswith("/models"):
        return json_reply({"object": "list", "data": [{"id": "mock", "object": "model", "type": "model"}]})
    if request.path.endswith("/messages"):
        return anthropic_reply("Hello", " from", " the", " mock", " provider.")
    if request.path.endswith("/chat/completions"):
        return openai_reply("Hello", " from", " the", " mock", " provider.")
    return json_reply({"error": {"message": f"no such path: {request.path}"}}, status=404)
