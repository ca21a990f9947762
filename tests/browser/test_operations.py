"""What goes on after its run, as a person sees it: with its call, and on the page of all of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.equipped import calls, log_in
from tests.browser.seen import expect_sound
from tests.browser.window import Window
from tests.support.mock_provider import MockProvider, ReceivedRequest
from tests.support.replies import Reply, openai_reply
from tests.support.server import CodayServer

PLANTS = {"text": "Water the plants", "in_minutes": 60}
BEES = {"text": "Feed the bees", "in_minutes": 0.001}
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def window(browser: Browser, equipped: CodayServer) -> Iterator[Window]:
    with Window(browser, equipped, log_in(browser, equipped)) as opened:
        yield opened


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def chat(page: Page, provider: MockProvider) -> ChatPage:
    provider.answer = _reminds
    chat = ChatPage(page)
    chat.start()
    return chat


def _reminds(request: ReceivedRequest) -> Reply:
    """The model sets the reminder that it is asked for, and says something to what has come."""
    messages = request.json["messages"]
    last = json.dumps(messages[-1])
    if "title" in json.dumps(messages[0]).lower():
        return openai_reply("Reminders")
    if messages[-1]["role"] != "user" or "coday-event" in last:
        return openai_reply("So it is.")
    return calls(("remind_me", PLANTS if "plants" in last else BEES))


def test_all_that_goes_on_and_has_ended_stands_on_one_page(chat: ChatPage) -> None:
    chat.send("Remind me of the plants")
    asked = chat.expect_run(1, "Completed")
    expect(asked.locator(".operation-note")).to_contain_text(re.compile(r"It goes on by itself.*since.*due"))
    chat.send("Remind me of the bees")
    chat.expect_run(3, "Completed")
    address = chat.address

    chat.sidebar.get_by_role("button", name="Menu", exact=True).click()
    chat.choose("Operations")
    expect(chat.page).to_have_url(re.compile("/operations/$"))
    going = chat.page.get_by_role("region", name="In progress").get_by_role("listitem")
    ended = chat.page.get_by_role("region", name="Ended").get_by_role("listitem")
    expect(going).to_contain_text(["Water the plants"])
    expect(ended).to_contain_text(["Feed the bees"])
    for size in (PHONE, DESK):
        chat.page.set_viewport_size(size)  # type: ignore[arg-type]
        expect_sound(chat.page)

    ended.first.get_by_role("link", name="the run that brought its result").click()
    expect(chat.run(3, "Completed")).to_be_focused()
    assert chat.page.url.startswith(address)
    chat.page.go_back()

    going.first.get_by_role("button", name="Cancel").click()
    chat.page.get_by_role("dialog").get_by_role("button", name="Wait for it").click()
    expect(going).to_have_count(1)
    going.first.get_by_role("button", name="Cancel").click()
    chat.page.get_by_role("dialog").get_by_role("button", name="Cancel it").click()
    expect(going).to_have_count(0)
    chat.page.get_by_text("Cancelled", exact=True).first.click()
    expect(chat.page.get_by_role("region", name="Cancelled").get_by_role("listitem")).to_contain_text(
        ["Water the plants"]
    )


def test_the_page_follows_what_happens_in_another_window(chat: ChatPage, context: BrowserContext) -> None:
    other = context.new_page()
    other.goto("/operations/")
    waiting = other.get_by_role("region", name="In progress").get_by_text("Water the plants")
    before = waiting.count()
    chat.send("Remind me of the plants")
    chat.expect_run(1, "Completed")
    expect(waiting).to_have_count(before + 1)
