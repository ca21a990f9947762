"""A run as a person lives it: typed, streamed, reloaded, cut off, watched twice, stopped, retried."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from tests.browser.chat_page import ChatPage, Frame, change_frames, titled
from tests.support.mock_provider import CUT, Gate, MockProvider, ReceivedRequest, Reply, Thought, Tokens, openai_reply
from tests.support.server import CodayServer

TITLE = "A title"
WATCH = """() => {
  window.seen = { alarms: [], shortest: Infinity };
  const look = () => {
    for (const node of document.querySelectorAll("[role=alert], .toast--error, .blank")) seen.alarms.push(node.textContent);
    const answer = document.querySelector(".message--assistant .prose")?.textContent.trim() ?? "";
    seen.shortest = Math.min(seen.shortest, answer.length);
  };
  look();
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""


def answers(*replies: Reply) -> Callable[[ReceivedRequest], Reply]:
    """Streams these replies in order, then polite ones; requests for a title get one and use up none."""
    rest = iter(replies)

    def answer(request: ReceivedRequest) -> Reply:
        if "title" in json.dumps(request.json["messages"][0]).lower():
            return openai_reply(TITLE)
        return next(rest, openai_reply("And that is all."))

    return answer


def test_a_message_is_typed_and_its_answer_streams(chat: ChatPage, provider: MockProvider) -> None:
    gate = Gate()
    tokens = Tokens(input=1200, output=34)
    provider.answer = answers(openai_reply("Once upon ", "a time", gate, ", the **end**.", tokens=tokens))
    chat.send("Tell me a story")
    expect(chat.questions).to_have_text(["Tell me a story"])
    expect(chat.answers).to_have_text(["Once upon a time"])
    expect(chat.composer).to_have_value("")
    expect(chat.composer).to_be_focused()
    chat.expect_run(1, "Answering")
    gate.open()
    run = chat.expect_run(1, "Completed")
    expect(chat.answers.locator("strong")).to_have_text("end")
    expect(run.locator(".facts")).to_contain_text("1.2k tokens")
    expect(chat.sidebar.locator("[aria-current=page]")).to_contain_text(TITLE)
    expect(chat.page).to_have_title(titled(TITLE))


def test_thinking_is_folded(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(openai_reply(Thought("Hm, let me see."), "Found."))
    chat.send("Think")
    chat.expect_run(1, "Completed")
    thought = chat.page.get_by_text("Hm, let me see.")
    expect(thought).to_be_hidden()
    chat.page.get_by_text("Thought", exact=True).click()
    expect(thought).to_be_visible()


def test_a_reload_in_the_middle_loses_nothing(chat: ChatPage, provider: MockProvider) -> None:
    gate = Gate()
    provider.answer = answers(openai_reply("Before 😀 ", gate, "after."))
    chat.send("Hello")
    expect(chat.answers).to_have_text(["Before 😀"])
    chat.page.reload()
    expect(chat.answers).to_have_text(["Before 😀"])
    gate.open()
    chat.expect_run(1, "Completed")
    expect(chat.answers).to_have_text(["Before 😀 after."])


def test_a_second_tab_sees_the_same_run(chat: ChatPage, context: BrowserContext, provider: MockProvider) -> None:
    gate = Gate()
    provider.answer = answers(openai_reply("One ", gate, "two."))
    chat.send("Count")
    expect(chat.answers).to_have_text(["One"])
    other = ChatPage(context.new_page())
    other.open(chat.address)
    expect(other.answers).to_have_text(["One"])
    other.send("And on")
    expect(chat.queue).to_have_text(["And on"])
    gate.open()
    for tab in (chat, other):
        tab.expect_run(1, "Completed")
        tab.expect_run(2, "Completed")
        expect(tab.answers).to_have_text(["One two.", "And that is all."])


def test_a_lost_network_is_rejoined_silently(chat: ChatPage, context: BrowserContext, provider: MockProvider) -> None:
    gate = Gate()
    provider.answer = answers(openai_reply("Before ", gate, "meanwhile."))
    chat.send("Hello")
    expect(chat.answers).to_have_text(["Before"])
    context.set_offline(True)
    expect(chat.pill).to_contain_text("Offline")
    gate.open()
    chat.send("Sent while offline")
    expect(chat.page.get_by_text("Not sent yet")).to_be_visible()
    context.set_offline(False)
    expect(chat.answers).to_have_text(["Before meanwhile.", "And that is all."])
    expect(chat.questions).to_have_text(["Hello", "Sent while offline"])
    chat.expect_run(2, "Completed")
    expect(chat.pill).to_have_count(0)


def test_a_lost_delta_is_asked_for_again(chat: ChatPage, provider: MockProvider) -> None:
    first, second = Gate(), Gate()
    provider.answer = answers(openai_reply("One ", first, "two ", second, "three."))
    lost: list[str] = []
    asked: list[str] = []

    def between(page_side: WebSocketRoute) -> None:
        server_side = page_side.connect_to_server()

        def to_server(message: str | bytes) -> None:
            if '"resync"' in str(message):
                asked.append(str(message))
            server_side.send(message)

        def to_page(message: str | bytes) -> None:
            if not lost and '"delta"' in str(message):
                lost.append(str(message))
                page_side.send('{"type": "thread", "changed": {"title": "Lost"}}')  # what the test waits for
            else:
                page_side.send(message)

        page_side.on_message(to_server)
        server_side.on_message(to_page)

    chat.page.route_web_socket(re.compile("/ws/threads/[^/]+/"), between)
    chat.send("Count")
    expect(chat.page).to_have_title(titled("Lost"))
    first.open()
    expect(chat.answers).to_have_text(["One two"])
    assert len(asked) == 1
    second.open()
    chat.expect_run(1, "Completed")
    expect(chat.answers).to_have_text(["One two three."])


def test_a_message_that_is_announced_again_does_not_flicker(chat: ChatPage, provider: MockProvider) -> None:
    gate = Gate()
    provider.answer = answers(openai_reply("One ", gate, "two ", "three."))
    begun: list[Frame] = []

    def announce_again(frame: Frame) -> list[Frame]:
        if frame["type"] == "message_start":
            begun.append({**frame, "message": {**frame["message"], "content": [{"type": "text", "text": ""}]}})
        if frame["type"] != "delta":
            return [frame]
        begun[-1]["message"]["content"][0]["text"] += frame["text"]
        return [frame, begun[-1]]

    change_frames(chat.page, announce_again)
    chat.send("Count")
    expect(chat.answers).to_have_text(["One"])
    chat.page.evaluate(WATCH)
    gate.open()
    chat.expect_run(1, "Completed")
    expect(chat.answers).to_have_text(["One two three."])
    assert chat.page.evaluate("window.seen") == {"alarms": [], "shortest": len("One")}


def test_a_message_that_waits_for_the_network_survives_a_reload(
    chat: ChatPage, context: BrowserContext, provider: MockProvider
) -> None:
    provider.answer = answers(openai_reply("First."))
    chat.send("One")
    chat.expect_run(1, "Completed")
    # The conversation's socket is refused, and the rest of the page works.
    chat.page.route_web_socket(re.compile("/ws/threads/[^/]+/"), lambda socket: socket.close())
    chat.page.reload()
    expect(chat.pill).to_be_visible()
    chat.send("Two")
    expect(chat.page.get_by_text("Not sent yet")).to_be_visible()
    address = chat.address
    chat.page.close()
    again = ChatPage(context.new_page())
    again.open(address)
    again.expect_run(2, "Completed")
    expect(again.questions).to_have_text(["One", "Two"])


def test_a_killed_server_loses_nothing_and_the_run_is_retried(
    chat: ChatPage, provider: MockProvider, server: CodayServer
) -> None:
    gate = Gate()
    provider.answer = answers(openai_reply("Half of ", gate, "it."), openai_reply("All of it."))
    chat.send("Everything, please")
    expect(chat.answers).to_have_text(["Half of"])
    server.kill()
    gate.open()
    expect(chat.pill).to_be_visible()
    server.restart()
    run = chat.expect_run(1, "Interrupted")
    expect(chat.pill).to_have_count(0)
    run.get_by_role("button", name="Retry").click()
    chat.expect_run(2, "Completed")
    expect(chat.answers).to_have_text(["All of it."])


def test_a_server_that_restarts_loses_no_word_and_raises_no_alarm(
    chat: ChatPage, provider: MockProvider, server: CodayServer
) -> None:
    gate = Gate()
    provider.answer = answers(openai_reply("Every word ", "so far.", gate), openai_reply("All of it."))
    chat.send("Everything, please")
    expect(chat.answers).to_have_text(["Every word so far."])
    chat.page.evaluate(WATCH)
    server.restart()
    run = chat.expect_run(1, "Interrupted")
    expect(chat.answers).to_have_text(["Every word so far."])
    expect(chat.pill).to_have_count(0)
    assert chat.page.evaluate("window.seen") == {"alarms": [], "shortest": len("Every word so far.")}
    gate.open()
    run.get_by_role("button", name="Retry").click()
    chat.expect_run(2, "Completed")
    expect(chat.answers).to_have_text(["All of it."])


def test_stop_keeps_what_was_said(chat: ChatPage, provider: MockProvider) -> None:
    gate = Gate()
    provider.answer = answers(openai_reply("Half of ", gate, "it."))
    chat.send("Everything, please")
    expect(chat.answers).to_have_text(["Half of"])
    chat.stop.click()
    chat.expect_run(1, "Stopped")
    expect(chat.answers).to_have_text(["Half of"])
    expect(chat.stop).to_have_count(0)
    provider.requests[-1].disconnected.wait()
    gate.open()


def test_a_failed_run_says_what_happened_and_is_retried(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(Reply(status=401, steps=(b"{}",)), openai_reply("Now it works."))
    chat.send("Try")
    failed = chat.expect_run(1, "Failed")
    card = failed.get_by_role("group", name="Error")
    expect(card).to_contain_text("The provider refused the key")
    expect(card).to_contain_text("provider_auth")
    expect(chat.questions).to_have_text(["Try"])
    card.get_by_role("button", name="Retry").click()
    run = chat.expect_run(2, "Completed")
    expect(run.get_by_role("group", name="Attempt 2 of 2")).to_be_visible()
    expect(chat.answers).to_have_text(["Now it works."])
    expect(chat.questions).to_have_text(["Try"])


def test_a_cut_connection_keeps_the_partial_answer(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(openai_reply("Only a part", CUT))
    chat.send("All of it")
    chat.expect_run(1, "Failed")
    expect(chat.answers).to_have_text(["Only a part"])
    expect(chat.page.get_by_text("This answer is not complete.")).to_be_visible()


def test_a_completed_run_is_run_again_beside_itself(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(openai_reply("First answer."), openai_reply("Second answer."))
    chat.send("Say something")
    run = chat.expect_run(1, "Completed")
    run.get_by_role("button", name="Run again").click()
    chat.expect_run(2, "Completed")
    expect(chat.answers).to_have_text(["Second answer."])


def test_an_earlier_attempt_can_be_read_with_what_followed_it(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(openai_reply("First."), openai_reply("What followed."), openai_reply("Second."))
    chat.send("Say something")
    first = chat.expect_run(1, "Completed")
    chat.send("And then?")
    chat.expect_run(2, "Completed")
    first.get_by_role("button", name="Run again").click()
    chat.expect_run(3, "Completed")
    chat.page.reload()
    expect(chat.answers).to_have_text(["Second."])
    chat.page.get_by_role("button", name="Previous attempt").click()
    expect(chat.questions).to_have_text(["Say something", "And then?"])
    expect(chat.answers).to_have_text(["First.", "What followed."])
    chat.page.get_by_role("button", name="Next attempt").click()
    expect(chat.answers).to_have_text(["Second."])


def test_an_answer_is_copied_as_it_was_written(chat: ChatPage, context: BrowserContext, provider: MockProvider) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    provider.answer = answers(openai_reply("Some **bold** words.\n\n```python\nprint(1)\n```"))
    chat.send("Write")
    run = chat.expect_run(1, "Completed")
    run.get_by_role("button", name="Copy the answer").click()
    expect(chat.page.get_by_text("The answer was copied.")).to_be_visible()
    assert clipboard(chat.page) == "Some **bold** words.\n\n```python\nprint(1)\n```"
    run.get_by_role("button", name="Copy python code").click()
    expect(run.get_by_text("Copied")).to_be_visible()
    assert clipboard(chat.page) == "print(1)\n"


def test_the_reader_stays_where_they_are(chat: ChatPage, provider: MockProvider) -> None:
    gate = Gate()
    long = "\n\n".join(f"Paragraph {number}." for number in range(60))
    provider.answer = answers(openai_reply(long, gate, "\n\nThe last one."))
    chat.send("A long one")
    expect(chat.page.get_by_text("Paragraph 59.")).to_be_in_viewport()
    scroller = chat.page.locator(".transcript")
    scroller.hover()
    chat.page.mouse.wheel(0, -900)
    jump = chat.page.get_by_role("button", name="Newest")
    expect(jump).to_be_visible()
    before = scroller.evaluate("(node) => node.scrollTop")
    gate.open()
    chat.expect_run(1, "Completed")
    assert scroller.evaluate("(node) => node.scrollTop") == before
    expect(chat.page.get_by_text("The last one.")).not_to_be_in_viewport()
    jump.click()
    expect(chat.page.get_by_text("The last one.")).to_be_in_viewport()
    expect(jump).to_have_count(0)


def clipboard(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text
