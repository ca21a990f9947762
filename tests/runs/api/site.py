"""The product behind a real HTTP server in the test's own event loop, and its clients."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
import msgspec
import uvicorn
from PIL import Image

from coday.accounts.models import User
from coday.accounts.operations import create_token
from coday.kernel.database import in_database
from runs.execution.driver import LocalDriver, get_driver, stop_driver
from tests.runs.conversation import Cast, make_cast
from tests.support.mock_provider import MockProvider
from tests.support.replies import PATIENCE

Frame = dict[str, Any]


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # they are the test runner's


class Site:
    """A running server with a person, their thread, and an agent whose model is the mock provider's."""

    def __init__(self, *, cast: Cast, provider: MockProvider, port: int) -> None:
        self.cast = cast
        self.provider = provider
        self.thread_id = cast.thread_id
        self.host = f"127.0.0.1:{port}"
        self._clients: list[httpx.AsyncClient] = []

    @classmethod
    @asynccontextmanager
    async def serve(cls, provider: MockProvider, **values: Any) -> AsyncIterator[Self]:
        """Serve until the block ends."""
        cast = await in_database(make_cast, base_url=provider.base_url, **values)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            config = uvicorn.Config(
                "coday.asgi:application", ws="websockets-sansio", lifespan="off", log_config=None, log_level="warning"
            )
            server = _Server(config)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            site = cls(cast=cast, provider=provider, port=listener.getsockname()[1])
            try:
                yield site
            finally:
                for client in site._clients:
                    await client.aclose()
                server.should_exit = True
                await serving
                await stop_driver()

    async def client(self, username: str = "ann") -> httpx.AsyncClient:
        """A program that sends a token of this user, who is made where there is none."""
        token = await in_database(_token_of, username)
        return self.anonymous(headers={"Authorization": f"Bearer {token}"})

    def anonymous(self, **options: Any) -> httpx.AsyncClient:
        """A client without a credential."""
        client = httpx.AsyncClient(base_url=f"http://{self.host}/api/v1/", timeout=PATIENCE, **options)
        self._clients.append(client)
        return client

    async def idle(self) -> None:
        """Wait until no run, title or look for work is under way."""
        driver = await get_driver()
        assert isinstance(driver, LocalDriver)
        async with asyncio.timeout(PATIENCE):
            await driver.idle()


def _token_of(username: str) -> str:
    user = User.objects.filter(username=username).first() or User.objects.create_user(username)
    return create_token(user=user)[1]


def png() -> bytes:
    """A small, real image."""
    buffer = io.BytesIO()
    Image.new("RGB", (2, 3)).save(buffer, "PNG")
    return buffer.getvalue()


@dataclass(frozen=True)
class StreamedEvent:
    """One event of a stream: ``id`` is empty for a transient one."""

    type: str
    frame: Frame
    id: str = ""


@dataclass
class EventStream:
    """Reads a ``text/event-stream`` answer."""

    response: httpx.Response
    comments: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lines = self.response.aiter_lines()

    async def next(self) -> StreamedEvent | None:
        """The next event; ``None`` at the stream's end."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE):
            async for line in self._lines:
                if line.startswith(":"):
                    self.comments.append(line)
                elif line:
                    name, _, value = line.partition(": ")
                    assert name not in fields, "a frame has to be one line"
                    fields[name] = value
                elif fields:
                    frame = msgspec.json.decode(fields["data"])
                    return StreamedEvent(type=fields["event"], frame=frame, id=fields.get("id", ""))
        return None

    async def until(self, kind: str, **values: Any) -> list[StreamedEvent]:
        """The next events up to the first of this type whose frame has these values."""
        found: list[StreamedEvent] = []
        while event := await self.next():
            found.append(event)
            if event.type == kind and values.items() <= event.frame.items():
                return found
        raise AssertionError(f"the stream ended before {kind} {values}: {found}")

    async def rest(self) -> list[StreamedEvent]:
        """All events up to the stream's end."""
        found: list[StreamedEvent] = []
        while event := await self.next():
            found.append(event)
        return found
