"""WebSockets that cost the load client little: the handshake and the frames of RFC 6455 by hand, on an asyncio protocol.

One process with one event loop drives hundreds of them, and must not be what is measured.
"""

from __future__ import annotations

import asyncio
import base64
import os
import socket as system
import time
from collections.abc import Iterator, Mapping
from typing import Final, cast
from urllib.parse import urlsplit

from websockets.frames import Frame, Opcode

from benchmarks.exchange import BrokenAnswerError, Exchange

PATIENCE_SECONDS: Final = 120
SMALL_BUFFER: Final = 4_096  # bytes
SMALL_SEGMENT: Final = 536  # bytes
FINAL: Final = 0x80
TEXT, CLOSE, PING = (FINAL | opcode for opcode in (Opcode.TEXT, Opcode.CLOSE, Opcode.PING))


class Socket(asyncio.Protocol):
    """One WebSocket; what it receives goes to its exchange, once it has one."""

    def __init__(self, request: bytes, exchange: Exchange | None = None) -> None:
        self.request = request
        self.exchange = exchange
        self.received = bytearray()
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.first_frame: asyncio.Future[bytes] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self.received += data
        if not self.opened.done() and not self.shake_hands():
            return
        for kind, payload in take_frames(self.received):
            self.frame_received(kind, payload, now)

    def shake_hands(self) -> bool:
        """Whether the server's answer is here, and says yes."""
        head, end, rest = self.received.partition(b"\r\n\r\n")
        if not end:
            return False
        if not head.startswith(b"HTTP/1.1 101 "):
            self.lose(f"refused: {bytes(head).decode(errors='replace')}")
            return False
        self.received = rest
        self.opened.set_result(None)
        return True

    def frame_received(self, kind: int, payload: bytes, now: float) -> None:
        """Hand a text frame to the exchange that waits for it."""
        if kind == PING:
            self.write(Opcode.PONG, payload)
        elif kind == CLOSE:
            self.lose(f"closed with {int.from_bytes(payload[:2], 'big')}")
        elif kind != TEXT:
            self.lose(f"a frame of kind {kind:#x}")
        else:
            if not self.first_frame.done():
                self.first_frame.set_result(payload)
            if self.exchange is not None:
                self.exchange.receive(payload, now)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lose(str(exc or "ended by the server"))

    def lose(self, reason: str) -> None:
        """Tell whoever waits that nothing more will come."""
        for waiting in (self.opened, self.first_frame):
            if not waiting.done():
                waiting.set_exception(BrokenAnswerError(f"the socket was lost: {reason}"))
                waiting.exception()  # is nobody's but whose who waits
        if self.exchange is not None:
            self.exchange.fail(f"the socket was lost: {reason}")

    def send(self, data: bytes) -> None:
        """Send one text frame."""
        self.write(Opcode.TEXT, data)

    def write(self, opcode: Opcode, data: bytes) -> None:
        """Write one frame."""
        self.transport.write(Frame(opcode, data).serialize(mask=True))

    def close(self) -> None:
        """Drop the connection."""
        self.exchange = None
        self.transport.abort()


def take_frames(received: bytearray) -> Iterator[tuple[int, bytes]]:
    """The first byte and the payload of each whole frame, which is taken off. A server does not mask."""
    start, size = 0, len(received)
    while size - start >= 2:
        body, length = start + 2, received[start + 1]
        if length >= 126:
            body += 2 if length == 126 else 8
            length = int.from_bytes(received[start + 2 : body], "big") if body <= size else size
        if body + length > size:
            break
        yield received[start], bytes(received[body : body + length])
        start = body + length
    del received[:start]


def handshake(url: str, headers: Mapping[str, str]) -> bytes:
    """The request that opens a socket."""
    address = urlsplit(url)
    fields = {
        "Host": address.netloc,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        **headers,
    }
    target = f"{address.path}?{address.query}" if address.query else address.path
    lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode()


async def open_socket(
    url: str, headers: Mapping[str, str], *, exchange: Exchange | None = None, narrow: bool = False
) -> Socket:
    """A socket after its handshake. ``exchange`` gets its frames from the first on. A ``narrow`` one is soon full where its
    reader is slow: on loopback the system would keep megabytes."""
    address = urlsplit(url)
    connection = system.socket(system.AF_INET, system.SOCK_STREAM)
    connection.setblocking(False)
    if narrow:
        connection.setsockopt(system.SOL_SOCKET, system.SO_RCVBUF, SMALL_BUFFER)
        connection.setsockopt(system.IPPROTO_TCP, system.TCP_MAXSEG, SMALL_SEGMENT)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(connection, (address.hostname, address.port))
    _, opened = await loop.create_connection(lambda: Socket(handshake(url, headers), exchange), sock=connection)
    await asyncio.wait_for(opened.opened, PATIENCE_SECONDS)
    return opened
