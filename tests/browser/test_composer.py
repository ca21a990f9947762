"""Writing: drafts and images survive, refusals say why and lose nothing, queues and choices reach the server."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Route, expect

from tests.browser.chat_page import ChatPage
from tests.support.mock_provider import MockProvider

PASTE = """([name, type, encoded]) => {
  const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  const field = document.getElementById("composer-text");
  field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
}"""

DROP = """([name, type, encoded]) => {
  const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name, { type }));
  const form = document.querySelector("form.composer");
  const options = { dataTransfer, bubbles: true, cancelable: true };
  for (const kind of ["dragover", "drop"]) form.dispatchEvent(new DragEvent(kind, options));
}"""


def png(colour: str = "teal") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (24, 16), colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    path.write_bytes(png())
    return path


def test_enter_sends_and_shift_enter_makes_a_line(chat: ChatPage) -> None:
    chat.composer.press_sequentially("One")
    chat.composer.press("Shift+Enter")
    chat.composer.press_sequentially("Two")
    chat.composer.press("Enter")
    expect(chat.questions).to_have_text(["One\nTwo"])


def test_nothing_is_sent_without_words(chat: ChatPage) -> None:
    expect(chat.page.get_by_role("button", name="Send")).to_be_disabled()
    chat.send("  \n ")
    expect(chat.page).to_have_url(chat.page.url)
    expect(chat.runs).to_have_count(0)


def test_drafts_survive_a_reload_each_in_its_conversation(chat: ChatPage) -> None:
    chat.send("First conversation")
    chat.expect_run(1, "Completed")
    address = chat.address
    chat.composer.fill("A thought that is not finished")
    chat.page.get_by_role("button", name="New conversation").first.click()
    expect(chat.composer).to_have_value("")
    chat.composer.fill("Another one, elsewhere")
    chat.page.reload()
    expect(chat.composer).to_have_value("Another one, elsewhere")
    chat.composer.fill("")
    chat.open(address)
    expect(chat.composer).to_have_value("A thought that is not finished")
    chat.page.go_back()


def test_images_are_attached_pasted_and_dropped(chat: ChatPage, provider: MockProvider, picture: Path) -> None:
    images = chat.page.get_by_role("list", name="Images").get_by_role("listitem")
    chat.attach(picture)
    expect(images).to_have_count(1)
    chat.page.evaluate(PASTE, ["pasted.png", "image/png", base64.b64encode(png("red")).decode()])
    expect(images).to_have_count(2)
    chat.page.evaluate(DROP, ["dropped.png", "image/png", base64.b64encode(png("blue")).decode()])
    expect(images).to_have_count(3)
    chat.page.get_by_role("button", name="Remove pasted.png").click()
    expect(images).to_have_count(2)
    chat.composer.fill("What are these?")
    chat.page.reload()
    expect(images).to_have_count(2)
    expect(chat.composer).to_have_value("What are these?")
    chat.composer.press("Enter")
    chat.expect_run(1, "Completed")
    expect(images).to_have_count(0)
    pictures = chat.page.locator(".said__images img")
    expect(pictures).to_have_count(2)
    assert pictures.evaluate_all("(all) => all.every((image) => image.complete && image.naturalWidth === 24)")
    sent = [json.dumps(request.json) for request in provider.requests]
    assert any("data:image/png;base64," in body and "What are these?" in body for body in sent)


def test_what_is_no_image_is_refused_and_the_text_stays(chat: ChatPage, tmp_path: Path) -> None:
    chat.composer.fill("My words")
    document = tmp_path / "letter.pdf"
    document.write_bytes(b"%PDF-1.4")
    chat.attach(document)
    expect(chat.refusal).to_contain_text("letter.pdf is no image")
    liar = tmp_path / "liar.png"
    liar.write_text("just words")
    chat.attach(liar)
    expect(chat.refusal).not_to_contain_text("letter.pdf")
    expect(chat.refusal).to_be_visible()
    expect(chat.composer).to_have_value("My words")


def test_a_message_that_is_too_long_stays_and_says_so(chat: ChatPage) -> None:
    text = "long " * 1001
    chat.send(text)
    expect(chat.refusal).to_contain_text("longer than 5,000 characters")
    expect(chat.composer).to_have_value(text)
    chat.composer.fill("😀" * 5000)  # as many characters as may be sent, in twice as many UTF-16 units
    expect(chat.refusal).to_have_count(0)
    chat.composer.press("Enter")
    chat.expect_run(1, "Completed")


def test_what_the_server_refuses_comes_back(chat: ChatPage) -> None:
    chat.send("Begin")
    chat.expect_run(1, "Completed")
    gone = {"id": "0190aaaa-0000-7000-8000-000000000000", "url": "/static/img/icon.svg", "name": "gone.png"}
    thread_id = chat.address.rstrip("/").rsplit("/", 1)[1]
    draft = json.dumps({"text": "Words", "images": [gone]})
    chat.page.goto("/accounts/login/")  # the page would write its own draft when it is left
    chat.page.evaluate("([key, draft]) => localStorage.setItem(key, draft)", [f"coday.draft.{thread_id}", draft])
    chat.open(f"/threads/{thread_id}/")
    chat.composer.press("Enter")
    expect(chat.refusal).to_be_visible()
    expect(chat.composer).to_have_value("Words")
    expect(chat.questions).to_have_text(["Begin"])
    chat.page.get_by_role("button", name="Remove gone.png").click()
    chat.composer.press("Enter")
    expect(chat.questions).to_have_text(["Begin", "Words"])


def test_a_conversation_that_cannot_be_made_keeps_the_draft(chat: ChatPage) -> None:
    def refuse(route: Route) -> None:
        if route.request.method == "POST":
            problem = {"code": "overloaded", "detail": "The server is busy. Try again in a minute.", "status": 503}
            route.fulfill(status=503, content_type="application/problem+json", body=json.dumps(problem))
        else:
            route.continue_()

    chat.page.route("**/api/v1/threads/", refuse)
    chat.send("Important words")
    expect(chat.refusal).to_contain_text("The server is busy")
    expect(chat.composer).to_have_value("Important words")
    chat.page.unroute("**/api/v1/threads/")
    chat.composer.press("Enter")
    expect(chat.questions).to_have_text(["Important words"])


def test_what_is_typed_while_a_conversation_is_made_is_the_next_draft(chat: ChatPage) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            held.append(route)
        else:
            route.continue_()

    chat.page.route("**/api/v1/threads/", hold)
    with chat.page.expect_request(lambda request: request.method == "POST"):
        chat.send("First message")
    chat.composer.press("Enter")
    chat.composer.press_sequentially("The next one")
    held[0].continue_()
    expect(chat.questions).to_have_text(["First message"])
    expect(chat.composer).to_have_value("The next one")
    expect(chat.composer).to_be_focused()
    chat.expect_run(1, "Completed")
    expect(chat.runs).to_have_count(1)
    assert len(held) == 1


def test_the_chosen_agent_answers_and_is_remembered(chat: ChatPage, provider: MockProvider) -> None:
    chat.page.get_by_role("button", name="Agent and model").click()
    dialog = chat.page.get_by_role("dialog", name="Who answers?")
    dialog.get_by_role("radio", name="Code helper").check()
    dialog.get_by_role("button", name="Done").click()
    expect(chat.page.get_by_role("button", name="Agent and model: Code helper")).to_be_visible()
    chat.send("Hello")
    run = chat.expect_run(1, "Completed")
    expect(run.locator(".facts")).to_contain_text("Code helper")
    chat.page.reload()
    expect(chat.page.get_by_role("button", name="Agent and model: Code helper")).to_be_visible()


def test_a_suggestion_begins_a_message(chat: ChatPage) -> None:
    suggestion = chat.page.get_by_role("list", name="Suggestions").get_by_role("button").first
    text = suggestion.inner_text().strip()
    suggestion.click()
    expect(chat.composer).to_have_value(text)
    expect(chat.composer).to_be_focused()


def test_an_ended_session_is_told_and_the_draft_stays(chat: ChatPage, context: BrowserContext) -> None:
    context.clear_cookies(name="sessionid")
    chat.send("Still here")
    expect(chat.refusal.get_by_role("link", name="Log in")).to_be_visible()
    expect(chat.composer).to_have_value("Still here")
