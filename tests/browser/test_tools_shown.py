"""What an agent shows: charts, tables, diagrams and documents, for every eye, hand and screen; and what it has read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, StorageState, expect

from tests.browser.chat_page import ChatPage
from tests.browser.equipped import calls, log_in
from tests.browser.test_access import AUDIT, CONTRAST
from tests.browser.test_conversation import answers
from tests.browser.test_list import csrf_of, post
from tests.browser.window import Window
from tests.support.mock_provider import MockProvider, openai_reply
from tests.support.server import CodayServer

BARS = {
    "type": "bar",
    "title": "Energy",
    "labels": ["January", "February", "March"],
    "series": [{"name": "Heating", "values": [820, 760, 540]}, {"name": "Light", "values": [210, 190, 200]}],
    "units": "kWh",
    "stacked": True,
}
LINES = {**BARS, "type": "line", "title": "Visitors", "stacked": False}
PIE = {
    "type": "pie",
    "title": "Money",
    "labels": ["Rent", "Food"],
    "series": [{"name": "Spent", "values": [950, 50]}],
    "units": "€",
}
TABLE = {
    "title": "Planets",
    "columns": [{"name": "Name"}, {"name": "Moons", "kind": "number"}, {"name": "Seen", "kind": "date"}],
    "rows": [["Neptune", 16, "1846-09-23"], ["Earth", 1, None], ["=Uranus, cold", 28, "1781-03-13"]],
}
DIAGRAM = {
    "title": "Order",
    "nodes": [
        {"id": "a", "label": "Order arrives", "shape": "round"},
        {"id": "b", "label": "In stock?", "shape": "diamond"},
        {"id": "c", "label": "Ship"},
        {"id": "d", "label": "Warehouse", "shape": "database"},
    ],
    "edges": [{"from": "a", "to": "b"}, {"from": "b", "to": "c", "label": "yes"}, {"from": "b", "to": "d"}],
}
DOCUMENT = {"title": "A letter: to/you", "markdown": "# Dear you\n\nThis is **bold**.\n\n<b>not HTML</b>\n"}
ALL: list[tuple[str, dict[str, Any]]] = [
    ("show_chart", BARS),
    ("show_chart", LINES),
    ("show_chart", PIE),
    ("show_table", TABLE),
    ("show_diagram", DIAGRAM),
    ("show_document", DOCUMENT),
]


@pytest.fixture(scope="module")
def login(browser: Browser, equipped: CodayServer) -> StorageState:
    return log_in(browser, equipped)


@pytest.fixture(scope="module")
def window(browser: Browser, equipped: CodayServer, login: StorageState) -> Iterator[Window]:
    with Window(browser, equipped, login, permissions=["clipboard-read", "clipboard-write"]) as opened:
        yield opened


def show(chat: ChatPage, provider: MockProvider, *shown: tuple[str, dict[str, Any]]) -> Locator:
    """Have this shown; the figures."""
    provider.answer = answers(calls(*shown), openai_reply("Here it is."))
    chat.send("Show me")
    run = chat.expect_run(1, "Completed")
    return run.get_by_role("figure")


def copied(chat: ChatPage) -> str:
    text: str = chat.page.evaluate("() => navigator.clipboard.readText()")
    return text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_that_is_shown_has_a_name_and_can_be_read(
    chat: ChatPage, provider: MockProvider, scheme: str
) -> None:
    chat.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    expect(show(chat, provider, *ALL)).to_have_count(len(ALL))
    assert chat.page.evaluate(AUDIT) == []
    assert chat.page.evaluate(CONTRAST) == []


def test_nothing_that_is_shown_is_wider_than_a_phone(chat: ChatPage, provider: MockProvider) -> None:
    chat.page.set_viewport_size({"width": 390, "height": 800})
    figures = show(chat, provider, *ALL)
    expect(figures).to_have_count(len(ALL))
    widths = figures.evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().right)")
    assert max(widths) <= 390
    assert not chat.page.evaluate("() => document.querySelector('.transcript').scrollWidth > innerWidth")


def test_a_charts_values_are_read_by_keyboard_and_as_a_table(chat: ChatPage, provider: MockProvider) -> None:
    figure = show(chat, provider, ("show_chart", BARS))
    figure.locator(".chart__plot").focus()
    chat.page.keyboard.press("ArrowRight")
    chat.page.keyboard.press("ArrowRight")
    expect(figure.get_by_role("status")).to_contain_text("February")
    expect(figure.get_by_role("status")).to_contain_text("760 kWh")
    expect(figure.get_by_role("status")).to_contain_text("950 kWh")
    figure.get_by_role("button", name="Show the values as a table").click()
    expect(figure.get_by_role("row").nth(1)).to_contain_text("January")


def test_a_table_is_sorted_and_copied(chat: ChatPage, provider: MockProvider) -> None:
    figure = show(chat, provider, ("show_table", TABLE))
    names = figure.locator("tbody td:first-child")
    figure.get_by_role("button", name="Moons").click()
    expect(names).to_have_text(["Earth", "Neptune", "=Uranus, cold"])
    expect(figure.get_by_role("columnheader", name="Moons")).to_have_attribute("aria-sort", "ascending")
    figure.get_by_role("button", name="Seen").click()
    figure.get_by_role("button", name="Seen").click()
    expect(names).to_have_text(["Neptune", "=Uranus, cold", "Earth"])  # what is empty stays last
    figure.get_by_role("button", name="Copy as CSV").click()
    expect(chat.page.get_by_text("The table was copied")).to_be_visible()
    assert copied(chat).splitlines() == [
        "Name,Moons,Seen",
        "Neptune,16,1846-09-23",
        "Earth,1,",
        '"\'=Uranus, cold",28,1781-03-13',
    ]


def test_a_diagram_is_drawn_and_told_in_words(chat: ChatPage, provider: MockProvider) -> None:
    figure = show(chat, provider, ("show_diagram", DIAGRAM))
    expect(figure.locator(".diagram__edge")).to_have_count(3)
    expect(figure.get_by_role("list", name="The diagram in words")).to_contain_text("In stock? to Ship: yes")
    drawing = figure.locator("svg.diagram__drawing")
    before = drawing.evaluate("(node) => node.getBoundingClientRect().width")
    figure.get_by_role("button", name="Larger").click()
    expect(figure.get_by_role("button", name="125%")).to_be_visible()
    assert drawing.evaluate("(node) => node.getBoundingClientRect().width") > before


def test_a_document_is_text_that_can_be_taken_away(chat: ChatPage, provider: MockProvider) -> None:
    figure = show(chat, provider, ("show_document", DOCUMENT))
    expect(figure.locator(".prose strong")).to_have_text("bold")
    expect(figure.locator(".prose")).to_contain_text("<b>not HTML</b>")
    figure.get_by_role("button", name="Copy the document").click()
    expect(chat.page.get_by_text("The document was copied")).to_be_visible()
    assert copied(chat) == DOCUMENT["markdown"]
    with chat.page.expect_download() as download:
        figure.get_by_role("button", name="Download as Markdown").click()
    assert download.value.suggested_filename == "A-letter-to-you.md"
    assert Path(download.value.path()).read_text() == DOCUMENT["markdown"]


def test_what_is_no_chart_is_a_call_like_any_other(chat: ChatPage, provider: MockProvider) -> None:
    wrong = {**BARS, "labels": ["only one"]}
    expect(show(chat, provider, ("show_chart", wrong))).to_have_count(0)
    expect(chat.run(1, "Completed").locator(".tool--failed")).to_be_visible()


# --- Sources --------------------------------------------------------------------------------------------------------

WORDS = "Herons sleep in trees, standing on one leg, high above the river."


def begin_about_birds(chat: ChatPage, context: BrowserContext, provider: MockProvider) -> str:
    """A conversation of one run with an active skill that has a source; the source's id."""
    csrf = csrf_of(context)
    name = f"birds-{uuid4().hex[:8]}"  # tests share a server
    skill = {"slug": name, "name": name, "trigger": "Questions about birds"}
    post(context.request, "/api/v1/skills/", skill, csrf=csrf)
    body = {"title": "About herons", "text": f"{'Once upon a time. ' * 30}\n\n{WORDS}\n\n{'And so on. ' * 30}"}
    source = post(context.request, f"/api/v1/skills/{skill['slug']}/sources/", body, csrf=csrf)
    provider.answer = answers(openai_reply("Hello."))
    chat.send("Hello")
    chat.expect_run(1, "Completed")
    thread_id = chat.address.rstrip("/").rpartition("/")[2]
    put = context.request.put(f"/api/v1/threads/{thread_id}/skills/{skill['slug']}/", headers={"X-CSRFToken": csrf})
    assert put.ok, put.text()
    return str(source["id"])


def test_an_answer_names_its_sources_and_shows_the_passage(
    chat: ChatPage, context: BrowserContext, provider: MockProvider
) -> None:
    source_id = begin_about_birds(chat, context, provider)
    cited = f"In trees [About herons](source:{source_id})."
    replies = iter([calls(("search_sources", {"query": "herons sleep trees"})), openai_reply(cited)])
    provider.answer = lambda request: next(replies)
    chat.send("Where do herons sleep?")
    run = chat.expect_run(2, "Completed")
    for opener in (run.locator(".citation"), run.get_by_role("navigation", name="Sources").get_by_role("button")):
        opener.click()
        panel = chat.page.get_by_role("dialog", name="About herons")
        expect(panel.locator(".source__passage")).to_contain_text("on one leg")
        expect(panel.locator(".source__text")).to_contain_text(WORDS)
        chat.page.keyboard.press("Escape")
        expect(panel).to_have_count(0)
        expect(opener).to_be_focused()


def test_what_a_task_has_read_can_be_cited_before_the_task_is_opened(
    chat: ChatPage, context: BrowserContext, provider: MockProvider
) -> None:
    cited = f"In trees [About herons](source:{begin_about_birds(chat, context, provider)})."
    task = ("delegate", {"agent": "editor", "task": "Find out where herons sleep."})
    search = ("search_sources", {"query": "herons sleep trees"})
    replies = iter([calls(task), calls(search), openai_reply(cited), openai_reply(cited)])
    provider.answer = lambda request: next(replies)
    chat.send("Let somebody look it up")
    chat.expect_run(2, "Completed")
    chat.page.reload()
    run = chat.expect_run(2, "Completed")
    run.locator(".citation").click()
    panel = chat.page.get_by_role("dialog", name="About herons")
    expect(panel.locator(".source__passage")).to_contain_text("on one leg")


MADE_UP = "[Herons at night](source:00000000-0000-7000-8000-000000000000)"


def test_a_citation_of_what_nobody_read_is_text_that_says_so(chat: ChatPage, provider: MockProvider) -> None:
    document = {"title": "Herons", "markdown": f"On one leg {MADE_UP}."}
    provider.answer = answers(calls(("show_document", document)), openai_reply(f"In trees {MADE_UP}."))
    chat.send("Where do herons sleep?")
    run = chat.expect_run(1, "Completed")
    expect(run.locator(".sheet__text")).to_have_text("On one leg Herons at nightunknown source.")
    expect(run.locator(".message--assistant > .prose")).to_have_text("In trees Herons at nightunknown source.")
    expect(run.locator(".citation")).to_have_count(0)
    assert chat.page.evaluate(CONTRAST) == []
