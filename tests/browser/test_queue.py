"""What is sent while an answer is being given: it waits in sight, is changed, moved and taken out, or joins the answer."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, expect

from tests.browser.chat_page import ChatPage
from tests.browser.seen import expect_sound
from tests.browser.test_conversation import answers
from tests.support.mock_provider import Call, Gate, MockProvider, openai_reply


def test_what_waits_is_changed_moved_and_taken_out_in_all_windows(
    chat: ChatPage, context: BrowserContext, provider: MockProvider
) -> None:
    gate = Gate()
    provider.answer = answers(openai_reply("Slow ", gate, "answer."), *(openai_reply(f"Answer {n}.") for n in "ABC"))
    chat.send("First")
    expect(chat.answers).to_have_text(["Slow"])
    for text in ("Second", "Third", "Fourth"):
        chat.send(text)
    queue = chat.queue
    expect(queue).to_have_text(["Second", "Third", "Fourth"])
    expect(chat.questions).to_have_text(["First"])
    expect(chat.page.get_by_text("3 messages wait")).to_be_visible()
    expect_sound(chat.page)
    other = ChatPage(context.new_page())
    other.open(chat.address)
    expect(other.queue).to_have_text(["Second", "Third", "Fourth"])

    chat.queued("Second").get_by_role("button", name="Edit").click()
    field = chat.page.get_by_role("textbox", name="Edit the queued message")
    field.fill("Second, but better")
    expect_sound(chat.page)
    field.press("Enter")
    chat.queued("Fourth").get_by_role("button", name="Place 3 of 3").press("ArrowUp")
    for window in (chat, other):
        expect(window.queue).to_have_text(["Second, but better", "Fourth", "Third"])
    grip = chat.queued("Fourth").get_by_role("button", name="Place 2 of 3")
    box, goal = grip.bounding_box(), chat.queued("Second").bounding_box()
    assert box
    assert goal
    chat.page.mouse.move(box["x"] + 10, box["y"] + 10)
    chat.page.mouse.down()
    chat.page.mouse.move(box["x"] + 10, goal["y"] + 2, steps=4)
    chat.page.mouse.up()
    for window in (chat, other):
        expect(window.queue).to_have_text(["Fourth", "Second, but better", "Third"])

    other.queued("Third").get_by_role("button", name="Take out of the queue").click()
    expect(chat.queue).to_have_text(["Fourth", "Second, but better"])
    other.page.get_by_role("button", name="Undo").click()
    expect(chat.queue).to_have_text(["Fourth", "Second, but better", "Third"])
    chat.queued("Third").get_by_role("button", name="Take out of the queue").click()
    expect(chat.queue).to_have_count(2)
    chat.page.reload()
    expect(chat.queue).to_have_text(["Fourth", "Second, but better"])
    gate.open()
    expect(chat.questions).to_have_text(["First", "Fourth", "Second, but better"])
    expect(chat.answers).to_have_text(["Slow answer.", "Answer A.", "Answer B."])
    expect(chat.queue).to_have_count(0)


def test_a_message_that_cannot_wait_stops_the_answer(chat: ChatPage, provider: MockProvider) -> None:
    gate = Gate()
    provider.answer = answers(openai_reply("Slow ", gate, "answer."), openai_reply("At once."), openai_reply("Later."))
    chat.send("First")
    expect(chat.answers).to_have_text(["Slow"])
    chat.send("Second")
    chat.send("Third")
    chat.queued("Third").get_by_role("button", name="More for this message").click()
    chat.choose("Stop the answer and send now")
    expect(chat.questions).to_have_text(["First", "Third", "Second"])
    expect(chat.answers).to_have_text(["Slow", "At once.", "Later."])
    gate.open()


def test_words_join_the_answer_before_its_next_step_or_come_back(
    chat: ChatPage, context: BrowserContext, provider: MockProvider
) -> None:
    first, second = Gate(), Gate()
    call = Call("current_time")
    provider.answer = answers(
        openai_reply("I look. ", first, call),
        openai_reply("It is ", second, "late."),
        openai_reply("Too late for that."),
    )
    chat.send("What time is it?")
    expect(chat.answers).to_have_text(["I look."])
    chat.composer.fill("In Berlin, please")
    chat.composer.press("Control+Shift+Enter")
    joining = chat.page.get_by_role("list", name="Joining the answer")
    expect(joining).to_contain_text("In Berlin, please")
    expect(chat.composer).to_have_value("")
    expect_sound(chat.page)
    chat.page.reload()
    expect(joining).to_contain_text("In Berlin, please")
    first.open()
    expect(chat.questions).to_have_text(["What time is it?", "In Berlin, please"])
    expect(chat.page.get_by_text("Joined the answer here")).to_be_visible()
    expect(joining).to_have_count(0)
    expect(chat.runs).to_have_count(1)
    assert "In Berlin, please" in str(provider.requests[-1].json["messages"][-1])

    chat.send("Thanks")
    chat.queued("Thanks").get_by_role("button", name="Join the answer now").click()
    expect(joining).to_contain_text("Thanks")
    expect(chat.queue).to_have_count(0)
    second.open()
    chat.expect_run(1, "Completed")
    expect(chat.page.get_by_text("came too late for this answer")).to_be_visible()
    expect(chat.answers.last).to_have_text("Too late for that.")
    expect(chat.questions).to_have_text(["What time is it?", "In Berlin, please", "Thanks"])


def test_words_that_were_changed_too_late_are_in_the_message_field(chat: ChatPage, provider: MockProvider) -> None:
    gate, later = Gate(), Gate()
    provider.answer = answers(openai_reply("Slow ", gate, "answer."), openai_reply("Then ", later, "this."))
    chat.send("First")
    expect(chat.answers).to_have_text(["Slow"])
    chat.send("Second")
    chat.queued("Second").get_by_role("button", name="Edit").click()
    chat.page.get_by_role("textbox", name="Edit the queued message").fill("Second, changed")
    gate.open()
    expect(chat.questions).to_have_text(["First", "Second"])
    expect(chat.composer).to_have_value("Second, changed")
    expect(chat.refusal).to_contain_text("is being answered already")
    later.open()
