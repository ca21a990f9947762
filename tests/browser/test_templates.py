"""Templates: made of what was asked already, started with a form, by a command and from the palette, changed in versions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.rest import call
from tests.browser.seen import expect_sound
from tests.support.server import CodayServer

FACTS: dict[str, Any] = {
    "name": "Bird facts",
    "slug": "bird-facts",
    "parameters": [
        {"name": "bird", "label": "Which bird?", "type": "text", "required": True},
        {"name": "count", "label": "How many facts", "type": "number", "default": 3},
        {"name": "tone", "label": "Tone", "type": "choice", "choices": ["plain", "very warm"]},
    ],
    "commands": [
        {"type": "tag", "tags": ["{{bird}}"]},
        {"type": "prompt", "text": "Tell me {{count}} facts about {{bird}}. {{tone}}"},
    ],
}
SHARED = """
from django.contrib.auth.models import Group
from coday.accounts.models import User
from runs.inputs import Asker
from runs.reuse.templates import create_template
group, _ = Group.objects.get_or_create(name="Birders")
anna, _ = User.objects.get_or_create(username="anna")
for user in (anna, User.objects.get(username="admin")):
    user.groups.add(group)
create_template(asker=Asker(user_id=anna.pk, username="anna"), name="Nest report", slug="nest-report",
    commands=[{"type": "prompt", "text": "About {{place}}"}], parameters=[{"name": "place"}], groups=["Birders"])
"""


@pytest.fixture
def tidy(context: BrowserContext, chat: ChatPage) -> Iterator[ChatPage]:
    """The page; afterwards the person has no templates."""
    yield chat
    for template in call(context, "GET", "run-templates/")["results"]:
        if template["mine"]:
            call(context, "DELETE", f"run-templates/{template['id']}/")


@pytest.fixture
def facts(tidy: ChatPage, context: BrowserContext) -> ChatPage:
    """The page of somebody who has a template."""
    call(context, "POST", "run-templates/", FACTS)
    tidy.start()
    return tidy


def dialog(chat: ChatPage, name: str) -> Locator:
    return chat.page.get_by_role("dialog", name=name, exact=True)


def open_templates(chat: ChatPage) -> Locator:
    chat.sidebar.get_by_role("button", name="Menu", exact=True).click()
    chat.choose("Templates")
    return dialog(chat, "Templates")


def test_what_was_asked_becomes_a_template_that_asks_for_what_changes(tidy: ChatPage) -> None:
    chat, page = tidy, tidy.page
    chat.send("Where do herons sleep?")
    run = chat.expect_run(1, "Completed")
    run.hover()
    run.get_by_role("button", name="Run 1: more").click()
    chat.choose("Save as template …")
    save = dialog(chat, "Save as template")
    expect(save.get_by_role("textbox", name="Name", exact=True)).to_have_value("Where do herons sleep?")
    expect_sound(page)
    save.get_by_role("textbox", name="Name", exact=True).fill("Sleeping birds")
    expect(save.get_by_label("Short name")).to_have_value("sleeping-birds")
    save.get_by_role("button", name="Save").click()

    editor = dialog(chat, "Sleeping birds")
    prompt = editor.get_by_role("textbox", name="Prompt 1")
    expect(prompt).to_have_value("Where do herons sleep?")
    prompt.focus()
    prompt.evaluate("(field) => field.setSelectionRange(9, 15)")
    editor.get_by_role("button", name="Ask for “herons” each time").click()
    expect(prompt).to_have_value("Where do {{herons}} sleep?")
    name = editor.get_by_label("Name in the text")
    name.fill("bird")
    name.blur()
    expect(prompt).to_have_value("Where do {{bird}} sleep?")
    expect(editor.get_by_label("If nothing is given")).to_have_value("herons")
    expect_sound(page)
    editor.get_by_label("What is new in it?").fill("Any bird")
    editor.get_by_role("button", name="Save", exact=True).click()
    expect(editor.get_by_text("Saved as version 2.")).to_be_visible()

    editor.locator("summary", has_text="Versions").click()
    expect(editor.get_by_text("Any bird")).to_be_visible()
    expect_sound(page)
    editor.get_by_role("button", name="Restore version 1").click()
    expect(editor.get_by_text("Version 1 holds again, as version 3.")).to_be_visible()
    expect(prompt).to_have_value("Where do herons sleep?")


def test_a_template_is_completed_filled_in_and_sent_with_the_message(facts: ChatPage) -> None:
    chat, page = facts, facts.page
    chat.composer.press_sequentially("/temp")
    expect(page.get_by_role("listbox", name="Commands and skills")).to_contain_text("/template")
    chat.composer.press("Enter")
    names = page.get_by_role("listbox", name="Templates")
    expect(names.get_by_role("option")).to_contain_text(["Bird facts"])
    expect_sound(page)
    chat.composer.press("Enter")

    form = dialog(chat, "Bird facts")
    form.get_by_role("button", name="Send").click()
    expect(form.get_by_text("This is needed.")).to_be_visible()
    expect(form.get_by_label("Which bird?")).to_be_focused()
    expect_sound(page)
    form.get_by_label("Which bird?").fill('herons "and" cranes')
    form.get_by_label("How many facts").fill("5")
    form.get_by_role("radio", name="very warm").check()
    form.locator("summary").click()
    expect(form.get_by_role("list", name="What it will do")).to_contain_text(
        '5 facts about herons "and" cranes. very warm'
    )
    form.get_by_role("button", name="Put into the message").click()
    line = '/template bird-facts bird="herons \\"and\\" cranes" count=5 tone="very warm"'
    expect(chat.composer).to_have_value(f"{line}\n")
    expect_sound(page)

    page.get_by_role("button", name="Fill in Bird facts").click()
    expect(form.get_by_label("Which bird?")).to_have_value('herons "and" cranes')
    form.get_by_label("Which bird?").fill("storks")
    form.get_by_role("button", name="Send").click()
    run = chat.expect_run(1, "Completed")
    expect(chat.questions).to_have_text(["Tell me 5 facts about storks. very warm"])
    expect(run.locator(".run__head")).to_contain_text("From the template Bird facts")
    expect(run.locator(".run__head")).to_contain_text("storks")
    run.get_by_role("button", name="Bird facts", exact=True).click()
    expect(dialog(chat, "Bird facts").get_by_role("textbox", name="Prompt 2")).to_be_visible()


def test_a_line_that_is_not_whole_says_what_is_missing_and_leads_to_the_form(facts: ChatPage) -> None:
    chat = facts
    chat.composer.fill("/template bird-facts count=many\nThanks!")
    expect(chat.page.get_by_text("“Bird facts” needs bird=…")).to_be_visible()
    chat.composer.press("Control+Enter")
    expect(chat.refusal).to_contain_text("needs bird=…")
    chat.page.get_by_role("button", name="Fill in Bird facts").click()
    form = dialog(chat, "Bird facts")
    expect(form.get_by_label("How many facts")).to_have_value("many")
    form.get_by_label("Which bird?").fill("owls")
    form.get_by_role("button", name="Send").click()
    expect(form.get_by_text("Write a number.")).to_be_visible()
    form.get_by_label("How many facts").fill("2")
    form.get_by_role("button", name="Send").click()
    chat.expect_run(1, "Completed")
    expect(chat.questions).to_have_text(["Tell me 2 facts about owls. ", "Thanks!"])


def test_a_template_is_started_from_the_palette_and_what_was_typed_is_kept(facts: ChatPage) -> None:
    chat, page = facts, facts.page
    chat.send("Hello")
    chat.expect_run(1, "Completed")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Find and do anything").fill("bird facts")
    page.get_by_role("option", name="Start “Bird facts”").click()
    form = dialog(chat, "Bird facts")
    form.get_by_label("Which bird?").fill("swifts")
    page.keyboard.press("Escape")
    templates = open_templates(chat)
    expect_sound(page)
    templates.get_by_role("button", name="Bird facts /template").click()
    expect(form.get_by_label("Which bird?")).to_have_value("swifts")
    form.get_by_text("This conversation").click()
    form.get_by_role("button", name="Start", exact=True).click()
    chat.expect_run(2, "Completed")
    expect(chat.questions.last).to_have_text("Tell me 3 facts about swifts. ")


def test_a_new_template_is_made_with_several_commands_and_deleted(tidy: ChatPage) -> None:
    chat, page = tidy, tidy.page
    templates = open_templates(chat)
    expect(templates).to_contain_text("A template is something that you ask for again and again")
    templates.get_by_role("button", name="New template").click()
    editor = dialog(chat, "New template")
    editor.get_by_role("textbox", name="Name", exact=True).fill("Report")
    editor.get_by_role("textbox", name="Prompt 1").fill("Report about {{topic}} since {{start_date}}")
    expect(editor.get_by_text("is used, and nobody is asked for it").first).to_be_visible()
    expect_sound(page)
    editor.get_by_role("button", name="Ask for topic").click()
    editor.get_by_role("button", name="Ask for start_date").click()
    expect(editor.get_by_label("Kind").nth(1)).to_have_value("date")
    editor.get_by_role("button", name="Add another command").click()
    chat.choose("Title")
    editor.get_by_role("textbox", name="Title 2").fill("About {{topic}}")
    editor.get_by_role("button", name="Move Title 2 up").click()
    expect(editor.get_by_role("button", name="Move Title 1 down")).to_be_focused()
    page.keyboard.press("Escape")
    templates = open_templates(chat)
    templates.get_by_role("button", name="New template").click()
    expect(editor.get_by_role("textbox", name="Title 1")).to_have_value("About {{topic}}")
    editor.get_by_role("button", name="Make the template").click()

    made = dialog(chat, "Report")
    expect(made.get_by_role("button", name="Start …")).to_be_visible()
    made.get_by_label("Short name").fill("Not a slug")
    made.get_by_role("button", name="Save", exact=True).click()
    assert made.get_by_label("Short name").evaluate("(field) => !field.validity.valid")
    made.get_by_role("button", name="Discard").click()
    made.get_by_role("button", name="Delete this template").click()
    expect_sound(page)
    made.get_by_role("button", name="Delete", exact=True).click()
    expect(templates).to_contain_text("A template is something")


def test_a_template_of_others_is_looked_at_and_started(tidy: ChatPage, server: CodayServer) -> None:
    server.manage("shell", "-c", SHARED)
    chat = tidy
    templates = open_templates(chat)
    shared = templates.get_by_role("list", name="Templates that are shared with you")
    expect(shared).to_contain_text("by anna")
    shared.get_by_role("button", name="Actions for Nest report").click()
    chat.choose("Look at it")
    view = dialog(chat, "Nest report")
    expect(view).to_contain_text("About {{place}}")
    expect(view.get_by_role("button", name="Save", exact=True)).to_have_count(0)
    expect_sound(chat.page)
    view.get_by_role("button", name="Start …").click()
    view.get_by_label("place").fill("Lisbon")
    view.get_by_role("button", name="Start", exact=True).click()
    chat.expect_run(1, "Completed")
    expect(chat.questions).to_have_text(["About Lisbon"])


def test_templates_fit_on_a_phone(facts: ChatPage) -> None:
    page = facts.page
    page.set_viewport_size({"width": 360, "height": 640})
    page.get_by_role("button", name="Conversations", exact=True).click()
    templates = open_templates(facts)
    templates.get_by_role("button", name="Actions for Bird facts").click()
    facts.choose("Change")
    editor = dialog(facts, "Bird facts")
    expect(editor.get_by_label("Asked as").first).to_be_visible()
    wide = editor.evaluate(
        "(node) => [...node.querySelectorAll('*')].filter((one) => one.scrollWidth > node.clientWidth + 1).length"
    )
    assert wide == 0
    expect_sound(page)
