"""For everybody: by keyboard, by screen reader, on a phone, in the dark, with little motion."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.chat_page import ChatPage
from tests.support.mock_provider import MockProvider, Reply, openai_reply
from tests.support.server import CodayServer

RICH = (
    "# A heading\n\nWords with a [link](https://example.org/a), `code` and **weight**.\n\n"
    "| a column | another |\n| --- | ---: |\n| a value that is long and does not wrap easily | 12 |\n\n"
    "```python\nthe_line = 'that is much longer than a narrow screen, so that it has to scroll by itself'\n```\n\n"
    "averyveryveryverylongwordwithoutanyplacetobreakitanywhereinitthatgoesonandonandonandonandon\n\n- [x] done"
)

AUDIT = Path(__file__).with_name("audit.js").read_text()
CONTRAST = Path(__file__).with_name("contrast.js").read_text()


@pytest.fixture
def rich(provider: MockProvider) -> None:
    """An answer with everything in it, and after it one that fails."""
    replies = iter([openai_reply(RICH), Reply(status=400, steps=(b"{}",))])

    def answer(request: Any) -> Reply:
        return openai_reply("A title") if "title" in str(request.json["messages"][0]).lower() else next(replies)

    provider.answer = answer


@pytest.fixture(params=["light", "dark"])
def themed(request: pytest.FixtureRequest, chat: ChatPage, rich: None) -> ChatPage:
    chat.page.emulate_media(color_scheme=request.param)
    chat.send("Show me everything")
    chat.expect_run(1, "Completed")
    chat.send("And an error")
    chat.expect_run(2, "Failed")
    return chat


def test_everything_has_a_name_and_can_be_read(themed: ChatPage) -> None:
    assert themed.page.evaluate(AUDIT) == []
    assert themed.page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("entry", ["Settings", "Skills", "Tags", "Keyboard shortcuts"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dialogs_have_names_and_can_be_read(chat: ChatPage, entry: str, scheme: str) -> None:
    chat.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    chat.sidebar.get_by_role("button", name="Menu", exact=True).click()
    chat.choose(entry)
    dialog = chat.page.get_by_role("dialog", name=entry)
    expect(dialog).to_be_visible()
    assert chat.page.evaluate(AUDIT) == []
    chat.page.evaluate("() => Promise.allSettled(document.getAnimations().map((one) => one.finished))")
    assert chat.page.evaluate(CONTRAST) == []
    chat.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_the_login_page_is_sound(browser: Browser, server: CodayServer) -> None:
    context = browser.new_context(base_url=server.base_url)
    page = context.new_page()
    page.goto("/accounts/login/")
    assert page.evaluate(AUDIT) == []
    assert page.evaluate(CONTRAST) == []
    expect(page.get_by_label("Username")).to_be_focused()
    context.close()


@pytest.fixture
def phone(browser: Browser, server: CodayServer, login: Any, provider: MockProvider) -> Iterator[BrowserContext]:
    context = browser.new_context(
        base_url=server.base_url,
        storage_state=login,
        viewport={"width": 360, "height": 740},
        has_touch=True,
        is_mobile=True,
    )
    yield context
    context.close()


def test_a_phone_shows_all_without_scrolling_sideways(phone: BrowserContext, rich: None) -> None:
    chat = ChatPage(phone.new_page())
    chat.start()
    widest = "() => Math.max(document.documentElement.scrollWidth, document.querySelector('main').scrollWidth)"
    assert chat.page.evaluate(widest) == 360
    chat.composer.fill("Show me everything")
    chat.composer.press("Enter")
    expect(chat.composer).to_have_value("Show me everything\n")  # a phone's Enter makes a line
    chat.page.get_by_role("button", name="Send").tap()
    chat.expect_run(1, "Completed")
    assert chat.page.evaluate(widest) == 360
    assert chat.page.locator(".transcript").evaluate("(node) => node.scrollWidth") <= 360
    chat.page.get_by_role("button", name="Conversations").tap()
    expect(chat.sidebar.get_by_role("searchbox")).to_be_in_viewport()
    chat.sidebar.get_by_role("link", name="A title").first.tap()
    expect(chat.sidebar).not_to_be_in_viewport()


def test_a_conversation_by_keyboard_alone(chat: ChatPage) -> None:
    keyboard = chat.page.keyboard
    expect(chat.composer).to_be_focused()
    keyboard.type("By keyboard")
    keyboard.press("Enter")
    chat.expect_run(1, "Completed")
    keyboard.type("Again")
    keyboard.press("Enter")
    chat.expect_run(2, "Completed")
    keyboard.press("Alt+ArrowUp")
    expect(chat.run(2, "Completed")).to_be_focused()
    keyboard.press("Alt+ArrowUp")
    expect(chat.run(1, "Completed")).to_be_focused()
    keyboard.press("Tab")
    expect(chat.run(1, "Completed").locator(":focus")).to_have_count(1)  # what can be done with it
    keyboard.press("Control+k")
    expect(chat.page.get_by_role("combobox", name="Find and do anything")).to_be_focused()
    keyboard.press("Escape")
    expect(chat.page.get_by_role("main")).to_have_js_property("offsetTop", 0)  # beside the list, and not below it
    keyboard.press("Control+Slash")
    expect(chat.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    keyboard.press("Escape")
    expect(chat.run(1, "Completed").locator(":focus")).to_have_count(1)
    keyboard.press("Control+Shift+O")
    expect(chat.page).to_have_url(re.compile("/$"))
    expect(chat.composer).to_be_focused()
    keyboard.press("Control+m")
    dialog = chat.page.get_by_role("dialog", name="Who answers?")
    expect(dialog).to_be_visible()
    keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_a_menu_by_keyboard(chat: ChatPage) -> None:
    chat.sidebar.get_by_role("button", name="Menu", exact=True).focus()
    chat.page.keyboard.press("Enter")
    expect(chat.page.get_by_role("menuitem", name="Settings")).to_be_focused()
    chat.page.keyboard.press("ArrowUp")
    expect(chat.page.get_by_role("menuitem", name="Log out")).to_be_focused()
    chat.page.keyboard.press("ArrowDown")
    expect(chat.page.get_by_role("menuitem", name="Settings")).to_be_focused()
    chat.page.keyboard.press("Escape")
    expect(chat.page.get_by_role("menu")).to_have_count(0)
    expect(chat.sidebar.get_by_role("button", name="Menu", exact=True)).to_be_focused()


def test_a_finished_answer_is_announced_once(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = lambda _: openai_reply("The answer ", "is 42.")
    chat.send("What is it?")
    chat.expect_run(1, "Completed")
    status = chat.page.locator("#app > [role=status]")
    expect(status).to_have_text("Answer finished. The answer is 42.")


def test_little_motion_is_respected(chat: ChatPage) -> None:
    chat.page.emulate_media(reduced_motion="reduce")
    duration = chat.page.get_by_role("button", name="Send").evaluate(
        "(node) => getComputedStyle(node).transitionDuration"
    )
    assert float(duration.removesuffix("s")) < 0.001
