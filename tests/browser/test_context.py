"""What the model sees of a conversation, as a person sees and changes it: left out, summarised, and looked at afterwards."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.rest import call
from tests.browser.seen import expect_sound
from tests.support.mock_provider import Gate, MockProvider, ReceivedRequest
from tests.support.replies import Reply, openai_reply

QUESTIONS = ("Where do herons sleep?", "And what do they eat?", "Who comes along?")
SUMMARY = "- Herons sleep in trees.\n- They eat **frogs**."
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


def summarises(request: ReceivedRequest) -> bool:
    return "condense parts of a conversation" in json.dumps(request.json["messages"])


def answers(request: ReceivedRequest) -> Reply:
    """What the model says: a summary where it is asked for one."""
    if summarises(request):
        return openai_reply(SUMMARY)
    is_title = "title" in str(request.json["messages"][0]).lower() and len(request.json["messages"]) < 3
    return openai_reply("Herons" if is_title else "They stand still.")


@pytest.fixture
def talk(chat: ChatPage, provider: MockProvider) -> ChatPage:
    """A conversation of three runs."""
    provider.answer = answers
    for number, text in enumerate(QUESTIONS, start=1):
        chat.send(text)
        chat.expect_run(number, "Completed")
    return chat


@pytest.fixture
def view(talk: ChatPage) -> Locator:
    """The dialog of what the model sees, open."""
    talk.page.get_by_role("button", name=re.compile("^What the model sees: ")).click()
    dialog = talk.page.get_by_role("dialog", name="What the model sees")
    expect(dialog.get_by_role("listitem")).to_have_count(3)
    return dialog


def menu_of(chat: ChatPage, run: Locator, action: str) -> None:
    """Choose from the menu of a run."""
    run.hover()
    run.get_by_role("button", name=re.compile(r"^Run \d+: more$")).click()
    chat.choose(action)


def close(chat: ChatPage) -> None:
    """Close the dialog; what is written next goes into the message field."""
    chat.page.keyboard.press("Escape")
    expect(chat.page.get_by_role("dialog")).to_have_count(0)


def looks_sound(chat: ChatPage) -> None:
    for size in (PHONE, DESK):
        chat.page.set_viewport_size(size)  # type: ignore[arg-type]
        expect_sound(chat.page)
        wide = chat.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"the page is {wide} px too wide at {size}"


def said_to_model(provider: MockProvider) -> str:
    """All that the model was told when it was asked last."""
    return json.dumps([one for one in provider.requests if not summarises(one)][-1].json["messages"])


def summary_of(chat: ChatPage, names: str) -> Locator:
    return chat.page.get_by_role("region", name=f"Summary of {names}")


def summarise(chat: ChatPage, dialog: Locator, *numbers: int, wish: str = "") -> None:
    """Choose runs in the dialog, and have them summarised."""
    for number in numbers:
        dialog.get_by_role("checkbox", name=f"Select run {number}").check()
    dialog.get_by_role("button", name="Summarise …").click()
    asking = chat.page.get_by_role("dialog", name=re.compile("^Summarise "))
    asking.get_by_label("What matters").fill(wish)
    asking.get_by_role("button", name="Summarise", exact=True).click()


# --- The window -----------------------------------------------------------------------------------------------------


def test_the_window_shows_what_fills_it_and_follows_the_conversation(talk: ChatPage, view: Locator) -> None:
    for part in ("System prompt", "Conversation", "Kept for the answer", "Free"):
        expect(view.get_by_role("term").filter(has_text=part)).to_be_visible()
    expect(view.locator(".entry__title")).to_have_text(QUESTIONS[::-1])
    expect(view.locator(".entry__shown")).to_have_text(["whole"] * 3)
    looks_sound(talk)
    close(talk)
    gauge = talk.page.get_by_role("button", name=re.compile("^What the model sees: "))
    before = gauge.get_attribute("aria-label")
    talk.composer.fill("A long message. " * 200)
    expect(gauge).not_to_have_attribute("aria-label", str(before))
    talk.composer.fill("")
    expect(gauge).to_have_attribute("aria-label", str(before))
    talk.send("And then?")
    talk.expect_run(4, "Completed")
    expect(gauge).not_to_have_attribute("aria-label", str(before))


def test_a_run_is_left_out_and_taken_back(talk: ChatPage, view: Locator, provider: MockProvider) -> None:
    view.get_by_role("button", name="Run 2: change what the model sees").click()
    talk.choose("Leave out")
    expect(view.locator(".entry--excluded")).to_have_text(re.compile("left out by you"))
    close(talk)
    second = talk.run(2, "Completed")
    expect(second.locator(".mark--out")).to_contain_text("the model does not see it")
    looks_sound(talk)
    talk.send("And then?")
    talk.expect_run(4, "Completed")
    assert QUESTIONS[0] in said_to_model(provider)
    assert QUESTIONS[1] not in said_to_model(provider)

    talk.page.reload()
    second.get_by_role("button", name="Take back run 2").click()
    expect(second.locator(".mark--out")).to_have_count(0)
    talk.send("And now?")
    talk.expect_run(5, "Completed")
    assert QUESTIONS[1] in said_to_model(provider)


def test_chosen_runs_are_pinned_and_left_out_together(talk: ChatPage, view: Locator, context: BrowserContext) -> None:
    view.get_by_role("checkbox", name="Select run 1").check()
    view.get_by_role("checkbox", name="Select run 3").click(modifiers=["Shift"])
    bar = view.get_by_role("toolbar", name="Selected runs")
    expect(bar).to_contain_text("3 selected")
    looks_sound(talk)
    bar.get_by_role("button", name="Pin").click()
    expect(bar.get_by_role("button", name="Unpin")).to_be_visible()
    bar.get_by_role("button", name="Leave out").click()
    expect(view.locator(".entry--excluded")).to_have_count(3)
    expect(bar).to_have_count(0)
    thread = talk.page.url.rstrip("/").rpartition("/")[2]
    runs = call(context, "GET", f"threads/{thread}/runs/")["results"]
    assert [(run["context"], run["pinned"]) for run in runs] == [("excluded", True)] * 3


# --- Summaries --------------------------------------------------------------------------------------------------------


def test_a_summary_stands_where_its_runs_are(talk: ChatPage, view: Locator, provider: MockProvider) -> None:
    summarise(talk, view, 1, 2, wish="Keep the frogs")
    expect(view.locator(".entry--summarised")).to_have_count(2)
    close(talk)
    made = talk.expect_run(4, "Completed")
    expect(made).to_contain_text("Summarised: runs 1 and 2")
    expect(made.locator(".message--assistant")).to_have_count(0)
    card = summary_of(talk, "runs 1 and 2")
    expect(card).to_contain_text("Herons sleep in trees.")
    expect(card).to_contain_text("written by")
    assert any(summarises(one) and "Keep the frogs" in json.dumps(one.json) for one in provider.requests)
    expect(talk.run(1, "Completed")).to_have_count(0)
    looks_sound(talk)

    talk.send("And then?")
    talk.expect_run(5, "Completed")
    assert "Herons sleep in trees." in said_to_model(provider)
    assert QUESTIONS[0] not in said_to_model(provider)

    card.get_by_role("button", name="Show runs 1 and 2 as they were").click()
    expect(talk.run(1, "Completed")).to_contain_text(QUESTIONS[0])
    looks_sound(talk)
    talk.page.reload()
    expect(card).to_contain_text("Herons sleep in trees.")


def test_a_summary_is_edited_and_taken_back(talk: ChatPage, view: Locator, provider: MockProvider) -> None:
    summarise(talk, view, 2)
    talk.expect_run(4, "Completed")
    close(talk)
    card = summary_of(talk, "run 2")
    card.get_by_role("button", name="Summary of run 2: more").click()
    talk.choose("Edit")
    field = card.get_by_role("textbox", name="Edit the summary")
    expect(field).to_have_value(SUMMARY)
    looks_sound(talk)
    field.fill("Only fish.")
    field.press("Control+Enter")
    expect(card).to_contain_text("Only fish.")
    expect(card).to_contain_text("written by you")
    talk.send("And then?")
    talk.expect_run(5, "Completed")
    assert "Only fish." in said_to_model(provider)

    card.get_by_role("button", name="Summary of run 2: more").click()
    talk.choose("Take it back")
    expect(card).to_have_count(0)
    expect(talk.run(2, "Completed")).to_be_visible()
    talk.page.get_by_role("button", name="Summarise again").click()
    expect(card).to_contain_text("Herons sleep in trees.")


def test_runs_are_summarised_by_a_command_that_waits_for_its_turn(talk: ChatPage, provider: MockProvider) -> None:
    gate = Gate()
    provider.answer = lambda request: answers(request) if summarises(request) else openai_reply(gate, "At last.")
    talk.send("Take your time")
    talk.expect_run(4, "Answering")
    talk.send("/summarize 1-3 Keep the trees")
    queued = talk.page.get_by_role("list", name="Queue", exact=True).get_by_role("listitem")
    expect(queued).to_contain_text("Summarise 3 runs: Keep the trees")
    gate.open()
    talk.expect_run(5, "Completed")
    expect(summary_of(talk, "runs 1–3")).to_contain_text("They eat frogs.")


def test_a_summary_that_could_not_be_written_says_so(talk: ChatPage, provider: MockProvider) -> None:
    provider.answer = lambda request: openai_reply("") if summarises(request) else answers(request)
    talk.send("/summarize all")
    failed = talk.expect_run(4, "Failed")
    expect(failed).to_contain_text("Could not be summarised: runs 1–3")
    expect(talk.run(1, "Completed")).to_be_visible()
    looks_sound(talk)


# --- What the model saw -------------------------------------------------------------------------------------------------


def test_what_the_model_saw_can_be_looked_at_afterwards(talk: ChatPage, view: Locator) -> None:
    summarise(talk, view, 1)
    talk.expect_run(4, "Completed")
    view.get_by_role("button", name="Run 2: change what the model sees").click()
    talk.choose("Leave out")
    expect(view.locator(".entry--excluded")).to_have_count(1)
    close(talk)
    talk.send("And then?")
    menu_of(talk, talk.expect_run(5, "Completed"), "What the model saw")
    dialog = talk.page.get_by_role("dialog", name="What the model saw in run 5")
    expect(dialog.locator(".seen__message--summary").first).to_contain_text("Herons sleep in trees.")
    expect(dialog.get_by_role("group", name="Run 3")).to_contain_text(QUESTIONS[2])
    expect(dialog.get_by_role("group", name="Run 5")).to_contain_text("And then?")
    expect(dialog.get_by_text(QUESTIONS[1])).to_have_count(0)
    dialog.get_by_text("Instructions of the agent").click()
    looks_sound(talk)
