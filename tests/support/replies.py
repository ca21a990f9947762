"""What the mock provider answers: bytes, pauses, cuts, and OpenAI's and Anthropic's streams built from plain parts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

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

    def as_future(self) -> asyncio.Future[None]:
        """A future of the running loop; cancelling it leaves the signal alone."""
        return asyncio.shield(asyncio.wrap_future(self._future))

    def __await__(self) -> Generator[Any, None, None]:
        return asyncio.wait_for(self.as_future(), PATIENCE).__await__()


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


class Cut:
    """The connection ends here, without the end that HTTP promises."""


class Hang:
    """Nothing more is sent, and the connection stays open until the client leaves."""


CUT: Final = Cut()
HANG: Final = Hang()

Step: TypeAlias = bytes | Gate | Silence | Cut | Hang
Piece: TypeAlias = str | Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One HTTP answer: each ``bytes`` step is one write to the socket.

    With ``framed`` each write is one chunk of HTTP's chunked encoding; without it the body ends where the connection
    does, and ``headers`` may promise a ``Content-Length``. ``head``, if given, is sent instead of status and headers.
    """

    status: int = 200
    content_type: str = "text/event-stream"
    headers: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    framed: bool = True
    head: bytes | None = None


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
