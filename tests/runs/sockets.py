"""Clients of the sockets: in this event loop against the application, or over a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import uvicorn
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from coday.accounts.models import User
from coday.accounts.operations import create_token
from coday.asgi import application
from tests.runs.conversation import Cast, Frame, make_cast
from tests.support.replies import PATIENCE


@dataclass(frozen=True)
class Person:
    """Somebody with a thread and a token."""

    cast: Cast
    token: str
    token_id: UUID
    session: str


def make_person(base_url: str) -> Person:
    cast = make_cast(base_url=base_url)
    user = User.objects.get(pk=cast.asker.user_id)
    row, token = create_token(user=user)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return Person(cast, token, row.pk, session.session_key or "")


class Socket:
    """A client of one socket."""

    def __init__(
        self,
        path: str,
        *,
        token: str = "",
        session: str = "",
        origin: str = "",
        subprotocols: tuple[str, ...] = (),
    ) -> None:
        headers = [(b"host", b"testserver")]
        headers += [(b"authorization", f"Bearer {token}".encode())] if token else []
        headers += [(b"cookie", f"sessionid={session}".encode())] if session else []
        headers += [(b"origin", origin.encode())] if origin else []
        self._communicator = WebsocketCommunicator(application, path, headers=headers, subprotocols=list(subprotocols))
        self.frames: list[Frame] = []

    async def open(self) -> bool:
        """Connect; whether the server accepted."""
        accepted, detail = await self._communicator.connect(timeout=PATIENCE)
        self.subprotocol = detail
        return bool(accepted)

    async def send(self, frame: Frame | str) -> None:
        """Send a frame, or raw text."""
        text = frame if isinstance(frame, str) else msgspec.json.encode(frame).decode()
        await self._communicator.send_to(text_data=text)

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary frame."""
        await self._communicator.send_to(bytes_data=data)

    async def frame(self, fits: Callable[[Frame], bool]) -> Frame:
        """Read up to the next frame that fits."""
        async with asyncio.timeout(PATIENCE):
            while True:
                event = await self._communicator.receive_output(timeout=PATIENCE)
                assert event["type"] == "websocket.send", f"the socket was closed with {event.get('code')}"
                frame: Frame = msgspec.json.decode(event["text"])
                self.frames.append(frame)
                if fits(frame):
                    return frame

    async def answer(self, ref: str) -> Frame:
        """The answer to the frame with this ``ref``."""
        return await self.frame(lambda frame: frame.get("ref") == ref)

    async def closed(self) -> int:
        """Read until the server closes; its code. An acknowledgement is a failure: nothing is done any more."""
        async with asyncio.timeout(PATIENCE):
            while True:
                event = await self._communicator.receive_output(timeout=PATIENCE)
                if event["type"] == "websocket.close":
                    return int(event.get("code", 1000))
                assert '"type":"ack"' not in event["text"]

    async def close(self) -> None:
        """Leave."""
        await self._communicator.disconnect(timeout=PATIENCE)


@asynccontextmanager
async def opened(person: Person, *, path: str = "", query: str = "") -> AsyncIterator[Socket]:
    """A socket of the person's thread, after its session frame."""
    socket = Socket(path or f"/ws/threads/{person.cast.thread_id}/{query}", token=person.token)
    assert await socket.open()
    if not path:
        await socket.frame(lambda frame: frame["type"] == "session")
    try:
        yield socket
    finally:
        await socket.close()


def create(ref: str, text: str = "Hi", **body: Any) -> Frame:
    """A ``run.create`` frame."""
    return {"type": "run.create", "ref": ref, "input": {"type": "user", "text": text}, **body}


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    """The application behind uvicorn, in this event loop; its address."""
    config = uvicorn.Config(
        application, port=0, ws="websockets-sansio", ws_max_size=settings.CODAY_MAX_FRAME_BYTES + 65536, lifespan="off",
        log_config=None, log_level="warning",
    )  # fmt: skip
    server = uvicorn.Server(config)
    serve = asyncio.create_task(server._serve())
    async with asyncio.timeout(PATIENCE):
        while not server.started:  # noqa: ASYNC110  # it tells nobody when it changes
            await asyncio.sleep(0)
    try:
        yield f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serve
