"""What is measured: a server that answers ``run.create`` frames, and how to get sockets on fresh threads of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from benchmarks.processes import ServerProcess, running
from benchmarks.sockets import Socket, open_socket

RELAYS = ("httpx", "httpx-aiohttp", "aiohttp")


class Target(Protocol):
    """A running server."""

    @property
    def server(self) -> ServerProcess:
        """Its process tree."""
        ...

    async def open_sockets(self, count: int) -> list[Socket]:
        """Open sockets, each on a new thread and ready to send on."""
        ...


@asynccontextmanager
async def sockets_on(target: Target, count: int) -> AsyncIterator[list[Socket]]:
    """Sockets on new threads for as long as the block lasts."""
    sockets = await target.open_sockets(count)
    try:
        yield sockets
    finally:
        for socket in sockets:
            socket.close()


@dataclass(frozen=True)
class RelayTarget:
    """A bare relay; it has no threads, so any path will do."""

    server: ServerProcess
    port: int

    async def open_sockets(self, count: int) -> list[Socket]:
        """Open sockets one after the other."""
        return [await open_socket(f"ws://127.0.0.1:{self.port}/", {}) for _ in range(count)]


@contextmanager
def running_provider() -> Iterator[str]:
    """The mock provider's base URL, while it runs."""
    with running(["-m", "benchmarks.provider"]) as provider:
        yield f"http://127.0.0.1:{provider.read_port()}/v1"


@contextmanager
def running_relay(client: str, provider: str) -> Iterator[RelayTarget]:
    """A relay over the named HTTP client."""
    with running(["-m", "benchmarks.relays", "--client", client, "--provider", provider]) as server:
        yield RelayTarget(server, server.read_port())
