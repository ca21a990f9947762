"""Pages from a real server: what is readable comes back as text, and what must not be reached is not."""

from __future__ import annotations

import asyncio
import gzip

import pytest
from aiohttp import web
from pytest_django import Settings

from coday.kernel.errors import CodayError
from runs.tools.builtin.fetch_page import FetchPage
from tests.kernel.test_guarded import Handler, Server, serving
from tests.runs.tools.calls import call, complaints, settled
from tests.skills.conftest import pdf

ARTICLE = """<!doctype html><html><head><title>Tea &amp; time</title><script>alert("no")</script></head><body>
<nav>Home</nav><article><h1>Tea</h1><p>Water is boiled for three minutes before the leaves are put into the pot, and
nobody should hurry. <strong>Wait.</strong></p><p>Then the tea is poured into cups of porcelain, as always.</p></article>
<style>p { color: red }</style></body></html>"""


def answering(body: bytes | str, *, content_type: str = "text/html", status: int = 200) -> Handler:
    """A server's page."""
    content = body.encode() if isinstance(body, str) else body

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=content, status=status, content_type=content_type)

    return answer


def allow(settings: Settings, *servers: Server) -> None:
    """Let these servers be fetched from, as an operator may."""
    settings.CODAY_FETCH_ALLOW = [f"127.0.0.1:{server.port}" for server in servers]


async def test_a_page_becomes_readable_text(settings: Settings) -> None:
    async with serving(answering(ARTICLE)) as server:
        allow(settings, server)
        page = await settled(FetchPage(), url=server.at("/tea"))
    assert page.content.startswith(f"Title: Tea & time\nAddress: {server.at('/tea')}\n\n")
    assert "Water is boiled" in page.content
    assert not any(noise in page.content for noise in ("<p>", "alert", "color: red"))
    assert page.details == {"url": server.at("/tea"), "title": "Tea & time"}
    assert FetchPage().traits.untrusted


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("Just words.\nTwo lines.", "text/plain", "Just words.\nTwo lines."),
        ('{"rain": [1, 2]}', "application/json", '{"rain": [1, 2]}'),
        ("Grüße", "text/plain", "Grüße"),
        (pdf("A page of a PDF file."), "application/pdf", "A page of a PDF file."),
    ],
)
async def test_other_kinds_of_text(settings: Settings, body: bytes | str, content_type: str, text: str) -> None:
    async with serving(answering(body, content_type=content_type)) as server:
        allow(settings, server)
        page = await settled(FetchPage(), url=server.at("/"))
    assert text in page.content


async def test_a_redirect_is_followed_and_the_last_address_is_named(settings: Settings) -> None:
    async def moved(request: web.Request) -> web.StreamResponse:
        if request.path == "/new":
            return web.Response(text="Here it is.")
        return web.Response(status=302, headers={"Location": "/new"})

    async with serving(moved) as server:
        allow(settings, server)
        page = await settled(FetchPage(), url=server.at("/old"))
    assert f"Address: {server.at('/new')}" in page.content


async def refusal(url: str) -> str:
    """The code of the error that a page ends in."""
    with pytest.raises(CodayError) as refused:
        await call(FetchPage(), url=url)
    assert refused.value.message
    return refused.value.code


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1/", "address_refused"),
        ("http://localhost/", "address_refused"),
        ("http://[::1]/", "address_refused"),
        ("http://[::ffff:127.0.0.1]/", "address_refused"),
        ("http://10.0.0.1/", "address_refused"),
        ("http://169.254.169.254/latest/meta-data/", "address_refused"),
        ("http://metadata.google.internal/", "address_refused"),
        ("http://example.com:22/", "address_refused"),
        ("ftp://example.com/x", "invalid_address"),
        ("file:///etc/passwd", "invalid_address"),
        ("javascript:alert(1)", "invalid_address"),
        ("https://user:secret@example.com/", "invalid_address"),
        ("not an address", "invalid_address"),
    ],
)
async def test_addresses_that_are_not_fetched(url: str, code: str) -> None:
    assert await refusal(url) == code


async def test_a_redirect_leads_to_no_private_address(settings: Settings) -> None:
    async def inside(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "http://169.254.169.254/latest/"})

    async with serving(inside) as server:
        allow(settings, server)
        assert await refusal(server.at("/")) == "address_refused"


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (answering("Gone", status=404), "page_unavailable"),
        (answering("Oops", status=500), "page_unavailable"),
        (answering(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", content_type="image/png"), "unsupported_source"),
        (answering(b"%PDF-1.7 and nothing else", content_type="application/pdf"), "unreadable_source"),
        (answering("", content_type="text/plain"), "empty_source"),
    ],
)
async def test_answers_that_are_no_page(settings: Settings, handler: Handler, code: str) -> None:
    async with serving(handler) as server:
        allow(settings, server)
        assert await refusal(server.at("/")) == code


async def test_too_much_and_compressed_answers(settings: Settings) -> None:
    async def compressed(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=gzip.compress(b"x" * 100), headers={"Content-Encoding": "gzip"})

    settings.CODAY_FETCH_BYTES = 1_000
    async with serving(answering("x" * 1_001)) as large, serving(compressed) as packed:
        allow(settings, large, packed)
        assert await refusal(large.at("/")) == "answer_too_large"
        assert await refusal(packed.at("/")) == "encoded_answer"


async def test_a_slow_server_is_given_up(settings: Settings) -> None:
    over = asyncio.Event()

    async def slow(_request: web.Request) -> web.StreamResponse:
        await over.wait()
        return web.Response()

    settings.CODAY_FETCH_SECONDS = 0.2
    async with serving(slow) as server:
        allow(settings, server)
        code = await refusal(server.at("/"))
        over.set()
    assert code == "fetch_timeout"


def test_the_schema() -> None:
    assert complaints(FetchPage(), url="https://x") == ()
    assert complaints(FetchPage(), url="x" * 2_001) == ("url is too long (at most 2000 characters).",)
    assert complaints(FetchPage(), url="https://x", method="POST") == (
        "The value has no 'method'; its fields are 'url'.",
    )
