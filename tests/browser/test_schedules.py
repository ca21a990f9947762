"""Schedules: said in words that people use, shown on their clock, started, paused, changed, and gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.rest import call
from tests.browser.seen import expect_sound

REPORT: dict[str, Any] = {
    "name": "Morning report",
    "slug": "morning-report",
    "parameters": [{"name": "topic", "label": "Topic", "type": "text", "required": True}],
    "commands": [{"type": "prompt", "text": "Report about {{topic}}"}],
}


@pytest.fixture
def report(context: BrowserContext, chat: ChatPage) -> Iterator[dict[str, Any]]:
    """A template to schedule; afterwards the person has neither templates nor schedules."""
    made = call(context, "POST", "run-templates/", REPORT)
    chat.start()
    yield made
    for address in ("run-schedules/", "run-templates/"):
        for one in call(context, "GET", address)["results"]:
            if one.get("mine", True):
                call(context, "DELETE", f"{address}{one['id']}/")


def dialog(chat: ChatPage, name: str) -> Locator:
    return chat.page.get_by_role("dialog", name=name, exact=True)


def open_schedules(chat: ChatPage) -> Locator:
    chat.sidebar.get_by_role("button", name="Menu", exact=True).click()
    chat.choose("Schedules")
    return dialog(chat, "Schedules")


def new_schedule(chat: ChatPage) -> Locator:
    open_schedules(chat).get_by_role("button", name="New schedule").click()
    return dialog(chat, "New schedule")


def test_a_schedule_is_made_run_paused_and_deleted(chat: ChatPage, report: dict[str, Any]) -> None:
    page = chat.page
    form = new_schedule(chat)
    form.get_by_label("Starts the template").select_option(label="Morning report")
    form.get_by_role("combobox", name="How often").select_option("weekly")
    form.get_by_label("At", exact=True).fill("07:30")
    form.get_by_role("checkbox", name="Friday").check()
    form.get_by_label("On the clocks of").select_option("Asia/Tokyo")
    times = form.get_by_role("list", name="The next times").get_by_role("listitem")
    expect(times).to_have_count(5)
    expect(times.first).to_contain_text("7:30 in Tokyo")
    expect_sound(page)
    form.get_by_role("button", name="Make the schedule").click()
    expect(form.get_by_text("This is needed.")).to_be_visible()
    form.get_by_label("Topic").fill("herons")
    form.get_by_role("button", name="Make the schedule").click()

    view = dialog(chat, "Morning report")
    expect(view).to_contain_text("Every Monday and Friday at 07:30, on the clocks of Asia/Tokyo")
    expect(view).to_contain_text("It was not due yet.")
    expect_sound(page)
    view.get_by_role("button", name="Run now").click()
    slots = view.get_by_role("list", name="What came of it").get_by_role("listitem")
    expect(slots).to_contain_text(["Started"])
    view.get_by_role("button", name="Pause").click()
    expect(view.locator(".standing")).to_have_text("paused")
    view.get_by_role("button", name="Go on").click()
    expect(view.locator(".standing")).to_have_text("on")
    slots.get_by_role("link", name="its run").click()

    run = chat.expect_run(1, "Completed")
    expect(chat.questions).to_have_text(["Report about herons"])
    expect(run.locator(".run__head")).to_contain_text("Started by the schedule Morning report")
    expect_sound(page)
    run.get_by_role("button", name="Morning report").first.click()
    view.get_by_role("button", name="Delete this schedule").click()
    view.get_by_role("button", name="Delete", exact=True).click()
    expect(dialog(chat, "Schedules")).to_contain_text("A schedule starts a template by itself")


def test_a_cron_expression_is_checked_while_it_is_written_and_kept(chat: ChatPage, report: dict[str, Any]) -> None:
    form = new_schedule(chat)
    form.get_by_role("combobox", name="How often").select_option("custom")
    cron = form.get_by_label("Cron expression")
    expect(cron).to_have_value("0 9 * * *")
    cron.fill("0 99 * * *")
    expect(cron).to_have_attribute("aria-invalid", "true")
    expect(form.get_by_role("alert")).to_contain_text("no cron expression")
    expect_sound(chat.page)
    cron.fill("15 8 1 */3 *")
    expect(form.get_by_role("list", name="The next times").get_by_role("listitem")).to_have_count(5)
    chat.page.keyboard.press("Escape")
    form = new_schedule(chat)
    expect(form.get_by_label("Cron expression")).to_have_value("15 8 1 */3 *")


def test_a_schedule_is_changed_and_goes_into_one_conversation(
    chat: ChatPage, context: BrowserContext, report: dict[str, Any]
) -> None:
    given = {
        "name": "Daily",
        "template": report["id"],
        "arguments": {"topic": "owls"},
        "cron": "0 9 * * *",
        "time_zone": "UTC",
    }
    call(context, "POST", "run-schedules/", given)
    chat.send("Hello")
    chat.expect_run(1, "Completed")
    open_schedules(chat).get_by_role("button", name="Daily").click()
    dialog(chat, "Daily").get_by_role("button", name="Change").click()
    form = dialog(chat, "Daily")
    expect(form.get_by_label("Topic")).to_have_value("owls")
    form.get_by_label("Name", exact=True).fill("Each morning")
    form.get_by_role("radio", name="Always").check()
    form.get_by_label("Until").fill("2020-01-01T00:00")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_label("Until")).to_have_attribute("aria-invalid", "true")
    form.get_by_label("Until").fill("")
    form.get_by_role("button", name="Save").click()
    view = dialog(chat, "Each morning")
    view.get_by_role("button", name="Run now").click()
    expect(view.get_by_role("list", name="What came of it")).to_contain_text("Started")
    view.get_by_role("link", name="always this conversation").click()
    chat.page.keyboard.press("Escape")
    chat.expect_run(2, "Completed")
    expect(chat.questions).to_have_text(["Hello", "Report about owls"])


def test_a_schedule_says_that_its_template_is_gone(
    chat: ChatPage, context: BrowserContext, report: dict[str, Any]
) -> None:
    given = {
        "name": "Orphan",
        "template": report["id"],
        "arguments": {"topic": "x"},
        "cron": "0 9 * * *",
        "time_zone": "UTC",
    }
    call(context, "POST", "run-schedules/", given)
    call(context, "DELETE", f"run-templates/{report['id']}/")
    schedules = open_schedules(chat)
    row = schedules.get_by_role("listitem").filter(has_text="Orphan")
    expect(row).to_contain_text("its template is gone")
    row.get_by_role("button").click()
    expect(dialog(chat, "Orphan").get_by_role("button", name="Run now")).to_have_count(0)
