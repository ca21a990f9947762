"""The list of conversations, the dialogs, the pages around: found, named, kept, removed, and in step between tabs."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import APIRequestContext, Browser, BrowserContext, expect

from tests.browser.chat_page import ChatPage, titled
from tests.browser.test_conversation import TITLE, answers
from tests.support.mock_provider import MockProvider, Reply
from tests.support.server import CodayServer


def make_thread(context: BrowserContext, title: str) -> str:
    """A conversation with this name; its id."""
    thread = post(context.request, "/api/v1/threads/", {"title": title}, csrf=csrf_of(context))
    return str(thread["id"])


def post(request: APIRequestContext, path: str, body: dict[str, Any], *, csrf: str) -> dict[str, Any]:
    answer = request.post(path, data=body, headers={"X-CSRFToken": csrf})
    assert answer.ok, answer.text()
    made: dict[str, Any] = answer.json()
    return made


def csrf_of(context: BrowserContext) -> str:
    return next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "csrftoken")


def test_conversations_are_found_by_their_name(chat: ChatPage, context: BrowserContext) -> None:
    make_thread(context, "Herons of the river")
    make_thread(context, "Bicycles in winter")
    search = chat.page.get_by_role("searchbox", name="Search conversations")
    search.fill("heron")
    expect(chat.sidebar.get_by_role("link", name="Bicycles in winter")).to_have_count(0)
    expect(chat.sidebar.get_by_role("link", name="Herons of the river")).to_be_visible()
    search.fill("no such words")
    expect(chat.sidebar).to_contain_text("Nothing found")


def test_a_conversation_is_renamed_in_every_tab(chat: ChatPage, context: BrowserContext) -> None:
    other = ChatPage(context.new_page())
    other.start()
    make_thread(context, "Old name")
    expect(other.sidebar.get_by_role("link", name="Old name")).to_be_visible()
    chat.page.bring_to_front()
    chat.menu_of("Old name")
    chat.choose("Rename")
    field = chat.page.get_by_role("textbox", name="Name of the conversation")
    expect(field).to_be_focused()
    field.fill("New name")
    field.press("Enter")
    for tab in (chat, other):
        expect(tab.sidebar.get_by_role("link", name="New name")).to_be_visible()
        expect(tab.sidebar.get_by_role("link", name="Old name")).to_have_count(0)


def test_a_conversation_without_a_name_shows_how_it_begins(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(Reply(status=401, steps=(b"{}",)))
    chat.send("Where do herons\nsleep?")
    chat.expect_run(1, "Failed")
    entry = chat.sidebar.locator("[aria-current=page]")
    for visit in ("made", "read"):
        if visit == "read":
            chat.page.reload()
        expect(entry).to_have_text("Where do herons sleep?")
        expect(chat.page).to_have_title(titled("Where do herons sleep?"))
    chat.run(1, "Failed").get_by_role("button", name="Retry").click()
    expect(entry).to_have_text(TITLE)


def test_a_conversation_is_pinned_archived_and_restored(chat: ChatPage, context: BrowserContext) -> None:
    make_thread(context, "Worth keeping")
    chat.menu_of("Worth keeping")
    chat.choose("Pin")
    pinned = chat.sidebar.get_by_role("region", name="Pinned")
    expect(pinned.get_by_role("link", name="Worth keeping")).to_be_visible()
    chat.menu_of("Worth keeping")
    chat.choose("Unpin")
    expect(pinned.get_by_role("link", name="Worth keeping")).to_have_count(0)
    chat.menu_of("Worth keeping")
    chat.choose("Archive")
    expect(chat.sidebar.get_by_role("link", name="Worth keeping")).to_have_count(0)
    chat.sidebar.get_by_role("button", name="Menu", exact=True).click()
    chat.choose("Archived conversations")
    chat.menu_of("Worth keeping")
    chat.choose("Restore")
    expect(chat.sidebar.get_by_role("link", name="Worth keeping")).to_have_count(0)
    chat.sidebar.get_by_role("button", name="Menu", exact=True).click()
    chat.choose("Current conversations")
    expect(chat.sidebar.get_by_role("link", name="Worth keeping")).to_be_visible()


def test_a_conversation_is_deleted_after_a_question(chat: ChatPage, context: BrowserContext) -> None:
    thread_id = make_thread(context, "To be forgotten")
    other = ChatPage(context.new_page())
    other.open(f"/threads/{thread_id}/")
    chat.page.bring_to_front()
    link = chat.sidebar.get_by_role("link", name="To be forgotten")
    chat.menu_of("To be forgotten")
    chat.choose("Delete")
    dialog = chat.page.get_by_role("dialog", name="Delete this conversation?")
    dialog.get_by_role("button", name="Keep it").click()
    expect(link).to_be_visible()
    chat.menu_of("To be forgotten")
    chat.choose("Delete")
    dialog.get_by_role("button", name="Delete").click()
    expect(link).to_have_count(0)
    expect(other.page.get_by_text("There is no such conversation")).to_be_visible()
    assert context.request.get(f"/api/v1/threads/{thread_id}/").status == 404


def test_older_messages_come_when_the_reader_scrolls_up(chat: ChatPage, context: BrowserContext) -> None:
    thread_id = make_thread(context, "A long one")
    csrf = csrf_of(context)
    for number in range(40):
        body = {"input": {"type": "user", "text": f"Question {number}"}, "key": str(number)}
        post(context.request, f"/api/v1/threads/{thread_id}/runs/", body, csrf=csrf)
        wait_for_end(context.request, thread_id, number + 1)
    chat.open(f"/threads/{thread_id}/")
    expect(chat.page.get_by_text("Question 39", exact=True)).to_be_in_viewport()
    expect(chat.page.get_by_text("Question 0", exact=True)).to_have_count(0)
    scroller = chat.page.locator(".transcript")
    expect(chat.runs).to_have_count(25)
    oldest = chat.page.get_by_text("Question 15", exact=True)
    before = scroller.evaluate(
        "(scroller, message) => { scroller.scrollTop = 0; return message.getBoundingClientRect().top; }",
        oldest.element_handle(),
    )
    expect(chat.runs).to_have_count(40)
    expect(chat.page.get_by_text("Question 0", exact=True)).not_to_be_in_viewport()
    after = oldest.evaluate("(message) => message.getBoundingClientRect().top")
    assert abs(before - after) < 2


def wait_for_end(request: APIRequestContext, thread_id: str, count: int) -> None:
    """Until the newest run has ended."""
    for _ in range(500):
        runs = request.get(f"/api/v1/threads/{thread_id}/runs/?limit=1").json()["results"]
        if runs[0]["number"] == count and runs[0]["status"] == "completed":
            return
    raise AssertionError(f"Run {count} did not end")


def test_login_refuses_and_logout_ends_the_session(browser: Browser, server: CodayServer) -> None:
    context = browser.new_context(base_url=server.base_url)
    page = context.new_page()
    page.goto("/")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    page.get_by_label("Username").fill(server.admin_username)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Password").fill(server.admin_password)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("menuitem", name="Log out").click()
    expect(page).to_have_url(re.compile("/accounts/login/"))
    page.goto("/")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    context.close()


def test_an_unknown_conversation_says_so(chat: ChatPage) -> None:
    answer = chat.page.goto("/threads/0190aaaa-0000-7000-8000-000000000000/")
    assert answer is not None
    assert answer.status == 404
    expect(chat.page.get_by_role("heading", name="There is nothing here")).to_be_visible()
