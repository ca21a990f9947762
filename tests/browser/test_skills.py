"""Skills on the page: made with sources, picked for a message, active in a conversation, taken back, shared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.chat_page import ChatPage
from tests.browser.rest import call
from tests.support.mock_provider import MockProvider
from tests.support.server import CodayServer

AUDIT = Path(__file__).with_name("audit.js").read_text()
CONTRAST = Path(__file__).with_name("contrast.js").read_text()

HERONS = {
    "slug": "herons",
    "name": "Herons",
    "trigger": "When the question is about herons.",
    "instructions": "Always name the kind of heron.",
}
SITE_SKILL = """
from skills.models import Skill
Skill.objects.get_or_create(slug="house-style", defaults={
    "name": "House style", "trigger": "Before writing for the website.", "instructions": "Short words.", "everyone": True,
})
"""

GROUP = """
from django.contrib.auth.models import Group
from coday.accounts.models import User
User.objects.get(username="admin").groups.add(Group.objects.get_or_create(name="Ornithologists")[0])
"""


@pytest.fixture(autouse=True)
def no_skills(context: BrowserContext, chat: ChatPage) -> Iterator[None]:
    """Afterwards the person has none: others use the same server."""
    yield
    for skill in call(context, "GET", "skills/")["results"]:
        if skill["own"]:
            with suppress(AssertionError):  # the page may be at it already
                call(context, "DELETE", f"skills/{skill['slug']}/")


@pytest.fixture
def herons(context: BrowserContext, chat: ChatPage) -> ChatPage:
    """The page of somebody who has a skill."""
    call(context, "POST", "skills/", HERONS)
    chat.page.reload()
    expect(chat.composer).to_be_visible()
    expect(chat.page.get_by_role("button", name="Agent and model")).to_be_visible()  # the lists have been read
    return chat


def open_skills(chat: ChatPage) -> Locator:
    chat.sidebar.get_by_role("button", name="Menu", exact=True).click()
    chat.choose("Skills")
    return chat.page.get_by_role("dialog")


def active(chat: ChatPage) -> Locator:
    return chat.page.get_by_role("list", name="Active skill").get_by_role("listitem")


def test_a_skill_is_explained_made_and_given_sources(chat: ChatPage, tmp_path: Path) -> None:
    dialog = open_skills(chat)
    expect(dialog).to_contain_text("A skill is knowledge that an agent takes up when it needs it.")
    dialog.get_by_role("button", name="New skill").click()
    name = dialog.get_by_label("Name", exact=True)
    expect(name).to_be_focused()
    name.fill("Räder für Anfänger")
    expect(dialog.get_by_label("Short name")).to_have_value("rader-fur-anfanger")
    dialog.get_by_label("When is it useful?").fill("When somebody buys a bicycle.")
    dialog.get_by_label("What to do").fill("Ask how far they ride.")
    dialog.get_by_role("button", name="Make the skill").click()
    sources = dialog.get_by_role("list", name="Sources").get_by_role("listitem")
    notes, liar = tmp_path / "notes.md", tmp_path / "liar.pdf"
    notes.write_text("# Brakes\n\nTwo of them, and they work apart from each other.")
    liar.write_bytes(b"%PDF-1.4 that is none")
    with chat.page.expect_file_chooser() as chooser:
        dialog.get_by_role("button", name="Choose files").click()
    chooser.value.set_files([notes, liar])
    expect(dialog.get_by_role("alert")).to_contain_text("liar.pdf: ")
    expect(sources).to_have_count(1)
    expect(sources.first).to_contain_text("Markdown")
    dialog.get_by_text("Text", exact=True).first.click()
    form = dialog.get_by_role("form", name="Add a text")
    form.get_by_label("Title").fill("Tyres")
    form.get_by_label("Text").fill("Wide ones for bad roads.")
    form.get_by_role("button", name="Add").click()
    expect(sources.filter(has_text="Tyres")).to_contain_text("Text, 24 characters")
    dialog.get_by_role("button", name="Remove Tyres").click()
    expect(sources).to_have_count(1)
    dialog.get_by_role("button", name="All skills").click()
    expect(dialog.get_by_role("list", name="Your skills")).to_contain_text("1 source")


def test_a_page_of_this_network_is_refused_as_a_source(herons: ChatPage, server: CodayServer) -> None:
    dialog = open_skills(herons)
    dialog.get_by_role("button", name="Herons").click()
    dialog.get_by_text("Web page", exact=True).click()
    form = dialog.get_by_role("form", name="Add a web page")
    form.get_by_label("Address of the page").fill(server.base_url)
    form.get_by_role("button", name="Add").click()
    expect(dialog.get_by_role("alert")).to_contain_text(server.base_url)
    expect(dialog.get_by_role("list", name="Sources")).to_have_count(0)
    expect(form.get_by_label("Address of the page")).to_have_value(server.base_url)


def test_a_taken_name_is_told_beside_its_field(herons: ChatPage) -> None:
    dialog = open_skills(herons)
    dialog.get_by_role("button", name="New skill").click()
    dialog.get_by_label("Name", exact=True).fill("Other birds")
    dialog.get_by_label("Short name").fill("herons")
    dialog.get_by_label("When is it useful?").fill("When it is about birds.")
    dialog.get_by_role("button", name="Make the skill").click()
    expect(dialog.get_by_label("Short name")).to_have_attribute("aria-invalid", "true")
    field = dialog.locator(".field").filter(has=herons.page.get_by_label("Short name"))
    expect(field.get_by_role("alert")).to_be_visible()
    dialog.get_by_label("Short name").fill("other-birds")
    dialog.get_by_role("button", name="Make the skill").click()
    expect(dialog.get_by_role("heading", name="Sources")).to_be_visible()


def test_a_skill_is_changed_switched_off_and_deleted(herons: ChatPage) -> None:
    dialog = open_skills(herons)
    dialog.get_by_role("button", name="Herons").click()
    dialog.get_by_label("Name", exact=True).fill("Grey herons")
    dialog.get_by_role("switch", name="In use").uncheck()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("Saved.")).to_be_visible()
    dialog.get_by_role("button", name="All skills").click()
    expect(dialog.get_by_role("button", name="Grey herons")).to_contain_text("switched off")
    herons.page.keyboard.press("Escape")
    herons.composer.press_sequentially("/her")
    expect(herons.page.get_by_role("listbox", name="Skills")).to_have_count(0)
    dialog = open_skills(herons)
    dialog.get_by_role("button", name="Grey herons").click()
    dialog.get_by_role("button", name="Delete this skill").click()
    dialog.get_by_role("group", name="Delete this skill?").get_by_role("button", name="Delete").click()
    expect(dialog.get_by_role("button", name="Grey herons")).to_have_count(0)


def test_a_skill_is_picked_while_writing_and_taken_back(herons: ChatPage, provider: MockProvider) -> None:
    herons.composer.press_sequentially("Where do they sleep? /her")
    expect(herons.page.get_by_role("listbox", name="Skills").get_by_role("option")).to_contain_text(
        "When the question is about herons."
    )
    herons.composer.press("Enter")
    expect(herons.composer).to_have_value("Where do they sleep? ")
    expect(herons.page.get_by_role("list", name="For this message")).to_contain_text("Herons")
    count = len(provider.requests)
    herons.composer.press("Enter")
    herons.expect_run(1, "Completed")
    assert "Always name the kind of heron." in json.dumps(provider.requests[count].json["messages"])
    expect(active(herons)).to_contain_text("Herons")
    expect(active(herons)).to_contain_text("by you")
    herons.page.reload()
    expect(active(herons)).to_contain_text("by you")
    herons.page.get_by_role("button", name="Take back Herons").click()
    expect(active(herons)).to_have_count(0)
    herons.page.reload()
    herons.expect_run(1, "Completed")
    expect(active(herons)).to_have_count(0)


def test_a_skill_is_searched_and_picked_from_the_list(herons: ChatPage) -> None:
    herons.page.get_by_role("button", name="Skills", exact=True).click()
    dialog = herons.page.get_by_role("dialog", name="Which skill?")
    search = dialog.get_by_role("searchbox", name="Search skills")
    expect(search).to_be_focused()
    search.fill("bicycles")
    expect(dialog).to_contain_text("No skill is about “bicycles”.")
    search.fill("question is about")
    dialog.get_by_role("button", name="Herons").click()
    expect(dialog).to_have_count(0)
    expect(herons.composer).to_be_focused()
    herons.page.get_by_role("button", name="Without Herons").click()
    expect(herons.page.get_by_role("list", name="For this message")).to_have_count(0)


def test_a_skill_that_is_gone_leaves_the_message_where_it_was(herons: ChatPage, context: BrowserContext) -> None:
    herons.composer.press_sequentially("/herons")
    herons.composer.press("Enter")
    call(context, "DELETE", "skills/herons/")
    herons.send("Where do they sleep?")
    expect(herons.refusal).to_be_visible()
    expect(herons.composer).to_have_value("Where do they sleep?")
    herons.page.get_by_role("button", name="Without").click()
    herons.composer.press("Enter")
    herons.expect_run(1, "Completed")


def test_a_skill_is_shared_with_a_group_of_its_owner(
    herons: ChatPage, context: BrowserContext, server: CodayServer
) -> None:
    server.manage("shell", "-c", GROUP)
    herons.page.reload()
    dialog = open_skills(herons)
    dialog.get_by_role("button", name="Herons").click()
    dialog.get_by_role("group", name="Who else may use it").get_by_label("Ornithologists").check()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("Saved.")).to_be_visible()
    assert call(context, "GET", "skills/herons/")["groups"] == ["Ornithologists"]
    dialog.get_by_role("button", name="All skills").click()
    expect(dialog.get_by_role("button", name="Herons")).to_contain_text("shared")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_skill_of_others_is_looked_at(herons: ChatPage, server: CodayServer, scheme: str) -> None:
    server.manage("shell", "-c", SITE_SKILL)
    herons.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    herons.page.reload()
    dialog = open_skills(herons)
    for name in ("House style", "Herons"):
        dialog.get_by_role("button", name=name).click()
        expect(dialog.get_by_role("heading", name="Sources")).to_be_visible()
        herons.page.evaluate("() => Promise.allSettled(document.getAnimations().map((one) => one.finished))")
        assert herons.page.evaluate(AUDIT) == []
        assert herons.page.evaluate(CONTRAST) == []
        expect(dialog.get_by_role("button", name="Save")).to_have_count(0 if name == "House style" else 1)
        dialog.get_by_role("button", name="All skills").click()
