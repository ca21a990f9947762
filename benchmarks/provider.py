"""The mock provider: OpenAI's Chat Completions on loopback, paced by absolute time, as cheap as asyncio allows.

Run as a process of its own (``python -m benchmarks.provider``); prints its port. The last message says how long the
answer is and how fast it comes (``answers.py``); ``max_tokens`` cuts it, as a real provider would.
"""

from __future__ import annotations

import asyncio
import functools
from typing import cast

import msgspec
import uvloop

from benchmarks.answers import AnswerShape, CallShape, calls_asked_for, shape_asked_for, token

UNASKED = AnswerShape(tokens=3, pace_ms=0)
TIMER_SLACK = 0.0005  # uvloop's clock has a resolution of 1 ms
IDENTITY = b'"id":"chatcmpl-benchmark","created":1750000000,"model":"mock"'
STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
MODELS = b'{"object":"list","data":[{"id":"mock","object":"model","created":1750000000,"owned_by":"benchmark"}]}'


class StreamOptions(msgspec.Struct):
    """``stream_options`` of a request."""

    include_usage: bool = False


class ChatRequest(msgspec.Struct):
    """The fields of a request that change the answer."""

    messages: list[msgspec.Raw]
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None

    @property
    def shape(self) -> AnswerShape:
        """What to answer."""
        asked = shape_asked_for(bytes(self.messages[-1])) or UNASKED
        limit = self.max_completion_tokens or self.max_tokens or asked.tokens
        return AnswerShape(tokens=min(asked.tokens, limit), pace_ms=asked.pace_ms)

    @property
    def calls(self) -> CallShape | None:
        """Which tools to call instead."""
        return calls_asked_for(bytes(self.messages[-1]))


def usage(tokens: int) -> bytes:
    """The ``usage`` object of an answer."""
    return b'{"prompt_tokens":20,"completion_tokens":%d,"total_tokens":%d}' % (tokens, tokens + 20)


def event(choices: bytes, extra: bytes = b"") -> bytes:
    """One server-sent event with a completion chunk, framed as an HTTP chunk."""
    return http_chunk(b'data: {%s,"object":"chat.completion.chunk","choices":[%s]%s}\n\n' % (IDENTITY, choices, extra))


def http_chunk(data: bytes) -> bytes:
    """``data`` in HTTP's chunked transfer encoding."""
    return b"%x\r\n%s\r\n" % (len(data), data)


@functools.cache
def delta(index: int) -> bytes:
    """The event that carries one token; the first one has the role before it."""
    content = msgspec.json.encode({"content": token(index)})
    chunk = event(b'{"index":0,"delta":%s,"finish_reason":null}' % content)
    if index == 0:
        role = b'{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}'
        return event(role) + chunk
    return chunk


def stream_of_calls(calls: CallShape, *, with_usage: bool) -> bytes:
    """The body of an answer that calls tools and says nothing."""
    arguments = msgspec.json.encode({"milliseconds": calls.pause_ms}).decode()
    called = [
        {
            "index": index,
            "id": f"call_{index}",
            "type": "function",
            "function": {"name": "pause", "arguments": arguments},
        }
        for index in range(calls.count)
    ]
    choice = {"index": 0, "delta": {"role": "assistant", "tool_calls": called}, "finish_reason": None}
    return event(msgspec.json.encode(choice)) + stream_end(calls.count, with_usage=with_usage, reason=b"tool_calls")


def stream_end(tokens: int, *, with_usage: bool, reason: bytes = b"stop") -> bytes:
    """Everything after the last token: finish reason, usage where it was asked for, and the end of the body."""
    finish = event(b'{"index":0,"delta":{},"finish_reason":"%s"}' % reason)
    counted = event(b"", b',"usage":' + usage(tokens)) if with_usage else b""
    return finish + counted + http_chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"


def json_response(body: bytes) -> bytes:
    """A whole response with a JSON body."""
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


def whole_answer(shape: AnswerShape) -> bytes:
    """The response to a request that does not stream."""
    message = msgspec.json.encode({"role": "assistant", "content": shape.text})
    choice = b'{"index":0,"message":%s,"finish_reason":"stop"}' % message
    return json_response(
        b'{%s,"object":"chat.completion","choices":[%s],"usage":%s}' % (IDENTITY, choice, usage(shape.tokens))
    )


class ProviderProtocol(asyncio.Protocol):
    """One keep-alive connection; it answers one request after the other."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.received = bytearray()
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.timer is not None:
            self.timer.cancel()

    def data_received(self, data: bytes) -> None:
        self.received += data
        head_end = self.received.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = bytes(self.received[:head_end]).lower()
        body_start, length = head_end + 4, content_length(head)
        if len(self.received) < body_start + length:
            return
        body = bytes(self.received[body_start : body_start + length])
        del self.received[: body_start + length]
        self.answer(head, body)

    def answer(self, head: bytes, body: bytes) -> None:
        """Answer one whole request."""
        if not head.startswith(b"post "):
            self.transport.write(json_response(MODELS))
            return
        request = msgspec.json.decode(body, type=ChatRequest)
        if not request.stream:
            self.transport.write(whole_answer(request.shape))
            return
        self.shape = request.shape
        self.with_usage = bool(request.stream_options and request.stream_options.include_usage)
        if calls := request.calls:
            self.transport.write(STREAM_HEAD + stream_of_calls(calls, with_usage=self.with_usage))
            return
        self.next_index = 0
        self.started = self.loop.time()
        self.transport.write(STREAM_HEAD)
        self.send_due_tokens()

    def send_due_tokens(self) -> None:
        """Write each token whose time has come, counted from the start of the answer so that delays do not add up."""
        pace = self.shape.pace_ms / 1000
        now = self.loop.time() + TIMER_SLACK
        while self.next_index < self.shape.tokens and self.started + self.next_index * pace <= now:
            self.transport.write(delta(self.next_index))
            self.next_index += 1
        if self.next_index == self.shape.tokens:
            self.timer = None
            self.transport.write(stream_end(self.shape.tokens, with_usage=self.with_usage))
        else:
            self.timer = self.loop.call_at(self.started + self.next_index * pace, self.send_due_tokens)


def content_length(head: bytes) -> int:
    """The body's length in bytes from a lower-case request head; 0 where there is no body."""
    _, found, rest = head.partition(b"\r\ncontent-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


async def serve() -> None:
    """Listen on a free port of loopback, print it, and serve until the process is ended."""
    server = await asyncio.get_running_loop().create_server(ProviderProtocol, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
