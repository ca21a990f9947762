"""Settings: kept, heeded at once and by the model, and each says which layer its value comes from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.chat_page import ChatPage
from tests.browser.rest import call
from tests.support.mock_provider import MockProvider
from tests.support.server import CodayServer

AUDIT = Path(__file__).with_name("audit.js").read_text()
CONTRAST = Path(__file__).with_name("contrast.js").read_text()
GROUND = "() => getComputedStyle(document.body).backgroundColor"
TABS = ["Conversations", "Look and keys", "Memory", "Tools", "API tokens", "Retention"]
NOTHING: dict[str, Any] = {
    "system_prompt": "", "agent": "", "model": "", "language": "", "send_key": "", "theme": "", "memory": None,
    "tools_off": [],
}  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_chosen(context: BrowserContext, chat: ChatPage) -> Iterator[None]:
    """Afterwards the person has chosen nothing, and nothing is remembered: others use the same server."""
    yield
    call(context, "PATCH", "chat-settings/", NOTHING)
    for fact in call(context, "GET", "chat-settings/facts/")["results"]:
        call(context, "DELETE", f"chat-settings/facts/{fact['id']}/")


def send(chat: ChatPage, text: str) -> None:
    chat.send(text)
    chat.expect_run(1, "Completed")


def test_instructions_are_kept_and_reach_the_model(chat: ChatPage, provider: MockProvider) -> None:
    dialog = chat.settings("Conversations")
    dialog.get_by_label("Instructions for every agent").fill("Answer like a pirate.")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("Saved.")).to_be_visible()
    chat.page.reload()
    dialog = chat.settings("Conversations")
    expect(dialog.get_by_label("Instructions for every agent")).to_have_value("Answer like a pirate.")
    chat.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    count = len(provider.requests)
    send(chat, "Ahoy")
    assert "Answer like a pirate." in json.dumps(provider.requests[count].json["messages"])


def test_the_chosen_agent_begins_conversations_and_its_layer_is_told(chat: ChatPage) -> None:
    dialog = chat.settings("Conversations")
    choice = dialog.get_by_label("Agent of a new conversation")
    expect(choice.get_by_role("option").first).to_have_text("The site’s choice: Assistant")
    choice.select_option("code")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("Saved.")).to_be_visible()
    field = dialog.locator(".field").filter(has=chat.page.get_by_label("Agent of a new conversation"))
    origin = field.locator(".origin")
    origin.get_by_text("your choice").click()
    expect(origin.locator(".origin__holds")).to_have_text(re.compile("You.*Code helper"))
    expect(origin.locator(".origin__rest")).to_have_text(re.compile("Assistant"))
    chat.page.keyboard.press("Escape")
    expect(chat.page.get_by_role("button", name="Agent and model: Code helper")).to_be_visible()


def test_the_language_is_chosen_by_its_name(chat: ChatPage) -> None:
    dialog = chat.settings("Conversations")
    dialog.get_by_label("Language of the answers").select_option("Deutsch (German)")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("Saved.")).to_be_visible()
    chat.page.reload()
    dialog = chat.settings("Conversations")
    expect(dialog.get_by_label("Language of the answers")).to_have_value("de")


def test_the_theme_holds_at_once_and_in_every_browser(chat: ChatPage) -> None:
    light = chat.page.evaluate(GROUND)
    dialog = chat.settings("Look and keys")
    with chat.page.expect_response(lambda answer: answer.request.method == "PATCH"):
        dialog.get_by_text("Dark", exact=True).click()
    dark = chat.page.evaluate(GROUND)
    assert dark != light
    expect(dialog.get_by_text("your choice")).to_be_visible()
    chat.page.evaluate("() => localStorage.clear()")  # as another browser has it
    chat.page.reload()
    expect(chat.page.locator("html[data-theme=dark]")).to_have_count(1)
    chat.page.reload()
    assert chat.page.evaluate(GROUND) == dark
    with chat.page.expect_response(lambda answer: answer.request.method == "PATCH"):
        chat.page.get_by_role("button", name="Light theme").click()
    assert chat.page.evaluate(GROUND) == light
    chat.page.reload()
    expect(chat.page.get_by_role("button", name="Dark theme")).to_be_visible()


def test_the_key_that_sends_is_the_one_that_was_chosen(chat: ChatPage) -> None:
    dialog = chat.settings("Look and keys")
    dialog.get_by_text("Ctrl and Enter", exact=True).click()
    expect(dialog.get_by_text("Enter makes a new line.", exact=False)).not_to_contain_text("Shift")
    chat.page.reload()
    chat.composer.press_sequentially("One")
    chat.composer.press("Enter")
    chat.composer.press_sequentially("Two")
    expect(chat.composer).to_have_value("One\nTwo")
    chat.composer.press("Control+Enter")
    expect(chat.questions).to_have_text(["One\nTwo"])


def test_facts_are_added_changed_and_forgotten_and_reach_the_model(chat: ChatPage, provider: MockProvider) -> None:
    dialog = chat.settings("Memory")
    facts = dialog.get_by_role("list", name="Facts").get_by_role("listitem")
    expect(dialog.get_by_text("Nothing is remembered yet.")).to_be_visible()
    for fact in ("I live in Lisbon.", "I never eat hazelnuts."):
        dialog.get_by_label("Something to remember").fill(fact)
        dialog.get_by_role("button", name="Add").click()
        expect(facts.filter(has_text=fact)).to_be_visible()
    dialog.get_by_role("button", name="Change: I live in Lisbon.").click()
    field = dialog.get_by_role("textbox", name="Fact", exact=True)
    field.fill("I live in Porto.")
    field.press("Enter")
    expect(facts.first).to_contain_text("I live in Porto.")
    expect(facts.first).to_contain_text("You wrote this")
    dialog.get_by_role("button", name="Forget: I never eat hazelnuts.").click()
    expect(facts).to_have_count(1)
    chat.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    count = len(provider.requests)
    send(chat, "Where do I live?")
    first = json.dumps(provider.requests[count].json["messages"])
    assert "I live in Porto." in first
    assert "hazelnuts" not in first


def test_no_fact_is_told_while_memory_is_off(chat: ChatPage, context: BrowserContext, provider: MockProvider) -> None:
    call(context, "POST", "chat-settings/facts/", {"text": "I keep bees."})
    dialog = chat.settings("Memory")
    switch = dialog.get_by_role("switch", name="Remember facts about me")
    expect(switch).to_be_checked()
    switch.uncheck()
    expect(dialog.get_by_text("your choice")).to_be_visible()
    expect(dialog.get_by_text("I keep bees.")).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    count = len(provider.requests)
    send(chat, "What do I keep?")
    assert "bees" not in json.dumps(provider.requests[count].json["messages"])


def test_escape_ends_a_change_and_not_the_dialog(chat: ChatPage, context: BrowserContext) -> None:
    call(context, "POST", "chat-settings/facts/", {"text": "I keep bees."})
    dialog = chat.settings("Memory")
    dialog.get_by_role("button", name="Change: I keep bees.").click()
    field = dialog.get_by_role("textbox", name="Fact", exact=True)
    expect(field).to_be_focused()
    field.press("Escape")
    expect(field).to_have_count(0)
    expect(dialog.get_by_text("I keep bees.")).to_be_visible()


def test_a_tool_that_is_switched_off_is_not_offered(chat: ChatPage, provider: MockProvider) -> None:
    dialog = chat.settings("Tools")
    switch = dialog.get_by_role("switch", name=re.compile("^Calculat"))
    with chat.page.expect_response(lambda answer: answer.request.method == "PATCH"):
        switch.uncheck()
    chat.page.reload()
    dialog = chat.settings("Tools")
    expect(switch).not_to_be_checked()
    chat.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    count = len(provider.requests)
    send(chat, "What is 6 times 7?")
    offered = [tool["function"]["name"] for tool in provider.requests[count].json["tools"]]
    assert "current_time" in offered
    assert "calculate" not in offered


def test_a_token_is_shown_once_and_revoked(chat: ChatPage, server: CodayServer) -> None:
    dialog = chat.settings("API tokens")
    dialog.get_by_label("What it is for").fill("A script")
    dialog.get_by_role("button", name="Make a token").click()
    token = dialog.locator(".new-token code").inner_text()
    bearer = {"Authorization": f"Bearer {token}"}
    without_cookies = chat.page.context.browser
    assert without_cookies is not None
    program = without_cookies.new_context(base_url=server.base_url)
    assert program.request.get("/api/v1/threads/", headers=bearer).ok
    chat.page.reload()
    dialog = chat.settings("API tokens")
    expect(dialog.get_by_text("A script")).to_be_visible()
    expect(dialog.locator(".new-token")).to_have_count(0)
    dialog.get_by_role("button", name="Revoke A script").click()
    expect(dialog.get_by_text("A script")).to_have_count(0)
    assert program.request.get("/api/v1/threads/", headers=bearer).status == 401
    program.close()


def test_tabs_by_keyboard(chat: ChatPage) -> None:
    dialog = chat.settings("Conversations")
    tabs = [dialog.get_by_role("tab", name=name) for name in TABS]
    tabs[0].focus()
    chat.page.keyboard.press("ArrowDown")
    expect(tabs[1]).to_be_focused()
    expect(dialog.get_by_role("tabpanel", name="Look and keys")).to_be_visible()
    chat.page.keyboard.press("End")
    expect(tabs[-1]).to_be_focused()
    chat.page.keyboard.press("ArrowRight")
    expect(tabs[0]).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_tab_has_names_and_can_be_read(chat: ChatPage, context: BrowserContext, scheme: str) -> None:
    call(context, "POST", "chat-settings/facts/", {"text": "I keep bees."})
    chat.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    dialog = chat.settings("Conversations")
    for name in TABS:
        dialog.get_by_role("tab", name=name).click()
        for origin in dialog.locator(".origin summary").all():
            origin.click()
        chat.page.evaluate("() => Promise.allSettled(document.getAnimations().map((one) => one.finished))")
        assert chat.page.evaluate(AUDIT) == []
        assert chat.page.evaluate(CONTRAST) == []
