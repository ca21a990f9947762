"""Runs and conversations in order: tags, titles, pins, importance, groups, folders, and many at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.rest import call
from tests.browser.seen import SETTLED, expect_sound
from tests.support.mock_provider import MockProvider
from tests.support.server import CodayServer


@pytest.fixture
def tidy(context: BrowserContext, chat: ChatPage) -> Iterator[ChatPage]:
    """The page; afterwards the person has neither folders nor tags."""
    yield chat
    for address in ("thread-folders/", "run-tags/"):
        for one in call(context, "GET", address)["results"]:
            call(context, "DELETE", f"{address}{one['id']}/")


def dialog(chat: ChatPage, name: str) -> Locator:
    return chat.page.get_by_role("dialog", name=name)


def row(chat: ChatPage, number: int) -> Locator:
    """A run in the outline."""
    return chat.page.get_by_role("complementary", name="Outline").locator(".outline__row").nth(number - 1)


def act(chat: ChatPage, number: int, action: str) -> None:
    """Choose from the menu of a run in the outline."""
    row(chat, number).hover()
    row(chat, number).get_by_role("button", name=f"Actions for run {number}").click()
    chat.choose(action)


def test_runs_are_put_in_order_in_the_outline(tidy: ChatPage, context: BrowserContext) -> None:
    chat, page = tidy, tidy.page
    for number, question in enumerate(("Where do herons sleep?", "What do they eat?", "Write a poem", "Shorter"), 1):
        chat.send(question)
        chat.expect_run(number, "Completed")
    page.get_by_role("button", name="Outline", exact=True).click()
    expect(row(chat, 1)).to_contain_text("Where do herons sleep?")
    expect(row(chat, 4)).to_contain_text("Shorter")

    act(chat, 1, "Title …")
    dialog(chat, "Title of run 1").get_by_label("Title", exact=True).fill("Sleeping birds")
    page.keyboard.press("Enter")
    expect(row(chat, 1)).to_contain_text("Sleeping birds")

    act(chat, 1, "Tags …")
    tags = dialog(chat, "Tags of run 1")
    tags.get_by_label("Find or make a tag").fill("Birds")
    page.keyboard.press("Enter")
    expect(tags.get_by_role("checkbox", name="Birds")).to_be_checked()
    expect_sound(page)
    tags.get_by_role("button", name="Names and colours").click()
    manage = dialog(chat, "Tags")
    manage.get_by_role("button", name="Colour of Birds").click()
    manage.get_by_role("radio", name="violet").check()
    name = manage.get_by_label("Name of Birds")
    name.fill("Ornithology")
    name.press("Enter")
    expect(manage.get_by_role("button", name="Colour of Ornithology: violet")).to_be_visible()
    expect_sound(page)
    page.keyboard.press("Escape")
    expect(row(chat, 1).get_by_role("img", name="tags: Ornithology")).to_be_visible()

    act(chat, 2, "Importance …")
    importance = dialog(chat, "Importance of run 2")
    expect(importance).to_contain_text("Why the score is")
    expect_sound(page)
    importance.get_by_role("slider").fill("90")
    importance.get_by_role("button", name="Save").click()
    expect(row(chat, 2).get_by_role("img", name="importance 90")).to_be_visible()
    act(chat, 2, "Importance …")
    importance.get_by_role("button", name="Back to the score").click()
    expect(row(chat, 2).get_by_role("img", name="importance 90")).to_have_count(0)

    row(chat, 3).get_by_role("link").click(modifiers=["Control"])
    row(chat, 4).get_by_role("link").click(modifiers=["Shift"])
    chosen = page.get_by_role("toolbar", name="Selected runs")
    expect(chosen).to_contain_text("2 selected")
    chosen.get_by_role("button", name="Group").click()
    dialog(chat, "Group 2 runs").get_by_label("Find or make a group").fill("The poem")
    page.keyboard.press("Enter")
    group = page.get_by_role("region", name="The poem").and_(page.locator(".outline__group"))
    expect(group.locator(".outline__row")).to_have_count(2)
    expect_sound(page)
    chosen.get_by_role("button", name="Pin", exact=True).click()
    expect(chosen).to_have_count(0)
    page.get_by_role("button", name="Pinned ones only").click()
    expect(page.locator(".outline__row")).to_have_count(2)
    page.get_by_role("button", name="Pinned ones only").click()

    row(chat, 1).get_by_role("link").click(modifiers=["Control"])
    row(chat, 2).get_by_role("checkbox").check()
    chosen.get_by_role("button", name="Delete").click()
    dialog(chat, "Delete 2 runs?").get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator(".outline__row")).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".outline__row")).to_have_count(4)

    group.get_by_role("heading", name="The poem").hover()
    group.get_by_role("button", name="Actions for the group The poem").click()
    chat.choose("Take the group apart")
    expect(group).to_have_count(0)
    page.reload()
    expect(row(chat, 1)).to_contain_text("Sleeping birds")
    row(chat, 1).get_by_role("link").click()
    expect(chat.run(1, "Completed")).to_be_in_viewport()


def make_threads(context: BrowserContext, *titles: str) -> list[str]:
    return [call(context, "POST", "threads/", {"title": title})["id"] for title in titles]


def test_conversations_are_moved_to_folders_and_changed_many_at_once(tidy: ChatPage, context: BrowserContext) -> None:
    chat, page, sidebar = tidy, tidy.page, tidy.sidebar
    make_threads(context, "Budget", "Board", "Bricks", "Bread")
    expect(sidebar.get_by_role("link", name="Bread")).to_be_visible()

    chat.menu_of("Budget")
    chat.choose("Move to a folder …")
    dialog(chat, "Move the conversation").get_by_label("Find or make a folder").fill("Work")
    page.keyboard.press("Enter")
    work = sidebar.get_by_role("region", name="Work")
    expect(work.get_by_role("link", name="Budget")).to_be_visible()

    sidebar.get_by_role("link", name="Board").drag_to(work.get_by_role("button", name="Work", exact=True))
    expect(work.get_by_role("link")).to_have_count(2)
    work.get_by_role("link", name="Budget").drag_to(sidebar.get_by_role("heading", name="Today"))
    expect(work.get_by_role("link")).to_have_count(1)
    work.get_by_role("button", name="Work", exact=True).click()
    expect(work.get_by_role("link")).to_have_count(0)
    page.reload()
    expect(work.get_by_role("button", name="Work", exact=True)).to_have_attribute("aria-expanded", "false")

    sidebar.get_by_role("link", name="Bricks").click(modifiers=["Control"])
    sidebar.get_by_role("checkbox", name="Select Bread").check()
    chosen = page.get_by_role("toolbar", name="Selected conversations")
    expect(chosen).to_contain_text("2 selected")
    expect_sound(page)
    chosen.get_by_role("button", name="Tags").click()
    dialog(chat, "Tags of 2 conversations").get_by_label("Find or make a tag").fill("House")
    page.keyboard.press("Enter")
    expect(dialog(chat, "Tags of 2 conversations").get_by_role("checkbox", name="House")).to_be_checked()
    page.keyboard.press("Escape")
    expect(sidebar.get_by_role("img", name="tags: House")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(chosen).to_have_count(0)

    chat.menu_of("Bricks")
    chat.choose("Select")
    sidebar.get_by_role("checkbox", name="Select Bread").press("Space")
    chosen.get_by_role("button", name="Archive").click()
    expect(sidebar.get_by_role("link", name="Bricks")).to_have_count(0)
    sidebar.get_by_role("button", name="Menu", exact=True).click()
    chat.choose("Archived conversations")
    sidebar.get_by_role("link", name="Bricks").click(modifiers=["Control"])
    sidebar.get_by_role("checkbox", name="Select Bread").check()
    chosen.get_by_role("button", name="Delete").click()
    question = dialog(chat, "Delete 2 conversations?")
    expect(question.get_by_role("button", name="Keep them")).to_be_focused()
    question.get_by_role("button", name="Delete", exact=True).click()
    expect(sidebar.get_by_role("link", name="Bread")).to_have_count(0)
    assert call(context, "GET", "threads/?q=Bread&archived=true")["results"] == []

    sidebar.get_by_role("button", name="Menu", exact=True).click()
    chat.choose("Current conversations")
    work.hover()
    sidebar.get_by_role("button", name="Actions for the folder Work").click()
    chat.choose("Delete the folder")
    dialog(chat, "Delete this folder?").get_by_role("button", name="Delete the folder").click()
    expect(work).to_have_count(0)
    expect(sidebar.get_by_role("link", name="Board")).to_be_visible()


def test_folders_are_put_in_order(tidy: ChatPage, context: BrowserContext) -> None:
    for name in ("Home", "Travel", "Work"):
        call(context, "POST", "thread-folders/", {"name": name})
    tidy.page.reload()
    names = tidy.sidebar.get_by_role("group", name="Folders").locator(".folder__title")
    expect(names).to_have_text(["Home", "Travel", "Work"])
    tidy.sidebar.get_by_role("region", name="Work").hover()
    tidy.sidebar.get_by_role("button", name="Actions for the folder Work").click()
    expect(tidy.page.get_by_role("menuitem", name="Move down")).to_have_count(0)
    tidy.choose("Move up")
    expect(names).to_have_text(["Home", "Work", "Travel"])
    tidy.page.reload()
    expect(names).to_have_text(["Home", "Work", "Travel"])


def test_a_long_press_chooses_on_a_phone(
    browser: Browser, server: CodayServer, login: Any, provider: MockProvider
) -> None:
    phone = {"viewport": {"width": 375, "height": 740}, "has_touch": True, "is_mobile": True}
    context = browser.new_context(base_url=server.base_url, storage_state=login, **phone)  # type: ignore[arg-type]
    chat = ChatPage(context.new_page())
    chat.start()
    [made] = make_threads(context, "Pressed for long")
    chat.page.get_by_role("button", name="Conversations").tap()
    link = chat.sidebar.get_by_role("link", name="Pressed for long")
    expect(link).to_be_in_viewport()
    chat.page.evaluate(SETTLED)  # the drawer has come to rest
    box = link.bounding_box()
    assert box is not None
    touch = context.new_cdp_session(chat.page)
    at = [{"x": box["x"] + 30, "y": box["y"] + 12}]
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at})
    expect(chat.page.get_by_role("toolbar", name="Selected conversations")).to_contain_text("1 selected")
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(chat.sidebar.get_by_role("checkbox", name="Select Pressed for long")).to_be_checked()
    expect_sound(chat.page)
    chat.page.get_by_role("toolbar").get_by_role("button", name="Pin", exact=True).tap()
    expect(
        chat.sidebar.get_by_role("region", name="Pinned").get_by_role("link", name="Pressed for long")
    ).to_be_visible()
    call(context, "DELETE", f"threads/{made}/")
    context.close()
