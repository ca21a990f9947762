"""What a person says of answers, and what their runs came to, as they see it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.seen import expect_sound
from tests.support.mock_provider import MockProvider
from tests.support.replies import openai_reply

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def chat(page: Page, provider: MockProvider) -> ChatPage:
    provider.answer = lambda request: openai_reply("It is so.")
    chat = ChatPage(page)
    chat.start()
    chat.send("Is it?")
    chat.expect_run(1, "Completed")
    return chat


def test_a_thumb_is_seen_in_other_windows_and_taken_back(chat: ChatPage, context: BrowserContext) -> None:
    other = context.new_page()
    other.goto(chat.address)
    thumb = chat.run(1, "Completed").get_by_role("button", name="A good answer", exact=True)
    there = other.get_by_role("button", name="A good answer", exact=True)
    thumb.click()
    expect(thumb).to_have_attribute("aria-pressed", "true")
    expect(there).to_have_attribute("aria-pressed", "true")
    there.click()
    expect(there).to_have_attribute("aria-pressed", "false")
    expect(thumb).to_have_attribute("aria-pressed", "false")


def test_why_an_answer_is_not_good_is_said_in_words_and_found_again(chat: ChatPage) -> None:
    run = chat.run(1, "Completed")
    run.get_by_role("button", name="Not a good answer").click()
    chat.page.get_by_role("button", name="Say why").click()
    dialog = chat.page.get_by_role("dialog")
    dialog.get_by_label("Why").select_option("wrong")
    dialog.get_by_label("In your words").fill("It is not.")
    expect_sound(chat.page)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    chat.page.reload()
    chat.run(1, "Completed").get_by_role("button", name="Run 1: more").click()
    chat.choose("Feedback …")
    expect(dialog.get_by_label("In your words")).to_have_value("It is not.")
    expect(dialog.get_by_label("Why")).to_have_value("wrong")
    dialog.get_by_text("A good answer", exact=True).click()
    expect(dialog.get_by_label("Why")).to_have_value("")
    dialog.get_by_role("button", name="Take it back").click()
    expect(run.get_by_role("button", name="Not a good answer")).to_have_attribute("aria-pressed", "false")


def test_what_the_server_would_not_take_is_still_there(chat: ChatPage) -> None:
    message = "The conversation is anonymous, and personal data cannot be looked for at the moment."
    problem = {"code": "RUN_ANONYMIZATION_UNAVAILABLE", "detail": message, "title": "Unavailable", "status": 503}
    chat.page.route(
        "**/feedback/",
        lambda route: (
            route.fulfill(status=503, json=problem, content_type="application/problem+json")
            if "Ask" in (route.request.post_data or "")
            else route.continue_()
        ),
    )
    run = chat.run(1, "Completed")
    run.get_by_role("button", name="Run 1: more").click()
    chat.choose("Feedback …")
    dialog = chat.page.get_by_role("dialog")
    dialog.get_by_label("In your words").fill("Ask Jane.")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("cannot be looked for")
    dialog.get_by_role("button", name="Close").click()
    run.get_by_role("button", name="Run 1: more").click()
    chat.choose("Feedback …")
    expect(dialog.get_by_label("In your words")).to_have_value("Ask Jane.")


def test_the_figures_lead_to_the_runs(chat: ChatPage) -> None:
    chat.sidebar.get_by_role("button", name="Menu", exact=True).click()
    chat.choose("Analytics")
    page = chat.page
    expect(page).to_have_url(re.compile("/analytics/$"))
    expect(page.get_by_role("heading", name="Analytics")).to_be_visible()
    expect(page.locator(".tile").first).to_contain_text("completed")
    for size in (PHONE, DESK):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        expect(page.get_by_role("figure", name="Runs by day")).to_be_visible()
        expect_sound(page)
    page.get_by_label("Put together by").select_option("outcome")
    table = page.get_by_role("region", name="Figures by outcome")
    table.get_by_role("link", name="Completed").click()
    expect(page).to_have_url(re.compile("/search/.*status=completed"))
    expect(page.get_by_role("list", name="Runs").get_by_role("listitem").first).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("group_by=outcome"))
    expect(table.get_by_role("link", name="Completed")).to_be_visible()


def test_the_page_is_narrowed_down_and_widened_again(chat: ChatPage) -> None:
    page = chat.page
    page.goto("/analytics/?group_by=model&since=")
    runs = page.locator(".tile__value").first
    expect(runs).not_to_have_text("0")
    page.get_by_role("button", name=re.compile("^Only ")).first.click()
    expect(page).to_have_url(re.compile("model="))
    chip = page.get_by_role("list", name="Filters that hold").get_by_role("button")
    expect(chip).to_have_count(1)
    chip.click()
    expect(chip).to_have_count(0)
    page.get_by_label("From", exact=True).fill("2020-01-01")
    page.get_by_label("To", exact=True).fill("2020-01-02")
    expect(page.get_by_text("There are no such runs in this time.")).to_be_visible()
    page.get_by_text("All", exact=True).click()
    expect(runs).not_to_have_text("0")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "analytics.csv"
    assert download.value.path().read_text().startswith("key,label,runs,")


CALL = """async ([name, ...given]) => {
  const module = await import("/static/js/state/analytics.js");
  return module[name](...given);
}"""


def test_days_without_runs_stand_between_the_others(modules: Page) -> None:
    rows = [{"key": f"2026-03-{day}", "label": "", "runs": 1, "cost": {}} for day in (28, 30)]
    days = modules.evaluate(CALL, ["everyDay", rows, {"since": "2026-03-27", "until": "2026-03-31"}])
    assert [(day["key"][-2:], day["runs"]) for day in days] == [("27", 0), ("28", 1), ("29", 0), ("30", 1), ("31", 0)]


def test_each_currency_has_a_chart_of_its_own(modules: Page) -> None:
    rows = [{"key": "a", "cost": {"USD": "0.5"}}, {"key": "b", "cost": {"EUR": "2", "USD": "1"}}]
    charts = modules.evaluate(CALL, ["costs", rows, "Cost", "Agent"])
    assert [(chart["units"], chart["series"][0]["values"]) for chart in charts] == [("EUR", [0, 2]), ("USD", [0.5, 1])]


def test_a_row_without_a_key_leads_nowhere_and_a_day_to_that_day(modules: Page) -> None:
    asked = {"group_by": "tag", "agent": "helper", "since": "2026-03-01"}
    assert modules.evaluate(CALL, ["filtersOfRow", asked, {"key": ""}]) is None
    found = modules.evaluate(CALL, ["filtersOfRow", {**asked, "group_by": "day"}, {"key": "2026-03-28"}])
    assert found == {"agent": "helper", "since": "2026-03-28", "until": "2026-03-28"}
