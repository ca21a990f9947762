"""What a run does beside messages: shown where it happened, while it is watched and whenever it is read again."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.chat_page import ChatPage
from tests.browser.equipped import PROVIDER
from tests.browser.test_conversation import answers
from tests.support.mock_provider import Gate, MockProvider, Reply, openai_reply
from tests.support.server import CodayServer

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
    chat.page.get_by_role("button", name="Previous attempt").click()
    expect(told(chat.expect_run(1, "Completed"))).to_contain_text(["Say something", AGAIN, "One."])


def short_pages(page: Page) -> list[str]:
    """Let pages of messages hold two; returns the addresses of those that will have been asked for."""
    asked: list[str] = []

    def shorten(route: Route) -> None:
        address = route.request.url
        asked.append(address)
        route.continue_(url=address if "cursor=" in address else f"{address}&limit=2")

    page.route("**/messages/**", shorten)
    return asked


# --- The queue ------------------------------------------------------------------------------------------------------


def test_a_message_that_waits_for_long_says_what_it_waits_for(
    browser: Browser, provider: MockProvider, tmp_path: Path
) -> None:
    gate = Gate()
    provider.answer = answers(openai_reply("Slow ", gate, "answer."))
    environment = {**PROVIDER, "OPENAI_BASE_URL": provider.base_url, "CODAY_MAX_RUNS": "1"}
    with CodayServer(data_dir=tmp_path, environment=environment) as server:
        context = browser.new_context(base_url=server.base_url)
        chat = ChatPage(context.new_page())
        chat.log_in(server)
        chat.send("First")
        expect(chat.answers).to_have_text(["Slow"])
        chat.start()
        chat.send("Second")
        run = chat.expect_run(1, "Queued")
        expect(run).to_contain_text("Queued · position 1. The server is busy.")
        gate.open()
        expect(told(chat.expect_run(1, "Completed"))).to_contain_text(
            ["Second", "The server is busy.", "And that is all."]
        )
        context.close()
