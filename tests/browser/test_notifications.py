"""What tells a person who looks elsewhere: notes of the browser, and servers of theirs. And questions about many runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.rest import call
from tests.support.mock_provider import MockProvider, openai_reply
from tests.support.replies import Gate, Reply

# What the browser would show, and a page that can be put out of sight.
ELSEWHERE = """
window.notes = [];
window.asked = 0;
window.Notification = class {
  static permission = "default";
  static async requestPermission() {
    window.asked += 1;
    return (window.Notification.permission = "granted");
  }
  constructor(title, options) {
    this.title = title;
    this.options = options;
    window.notes.push(this);
    document.documentElement.dataset.notes = window.notes.length;
  }
  close() {}
};
let hidden = false;
Object.defineProperty(document, "hidden", { get: () => hidden });
window.look = (away) => (hidden = away);
"""


@pytest.fixture
def away(chat: ChatPage) -> ChatPage:
    """The page of a new conversation, in a browser that shows notes."""
    chat.page.add_init_script(ELSEWHERE)
    chat.page.reload()
    return chat


def answers(provider: MockProvider, *said: Any) -> None:
    """What the model says to whatever it is asked, titles apart."""

    def answer(request: Any) -> Reply:
        is_title = "title" in str(request.json["messages"][0]).lower()
        return openai_reply("A title") if is_title else openai_reply(*said)

    provider.answer = answer


@pytest.fixture
def targets(context: BrowserContext, chat: ChatPage) -> Iterator[None]:
    """Afterwards there are none."""
    yield
    for target in call(context, "GET", "notification-targets/")["results"]:
        call(context, "DELETE", f"notification-targets/{target['id']}/")


def switch_on(chat: ChatPage) -> None:
    dialog = chat.settings("Notifications")
    dialog.get_by_role("switch", name=re.compile("Notes of this browser")).click()
    expect(dialog.get_by_role("switch", name=re.compile("Notes of this browser"))).to_be_checked()
    chat.page.keyboard.press("Escape")


def notes(page: Page) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = page.evaluate("window.notes.map(({title, options}) => ({title, body: options.body}))")
    return told


def test_a_note_comes_while_the_page_is_not_seen(away: ChatPage, provider: MockProvider) -> None:
    chat, page = away, away.page
    assert page.evaluate("window.asked") == 0
    switch_on(chat)
    assert page.evaluate("window.asked") == 1
    gate = Gate()
    answers(provider, "In", gate, " the sea.")
    chat.send("Where do whales sleep?")
    chat.expect_run(1, "Answering")
    page.evaluate("window.look(true)")
    gate.open()
    expect(page.locator("html")).to_have_attribute("data-notes", "1")
    assert [note["body"] for note in notes(page)] == ["The answer is there"]


def test_a_click_on_a_note_shows_its_run(away: ChatPage, provider: MockProvider) -> None:
    """Also of a conversation that is not the open one."""
    chat, page = away, away.page
    switch_on(chat)
    gate = Gate()
    answers(provider, "In", gate, " the sea.")
    chat.send("Where do whales sleep?")
    chat.expect_run(1, "Answering")
    thread = chat.address
    page.get_by_role("link", name="New conversation").or_(
        page.get_by_role("button", name="New conversation")
    ).first.click()
    expect(chat.runs).to_have_count(0)
    page.evaluate("window.look(true)")
    gate.open()
    expect(page.locator("html")).to_have_attribute("data-notes", "1")
    page.evaluate("window.look(false)")
    page.evaluate("window.notes[0].onclick()")
    expect(page).to_have_url(re.compile(re.escape(thread)))
    chat.expect_run(1, "Completed")


def test_whoever_looks_or_wants_none_gets_none(away: ChatPage, provider: MockProvider) -> None:
    chat, page = away, away.page
    page.evaluate("window.look(true)")
    answers(provider, "Yes.")
    chat.send("Hello")
    chat.expect_run(1, "Completed")
    page.evaluate("window.look(false)")
    switch_on(chat)
    chat.send("Hello again")
    chat.expect_run(2, "Completed")
    assert notes(page) == []


NEWS = """async ([before, thread]) => {
  const { newsOf, noteOf } = await import("/static/js/state/notifications.js");
  const news = newsOf(before, thread);
  return [news, news && noteOf(news, thread).title];
}"""


@pytest.mark.parametrize(
    ("before", "thread", "news"),
    [
        ({"running": True}, {"title": "T"}, ["ended", "T"]),
        ({"running": True}, {"title": "T", "failed": True, "unread": True}, ["failed", "T"]),
        ({"running": True}, {"title": "T", "waiting": True}, ["waiting", "T"]),
        ({"running": True}, {"title": "T", "running": True}, [None, None]),
        ({"waiting": True}, {"title": "T", "waiting": True}, [None, None]),
        ({"unread": True}, {"title": "T"}, [None, None]),
        (None, {"title": "T", "waiting": True}, [None, None]),
        ({"running": True}, {"title": "Secret", "anonymous": True}, ["ended", "An anonymous conversation"]),
    ],
)
def test_what_is_news(modules: Page, before: Any, thread: Any, news: Any) -> None:
    assert modules.evaluate(NEWS, [before, thread]) == news


# --- Servers ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("targets")
def test_a_server_is_added_tried_switched_off_and_deleted(chat: ChatPage) -> None:
    dialog = chat.settings("Notifications")
    form = dialog.get_by_role("form", name="New server")
    form.get_by_label("Name").fill("My hook")
    form.get_by_label("Address").fill("http://127.0.0.1:9/")
    form.get_by_role("button", name="Add").click()
    expect(dialog.get_by_role("alert")).to_contain_text("not public")
    form.get_by_label("Address").fill("https://hooks.example.invalid/")
    form.get_by_label("Cancelled").uncheck()
    form.get_by_role("button", name="Add").click()
    secret = dialog.get_by_text(re.compile("^whsec_"))
    expect(secret).to_be_visible()
    servers = dialog.get_by_role("list", name="Servers")
    expect(servers).to_contain_text("https://hooks.example.invalid/")
    servers.get_by_role("button", name="Test My hook").click()
    expect(chat.page.get_by_text(re.compile("could not be reached|took too long"))).to_be_visible(timeout=15_000)
    servers.get_by_role("button", name="What My hook was told").click()
    expect(servers).to_contain_text("Nothing yet.")
    servers.get_by_role("switch", name="Tell My hook").click()
    expect(servers.get_by_role("switch", name="Tell My hook")).not_to_be_checked()
    chat.page.keyboard.press("Escape")
    dialog = chat.settings("Notifications")
    expect(dialog.get_by_role("list", name="Servers")).to_be_visible()
    expect(dialog.get_by_text(re.compile("^whsec_"))).to_have_count(0)
    dialog.get_by_role("button", name="Delete: My hook").click()
    expect(dialog.get_by_role("list", name="Servers")).to_have_count(0)


# --- Questions about runs ---------------------------------------------------------------------------------------------


def test_chosen_runs_are_asked_about_and_cited(chat: ChatPage, provider: MockProvider) -> None:
    page = chat.page
    answers(provider, "In the sea, upright.")
    chat.send("Where do whales sleep?")
    chat.expect_run(1, "Completed")
    thread = re.search(r"/threads/([0-9a-f-]{36})/", chat.address)
    assert thread
    run = call(page.context, "GET", f"threads/{thread[1]}/runs/")["results"][0]
    link = f"/threads/{thread[1]}/?run={run['id']}"
    page.goto(f"/search/?thread={thread[1]}")
    answers(provider, f"So it is [#1]({link}).")
    page.get_by_role("button", name="Ask about all that is found").click()
    dialog = page.get_by_role("dialog", name="Ask about all that is found")
    dialog.get_by_label("Question").fill("How do whales sleep?")
    dialog.get_by_role("button", name="Ask").click()
    chat.expect_run(1, "Completed")
    expect(chat.questions).to_have_text("How do whales sleep?")
    page.get_by_text("Read 1 of 1 run", exact=True).click()
    sources = page.get_by_role("list", name="Runs that were read")
    expect(sources.get_by_role("link")).to_have_attribute("href", link)
    expect(page.get_by_text("In the sea, upright.")).to_be_hidden()
    cited = chat.answers.get_by_role("link", name="#1")
    expect(cited).not_to_have_attribute("target", "_blank")
    cited.click()
    expect(page).to_have_url(re.compile(re.escape(f"/threads/{thread[1]}/")))
    expect(chat.questions).to_have_text("Where do whales sleep?")


SAFE = """async (markdown) => {
  const { sanitise } = await import("/static/js/render/sanitise.js");
  const node = document.createElement("div");
  node.append(sanitise(markdown));
  const told = (link) => [link.getAttribute("href"), link.getAttribute("target"), link.className];
  return [...node.querySelectorAll("a")].map(told);
}"""
RUN = "/threads/00000000-0000-4000-8000-000000000001/?run=00000000-0000-4000-8000-000000000002"


def test_only_links_to_runs_stay_on_the_page(modules: Page) -> None:
    addresses = [RUN, f"{RUN}&x=1", "/admin/", "//evil.example/?run=1", "/threads/x/", "/accounts/logout/"]
    found = modules.evaluate(SAFE, "".join(f'<a href="{address}">x</a>' for address in addresses))
    assert found == [[RUN, None, "run-link"], *([[None, None, ""]] * 5)]
