"""Agents on the page: named with @ while writing, remembered by the conversation, and open about what they do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chat_page import ChatPage
from tests.support.mock_provider import MockProvider

AUDIT = Path(__file__).with_name("audit.js").read_text()
CONTRAST = Path(__file__).with_name("contrast.js").read_text()


def agents(chat: ChatPage) -> Locator:
    return chat.page.get_by_role("listbox", name="Agents")


def answering(chat: ChatPage, name: str) -> Locator:
    return chat.page.get_by_role("button", name=f"Agent and model: {name}")


def picks(chat: ChatPage) -> Locator:
    return chat.page.get_by_role("list", name="For this message").locator(".pick__name")


def test_an_agent_is_named_by_keyboard(chat: ChatPage, provider: MockProvider) -> None:
    chat.composer.press_sequentially("Please @ed")
    option = agents(chat).get_by_role("option", name="Writing editor")
    expect(option).to_have_attribute("aria-selected", "true")
    active = chat.composer.get_attribute("aria-activedescendant")
    assert active == option.get_attribute("id")
    chat.composer.press("Enter")
    expect(agents(chat)).to_have_count(0)
    expect(chat.composer).to_have_value("Please ")
    expect(chat.composer).to_be_focused()
    expect(picks(chat)).to_have_text(["Writing editor"])
    chat.composer.press_sequentially("shorten this")
    count = len(provider.requests)
    chat.composer.press("Enter")
    run = chat.expect_run(1, "Completed")
    expect(run.locator(".facts")).to_contain_text("Writing editor")
    expect(chat.questions).to_have_text(["Please shorten this"])
    assert "careful editor" in json.dumps(provider.requests[count].json["messages"])


def test_the_conversation_remembers_who_was_named(chat: ChatPage) -> None:
    chat.send("Hello")
    chat.expect_run(1, "Completed")
    chat.composer.press_sequentially("@trans")
    expect(agents(chat).get_by_role("option")).to_have_count(1)
    chat.composer.press("Tab")
    chat.composer.press_sequentially("Guten Tag")
    chat.composer.press("Enter")
    expect(chat.expect_run(2, "Completed").locator(".facts")).to_contain_text("Translator")
    expect(picks(chat)).to_have_count(0)
    chat.page.reload()
    expect(answering(chat, "Translator")).to_be_visible()
    chat.send("Guten Abend")
    expect(chat.expect_run(3, "Completed").locator(".facts")).to_contain_text("Translator")


def test_arrows_go_round_and_a_click_chooses(chat: ChatPage) -> None:
    chat.composer.press_sequentially("@")
    options = agents(chat).get_by_role("option")
    expect(options.first).to_have_attribute("aria-selected", "true")
    chat.composer.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    chat.composer.press("ArrowDown")
    chat.composer.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    agents(chat).get_by_role("option", name="Explainer").click()
    expect(picks(chat)).to_have_text(["Explainer"])
    expect(chat.composer).to_be_focused()
    expect(chat.composer).to_have_value("")


@pytest.mark.parametrize("text", ["Meet me @ noon", "me@editor.org", "ask @nobody", "@editor and @code, by name"])
def test_words_that_were_not_chosen_stay_words(chat: ChatPage, text: str) -> None:
    chat.composer.press_sequentially(text)
    expect(agents(chat)).to_have_count(0)
    chat.composer.press("Enter")
    expect(chat.questions).to_have_text([text])
    expect(chat.expect_run(1, "Completed").locator(".facts")).to_contain_text("Assistant")


def test_escape_closes_the_list_and_enter_sends(chat: ChatPage) -> None:
    chat.composer.press_sequentially("Tell @code")
    expect(agents(chat)).to_be_visible()
    chat.composer.press("Escape")
    expect(agents(chat)).to_have_count(0)
    chat.composer.press("Enter")
    expect(chat.questions).to_have_text(["Tell @code"])


def test_a_named_agent_is_taken_back_and_survives_a_reload(chat: ChatPage) -> None:
    chat.composer.press_sequentially("@code")
    expect(agents(chat).get_by_role("option")).to_have_count(1)
    chat.composer.press("Enter")
    expect(answering(chat, "Code helper")).to_be_visible()
    chat.page.reload()
    expect(picks(chat)).to_have_text(["Code helper"])
    chat.page.get_by_role("button", name="Do not ask Code helper").click()
    expect(picks(chat)).to_have_count(0)
    expect(answering(chat, "Assistant")).to_be_visible()
    expect(chat.composer).to_be_focused()


def test_the_first_page_shows_who_answers(chat: ChatPage) -> None:
    welcome = chat.page.locator(".welcome")
    expect(welcome).to_contain_text("For questions, plans, texts and everything else.")
    chat.composer.press_sequentially("@translator")
    expect(agents(chat).get_by_role("option")).to_have_count(1)
    chat.composer.press("Enter")
    expect(welcome).to_contain_text("Translates by meaning and tone.")
    suggestions = chat.page.get_by_role("list", name="Suggestions")
    expect(suggestions.get_by_role("button").first).to_contain_text("Translate into Spanish")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_agent_shows_what_it_does(chat: ChatPage, scheme: str) -> None:
    chat.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    answering(chat, "Assistant").click()
    asked = chat.page.get_by_role("button", name="What does Assistant do?")
    asked.click()
    dialog = chat.page.get_by_role("dialog", name="What Assistant does")
    expect(dialog).to_contain_text("tokens before the first word")
    dialog.locator("summary").first.click()
    expect(dialog).to_contain_text("You are a helpful assistant.")
    tools = dialog.get_by_role("region", name="Its tools")
    expect(tools.get_by_role("listitem").filter(has_text="current_time")).to_contain_text("may use it")
    chat.page.evaluate("() => Promise.allSettled(document.getAnimations().map((one) => one.finished))")
    assert chat.page.evaluate(AUDIT) == []
    assert chat.page.evaluate(CONTRAST) == []
    chat.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(asked).to_be_focused()
    expect(chat.page.get_by_role("dialog", name="Who answers?")).to_be_visible()


COMPLETE = """async ([text, caret]) => {
  const { completionAt } = await import("/static/js/state/completion.js");
  return completionAt(text, caret ?? text.length);
}"""


@pytest.mark.parametrize(
    ("text", "caret", "begun"),
    [
        ("@", None, {"sign": "@", "query": "", "start": 0}),
        ("Hi @Ed", None, {"sign": "@", "query": "Ed", "start": 3}),
        ("Hi @Editor, look", 6, {"sign": "@", "query": "Ed", "start": 3}),
        ("one\n/ta", None, {"sign": "/", "query": "ta", "start": 4}),
        ("@über", None, {"sign": "@", "query": "über", "start": 0}),
        ("@ed ", None, None),
        ("a@b", None, None),
        ("and/or", None, None),
        ("https://x", None, None),
        ("@@", None, None),
        ("", None, None),
    ],
)
def test_what_is_being_named(modules: Page, text: str, caret: int | None, begun: dict[str, Any] | None) -> None:
    assert modules.evaluate(COMPLETE, [text, caret]) == begun


MATCH = """async ([names, query]) => {
  const { matching } = await import("/static/js/state/completion.js");
  const items = names.map((name) => ({ name, slug: name.toLowerCase().replaceAll(" ", "-") }));
  return matching(items, query).map(({ name }) => name);
}"""


def test_the_best_match_comes_first(modules: Page) -> None:
    names = ["Late editor", "Reeditor", "Editor", "Coder"]
    assert modules.evaluate(MATCH, [names, "ed"]) == ["Editor", "Late editor", "Reeditor"]
    assert modules.evaluate(MATCH, [names, ""]) == names
