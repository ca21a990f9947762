"""What a run does, as a person sees it: calls, questions, leave to go on, tasks for others, what comes later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, StorageState, expect

from tests.browser.chat_page import ChatPage
from tests.browser.equipped import calls, log_in
from tests.browser.test_access import AUDIT, CONTRAST
from tests.browser.test_conversation import answers
from tests.browser.window import Window
from tests.support.mock_provider import MockProvider, openai_reply
from tests.support.server import CodayServer

COLOURS = [{"value": "red", "label": "Red", "description": "As a rose"}, {"value": "blue", "label": "Blue"}]
CHOICE = {"question": "Which colour?", "options": COLOURS}
FIELDS = [
    {"name": "who", "label": "Who", "type": "text", "required": True},
    {"name": "many", "label": "How many", "type": "integer", "required": True},
    {"name": "mail", "label": "E-mail", "type": "email"},
]


@pytest.fixture(scope="module")
def login(browser: Browser, equipped: CodayServer) -> StorageState:
    return log_in(browser, equipped)


@pytest.fixture(scope="module")
def window(browser: Browser, equipped: CodayServer, login: StorageState) -> Iterator[Window]:
    with Window(browser, equipped, login) as opened:
        yield opened


def line(run: Locator, name: str) -> Locator:
    """The line of a call, by the name that people see."""
    return run.locator(".tool__line", has_text=name)


def question(chat: ChatPage, name: str = "A question for you") -> Locator:
    return chat.page.get_by_role("region", name=name)


def results_given(provider: MockProvider) -> list[str]:
    """What the model was told of its calls."""
    messages: list[dict[str, Any]] = [one for request in provider.requests for one in request.json["messages"]]
    return [message["content"] for message in messages if message["role"] == "tool"]


# --- Calls ----------------------------------------------------------------------------------------------------------


def test_a_call_is_a_line_that_opens_while_watching_and_when_read_again(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(
        calls(("current_time", {"zone": "Europe/Berlin"}), text="Let me look."), openai_reply("It is late.")
    )
    chat.send("What time is it?")
    for visit in ("watching", "reading"):
        if visit == "reading":
            chat.page.reload()
        run = chat.expect_run(1, "Completed")
        call = run.locator(".tool")
        expect(call).to_have_count(1)
        expect(call).to_contain_text("Europe/Berlin")
        expect(call.locator(".result")).to_be_hidden()
        call.locator(".tool__line").click()
        expect(call.locator(".values")).to_contain_text("Europe/Berlin")
        expect(call.locator(".result pre")).to_contain_text("202")
    expect(chat.answers).to_have_text(["Let me look.", "It is late."])


def test_a_failed_call_says_why_without_being_opened(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(calls(("current_time", {"zone": "Mars/Olympus"})), openai_reply("I do not know."))
    chat.send("What time is it on Mars?")
    call = chat.expect_run(1, "Completed").locator(".tool--failed")
    expect(call.locator(".tool__told")).to_contain_text("Mars")


# --- Questions ------------------------------------------------------------------------------------------------------


def test_a_choice_is_answered_by_keyboard_and_survives_a_reload(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(calls(("ask_choice", CHOICE)), openai_reply("Blue it is."))
    chat.send("Ask me")
    run = chat.expect_run(1, "Waits for you")
    expect(run.locator(".run__head")).to_contain_text("waits for you")
    expect(chat.sidebar.get_by_role("img", name="waits for you")).to_be_visible()
    expect(question(chat).get_by_role("radio", name="Red")).to_be_focused()
    chat.page.reload()
    expect(question(chat)).to_contain_text("Which colour?")
    expect(chat.composer).to_be_focused()  # it is not new any more
    question(chat).get_by_role("radio", name="Red").focus()
    chat.page.keyboard.press("ArrowDown")
    expect(question(chat).get_by_role("radio", name="Blue")).to_be_checked()
    chat.page.keyboard.press("Enter")
    run = chat.expect_run(1, "Completed")
    expect(chat.answers).to_have_text(["Blue it is."])
    expect(run.locator(".tool")).to_contain_text("Which colour?")
    expect(run.locator(".tool__told")).to_contain_text("Blue")
    expect(chat.sidebar.get_by_role("img", name="waits for you")).to_have_count(0)


def test_a_question_takes_no_focus_from_who_is_writing(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(calls(("ask_choice", CHOICE)), openai_reply("Fine."))
    chat.send("Ask me")
    chat.composer.press_sequentially("meanwhile")
    expect(question(chat)).to_be_visible()
    chat.composer.press_sequentially(" I write")
    expect(chat.composer).to_have_value("meanwhile I write")


def test_a_form_tells_what_is_wrong_in_place_and_sends_what_is_filled_in(
    chat: ChatPage, provider: MockProvider
) -> None:
    provider.answer = answers(calls(("ask_form", {"question": "Who comes?", "fields": FIELDS})), openai_reply("Noted."))
    chat.send("Ask me")
    form = question(chat)
    form.get_by_label("How many").fill("1.5")
    form.get_by_label("E-mail").fill("nobody")
    form.get_by_role("button", name="Answer").click()
    expect(form.locator(".field__error")).to_have_text(
        ["This is needed.", "Write a whole number.", "Write an e-mail address, such as ada@example.org."]
    )
    expect(form.get_by_label("Who")).to_be_focused()
    form.get_by_label("Who").fill("Ada")
    form.get_by_label("How many").fill("3")
    form.get_by_label("E-mail").fill("")
    form.get_by_role("button", name="Answer").click()
    chat.expect_run(1, "Completed")
    told = results_given(provider)[-1]
    assert "Ada" in told
    assert "3" in told


def test_a_question_goes_from_every_tab_once_it_is_answered(
    chat: ChatPage, context: BrowserContext, provider: MockProvider
) -> None:
    provider.answer = answers(calls(("ask_choice", CHOICE)), openai_reply("Red it is."))
    chat.send("Ask me")
    expect(question(chat)).to_be_visible()
    other = ChatPage(context.new_page())
    other.open(chat.address)
    question(other).get_by_role("radio", name="Red").check()
    question(other).get_by_role("button", name="Answer").click()
    for tab in (other, chat):
        tab.page.bring_to_front()
        tab.expect_run(1, "Completed")
        expect(question(tab)).to_have_count(0)


def test_an_answer_that_does_not_arrive_is_kept_and_can_be_sent_again(
    chat: ChatPage, context: BrowserContext, provider: MockProvider
) -> None:
    provider.answer = answers(calls(("ask_choice", CHOICE)), openai_reply("Red it is."))
    chat.send("Ask me")
    question(chat).get_by_role("radio", name="Red").check()
    context.set_offline(True)
    expect(chat.pill).to_contain_text("Offline")
    question(chat).get_by_role("button", name="Answer").click()
    expect(question(chat).get_by_role("status")).to_contain_text("The server cannot be reached.")
    context.set_offline(False)
    expect(chat.pill).to_have_count(0)
    expect(question(chat).get_by_role("radio", name="Red")).to_be_checked()
    question(chat).get_by_role("button", name="Answer").click()
    chat.expect_run(1, "Completed")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_asked_has_names_and_can_be_read_on_a_phone(
    chat: ChatPage, provider: MockProvider, scheme: str
) -> None:
    chat.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    chat.page.set_viewport_size({"width": 390, "height": 800})
    form = {"question": "Who comes?", "fields": FIELDS}
    approval = ("calculate", {"expression": "6 * 7"})
    provider.answer = answers(calls(("ask_choice", CHOICE), ("ask_form", form), approval))
    chat.send("Ask me")
    expect(chat.page.locator(".question")).to_have_count(3)
    question(chat, "Approval needed").get_by_role("button", name="Edit").click()
    question(chat).last.get_by_role("button", name="Answer").click()
    assert chat.page.evaluate(AUDIT) == []
    assert chat.page.evaluate(CONTRAST) == []
    assert not chat.page.evaluate("() => document.querySelector('.transcript').scrollWidth > innerWidth")


# --- Leave to go on -------------------------------------------------------------------------------------------------


def test_a_key_that_was_meant_for_the_message_approves_nothing(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(calls(("calculate", {"expression": "6*7"}), ("calculate", {"expression": "6*8"})))
    chat.send("Work it out.")
    cards = question(chat, "Approval needed")
    expect(cards).to_have_count(2)
    expect(cards.first).to_be_focused()
    chat.page.keyboard.press("Enter")
    chat.page.keyboard.press("Space")
    cards.last.get_by_role("button", name="Refuse").click()
    cards.last.get_by_role("button", name="Refuse").click()
    expect(cards).to_have_count(1)
    expect(cards.first).to_contain_text("6*7")
    expect(chat.page.locator(".tool__status").last).to_have_text("refused")
    chat.stop.click()


def test_a_call_is_approved_with_changes(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(calls(("calculate", {"expression": "6 * 7"})), openai_reply("Done."))
    chat.send("Calculate")
    card = question(chat, "Approval needed")
    expect(card).to_contain_text("6 * 7")
    card.get_by_role("button", name="Edit").click()
    card.get_by_label("expression").fill("6 * 8")
    card.get_by_role("button", name="Approve the changes").click()
    run = chat.expect_run(1, "Completed")
    expect(run.locator(".tool")).to_contain_text("edited")
    expect(line(run, "6 * 8")).to_be_visible()
    told = results_given(provider)[-1]
    assert "48" in told


def test_a_refusal_gives_its_reason_to_the_agent(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(calls(("calculate", {"expression": "1 / 3"})), openai_reply("Then not."))
    chat.send("Calculate")
    card = question(chat, "Approval needed")
    card.get_by_role("button", name="Refuse").click()
    expect(card.get_by_label("Why not?")).to_be_focused()
    chat.page.keyboard.type("I know it myself")
    chat.page.keyboard.press("Enter")
    run = chat.expect_run(1, "Completed")
    expect(run.locator(".tool__told")).to_contain_text("I know it myself")
    expect(run.locator(".tool__status")).to_contain_text("refused")
    assert "I know it myself" in results_given(provider)[-1]


def test_an_approval_for_the_conversation_asks_no_more(chat: ChatPage, provider: MockProvider) -> None:
    again = calls(("calculate", {"expression": "2 + 2"}))
    provider.answer = answers(
        calls(("calculate", {"expression": "1 + 1"})), openai_reply("Two."), again, openai_reply("Four.")
    )
    chat.send("Calculate")
    question(chat, "Approval needed").get_by_role("button", name="Always in this conversation").click()
    chat.expect_run(1, "Completed")
    chat.send("Once more")
    chat.expect_run(2, "Completed")
    expect(chat.answers).to_have_text(["Two.", "Four."])


def test_a_waiting_run_can_be_stopped(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(calls(("calculate", {"expression": "1"})))
    chat.send("Calculate")
    expect(question(chat, "Approval needed")).to_be_visible()
    chat.run(1, "Waits for you").get_by_role("button", name="Stop").click()
    chat.expect_run(1, "Stopped")
    expect(question(chat, "Approval needed")).to_have_count(0)


# --- Tasks for others -----------------------------------------------------------------------------------------------

TASK = {"agent": "editor", "task": "Choose a colour and say why."}


def test_a_task_is_shown_with_all_that_its_agent_did(chat: ChatPage, provider: MockProvider) -> None:
    child = calls(("current_time", {"zone": "UTC"}), text="Let me think.")
    provider.answer = answers(
        calls(("delegate", TASK)), child, openai_reply("Blue, as **the sea**."), openai_reply("Blue, says the editor.")
    )
    chat.send("Let somebody choose")
    for visit in ("watching", "reading"):
        if visit == "reading":
            chat.page.reload()
        run = chat.expect_run(1, "Completed")
        task = run.locator(".tool--delegation")
        expect(task).to_contain_text("Asked Writing editor")
        expect(run.get_by_text("Let me think.")).to_have_count(0)
        task.locator(".tool__line").first.click()
        expect(task.locator(".delegated .prose")).to_have_text(["Let me think.", "Blue, as the sea."])
        expect(task.locator(".delegated strong")).to_have_text("the sea")
        expect(task.locator(".delegated .tool")).to_contain_text("UTC")
    expect(chat.runs).to_have_count(1)


def test_a_task_that_came_to_nothing_says_why_without_being_opened(chat: ChatPage, provider: MockProvider) -> None:
    nobody = {**TASK, "agent": "nobody"}
    provider.answer = answers(calls(("delegate", nobody)), openai_reply("I did it myself."))
    chat.send("Let somebody choose")
    task = chat.expect_run(1, "Completed").locator(".tool--delegation")
    told = task.locator(".tool__told")
    expect(told).to_contain_text("nobody")
    task.locator(".tool__line").first.click()
    expect(told).to_have_count(0)
    expect(task.locator(".result--failed")).to_contain_text("nobody")


def test_an_approved_call_says_that_it_waits_for_the_others(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(calls(("calculate", {"expression": "6*7"}), ("calculate", {"expression": "6*8"})))
    chat.send("Work it out.")
    cards = question(chat, "Approval needed")
    cards.first.get_by_role("button", name="Approve").click()
    expect(line(chat.run(1, "Waits for you"), "6*7").locator(".tool__status")).to_have_text("waits for the others")
    chat.stop.click()


def test_what_a_task_asks_is_answered_without_opening_it(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(
        calls(("delegate", TASK)), calls(("ask_choice", CHOICE)), openai_reply("Red."), openai_reply("Red, then.")
    )
    chat.send("Let somebody choose")
    chat.expect_run(1, "Waits for you")
    expect(question(chat)).to_contain_text("Writing editor asks")
    chat.page.reload()
    chat.expect_run(1, "Waits for you")
    question(chat).get_by_role("radio", name="Red").check()
    question(chat).get_by_role("button", name="Answer").click()
    chat.expect_run(1, "Completed")
    expect(chat.answers).to_have_text(["Red, then."])
    expect(question(chat)).to_have_count(0)


# --- What comes later -----------------------------------------------------------------------------------------------


def test_what_comes_later_is_linked_with_what_asked_for_it(chat: ChatPage, provider: MockProvider) -> None:
    reminder = {"text": "Water the plants", "in_minutes": 0.001}
    provider.answer = answers(
        calls(("remind_me", reminder)), openai_reply("I will."), openai_reply("Water the plants!")
    )
    chat.send("Remind me")
    later = chat.expect_run(2, "Completed")
    expect(later.locator(".trigger")).to_contain_text("Started by Reminder, asked for in run 1")
    first = chat.run(1, "Completed")
    expect(first.locator(".tool")).to_contain_text("Its result came in run 2")
    address = chat.address
    first.get_by_role("link", name="run 2").click()
    expect(later).to_be_focused()
    later.get_by_role("link", name="run 1").click()
    expect(first).to_be_focused()
    assert chat.page.url == address
    chat.page.reload()
    expect(chat.run(2, "Completed").locator(".trigger")).to_contain_text("asked for in run 1")


def test_what_goes_on_can_be_cancelled(chat: ChatPage, provider: MockProvider) -> None:
    reminder = {"text": "Water the plants", "in_minutes": 60}
    provider.answer = answers(calls(("remind_me", reminder)), openai_reply("I will."))
    chat.send("Remind me")
    call = chat.expect_run(1, "Completed").locator(".tool")
    expect(call).to_contain_text("It goes on by itself.")
    chat.page.reload()
    call.get_by_role("button", name="Cancel").click()
    chat.page.get_by_role("dialog", name="Cancel “Reminder”?").get_by_role("button", name="Cancel it").click()
    expect(call).to_contain_text("Cancelled by the person.")
    expect(call.get_by_role("button", name="Cancel")).to_have_count(0)
