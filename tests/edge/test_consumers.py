"""Frames: what is no frame gets an error, and the socket stays open."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from pytest_django import Settings

from coday.accounts.consumers import AuthenticatedConsumer
from coday.accounts.models import User
from coday.accounts.operations import create_token
from coday.edge.consumers import Frame
from coday.kernel.errors import ConflictError, NotFoundError

pytestmark = pytest.mark.django_db(transaction=True)

HOST = (b"host", b"localhost:8000")
PAGE = (b"origin", b"http://localhost:8000")


class EchoConsumer(AuthenticatedConsumer):
    """Answers what it is told, and fails when it is told to."""

    closed: bool = False

    async def open(self) -> None:
        if self.scope["path"] == "/gone/":
            raise NotFoundError

    async def echo(self, frame: Frame) -> None:
        await self.send_frame({"type": "echo", "text": frame["text"]})

    async def conflict(self, frame: Frame) -> None:
        raise ConflictError("Not now.", details={"field": "text"})

    async def crash(self, frame: Frame) -> None:
        raise RuntimeError("planted internals")

    handlers: ClassVar[dict[str, Any]] = {"echo": echo, "conflict": conflict, "crash": crash}


@pytest.fixture
async def token(owner: User) -> str:
    _, clear = await sync_to_async(create_token)(user=owner, name="")
    return clear


@pytest.fixture
async def socket(token: str) -> AsyncIterator[WebsocketCommunicator]:
    communicator = _socket([(b"authorization", f"Bearer {token}".encode())])
    connected, _ = await communicator.connect()
    assert connected
    yield communicator
    await communicator.disconnect()


def _socket(
    headers: list[tuple[bytes, bytes]], path: str = "/", subprotocols: list[str] | None = None
) -> WebsocketCommunicator:
    return WebsocketCommunicator(EchoConsumer.as_asgi(), path, [HOST, *headers], subprotocols)


@pytest.mark.parametrize(
    ("text", "code", "ref"),
    [
        ("{", "malformed_frame", None),
        ("[]", "malformed_frame", None),
        ('"x"', "malformed_frame", None),
        ("[" * 100_000, "malformed_frame", None),
        ('{"ref": "1"}', "unknown_frame", "1"),
        ('{"type": "nothing", "ref": "2"}', "unknown_frame", "2"),
        ('{"type": ["echo"], "ref": "3"}', "unknown_frame", "3"),
        ('{"type": "nothing", "ref": {}}', "unknown_frame", None),
        ('{"type": "handlers", "ref": "4"}', "unknown_frame", "4"),
    ],
)
async def test_bad_frames(socket: WebsocketCommunicator, text: str, code: str, ref: str | None) -> None:
    await socket.send_to(text_data=text)
    answer = await socket.receive_json_from()
    assert (answer["type"], answer["code"], answer.get("ref")) == ("error", code, ref)
    await _still_works(socket)


async def test_bytes_are_no_frame(socket: WebsocketCommunicator) -> None:
    await socket.send_to(bytes_data=b'{"type": "echo"}')
    assert (await socket.receive_json_from())["code"] == "malformed_frame"
    await _still_works(socket)


async def test_a_frame_over_the_limit_counts_bytes(socket: WebsocketCommunicator, settings: Settings) -> None:
    settings.CODAY_MAX_FRAME_BYTES = 100
    await socket.send_json_to({"type": "echo", "text": "x" * 60})
    assert (await socket.receive_json_from())["type"] == "echo"
    for text in ("x" * 100, "€" * 30):
        await socket.send_to(text_data=f'{{"type":"echo","text":"{text}","ref":"9"}}')
        answer = await socket.receive_json_from()
        assert (answer["code"], answer["details"], answer["ref"]) == ("frame_too_large", {"limit": 100}, "9")
    await _still_works(socket)


async def test_an_expected_error_is_told(socket: WebsocketCommunicator) -> None:
    await socket.send_json_to({"type": "conflict", "ref": "7"})
    assert await socket.receive_json_from() == {
        "type": "error",
        "ref": "7",
        "code": "conflict",
        "message": "Not now.",
        "retryable": False,
        "details": {"field": "text"},
    }


async def test_a_fault_of_ours_is_logged_and_not_told(
    socket: WebsocketCommunicator, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        await socket.send_json_to({"type": "crash", "ref": "8"})
        answer = await socket.receive_json_from()
    assert (answer["code"], answer["ref"]) == ("internal_error", "8")
    assert "planted" not in str(answer)
    assert "planted internals" in caplog.text
    await _still_works(socket)


async def _still_works(socket: WebsocketCommunicator) -> None:
    await socket.send_json_to({"type": "echo", "text": "still here"})
    assert await socket.receive_json_from() == {"type": "echo", "text": "still here"}


# --- Opening ------------------------------------------------------------------------------------------------------


async def test_who_may_not_come_in_is_refused_before_the_socket_opens(token: str) -> None:
    bearer = (b"authorization", f"Bearer {token}".encode())
    evil = (b"origin", b"https://evil.example")
    for headers, path in (
        ([], "/"),
        ([PAGE], "/"),
        ([(b"authorization", b"Bearer wrong")], "/"),
        ([bearer, evil], "/"),
        ([bearer], "/gone/"),
    ):
        connected, _ = await _socket(headers, path).connect()
        assert not connected


async def test_a_page_may_send_its_token_as_a_subprotocol(token: str) -> None:
    communicator = _socket([PAGE], subprotocols=["coday.v1", f"bearer.{token}"])
    assert await communicator.connect() == (True, "coday.v1")
    await communicator.disconnect()
