"""What a streamed chunk and a request cost with each HTTP transport: ``python -m benchmarks.transports``.

50 streams run side by side, 200 chunks of about 250 bytes each, 20 ms apart, from a server in a process of its own; the
CPU time is this process's. A second round of many one-chunk answers gives the fixed cost of a request. ``adapter`` is
the whole way from the socket to the deltas of ``runs.inference.openai``; the others read bytes and drop them.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from typing import Final

import aiohttp
import httpx
import msgspec
import uvloop

from agents.snapshot import ModelSnapshot, ProviderSnapshot
from coday.kernel.http import HttpClients
from runs.inference.base import InferenceRequest, ModelMessage
from runs.inference.openai import OpenAIProvider
from threads.content import TextPart

STREAMS: Final = 50
CHUNKS: Final = 200
PACE: Final = 0.02
SHORT_REQUESTS: Final = 1000

ReadOne = Callable[[str, int], Awaitable[None]]
"""Reads one answer of that many chunks to its end."""

_CHUNK: Final = {
    "id": "chatcmpl-0123456789abcdef",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "benchmark",
    "system_fingerprint": "fp_0123456789",
    "choices": [{"index": 0, "delta": {"content": " word"}, "logprobs": None, "finish_reason": None}],
    "usage": None,
}
_EVENT: Final = b"data: %b\n\n" % msgspec.json.encode(_CHUNK)
_FRAME: Final = b"%x\r\n%b\r\n" % (len(_EVENT), _EVENT)
_DONE: Final = b"data: [DONE]\n\n"
_END: Final = b"%x\r\n%b\r\n0\r\n\r\n" % (len(_DONE), _DONE)
_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


async def _accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            await _answer(reader, writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request with as many chunks as its ``max_tokens`` asks for."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
    body = await reader.readexactly(int(length.partition(b":")[2]))
    chunks = msgspec.json.decode(body)["max_tokens"]
    writer.write(_HEAD)
    start = time.monotonic()
    for number in range(chunks):
        writer.write(_FRAME)
        if chunks > 1:
            await asyncio.sleep(max(0.0, start + (number + 1) * PACE - time.monotonic()))
    writer.write(_END)


def _serve(ready: Connection) -> None:
    async def main() -> None:
        server = await asyncio.start_server(_accept, "127.0.0.1", 0)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(main())


async def _with_httpx(client: httpx.AsyncClient, url: str, chunks: int) -> None:
    async with client.stream("POST", f"{url}/chat/completions", json={"max_tokens": chunks}) as response:
        async for _ in response.aiter_raw():
            pass


async def _with_aiohttp(session: aiohttp.ClientSession, url: str, chunks: int) -> None:
    async with session.post(f"{url}/chat/completions", json={"max_tokens": chunks}) as response:
        async for _ in response.content.iter_any():
            pass


async def _with_adapter(adapter: OpenAIProvider, url: str, chunks: int) -> None:
    provider = ProviderSnapshot(slug="benchmark", kind="openai", name="Benchmark", base_url=url)
    model = ModelSnapshot(slug="benchmark", name="benchmark", label="", provider=provider, context_window=8192)
    messages = (ModelMessage("user", (TextPart("Say it."),)),)
    request = InferenceRequest(model=model, system="", messages=messages, max_output_tokens=chunks)
    async for _ in adapter.stream(request):
        pass


async def _measure(name: str, read: ReadOne, url: str) -> None:
    await asyncio.gather(*(read(url, 2) for _ in range(STREAMS)))  # open the connections
    start = time.process_time()
    await asyncio.gather(*(read(url, CHUNKS) for _ in range(STREAMS)))
    streamed = time.process_time() - start
    start = time.process_time()
    for _ in range(SHORT_REQUESTS // STREAMS):
        await asyncio.gather(*(read(url, 1) for _ in range(STREAMS)))
    fixed = (time.process_time() - start) / SHORT_REQUESTS
    per_chunk = (streamed - STREAMS * fixed) / (STREAMS * CHUNKS)
    sys.stdout.write(f"{name:24} {per_chunk * 1e6:8.0f} µs per chunk {fixed * 1e6:8.0f} µs per request\n")


async def _compare(url: str) -> None:
    limits = httpx.Limits(max_connections=1000, max_keepalive_connections=1000)
    clients = HttpClients()
    async with httpx.AsyncClient(timeout=httpx.Timeout(None), limits=limits, trust_env=False) as own:
        await _measure("httpx", lambda url, chunks: _with_httpx(own, url, chunks), url)
    await _measure("httpx over aiohttp", lambda url, chunks: _with_httpx(clients.get(), url, chunks), url)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1000)) as session:
        await _measure("aiohttp", lambda url, chunks: _with_aiohttp(session, url, chunks), url)
    adapter = OpenAIProvider(clients)
    await _measure("adapter", lambda url, chunks: _with_adapter(adapter, url, chunks), url)
    await clients.aclose()


def main() -> None:
    """Print the table, under asyncio's own loop and under uvloop."""
    receiving, sending = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.Process(target=_serve, args=(sending,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{receiving.recv()}/v1"
    for name, run in (("asyncio", asyncio.run), ("uvloop", uvloop.run)):
        sys.stdout.write(f"-- {name}\n")
        run(_compare(url))
    server.terminate()
    server.join()


if __name__ == "__main__":
    main()
