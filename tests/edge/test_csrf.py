"""Which pages may open a socket."""

from __future__ import annotations

import pytest

from coday.edge.csrf import origin_allowed

HOSTS = ["localhost", "127.0.0.1", "[::1]", ".coday.example"]


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8000", "http://localhost:8000"),
        ("LocalHost:8000", "HTTP://localhost:8000"),
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("chat.coday.example", "https://chat.coday.example"),  # a proxy speaks TLS for us
        ("chat.coday.example:443", "https://chat.coday.example"),
        ("localhost:8000", "https://trusted.example"),
    ],
)
def test_own_pages(host: str, origin: str) -> None:
    assert _allowed(host=host, origin=origin)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8000", "https://evil.example"),
        ("localhost:8000", "http://localhost:3000"),  # cookies know no ports: another server here is foreign
        ("localhost:8000", "http://127.0.0.1:8000"),
        ("localhost:8000", "http://localhost:8000.evil.example"),
        ("localhost:8000", "http://evil.example/localhost:8000"),
        ("localhost:8000", "http://localhost:8000@evil.example"),
        ("localhost:8000", "null"),
        ("localhost:8000", ""),
        ("localhost:8000", "file://"),
        ("localhost:8000", "localhost:8000"),
        ("evil.example", "http://evil.example"),  # a name of theirs that resolves to us
        ("", "http://"),
    ],
)
def test_foreign_pages(host: str, origin: str) -> None:
    assert not _allowed(host=host, origin=origin)
    assert not _allowed(host=host, origin=origin, missing_allowed=True)


def test_a_missing_origin_is_a_program() -> None:
    assert _allowed(host="localhost:8000", missing_allowed=True)
    assert not _allowed(host="localhost:8000")
    assert not _allowed(host="evil.example", missing_allowed=True)


def _allowed(*, host: str, origin: str | None = None, missing_allowed: bool = False) -> bool:
    headers = [(b"host", host.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    return origin_allowed(
        headers=headers,
        allowed_hosts=HOSTS,
        trusted_origins=["https://trusted.example"],
        missing_allowed=missing_allowed,
    )
