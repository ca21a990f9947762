"""Bodies over the limit: refused while they arrive, with or without an announced length, and never stored."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from pytest_django import Settings

from coday.asgi import application
from coday.edge.bodies import FORM_MARGIN
from tests.support.server import ADMIN_PASSWORD, CodayServer

LIMIT = 10_000
CHUNK = 1_000
JSON = b"application/json"
FORM = b"multipart/form-data; boundary=x"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _limits(settings: Settings) -> None:
    settings.CODAY_MAX_FRAME_BYTES = LIMIT
    settings.CODAY_MAX_IMAGE_BYTES = 2 * LIMIT


class Exchange:
    """One request to the application, with a body that arrives in pieces."""

    def __init__(self, *, media_type: bytes, size: int, announced: bool, goes: bool = False) -> None:
        self.left = size
        self.goes = goes
        self.taken = 0
        self.sent: list[dict[str, Any]] = []
        headers = [(b"host", b"localhost"), (b"content-type", media_type)]
        headers += [(b"content-length", str(size).encode())] if announced else []
        self.scope = {
            "type": "http", "http_version": "1.1", "method": "POST", "path": "/api/v1/tokens/", "raw_path": b"",
            "query_string": b"", "root_path": "", "scheme": "http", "headers": headers, "server": ("localhost", 80),
            "client": ("203.0.113.5", 1), "asgi": {"version": "3.0"},
        }  # fmt: skip

    async def receive(self) -> dict[str, Any]:
        if self.goes and self.taken > LIMIT:
            return {"type": "http.disconnect"}
        if not self.left:
            await asyncio.Event().wait()  # the client listens
        piece = min(CHUNK, self.left)
        self.left -= piece
        self.taken += piece
        return {"type": "http.request", "body": b"x" * piece, "more_body": self.left > 0}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def run(self) -> tuple[int, dict[str, Any]]:
        """The answer's status and problem document."""
        await application(self.scope, self.receive, self.send)
        [start, body] = self.sent
        self.headers = dict(start["headers"])
        return start["status"], msgspec.json.decode(body["body"])


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize(
    ("media_type", "limit", "code", "told"),
    [(JSON, LIMIT, "too_large", LIMIT), (FORM, 2 * LIMIT + FORM_MARGIN, "image_too_large", 2 * LIMIT)],
)
async def test_a_body_over_the_limit_is_refused(
    media_type: bytes, limit: int, code: str, told: int, announced: bool
) -> None:
    exchange = Exchange(media_type=media_type, size=limit + 1, announced=announced)
    status, problem = await exchange.run()
    assert (status, problem["code"], problem["details"]["limit"]) == (413, code, told)
    assert exchange.headers[b"connection"] == b"close"
    assert exchange.headers[b"x-content-type-options"] == b"nosniff"


@pytest.mark.parametrize("media_type", [JSON, FORM])
@pytest.mark.parametrize("announced", [True, False])
async def test_an_endless_body_is_not_taken(media_type: bytes, announced: bool) -> None:
    exchange = Exchange(media_type=media_type, size=10**9, announced=announced)
    assert (await exchange.run())[0] == 413
    assert exchange.taken <= 2 * (2 * LIMIT + FORM_MARGIN) + CHUNK


async def test_a_body_that_fits_is_looked_at() -> None:
    status, problem = await Exchange(media_type=JSON, size=LIMIT, announced=False).run()
    assert (status, problem["code"]) == (400, "malformed_json")


async def test_a_client_that_goes_is_told_nothing_twice() -> None:
    exchange = Exchange(media_type=JSON, size=10**9, announced=False, goes=True)
    assert (await exchange.run())[0] == 413
    assert len(exchange.sent) == 2


# --- A real server ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CodayServer]:
    environment = {"CODAY_MAX_FRAME_BYTES": str(LIMIT), "CODAY_MAX_IMAGE_BYTES": str(LIMIT)}
    with CodayServer(data_dir=tmp_path_factory.mktemp("data"), environment=environment) as server:
        yield server


def _chunked(server: CodayServer, chunks: list[bytes]) -> str:
    """Send a body without a length and return what comes back."""
    head = (
        f"POST /api/v1/tokens/ HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head.encode())
        for chunk in chunks:
            connection.sendall(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        connection.sendall(b"0\r\n\r\n")
        received = b""
        while piece := connection.recv(65536):
            received += piece
    return received.decode()


def test_a_real_client_reads_why_it_was_refused(server: CodayServer) -> None:
    answer = _chunked(server, [b"x" * CHUNK] * 15)
    assert answer.startswith("HTTP/1.1 413 ")
    assert '"code": "too_large"' in answer


def test_a_body_without_a_length_is_read(server: CodayServer) -> None:
    body = msgspec.json.encode({"username": "admin", "password": ADMIN_PASSWORD})
    answer = _chunked(server, [body[:10], body[10:]])
    assert answer.startswith("HTTP/1.1 201 ")
