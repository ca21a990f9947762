"""Finding: the palette, the search with its filters, and the list that shows what goes on, in every window."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import BrowserContext, expect

from tests.browser.chat_page import ChatPage
from tests.browser.rest import call
from tests.browser.seen import expect_sound
from tests.browser.test_conversation import answers
from tests.support.mock_provider import Gate, MockProvider, Reply, openai_reply

PALETTE = "Find and do anything"


def ask(context: BrowserContext, title: str, *questions: str) -> str:
    """A conversation in which these questions were asked; its id."""
    thread = str(call(context, "POST", "threads/", {"title": title})["id"])
    for number, question in enumerate(questions, 1):
        call(context, "POST", f"threads/{thread}/runs/", {"input": {"type": "user", "text": question}})
        wait_for_end(context, thread, number)
    return thread


def wait_for_end(context: BrowserContext, thread: str, number: int) -> dict[str, Any]:
    for _ in range(500):
        [run] = call(context, "GET", f"threads/{thread}/runs/?limit=1")["results"]
        if run["number"] == number and run["status"] in ("completed", "failed"):
            return dict(run)
    raise AssertionError(f"Run {number} did not end")


def test_the_palette_goes_to_a_run_in_its_branch_and_does_things(chat: ChatPage, context: BrowserContext) -> None:
    page = chat.page
    thread = ask(context, "Waders", "Where does the bittern sleep?", "And the spoonbill?")
    chat.send("Hello")
    chat.expect_run(1, "Completed")
    field = page.get_by_role("combobox", name=PALETTE)
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    expect(page.get_by_role("option", name="New conversation Ctrl Shift O")).to_be_visible()
    expect_sound(page)
    field.press_sequentially("bittern")
    found = page.get_by_role("listbox").get_by_role("group", name="Runs").get_by_role("option")
    expect(found).to_contain_text("Where does the bittern sleep?")
    expect(found.locator("mark")).to_have_text("bittern")
    expect_sound(page)
    conversation = page.get_by_role("group", name="Conversations").get_by_role("option")
    expect(conversation).to_have_attribute("aria-selected", "true")
    field.press("ArrowDown")
    expect(found).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", str(found.get_attribute("id")))
    field.press("Enter")
    expect(page).to_have_url(re.compile(f"/threads/{thread}/"))
    expect(chat.run(1, "Completed")).to_be_focused()

    page.keyboard.press("Control+k")
    field.fill("no such word was ever said")
    expect(page.get_by_role("dialog", name=PALETTE)).to_contain_text("Nothing was said about")
    field.fill("outl")
    field.press("Enter")
    expect(page.get_by_role("complementary", name="Outline")).to_contain_text("And the spoonbill?")
    page.keyboard.press("Control+Shift+E")
    expect(page.get_by_role("complementary", name="Outline")).to_have_count(0)
    page.keyboard.press("Control+k")
    field.fill("Waders")
    field.press("Escape")
    expect(field).to_have_count(0)
    page.route(
        "**/api/v1/search/**", lambda route: route.fulfill(status=503, json={"code": "unavailable", "detail": "No."})
    )
    page.keyboard.press("Control+k")
    field.fill("Waders")
    expect(page.get_by_role("alert")).to_contain_text("Not all could be searched")
    expect(page.get_by_role("option", name="Waders").first).to_be_visible()  # what is listed is found all the same


def test_a_search_in_one_conversation_is_narrowed_down_to_a_group(chat: ChatPage, context: BrowserContext) -> None:
    page = chat.page
    thread = ask(context, "Fenland", "Of the bittern", "The bittern again")
    runs = [run["id"] for run in call(context, "GET", f"threads/{thread}/runs/")["results"]]
    call(context, "POST", f"threads/{thread}/groups/", {"name": "Birds", "runs": runs[:1]})
    page.goto(f"/search/?thread={thread}")
    results = page.get_by_role("list", name="Runs").get_by_role("listitem").filter(has=page.get_by_role("checkbox"))
    expect(results).to_have_count(2)
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Group", exact=True).select_option("Birds")
    expect(results).to_have_count(1)
    page.goto("/search/")
    page.get_by_role("button", name="Filters").click()
    expect(page.get_by_label("Group", exact=True)).to_have_count(0)


def test_a_search_is_narrowed_down_shared_and_followed(chat: ChatPage, context: BrowserContext) -> None:
    page = chat.page
    thread = ask(context, "Moorland", "Tell me of the curlew", "The curlew again", "Something else")
    first = call(context, "GET", f"threads/{thread}/runs/")["results"][-1]
    call(context, "PATCH", f"runs/{first['id']}/", {"tags": ["Moor"], "title": "First of all"})
    page.keyboard.press("Control+Shift+F")
    field = page.get_by_role("searchbox", name="Search in all runs")
    expect(field).to_be_focused()
    field.fill("curlew")
    results = page.get_by_role("list", name="Runs").get_by_role("listitem").filter(has=page.get_by_role("checkbox"))
    expect(results).to_have_count(2)
    expect(results.locator("mark").first).to_have_text("curlew")
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Tag", exact=True).select_option("Moor")
    expect(results).to_have_count(1)
    expect(results).to_contain_text("First of all")
    expect(page).to_have_url(re.compile(r"/search/\?q=curlew&tag=Moor$"))
    expect_sound(page)

    shared = context.new_page()
    shared.goto(page.url)
    expect(shared.get_by_role("searchbox", name="Search in all runs")).to_have_value("curlew")
    expect(shared.locator(".result")).to_have_count(1)
    shared.get_by_label("Status", exact=True).or_(shared.get_by_role("button", name="Filters")).first.click()
    shared.get_by_label("Status", exact=True).select_option("failed")
    expect(shared.get_by_text("Nothing found for “curlew”.")).to_be_visible()
    shared.get_by_role("button", name="Without the filters").click()
    expect(shared.locator(".result")).to_have_count(2)
    shared.close()

    page.get_by_role("button", name="Without “Tag: Moor”").click()
    expect(results).to_have_count(2)
    results.last.get_by_role("checkbox").check()
    page.get_by_role("toolbar", name="Selected runs").get_by_role("button", name="Pin", exact=True).click()
    expect(results.get_by_text("pinned", exact=True)).to_have_count(1)
    results.filter(has_text="First of all").get_by_role("link").click()
    expect(page).to_have_url(re.compile(f"/threads/{thread}/"))
    expect(chat.run(1, "Completed")).to_be_in_viewport()
    page.go_back()
    expect(field).to_have_value("curlew")
    expect(results).to_have_count(2)
    page.route(
        "**/api/v1/runs/?**", lambda route: route.fulfill(status=503, json={"code": "unavailable", "detail": "Away."})
    )
    field.fill("curlew again")
    expect(page.get_by_role("alert")).to_contain_text("Away.")
    page.unroute("**/api/v1/runs/?**")
    page.get_by_role("button", name="Try again").click()
    expect(results).to_have_count(1)
    [tag] = [one for one in call(context, "GET", "run-tags/")["results"] if one["name"] == "Moor"]
    call(context, "DELETE", f"run-tags/{tag['id']}/")


def test_every_window_shows_what_goes_on_and_what_was_not_read(
    chat: ChatPage, context: BrowserContext, provider: MockProvider
) -> None:
    for unread in call(context, "GET", "threads/")["results"]:  # of other tests: here the tab counts
        call(context, "DELETE", f"threads/{unread['id']}/")
    thread = str(call(context, "POST", "threads/", {"title": "Lived in"})["id"])
    one, two = chat, ChatPage(context.new_page())
    two.start()
    entries = [tab.sidebar.get_by_role("link", name="Lived in") for tab in (one, two)]
    for entry in entries:
        expect(entry).to_be_visible()

    def marked(name: str) -> None:
        for entry in entries:
            expect(entry.get_by_role("img", name=name)).to_be_visible()

    gate = Gate()
    provider.answer = answers(openai_reply("A", gate, "B"), Reply(status=400, steps=(b"{}",)))
    call(context, "POST", f"threads/{thread}/runs/", {"input": {"type": "user", "text": "Go"}})
    marked("answering")
    expect(one.page).to_have_title("Coday")
    gate.open()
    marked("unread")
    for tab in (one, two):
        expect(tab.page).to_have_title("(1) Coday")
    expect_sound(one.page)
    call(context, "POST", f"threads/{thread}/runs/", {"input": {"type": "user", "text": "Break"}})
    marked("failed")
    entries[0].click()
    one.expect_run(2, "Failed")
    for entry in entries:
        expect(entry.get_by_role("img")).to_have_count(0)
    expect(two.page).to_have_title("Coday")
