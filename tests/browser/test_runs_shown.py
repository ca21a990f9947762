"""Runs as a person sees them: where one ends and the next begins, their time, two of them compared, several at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.rest import call
from tests.support.mock_provider import Gate, MockProvider, Reply, openai_reply

AUDIT = Path(__file__).with_name("audit.js").read_text()
CONTRAST = Path(__file__).with_name("contrast.js").read_text()
AT_REST = """() => {
  const changes = document.getAnimations().filter((one) => one instanceof CSSTransition);
  return Promise.all(changes.map(({ finished }) => finished)).then(() => null);
}"""
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


def can_be_read(chat: ChatPage) -> None:
    """Everything that is shown has a name and enough contrast, in the light and in the dark, wide and narrow."""
    for size in (PHONE, DESK):
        chat.page.set_viewport_size(size)  # type: ignore[arg-type]
        for scheme in ("dark", "light"):
            chat.page.emulate_media(color_scheme=scheme)
            chat.page.evaluate(AT_REST)
            assert chat.page.evaluate(AUDIT) == [], (size, scheme)
            assert chat.page.evaluate(CONTRAST) == [], (size, scheme)
        wide = chat.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"the page is {wide} px too wide at {size}"


def menu_of(chat: ChatPage, run: Locator, action: str) -> None:
    """Choose from the menu of a run."""
    run.hover()
    run.get_by_role("button", name=re.compile(r"^Run \d+: more$")).click()
    chat.choose(action)


def answers(provider: MockProvider, *replies: Reply) -> None:
    """What the model says, question by question; it makes titles too."""
    left = iter(replies)

    def answer(request: Any) -> Reply:
        title = "title" in str(request.json["messages"][0]).lower()
        return openai_reply("A title") if title else next(left)

    provider.answer = answer


@pytest.fixture
def talk(chat: ChatPage, provider: MockProvider) -> ChatPage:
    """A conversation of three runs, the second of which was edited."""
    answers(provider, *map(openai_reply, ["One.", "The sky is blue.", "The sea is blue."]))
    for number, text in enumerate(["First", "What is blue?"], start=1):
        chat.send(text)
        chat.expect_run(number, "Completed")
    return chat


def rerun(chat: ChatPage, context: BrowserContext, run: str, **body: Any) -> None:
    call(context, "POST", f"runs/{run}/rerun/", body)


def runs_of(chat: ChatPage, context: BrowserContext) -> list[dict[str, Any]]:
    """The open conversation's runs, oldest first."""
    thread = chat.address.rstrip("/").rpartition("/")[2]
    found: list[dict[str, Any]] = call(context, "GET", f"threads/{thread}/runs/")["results"]
    return sorted(found, key=lambda run: int(run["number"]))


def test_a_run_says_what_it_is_and_shows_its_time_and_its_difference(talk: ChatPage, context: BrowserContext) -> None:
    second = runs_of(talk, context)[1]
    rerun(talk, context, second["id"], input={"text": "What else is blue?"})
    edited = talk.expect_run(3, "Completed")
    expect(edited.locator(".run__head")).to_contain_text("Edited from run 2")
    call(
        context,
        "PATCH",
        f"runs/{runs_of(talk, context)[2]['id']}/",
        {"title": "Blue", "tags": ["colour"], "pinned": True, "importance": 90},
    )
    expect(edited.locator(".run__title")).to_have_text("Blue")
    expect(edited.get_by_role("list", name="Tags")).to_have_text("colour")
    expect(edited.locator(".mark")).to_have_text(["Pinned", "Importance 90"])
    can_be_read(talk)

    menu_of(talk, edited, "Timeline")
    timeline = talk.page.get_by_role("dialog", name="Timeline of run 3")
    rows = timeline.get_by_role("row")
    expect(rows.nth(1)).to_contain_text("Queued")
    expect(rows.nth(2)).to_contain_text("Model call")
    expect(rows.nth(2)).to_contain_text("tokens")
    can_be_read(talk)
    talk.page.keyboard.press("Escape")

    menu_of(talk, edited, "Compare with")
    compared = talk.page.get_by_role("dialog", name="Compare runs")
    expect(compared.get_by_label("First run")).to_have_value(second["id"])
    expect(compared.locator("del")).to_have_text(["sky"])
    expect(compared.locator("ins")).to_have_text(["else ", "sea"])
    expect(compared.get_by_role("row", name="Tokens out")).to_be_visible()
    can_be_read(talk)
    compared.get_by_text("Side by side", exact=True).click()
    expect(compared.get_by_role("group", name="Run 2").last.locator(".prose")).to_have_text("The sky is blue.")
    expect(compared.get_by_role("group", name="Run 3").last.locator(".prose")).to_have_text("The sea is blue.")
    can_be_read(talk)


def test_a_run_is_compared_with_one_of_another_conversation(talk: ChatPage, provider: MockProvider) -> None:
    address = talk.address
    talk.start()
    answers(provider, openai_reply("The sky is grey."))
    talk.send("What is quixotically grey?")
    talk.expect_run(1, "Completed")
    talk.open(address)
    menu_of(talk, talk.run(2, "Completed"), "Compare with")
    compared = talk.page.get_by_role("dialog", name="Compare runs")
    compared.get_by_role("button", name="A run of another conversation").click()
    compared.get_by_label("Find a run of another conversation").fill("quixotically")
    found = compared.get_by_role("group", name="Runs of other conversations").get_by_role("button")
    expect(found).to_contain_text(["quixotically grey?"])
    can_be_read(talk)
    found.first.click()
    expect(compared.get_by_label("Second run")).to_contain_text("Run 1 · another conversation")
    expect(compared.get_by_role("row", name="Conversation")).to_be_visible()
    expect(compared).to_contain_text("The sky is grey.")


def test_runs_and_groups_of_runs_fold(talk: ChatPage, context: BrowserContext) -> None:
    talk.send("And third")
    third = talk.expect_run(3, "Completed")
    runs = runs_of(talk, context)
    thread = runs[0]["thread_id"]
    call(context, "POST", f"threads/{thread}/groups/", {"name": "Beginning", "runs": [run["id"] for run in runs[:2]]})

    third.hover()
    third.get_by_role("button", name="Fold run 3").click()
    expect(third.locator(".prose")).to_have_count(0)
    expect(third).to_contain_text("And third")
    group = talk.page.get_by_role("region", name="Beginning")
    expect(group.get_by_role("article")).to_have_count(2)
    group.get_by_role("button", name="Beginning", exact=True).click()
    expect(group.get_by_role("article")).to_have_count(0)
    expect(group).to_contain_text("2 runs")
    can_be_read(talk)

    talk.page.reload()  # a folded run is remembered here, a folded group everywhere
    expect(talk.page.get_by_role("region", name="Beginning").get_by_role("article")).to_have_count(0)
    expect(talk.run(3, "Completed").locator(".prose")).to_have_count(0)
    talk.page.get_by_role("button", name="Unfold run 3").click()
    expect(talk.run(3, "Completed").locator(".prose")).to_have_text("The sea is blue.")


def test_several_answers_stream_side_by_side_until_one_is_kept(
    chat: ChatPage, context: BrowserContext, provider: MockProvider
) -> None:
    answers(provider, openai_reply("Hello."))
    chat.send("Hello")
    chat.expect_run(1, "Completed")
    gates = [Gate(), Gate()]
    tea, coffee = openai_reply("Tea", gates[0], " is best."), openai_reply("Coffee", gates[1], " is best.")
    answers(provider, tea, coffee)
    thread = runs_of(chat, context)[0]["thread_id"]
    body = {"input": {"type": "user", "text": "What to drink?"}, "also": [{"agent": "assistant"}]}
    call(context, "POST", f"threads/{thread}/runs/", body)

    batch = chat.page.get_by_role("region", name="One question, 2 answers")
    columns = batch.get_by_role("article")
    expect(columns.locator(".prose")).to_have_text([re.compile("Tea|Coffee")] * 2)
    expect(batch).to_contain_text("2 still being written")
    expect(batch.locator(".said__text")).to_have_text(["What to drink?"])
    for gate in gates:
        gate.open()
    expect(batch).to_contain_text("Keep the one to go on with")
    can_be_read(chat)
    assert len({(box or {"y": None})["y"] for box in map(Locator.bounding_box, columns.all())}) == 1

    chat.page.reload()
    expect(columns.locator(".prose")).to_have_text([re.compile("is best")] * 2)
    said = columns.nth(1).locator(".prose").inner_text()
    columns.nth(1).get_by_role("button", name="Keep this one").click()
    expect(batch).to_have_count(0)
    kept = chat.run(3, "Completed")
    expect(kept.locator(".prose")).to_have_text(said)
    expect(kept).to_contain_text("2/2")
