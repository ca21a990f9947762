"""What a run does beside messages: shown where it happened, while it is watched and whenever it is read again."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.chat_page import ChatPage, Frame, change_frames
from tests.browser.test_conversation import answers
from tests.support.mock_provider import Gate, MockProvider, Reply, openai_reply

AGAIN = "Trying again"
CUT_SHORT = "limit"


def told(run: Locator) -> Locator:
    """What a run shows, in its order: what was said and what was done."""
    return run.locator(".said, .step, .prose")


def test_a_repeated_call_is_told_where_it_happened_also_after_a_reload(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(Reply(status=500, steps=(b"{}",)), openai_reply("Now it works.", finish="length"))
    chat.send("Try")
    for visit in ("watching", "reading"):
        if visit == "reading":
            chat.page.reload()
        run = chat.expect_run(1, "Completed")
        expect(told(run)).to_have_count(4)
        expect(told(run)).to_contain_text(["Try", AGAIN, "Now it works.", CUT_SHORT])


def test_older_pages_bring_their_steps_and_cost_one_request_each(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(Reply(status=500, steps=(b"{}",)), openai_reply("One."), openai_reply("Two."))
    for number, text in enumerate(("First", "Second"), start=1):
        chat.send(text)
        chat.expect_run(number, "Completed")
    requests = short_pages(chat.page)
    chat.page.reload()
    expect(chat.answers).to_have_text(["One.", "Two."])
    expect(told(chat.run(1, "Completed"))).to_contain_text(["First", AGAIN, "One."])
    assert [address.rpartition("/")[0].rpartition("/")[2] for address in requests] == ["messages"] * len(requests)
    assert len(requests) == 2


def test_steps_of_another_attempt_are_read_with_it(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(Reply(status=500, steps=(b"{}",)), openai_reply("One."), openai_reply("Two."))
    chat.send("Say something")
    chat.expect_run(1, "Completed").get_by_role("button", name="Run again").click()
    chat.expect_run(2, "Completed")
    chat.page.reload()
    chat.page.get_by_role("button", name="attempt 2 of 2").click()
    attempt = chat.page.get_by_role("dialog").get_by_role("article")
    expect(told(attempt)).to_contain_text(["Say something", AGAIN, "One."])


def short_pages(page: Page) -> list[str]:
    """Let pages of messages hold two; returns the addresses of those that will have been asked for."""
    asked: list[str] = []

    def shorten(route: Route) -> None:
        address = route.request.url
        asked.append(address)
        route.continue_(url=address if "?" in address else f"{address}?limit=2")

    page.route("**/messages/**", shorten)
    return asked


# --- The queue ------------------------------------------------------------------------------------------------------


def test_a_queued_message_shows_its_place(chat: ChatPage, provider: MockProvider) -> None:
    gate = Gate()
    provider.answer = answers(openai_reply("Slow ", gate, "answer."))
    change_frames(chat.page, place_in_queue)
    chat.send("First")
    expect(chat.answers).to_have_text(["Slow"])
    chat.send("Second")
    queue = chat.page.locator(".composer__queue")
    run = chat.expect_run(2, "Queued")
    expect(run).to_contain_text("Queued · position 1. It starts when the run before it has ended.")
    expect(queue).to_have_text("Queued · position 1")
    chat.send("Third")
    expect(chat.expect_run(3, "Queued")).to_contain_text("Queued · position 2.")
    expect(queue).to_have_text("2 queued, the next one at position 1")
    gate.open()
    chat.expect_run(3, "Completed")
    expect(queue).to_be_hidden()


def test_a_message_that_is_queued_for_long_says_what_it_waits_for(chat: ChatPage, provider: MockProvider) -> None:
    gate = Gate()
    provider.answer = answers(openai_reply("Slow ", gate, "answer."))
    change_frames(chat.page, explain_queue)
    chat.send("First")
    expect(chat.answers).to_have_text(["Slow"])
    chat.send("Second")
    run = chat.expect_run(2, "Queued")
    expect(run).to_contain_text("It starts when the run before it has ended.")
    expect(run).to_contain_text("Nobody is at work.")
    expect(run).not_to_contain_text("It starts when")
    gate.open()
    chat.expect_run(2, "Completed")
    expect(told(chat.run(2, "Completed"))).to_contain_text(["Second", "Nobody is at work.", "And that is all."])


def place_in_queue(frame: Frame) -> list[Frame]:
    """The frame with the places of the queued runs in it."""
    for run in [*frame.get("runs", []), *([frame["run"]] if frame["type"] == "run" else [])]:
        if run["status"] == "queued":
            run["position"] = run["number"] - 1
    return [frame]


def explain_queue(frame: Frame) -> list[Frame]:
    """The frame and, after a queued run's, a step that says why it waits."""
    if frame["type"] != "message" or frame["message"]["content"][0]["text"] != "Second":
        return [frame]
    step = {"id": frame["id"], "run_id": frame["run_id"], "kind": "queue", "status": "waiting", "details": {}}
    return [frame, {"type": "step", "summary": "Nobody is at work.", **step}]
