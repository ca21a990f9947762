"""Anonymous conversations: the person works with real values, the model never gets one, and a failure sends nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, StorageState, expect

from tests.browser.chat_page import ChatPage, Frame, change_frames, titled
from tests.browser.equipped import EQUIP, PROVIDER, calls, log_in
from tests.browser.rest import call
from tests.browser.test_access import AUDIT, CONTRAST
from tests.browser.test_composer import png
from tests.browser.window import Window
from tests.support.mock_provider import Gate, MockProvider, ReceivedRequest, Reply, Thought, openai_reply
from tests.support.server import CodayServer

ENGINE = "tests.support.pii.analyzer"
NAME, MAIL = "Max Mustermann", "max@example.org"
PERSON, EMAIL = "{{pii:PERSON_1}}", "{{pii:EMAIL_1}}"
ASKED = f"Write to {NAME} ({MAIL})"
HOSTILE = "<img src=x onerror=alert(1)> **bold** [a](https://evil.example/) {{pii:EMAIL_1}}"
ALWAYS = """
from threads.models import PrivacySettings
PrivacySettings.objects.create(new_threads="always")
"""
TABLE = {
    "title": f"About {PERSON}",
    "columns": [{"name": "Who"}, {"name": "Age", "kind": "number"}],
    "rows": [["Zoe", 12], [PERSON, 44], ["Bea", 3]],
}
CHART = {
    "type": "bar",
    "title": "Hours",
    "labels": [PERSON, "Bea"],
    "series": [{"name": f"Of {PERSON}", "values": [3, 5]}],
}
DIAGRAM = {
    "title": f"Way of {PERSON}",
    "nodes": [{"id": "a", "label": PERSON}, {"id": "b", "label": "Read"}],
    "edges": [{"from": "a", "to": "b", "label": EMAIL}],
}
DOCUMENT = {"title": f"To {PERSON}", "markdown": f"# Dear {PERSON}\n\nYour address is `{EMAIL}`.\n"}
CHOICE = {
    "question": f"Is it {PERSON}?",
    "options": [{"value": PERSON, "label": PERSON}, {"value": "no", "label": "No"}],
}


@pytest.fixture(scope="module")
def private(shared_provider: MockProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CodayServer]:
    environment = {
        **PROVIDER,
        "OPENAI_BASE_URL": shared_provider.base_url,
        "CODAY_PII_ENGINE": ENGINE,
        "CODAY_PII_CHARS": "20000",
    }
    with CodayServer(data_dir=tmp_path_factory.mktemp("private"), environment=environment) as server:
        server.manage("shell", "-c", EQUIP)
        yield server


@pytest.fixture(scope="module")
def login(browser: Browser, private: CodayServer) -> StorageState:
    return log_in(browser, private)


@pytest.fixture(scope="module")
def window(browser: Browser, private: CodayServer, login: StorageState) -> Iterator[Window]:
    with Window(browser, private, login, permissions=["clipboard-read", "clipboard-write"]) as opened:
        yield opened


def answers(*replies: Reply) -> Callable[[ReceivedRequest], Reply]:
    """Streams these replies in order; the title of the thread names a person."""
    rest = iter(replies)

    def answer(request: ReceivedRequest) -> Reply:
        assert NAME not in json.dumps(request.json)
        assert MAIL not in json.dumps(request.json)
        if "title" in json.dumps(request.json["messages"][0]).lower():
            return openai_reply(f"A letter to {PERSON}")
        return next(rest)

    return answer


def begin(chat: ChatPage, provider: MockProvider, *replies: Reply) -> Locator:
    """Begin an anonymous conversation about somebody; its first run."""
    provider.answer = answers(*replies)
    chat.page.get_by_role("switch", name="Anonymous").click()
    chat.send(ASKED)
    return chat.page.get_by_role("article", name=re.compile("^Run 1,"))


def copied(chat: ChatPage) -> str:
    text: str = chat.page.evaluate("() => navigator.clipboard.readText()")
    return text


NEVER = """(forbidden) => {
  window.seen = [];
  const look = () => {
    for (const node of document.querySelectorAll(".message--assistant")) {
      if (new RegExp(forbidden).test(node.textContent)) seen.push(node.textContent);
    }
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""


def test_the_person_reads_real_values_from_the_first_letter_on(chat: ChatPage, provider: MockProvider) -> None:
    gate, later = Gate(), Gate()
    chat.page.evaluate(NEVER, r"[{}_]|pii")
    thought = Thought(f"About {PERSON}.")
    begin(chat, provider, openai_reply(thought, "Dear {{pi", gate, "i:PERS", "ON\\_1}}, is it **", EMAIL, later, "**?"))
    expect(chat.answers).to_have_text("Dear")
    gate.open()
    expect(chat.answers).to_contain_text(f"Dear {NAME}, is it")
    later.open()
    chat.expect_run(1, "Completed")
    expect(chat.questions).to_have_text(ASKED)
    expect(chat.answers).to_have_text(f"Dear {NAME}, is it {MAIL}?")
    expect(chat.answers.locator("strong .mask")).to_have_text(MAIL)
    expect(chat.answers.get_by_title("Person: the model sees PERSON_1 instead")).to_have_text(NAME)
    assert chat.page.evaluate("() => seen") == []
    expect(chat.page.get_by_role("heading", level=1)).to_have_text(f"A letter to {NAME}")
    expect(chat.sidebar.get_by_role("link", name=f"A letter to {NAME} (anonymous)")).to_be_visible()
    expect(chat.page).to_have_title(titled("A letter to Person 1"))  # the browser keeps that
    chat.page.keyboard.press("Control+k")
    chat.page.get_by_role("combobox", name="Find and do anything").fill("write")
    found = chat.page.get_by_role("group", name="Runs").get_by_role("option").first
    expect(found).to_contain_text(f"Write to {NAME}")
    expect(found).not_to_contain_text("pii")
    chat.page.keyboard.press("Escape")
    expect(chat.page.get_by_role("switch", name="Anonymous")).to_have_count(0)
    chat.page.reload()
    expect(chat.answers).to_have_text(f"Dear {NAME}, is it {MAIL}?")
    expect(chat.page.locator(".anonymity__badge")).to_have_text("Anonymous")


def test_one_switch_shows_what_the_model_sees_and_stays(chat: ChatPage, provider: MockProvider) -> None:
    run = begin(chat, provider, openai_reply(f"Dear {PERSON}, `{EMAIL}`, {{{{pii:PERSON_9}}}}"))
    chat.expect_run(1, "Completed")
    eye = chat.page.get_by_role("button", name="Show what the model sees")
    eye.click()
    expect(chat.answers).to_have_text("Dear PERSON_1, EMAIL_1, {{pii:PERSON_9}}")
    expect(chat.questions).to_have_text("Write to PERSON_1 (EMAIL_1)")
    expect(chat.answers.get_by_title(f"Person: {NAME}")).to_have_text("PERSON_1")
    run.get_by_role("button", name="Copy the answer").click()
    expect(chat.page.get_by_text("The answer was copied.")).to_be_visible()
    assert copied(chat) == f"Dear {PERSON}, `{EMAIL}`, {{{{pii:PERSON_9}}}}"
    chat.page.reload()
    expect(eye).to_have_attribute("aria-pressed", "true")
    expect(chat.answers).to_contain_text("Dear PERSON_1")
    chat.page.get_by_role("button", name="Show the real values").click()
    expect(chat.answers).to_have_text(f"Dear {NAME}, {MAIL}, {{{{pii:PERSON_9}}}}")
    run.get_by_role("button", name="Copy the answer").click()
    expect(chat.page.get_by_text("The answer was copied.").last).to_be_visible()
    assert copied(chat) == f"Dear {NAME}, `{MAIL}`, {{{{pii:PERSON_9}}}}"


def test_what_only_looks_like_a_token_stays_what_was_typed(chat: ChatPage, provider: MockProvider) -> None:
    provider.answer = answers(openai_reply("Nobody knows: {{pii:LITERAL_1}}."))
    chat.page.get_by_role("switch", name="Anonymous").click()
    chat.send("Who is {{pii:PERSON_1}}?")
    chat.expect_run(1, "Completed")
    expect(chat.questions).to_have_text("Who is {{pii:PERSON_1}}?")
    expect(chat.answers).to_have_text("Nobody knows: {{pii:PERSON_1}}.")
    expect(chat.page.locator(".transcript .mask")).to_have_count(0)


def test_a_value_is_text_wherever_its_token_stands(chat: ChatPage, provider: MockProvider) -> None:
    def hostile(frame: Frame) -> list[Frame]:
        for mask in frame.get("masks", []) if frame["type"] == "masks" else []:
            mask["value"] = HOSTILE if mask["token"] == PERSON else mask["value"]
        return [frame]

    change_frames(chat.page, hostile)
    written = (
        f"{PERSON} [{PERSON}](https://example.org/?n={PERSON}) [mail](mailto:{EMAIL}?subject={PERSON})\n\n"
        f'```json\n{{"who": "{PERSON}"}}\n```\n\n| a |\n| - |\n| {PERSON} |\n\n# **{PERSON}** and {{{{pii:**PERSON_1**}}}}'
    )
    begin(chat, provider, openai_reply(written))
    chat.expect_run(1, "Completed")
    expect(chat.answers.locator(".mask").filter(has_text=HOSTILE)).to_have_count(6)
    expect(chat.answers.locator("img, strong strong, .mask *")).to_have_count(0)
    expect(chat.answers.locator("pre code")).to_have_text(f'{{"who": "{HOSTILE}"}}')
    link, mail = chat.answers.locator("a").all()
    assert (
        link.get_attribute("href") == "https://example.org/?n=%7B%7Bpii:PERSON_1%7D%7D"
    )  # nothing goes there by a click
    address = mail.get_attribute("href") or ""
    assert address.startswith(f"mailto:{MAIL}?subject=%3Cimg%20src%3Dx")
    assert "<" not in address


def test_what_is_shown_tells_real_values_and_takes_them_along(
    chat: ChatPage, provider: MockProvider, tmp_path: Path
) -> None:
    shown = calls(("show_table", TABLE), ("show_chart", CHART), ("show_diagram", DIAGRAM), ("show_document", DOCUMENT))
    run = begin(chat, provider, shown, openai_reply("There."))
    chat.expect_run(1, "Completed")
    table, chart, diagram, document = (
        run.get_by_role("figure", name=name) for name in (f"About {NAME}", "Hours", f"Way of {NAME}", f"To {NAME}")
    )
    table.get_by_role("button", name="Who").click()
    expect(table.locator("td:first-child")).to_have_text(["Bea", NAME, "Zoe"])
    expect(table.locator("td .mask")).to_have_text(NAME)
    table.get_by_role("button", name="Copy as CSV").click()
    expect(chat.page.get_by_text("The table was copied as CSV.")).to_be_visible()
    assert NAME in copied(chat)
    expect(chart.locator("svg text").filter(has_text=NAME)).to_have_count(1)
    told = ["E-mail address: the model sees EMAIL_1 instead", "Person: the model sees PERSON_1 instead"]
    expect(chart.locator("svg .drawn-mask title")).to_have_text(told[1:])
    expect(diagram.locator("svg .drawn-mask title")).to_have_text(told)
    chart.locator(".chart__plot").focus()
    chat.page.keyboard.press("ArrowRight")
    expect(chart.get_by_role("status").locator(".mask")).to_have_text([NAME, NAME])
    expect(diagram.get_by_role("img")).to_contain_text("Max")
    expect(diagram.get_by_role("list")).to_have_text(f"{NAME} to Read: {MAIL}")
    expect(document.locator(".sheet")).to_contain_text(f"Dear {NAME}")
    with chat.page.expect_download() as download:
        document.get_by_role("button", name="Download as Markdown").click()
    download.value.save_as(tmp_path / "saved.md")
    assert download.value.suggested_filename == "To-Max-Mustermann.md"
    assert (tmp_path / "saved.md").read_text() == f"# Dear {NAME}\n\nYour address is `{MAIL}`.\n"


def test_what_is_asked_names_the_person_and_is_answered_with_the_token(chat: ChatPage, provider: MockProvider) -> None:
    given = {"expression": f"2 + 2 # {PERSON}"}
    begin(chat, provider, calls(("ask_choice", CHOICE)), calls(("calculate", given)), openai_reply("Well."))
    question = chat.page.get_by_role("region", name="A question for you")
    expect(question).to_contain_text(f"Is it {NAME}?")
    question.get_by_label(NAME).check()
    question.get_by_role("button", name="Answer").click()
    approval = chat.page.get_by_role("region", name="Approval needed")
    expect(approval.locator(".mask")).to_have_text(NAME)
    approval.get_by_role("button", name="Edit").click()
    expect(approval.get_by_role("textbox")).to_have_value(f"2 + 2 # {NAME}")
    approval.get_by_role("button", name="Approve the changes").click()
    chat.expect_run(1, "Completed")
    messages = [message for request in provider.requests for message in request.json["messages"]]
    assert any(PERSON in message["content"] for message in messages if message["role"] == "tool")


def test_a_listed_name_tells_its_kind_until_the_masks_are_there(
    chat: ChatPage, provider: MockProvider, context: BrowserContext
) -> None:
    begin(chat, provider, openai_reply("Well."))
    chat.expect_run(1, "Completed")
    other = context.new_page()
    other.route(re.compile("/masks/$"), lambda route: route.abort())
    page = ChatPage(other)
    page.start()
    expect(page.sidebar.get_by_role("link", name="A letter to Person 1 (anonymous)").first).to_be_visible()
    other.unroute_all()
    page.start()
    expect(page.sidebar.get_by_role("link", name=f"A letter to {NAME} (anonymous)").first).to_be_visible()


def test_an_anonymous_conversation_is_renamed_by_its_real_name(chat: ChatPage, provider: MockProvider) -> None:
    begin(chat, provider, openai_reply("Well."))
    chat.expect_run(1, "Completed")
    chat.page.get_by_role("main").get_by_role("button", name="Conversation", exact=True).click()
    chat.choose("Rename")
    field = chat.page.get_by_role("dialog").get_by_role("textbox")
    expect(field).to_have_value(f"A letter to {NAME}")
    field.fill(f"A note for {NAME}")
    field.press("Enter")
    expect(chat.page.get_by_role("heading", level=1).locator(".mask")).to_have_text(NAME)
    expect(chat.page.get_by_role("heading", level=1)).to_have_text(f"A note for {NAME}")


def test_an_image_is_refused_and_the_draft_stays(chat: ChatPage, provider: MockProvider, tmp_path: Path) -> None:
    (tmp_path / "dot.png").write_bytes(png())
    chat.page.get_by_role("switch", name="Anonymous").click()
    chat.composer.fill(ASKED)
    chat.attach(tmp_path / "dot.png")
    image = chat.page.get_by_role("list", name="Images").get_by_role("button")
    expect(image).to_be_visible()
    chat.composer.press("Enter")
    expect(chat.refusal).to_contain_text("Images cannot be looked through")
    expect(chat.composer).to_have_value(ASKED)
    expect(image).to_be_visible()


def test_what_is_too_long_to_be_searched_stays_in_the_field(chat: ChatPage, provider: MockProvider) -> None:
    chat.page.get_by_role("switch", name="Anonymous").click()
    text = "many words " * 2000
    chat.send(text)
    expect(chat.refusal).to_contain_text("too long to be searched for personal data")
    expect(chat.composer).to_have_value(text)


def test_new_conversations_are_as_the_person_prefers(chat: ChatPage, provider: MockProvider) -> None:
    dialog = chat.settings("Conversations")
    dialog.get_by_role("switch", name="New conversations are anonymous").click()
    expect(dialog.locator(".origin").filter(has_text="your choice").last).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    switch = chat.page.get_by_role("switch", name="Anonymous", exact=True)
    try:
        expect(switch).to_be_checked()
        expect(chat.page.get_by_text("are replaced before a model sees them")).to_be_visible()
        switch.click()
        provider.answer = lambda _request: openai_reply("Hello")
        chat.send("Nothing personal")
        chat.expect_run(1, "Completed")
        expect(chat.page.locator(".anonymity")).to_have_count(0)
    finally:
        call(chat.page.context, "PATCH", "chat-settings/", {"anonymous": None})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_of_it_has_a_name_and_can_be_read(chat: ChatPage, provider: MockProvider, scheme: str) -> None:
    chat.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    begin(chat, provider, openai_reply(f"Dear {PERSON}, `{EMAIL}`\n\n```python\nname = '{PERSON}'\n```"))
    chat.expect_run(1, "Completed")
    expect(chat.page.get_by_role("heading", level=1)).to_have_text(f"A letter to {NAME}")
    for _ in range(2):
        assert chat.page.evaluate(AUDIT) == []
        assert chat.page.evaluate(CONTRAST) == []
        chat.page.get_by_role("button", name="Show what the model sees").click()
    chat.page.set_viewport_size({"width": 390, "height": 800})
    assert not chat.page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    chat.start()
    chat.page.get_by_role("switch", name="Anonymous").click()
    assert chat.page.evaluate(AUDIT) == []
    assert chat.page.evaluate(CONTRAST) == []


# --- Where nothing can be masked ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def helpless(shared_provider: MockProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CodayServer]:
    """A server that makes every conversation anonymous, and cannot find anything personal."""
    environment = {
        **PROVIDER,
        "OPENAI_BASE_URL": shared_provider.base_url,
        "CODAY_PII_ENGINE": "tests.support.pii.missing",
    }
    with CodayServer(data_dir=tmp_path_factory.mktemp("helpless"), environment=environment) as server:
        server.manage("shell", "-c", ALWAYS)
        yield server


def test_nothing_is_sent_where_nothing_can_be_masked(
    browser: Browser, helpless: CodayServer, provider: MockProvider
) -> None:
    with Window(browser, helpless, log_in(browser, helpless)) as window, window.used() as opened:
        chat = ChatPage(opened.new_page())
        chat.start()
        switch = chat.page.get_by_role("switch", name="Anonymous")
        expect(switch).to_be_checked()
        expect(switch).to_be_disabled()
        before = len(provider.requests)
        chat.send(ASKED)
        expect(chat.refusal).to_contain_text("cannot be masked at the moment")
        expect(chat.composer).to_have_value(ASKED)
        chat.refusal.get_by_role("button", name="Try again").click()
        expect(chat.refusal).to_contain_text("cannot be masked at the moment")
        expect(chat.composer).to_have_value(ASKED)
        assert len(provider.requests) == before
        expect(chat.runs).to_have_count(0)


# --- The module that marks, by itself -------------------------------------------------------------------------------

DRAW = """async ([markdown, masks, asModel]) => {
  const { MarkdownView } = await import("/static/js/render/markdown-view.js");
  const { unmaskText } = await import("/static/js/state/masks.js");
  const box = document.createElement("div");
  const view = new MarkdownView(box);
  view.update(markdown);
  view.update(markdown, { masks: { isOn: true, known: masks, asModel, reveal: (text) => unmaskText(text, masks) } });
  return { text: box.textContent, marks: [...box.querySelectorAll(".mask")].map((one) => one.textContent) };
}"""


@pytest.mark.parametrize(
    "written",
    [
        PERSON,
        "{{pii:**PERSON_1**}}",
        "{{pii:PERSON\\_1}}",
        "`{{pii:PERSON_1}}`",
        "> - {{pii:PERSON_1}}",
        "```js\nconst a = `${{pii:PERSON_1}}`\n```",
        "[{{pii:PERSON_1}}](https://example.org/)",
        "| {{pii:PERSON_1}} |\n| --- |\n| b |",
    ],
)
@pytest.mark.parametrize("as_model", [False, True])
def test_a_token_is_marked_whatever_stands_in_it(modules: Page, written: str, as_model: bool) -> None:
    masks: Mapping[str, Any] = {PERSON: {"token": PERSON, "category": "PERSON", "value": HOSTILE}}
    drawn = modules.evaluate(DRAW, [written, masks, as_model])
    assert drawn["marks"] == ["PERSON_1" if as_model else HOSTILE]
    assert drawn["text"].count("PERSON_1") == (1 if as_model else 0)
