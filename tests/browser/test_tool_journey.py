"""An agent acts, as its person sees it: skill, source, citation, chart, approval over a restart, job, and what it brings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.equipped import log_in
from tests.browser.test_access import AUDIT, CONTRAST
from tests.browser.window import Window
from tests.support.journey import (
    CHART,
    DELIVERED,
    ORDER,
    ORDERED,
    PASSAGE,
    QUESTION,
    RESULT,
    SKILL,
    SOURCE,
    TITLE,
    Journey,
    prepared,
)
from tests.support.mock_provider import MockProvider


@pytest.fixture
def journey(shared_provider: MockProvider, tmp_path: Path) -> Iterator[Journey]:
    count = len(shared_provider.requests)
    with prepared(shared_provider, tmp_path) as ready:
        ready.begin()
        yield ready
    assert len(shared_provider.requests) > count


@pytest.fixture
def chat(browser: Browser, journey: Journey) -> Iterator[ChatPage]:
    login = log_in(browser, journey.server)
    with Window(browser, journey.server, login) as window, window.used() as context:
        page = ChatPage(context.new_page())
        page.start()
        yield page


def test_an_agent_acts_and_its_person_watches(chat: ChatPage, journey: Journey) -> None:
    chat.composer.press_sequentially("@energy")
    chat.composer.press("Enter")
    chat.composer.press_sequentially(QUESTION)
    chat.composer.press("Enter")
    run = chat.expect_run(1, "Waits for you")
    the_skill_is_active_by_the_agent(chat, run)
    the_citation_opens_its_passage(chat, run)
    the_chart_is_drawn_and_can_be_read(run)
    it_asks_for_approval(chat)
    it_can_be_read_by_everybody(chat)

    chat.page.evaluate("window.stayed = true")
    journey.server.restart()

    expect(chat.pill).to_have_count(0)
    it_asks_for_approval(chat)
    assert chat.page.evaluate("window.stayed")
    chat.page.reload()
    it_asks_for_approval(chat)
    assert journey.jobs.jobs == []
    approval(chat).get_by_role("button", name="Approve", exact=True).click()

    run = chat.expect_run(1, "Completed")
    expect(approval(chat)).to_have_count(0)
    expect(chat.answers.last).to_have_text(ORDERED)
    expect(call(run, "Job")).to_contain_text("It goes on by itself.")
    expect(chat.sidebar.get_by_role("link", name=TITLE)).to_be_visible()

    journey.jobs.taken(0).end("succeeded", RESULT)
    brought = chat.expect_run(2, "Completed")
    for visit in ("watching", "reading"):
        if visit == "reading":
            chat.page.reload()
        the_result_came_by_itself(chat, chat.expect_run(1, "Completed"), brought)
    it_can_be_read_by_everybody(chat)


def approval(chat: ChatPage) -> Locator:
    return chat.page.get_by_role("region", name="Approval needed")


def call(run: Locator, name: str) -> Locator:
    """A call, by the name that people see."""
    return run.locator(".tool").filter(has=run.page.locator(".tool__name", has_text=name))


def the_skill_is_active_by_the_agent(chat: ChatPage, run: Locator) -> None:
    active = chat.page.get_by_role("list", name="Active skill").get_by_role("listitem")
    expect(active).to_contain_text(SKILL["name"])
    expect(active).to_contain_text("by the agent")
    expect(call(run, "Activate a skill")).to_contain_text(SKILL["slug"])


def the_citation_opens_its_passage(chat: ChatPage, run: Locator) -> None:
    expect(call(run, "Read a source").locator(".tool__summary")).to_have_text(SOURCE["title"])
    chip = run.get_by_role("navigation", name="Sources of run 1").get_by_role("button", name=SOURCE["title"])
    for opener in (run.locator(".citation"), chip):
        the_passage_is_shown(chat, opener)


def the_passage_is_shown(chat: ChatPage, opener: Locator) -> None:
    opener.click()
    panel = chat.page.get_by_role("dialog", name=SOURCE["title"])
    expect(panel.locator(".source__passage").first).to_contain_text(PASSAGE)
    expect(panel.locator("mark", has_text=PASSAGE)).to_be_in_viewport()
    chat.page.keyboard.press("Escape")
    expect(panel).to_have_count(0)


def the_chart_is_drawn_and_can_be_read(run: Locator) -> None:
    figure = run.get_by_role("figure", name=CHART["title"])
    expect(figure.locator("svg .chart__bar")).to_have_count(3)
    figure.get_by_role("button", name="Show the values as a table").click()
    expect(figure.get_by_role("row", name="January")).to_contain_text("910")
    figure.get_by_role("button", name="Show the chart").click()
    expect(figure.locator("svg .chart__bar")).to_have_count(3)


def it_asks_for_approval(chat: ChatPage) -> None:
    chat.expect_run(1, "Waits for you")
    expect(approval(chat)).to_contain_text("May I use Job?")
    expect(approval(chat)).to_contain_text(ORDER["endpoint"])
    expect(approval(chat)).to_contain_text(str(ORDER["input"]["year"]))


def the_result_came_by_itself(chat: ChatPage, asked: Locator, brought: Locator) -> None:
    expect(chat.runs).to_have_count(2)
    expect(brought.locator(".trigger")).to_contain_text("Started by Job, asked for in run 1")
    expect(brought).to_contain_text(RESULT)
    expect(brought.locator(".message--assistant .prose")).to_contain_text(DELIVERED)
    expect(chat.questions).to_have_text([QUESTION])
    the_passage_is_shown(chat, brought.locator(".citation"))
    expect(call(asked, "Job")).to_contain_text("Its result came in run 2")
    asked.get_by_role("link", name="run 2").click()
    expect(brought).to_be_focused()
    brought.get_by_role("link", name="run 1").click()
    expect(asked).to_be_focused()


def it_can_be_read_by_everybody(chat: ChatPage) -> None:
    """On a phone, in light and dark."""
    chat.page.set_viewport_size({"width": 390, "height": 800})
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        chat.page.emulate_media(color_scheme=scheme)
        chat.page.evaluate("() => Promise.allSettled(document.getAnimations().map((one) => one.finished))")
        assert chat.page.evaluate(AUDIT) == []
        assert chat.page.evaluate(CONTRAST) == []
        assert not chat.page.evaluate("() => document.querySelector('.transcript').scrollWidth > innerWidth")
    chat.page.emulate_media(color_scheme="light")
    chat.page.set_viewport_size({"width": 1280, "height": 720})
