"""MCP servers in the admin: headers go in and never out, only to their address, and nothing that is typed there is run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from coday.accounts.models import User
from skills.mcp import mcp_server_snapshot
from skills.models import McpServer
from tests.support.mcp_server import RawMcpServer

SECRET = "Bearer planted-canary"
HOME = "https://mcp.example.org/mcp"

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def in_thread() -> Iterator[RawMcpServer]:
    """A server in a loop and a thread of its own."""
    server, loop = RawMcpServer(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def page(client: Client, admin: User) -> Client:
    """A browser of the admin's."""
    client.force_login(admin)
    return client


@pytest.fixture
def server() -> McpServer:
    return McpServer.objects.create(slug="house", name="House", url=HOME, headers=f"Authorization: {SECRET}")


def _save(page: Client, server: McpServer, **changes: str) -> tuple[McpServer, str]:
    fields = {
        "name": "House", "transport": "http", "url": server.url, "command": "", "timeout": "60", "enabled": "on", **changes,
    }  # fmt: skip
    answer = page.post(reverse("admin:skills_mcpserver_change", args=[server.pk]), fields, follow=True)
    return McpServer.objects.get(pk=server.pk), answer.content.decode()


def test_headers_are_stored_encrypted_and_never_shown(page: Client, server: McpServer) -> None:
    """Line 23."""
    kept, said = _save(page, server, name="Home")
    assert (kept.name, kept.headers) == ("Home", f"Authorization: {SECRET}")
    shown = page.get(reverse("admin:skills_mcpserver_change", args=[server.pk])).content.decode()
    listed = page.get(reverse("admin:skills_mcpserver_changelist")).content.decode()
    assert SECRET not in said + shown + listed
    assert mcp_server_snapshot(kept).headers == (("Authorization", SECRET),)


@pytest.mark.parametrize(
    "changes", [{"url": "https://thief.example/mcp"}, {"url": ""}, {"transport": "stdio", "command": "known"}]
)
def test_another_address_needs_the_headers_again(
    page: Client, server: McpServer, settings: Settings, changes: dict[str, str]
) -> None:
    """Line 14."""
    settings.CODAY_MCP_COMMANDS = {"known": ["true"]}
    kept, said = _save(page, server, **changes)
    assert (kept.url, kept.transport) == (HOME, "http")
    assert "enter the headers for it, or forget the stored ones" in said
    if changes.get("url") != "":
        assert _save(page, server, forget_headers="on", **changes)[0].headers == ""


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"url": "file:///etc/passwd", "forget_headers": "on"}, "http or https address"),
        ({"url": "https://user:password@mcp.example.org", "forget_headers": "on"}, "http or https address"),
        ({"new_headers": "no header"}, "Line 1 is not a header"),
        ({"new_headers": "A: b\nHost: elsewhere"}, "The header in line 2 is set by the connection itself."),
        ({"transport": "stdio", "forget_headers": "on"}, "one of the operator&#x27;s commands"),
        ({"transport": "stdio", "command": "rm -rf /", "forget_headers": "on"}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_used_is_refused(
    page: Client, server: McpServer, changes: dict[str, str], complaint: str
) -> None:
    """Line 19: a command is chosen by its name among those of the settings."""
    kept, said = _save(page, server, **changes)
    assert complaint in said
    assert (kept.url, kept.transport, kept.command) == (HOME, "http", "")


@pytest.mark.parametrize("slug", ["a__b", "a_", "_a"])
def test_a_slug_that_would_blur_the_names_of_tools_is_refused(page: Client, slug: str) -> None:
    fields = {"name": "House", "slug": slug, "transport": "http", "url": HOME, "timeout": "60"}
    page.post(reverse("admin:skills_mcpserver_add"), fields)
    assert not McpServer.objects.exists()


def test_the_button_asks_the_server_and_has_everybody_ask_again(page: Client, settings: Settings) -> None:
    settings.CODAY_FETCH_ALLOW = ["127.0.0.1"]
    with in_thread() as raw:
        server = McpServer.objects.create(slug="raw", name="Raw", url=raw.url, headers=f"Authorization: {SECRET}")
        before = mcp_server_snapshot(server)
        kept, said = _save(page, server, name="Raw", skills_mcpserver_refresh_tools="1")
        assert "Raw answers. Tools: 1 (raw__add)." in said
        assert raw.asked("tools/list")[0].headers["Authorization"] == SECRET
        assert mcp_server_snapshot(kept) != before
    _, said = _save(page, kept, name="Raw", skills_mcpserver_refresh_tools="1")
    assert "Raw: Nothing answers at its address." in said
