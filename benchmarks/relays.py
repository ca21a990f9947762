"""The bare relays: WebSocket to HTTP stream to WebSocket, nothing stored. The least that any chat server must do.

Run as a process of its own (``python -m benchmarks.relays --client httpx --provider URL``); prints its port. A relay
speaks a subset of Coday's wire: ``run.create`` in, ``delta`` and a terminal ``run`` out; server, loop and JSON library
are Coday's.
"""

from __future__ import annotations

import argparse
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any, Protocol

import aiohttp
import httpx
import httpx_aiohttp
import msgspec
import uvicorn

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
COMPLETED = '{"type":"run","run":{"status":"completed"}}'


class UserInput(msgspec.Struct):
    """The part of an input that is relayed."""

    text: str


class CreateFrame(msgspec.Struct):
    """A ``run.create`` frame."""

    input: UserInput


class Delta(msgspec.Struct):
    """What a chunk adds to the answer."""

    content: str | None = None


class Choice(msgspec.Struct):
    """The only choice of a chunk."""

    delta: Delta


class Chunk(msgspec.Struct):
    """A completion chunk."""

    choices: list[Choice]


class DeltaFrame(msgspec.Struct, tag_field="type", tag="delta"):
    """A ``delta`` frame."""

    text: str


class HttpStream(Protocol):
    """Posts a JSON body and yields the bytes of the response as they come."""

    def __call__(self, body: bytes) -> AsyncIterator[bytes]: ...


def httpx_stream(client: httpx.AsyncClient, url: str) -> HttpStream:
    """A stream over httpx, on whichever transport the client has."""

    async def stream(body: bytes) -> AsyncIterator[bytes]:
        headers = {"content-type": "application/json", "accept-encoding": "identity"}
        async with client.stream("POST", url, content=body, headers=headers) as response:
            response.raise_for_status()
            async for data in response.aiter_raw():
                yield data

    return stream


def aiohttp_stream(url: str) -> HttpStream:
    """A stream over aiohttp; its session is made on the first use, inside the event loop."""
    sessions: list[aiohttp.ClientSession] = []

    async def stream(body: bytes) -> AsyncIterator[bytes]:
        if not sessions:
            sessions.append(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), auto_decompress=False))
        async with sessions[0].post(url, data=body, headers={"content-type": "application/json"}) as response:
            response.raise_for_status()
            async for data in response.content.iter_any():
                yield data

    return stream


def make_stream(client: str, provider: str) -> HttpStream:
    """The stream of the named HTTP client."""
    url = f"{provider}/chat/completions"
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    if client == "httpx":
        return httpx_stream(httpx.AsyncClient(limits=limits, timeout=60, trust_env=False), url)
    if client == "httpx-aiohttp":
        return httpx_stream(httpx_aiohttp.HttpxAiohttpClient(limits=limits, timeout=60, trust_env=False), url)
    return aiohttp_stream(url)


async def server_sent_data(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The data of each event of a stream of server-sent events."""
    rest = b""
    async for data in stream:
        *events, rest = (rest + data).split(b"\n\n")
        for event in events:
            yield event.removeprefix(b"data: ")


class Relay:
    """The ASGI application: one socket, one request after the other."""

    def __init__(self, stream: HttpStream) -> None:
        self.stream = stream
        self.encoder = msgspec.json.Encoder()
        self.frames = msgspec.json.Decoder(CreateFrame)
        self.chunks = msgspec.json.Decoder(Chunk)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"relay"})
            return
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await self.relay(self.frames.decode(message["text"]).input.text, send)

    async def relay(self, text: str, send: Send) -> None:
        """Ask the provider and pass on each piece of its answer."""
        body = self.encoder.encode(
            {"model": "mock", "stream": True, "messages": [{"role": "user", "content": text}]},
        )
        async for data in server_sent_data(self.stream(body)):
            if data == b"[DONE]":
                break
            for choice in self.chunks.decode(data).choices:
                if choice.delta.content:
                    frame = self.encoder.encode(DeltaFrame(choice.delta.content))
                    await send({"type": "websocket.send", "text": frame.decode()})
        await send({"type": "websocket.send", "text": COMPLETED})


def main() -> None:
    """Serve a relay on a free port of loopback."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--client", choices=["httpx", "httpx-aiohttp", "aiohttp"], required=True)
    parser.add_argument("--provider", required=True, help="base URL")
    arguments = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(
        Relay(make_stream(arguments.client, arguments.provider)),
        loop="uvloop",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="off",
        log_level="warning",
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
