"""The tree of a conversation: other attempts, edits, forks, what is removed and comes back, the map, links to runs."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.rest import call
from tests.browser.seen import expect_sound
from tests.support.mock_provider import MockProvider, ReceivedRequest, Reply, openai_reply
from tests.support.server import CodayServer


def echo(request: ReceivedRequest) -> Reply:
    """An answer that names what was asked last."""
    if "title" in json.dumps(request.json["messages"][0]).lower():
        return openai_reply("A title")
    said = request.json["messages"][-1]["content"]
    return openai_reply(f"Answer to: {said if isinstance(said, str) else said[-1]['text']}")


@pytest.fixture
def echoing(chat: ChatPage, provider: MockProvider) -> ChatPage:
    provider.answer = echo
    return chat


def choose(chat: ChatPage, run: Locator, action: str) -> None:
    """Choose from a run's menu."""
    run.hover()
    run.get_by_role("button", name=re.compile(r"^Run \d+: more$")).click()
    chat.choose(action)


def test_attempts_stand_beside_each_other_and_are_shown_in_all_windows(
    echoing: ChatPage, context: BrowserContext
) -> None:
    chat = echoing
    chat.send("One")
    first = chat.expect_run(1, "Completed")
    chat.send("Two")
    chat.expect_run(2, "Completed")
    choose(chat, first, "Edit and run again")
    field = chat.page.get_by_role("textbox", name="Edit the message")
    expect(field).to_have_value("One")
    field.fill("Uno")
    expect_sound(chat.page)
    chat.page.get_by_role("article").get_by_role("button", name="Run again").first.click()
    edited = chat.expect_run(3, "Completed")
    expect(chat.answers).to_have_text(["Answer to: Uno"])
    expect(edited.get_by_role("group", name="Attempt 2 of 2")).to_be_visible()

    other = ChatPage(context.new_page())
    other.open(chat.address)
    expect(other.answers).to_have_text(["Answer to: Uno"])
    edited.get_by_role("button", name="Previous attempt").click()
    for window in (chat, other):
        expect(window.answers).to_have_text(["Answer to: One", "Answer to: Two"])
    expect(chat.page.get_by_role("button", name="Previous attempt")).to_be_focused()
    chat.page.reload()
    expect(chat.answers).to_have_text(["Answer to: One", "Answer to: Two"])
    chat.page.get_by_role("button", name="Next attempt").click()
    expect(chat.answers).to_have_text(["Answer to: Uno"])
    expect_sound(chat.page)

    choose(chat, chat.run(3, "Completed"), "Run again with …")
    dialog = chat.page.get_by_role("dialog", name="Run again with …")
    dialog.get_by_role("radio", name="Code helper").check()
    expect_sound(chat.page)
    dialog.get_by_role("button", name="Ask Code helper").click()
    again = chat.expect_run(4, "Completed")
    expect(again.locator(".facts")).to_contain_text("Code helper")
    expect(again.get_by_role("group", name="Attempt 3 of 3")).to_be_visible()
    expect(chat.questions).to_have_text(["Uno"])


def test_a_fork_goes_its_own_way_and_knows_where_it_came_from(echoing: ChatPage) -> None:
    chat = echoing
    for number, text in enumerate(("One", "Two", "Three"), start=1):
        chat.send(text)
        chat.expect_run(number, "Completed")
    source = chat.address
    choose(chat, chat.run(2, "Completed"), "Fork from here")
    expect(chat.page).not_to_have_url(source)
    expect(chat.questions).to_have_text(["One", "Two"])
    chat.send("Another three")
    chat.expect_run(3, "Completed")
    origin = chat.page.locator(".forked-from")
    expect(origin).to_contain_text("Forked from A title")
    expect_sound(chat.page)
    origin.get_by_role("link").click()
    expect(chat.questions).to_have_text(["One", "Two", "Three"])
    expect(chat.run(2, "Completed")).to_be_focused()
    chat.page.reload()  # the address names the run
    expect(chat.run(2, "Completed")).to_be_focused()


def test_what_is_deleted_is_told_first_and_comes_back(echoing: ChatPage, context: BrowserContext) -> None:
    chat = echoing
    for number, text in enumerate(("One", "Two", "Three"), start=1):
        chat.send(text)
        chat.expect_run(number, "Completed")
    other = ChatPage(context.new_page())
    other.open(chat.address)
    choose(chat, chat.run(2, "Completed"), "Delete …")
    dialog = chat.page.get_by_role("dialog", name="Delete run 2?")
    expect(dialog).to_contain_text("1 run with 2 messages will go.")
    dialog.get_by_role("radio", name="everything after it").check()
    expect(dialog).to_contain_text("2 runs with 4 messages will go.")
    expect_sound(chat.page)
    dialog.get_by_role("radio", name="Only this run").check()
    dialog.get_by_role("button", name="Delete").click()
    for window in (chat, other):
        expect(window.questions).to_have_text(["One", "Three"])
    chat.page.get_by_role("button", name="Undo").click()
    for window in (chat, other):
        expect(window.questions).to_have_text(["One", "Two", "Three"])
    choose(chat, chat.run(2, "Completed"), "Delete …")
    dialog.get_by_role("radio", name="everything after it").check()
    dialog.get_by_role("button", name="Delete").click()
    expect(chat.questions).to_have_text(["One"])
    chat.page.reload()
    expect(chat.questions).to_have_text(["One"])


def test_the_map_shows_all_branches_and_leads_to_each_run(echoing: ChatPage, context: BrowserContext) -> None:
    chat = echoing
    chat.send("Begin")
    chat.expect_run(1, "Completed")
    thread = chat.address.rstrip("/").rsplit("/", 1)[1]
    first = call(context, "GET", f"threads/{thread}/branches/")["head"]
    for text in ("Left", "Right"):
        body = {"input": {"type": "user", "text": text}, "parent": first}
        assert call(context, "POST", f"threads/{thread}/runs/", body)
    chat.expect_run(3, "Completed")
    expect(chat.questions).to_have_text(["Begin", "Right"])
    chat.page.get_by_role("button", name="Conversation", exact=True).click()
    chat.choose("Map of the branches")
    dialog = chat.page.get_by_role("dialog", name="Branches")
    tree = dialog.get_by_role("tree", name="Branches")
    rows = tree.get_by_role("treeitem")
    expect(rows).to_have_count(3)
    expect(tree).to_be_focused()
    expect(dialog.locator("[aria-current=true]")).to_contain_text("Right")
    expect_sound(chat.page)
    tree.press("Home")
    tree.press("ArrowRight")
    expect(dialog.locator("[aria-selected=true]")).to_contain_text("Left")
    tree.press("Enter")
    expect(dialog).to_have_count(0)
    expect(chat.questions).to_have_text(["Begin", "Left"])
    expect(chat.run(2, "Completed")).to_be_focused()


def test_a_link_opens_the_branch_that_holds_its_run_in_the_middle_of_a_long_one(
    echoing: ChatPage, context: BrowserContext
) -> None:
    chat = echoing
    chat.send("Turn 1")
    chat.expect_run(1, "Completed")
    thread = chat.address.rstrip("/").rsplit("/", 1)[1]
    runs = [call(context, "GET", f"threads/{thread}/branches/")["head"]]
    for number in range(2, 41):
        body = {"input": {"type": "user", "text": f"Turn {number}"}}
        runs.append(call(context, "POST", f"threads/{thread}/runs/", body)["id"])
    chat.expect_run(40, "Completed")
    body = {"input": {"type": "user", "text": "Elsewhere"}, "parent": runs[0]}
    call(context, "POST", f"threads/{thread}/runs/", body)
    expect(chat.questions).to_have_text(["Turn 1", "Elsewhere"])

    chat.page.goto(f"/threads/{thread}/?run={runs[4]}")
    found = chat.run(5, "Completed")
    expect(found).to_be_focused()
    expect(found).to_be_in_viewport()
    expect(chat.page.get_by_text("Turn 40", exact=True)).to_have_count(0)
    for _ in range(40):
        if chat.page.get_by_text("Turn 40", exact=True).count():
            break
        chat.page.locator(".transcript").hover()
        chat.page.mouse.wheel(0, 4000)
        chat.page.wait_for_timeout(50)
    expect(chat.questions.last).to_have_text("Turn 40")
    numbers = [int(text.removeprefix("Turn ")) for text in chat.questions.all_inner_texts()]
    assert numbers == list(range(numbers[0], 41))
    chat.send("And on")
    chat.expect_run(42, "Completed")
    expect(chat.answers.last).to_have_text("Answer to: And on")
    expect(chat.answers.last).to_be_in_viewport()


def test_several_are_asked_at_once(echoing: ChatPage) -> None:
    chat = echoing
    chat.page.get_by_role("button", name="Agent and model").click()
    dialog = chat.page.get_by_role("dialog", name="Who answers?")
    dialog.get_by_label("Agent", exact=True).select_option(label="Code helper")
    dialog.get_by_role("button", name="Ask this one, too").click()
    expect(dialog.get_by_role("list", name="Also asked")).to_contain_text("Code helper")
    expect_sound(chat.page)
    dialog.get_by_role("button", name="Done").click()
    expect(chat.page.get_by_role("list", name="For this message")).to_contain_text("also Code helper")
    chat.send("Who are you?")
    expect(chat.page.get_by_role("article").locator(".prose")).to_have_text(["Answer to: Who are you?"] * 2)
    expect(chat.page.get_by_role("list", name="For this message")).to_have_count(0)


def test_on_a_phone_attempts_and_the_map_are_within_reach(
    browser: Browser, server: CodayServer, login: object, provider: MockProvider
) -> None:
    provider.answer = echo
    context = browser.new_context(
        base_url=server.base_url,
        storage_state=login,  # type: ignore[arg-type]
        viewport={"width": 360, "height": 740},
        has_touch=True,
        is_mobile=True,
    )
    chat = ChatPage(context.new_page())
    chat.start()
    chat.send("One")
    chat.page.get_by_role("button", name="Send").click()
    run = chat.expect_run(1, "Completed")
    run.get_by_role("button", name="Run again").click()
    chat.expect_run(2, "Completed")
    expect_sound(chat.page)
    chat.page.get_by_role("button", name="Previous attempt").tap()
    chat.expect_run(1, "Completed")
    choose(chat, chat.run(1, "Completed"), "Map of the branches")
    expect(chat.page.get_by_role("treeitem")).to_have_count(2)
    expect_sound(chat.page)
    wide = chat.page.evaluate("document.scrollingElement.scrollWidth > innerWidth")
    assert not wide
    context.close()
