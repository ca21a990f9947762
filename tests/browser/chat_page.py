"""The chat page as a person sees it: what the browser tests click, write and read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.support.server import CodayServer

Frame = dict[str, Any]
THREAD_ADDRESS = re.compile(r"/threads/[0-9a-f-]{36}/$")


def titled(name: str) -> re.Pattern[str]:
    """What the tab of a conversation is called, in however many other ones something was not read."""
    return re.compile(rf"^(\(\d+\) )?{re.escape(name)} · Coday$")


class ChatPage:
    """One tab. Locators are found by role and name, as assistive technology finds them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.composer = page.get_by_role("textbox", name="Message", exact=True)
        self.runs = page.get_by_role("article", name=re.compile(r"^Run \d+"))
        self.answers = page.locator(".message--assistant .prose")
        self.questions = page.locator(".message--user .said__text")
        self.stop = page.get_by_role("form", name="Message").get_by_role("button", name="Stop")
        self.queue = page.get_by_role("list", name="Queue", exact=True).locator(".queue__text")
        self.pill = page.locator(".pill")
        self.refusal = page.get_by_role("form", name="Message").get_by_role("alert")
        self.sidebar = page.get_by_role("navigation", name="Conversations")

    def log_in(self, server: CodayServer) -> None:
        """Log in through the form; the page of a new conversation is shown."""
        self.page.goto("/")
        self.page.get_by_label("Username").fill(server.admin_username)
        self.page.get_by_label("Password").fill(server.admin_password)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.composer).to_be_visible()

    def start(self) -> None:
        """Show the page of a new conversation."""
        self.page.goto("/")
        expect(self.composer).to_be_visible()

    def open(self, address: str) -> None:
        """Show a conversation by its address."""
        self.page.goto(address)
        expect(self.composer).to_be_visible()

    @property
    def address(self) -> str:
        """The open conversation's address."""
        expect(self.page).to_have_url(THREAD_ADDRESS)
        return self.page.url

    def send(self, text: str) -> None:
        """Write a message and press Enter."""
        self.composer.fill(text)
        self.composer.press("Enter")

    def run(self, number: int, status: str) -> Locator:
        """A run by its number and the status that it has to get."""
        return self.page.get_by_role("article", name=f"Run {number}, {status}", exact=True)

    def expect_run(self, number: int, status: str) -> Locator:
        """Wait until a run has this status."""
        run = self.run(number, status)
        expect(run).to_be_visible()
        return run

    def queued(self, text: str) -> Locator:
        """A message that waits, by how it begins."""
        entries = self.page.get_by_role("list", name="Queue", exact=True).get_by_role("listitem")
        return entries.filter(has_text=re.compile(re.escape(text)))

    def attach(self, *files: Path) -> None:
        """Choose images in the file dialog."""
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name="Attach images").click()
        chooser.value.set_files(list(files))

    def menu_of(self, title: str) -> None:
        """Open the menu of a conversation in the list."""
        self.sidebar.get_by_role("link", name=title).hover()
        self.sidebar.get_by_role("button", name=f"Actions for {title}").click()

    def choose(self, action: str) -> None:
        """Choose from the open menu."""
        self.page.get_by_role("menuitem", name=action).click()

    def settings(self, tab: str) -> Locator:
        """Open the settings at a tab; the dialog."""
        self.sidebar.get_by_role("button", name="Menu", exact=True).click()
        self.choose("Settings")
        dialog = self.page.get_by_role("dialog", name="Settings")
        dialog.get_by_role("tab", name=tab).click()
        return dialog


def change_frames(page: Page, change: Callable[[Frame], list[Frame]]) -> None:
    """Let the page get something else than what the server sends on a conversation's socket."""

    def between(page_side: WebSocketRoute) -> None:
        server_side = page_side.connect_to_server()

        def to_page(message: str | bytes) -> None:
            for frame in change(json.loads(message)):
                page_side.send(json.dumps(frame))

        page_side.on_message(server_side.send)
        server_side.on_message(to_page)

    page.route_web_socket(re.compile("/ws/threads/[^/]+/"), between)
