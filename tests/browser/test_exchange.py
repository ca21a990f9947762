"""Conversations leave as files, with or without what stands behind masks, and come in again once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, StorageState, expect

from tests.browser.chat_page import ChatPage
from tests.browser.equipped import PROVIDER, log_in
from tests.browser.seen import expect_sound
from tests.browser.window import Window
from tests.support.mock_provider import MockProvider
from tests.support.server import CodayServer

NAME = "Max Mustermann"


@pytest.fixture(scope="module")
def private(shared_provider: MockProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CodayServer]:
    """A server that masks, so that conversations can be anonymous."""
    environment = {
        **PROVIDER,
        "OPENAI_BASE_URL": shared_provider.base_url,
        "CODAY_PII_ENGINE": "tests.support.pii.analyzer",
    }
    with CodayServer(data_dir=tmp_path_factory.mktemp("exchange"), environment=environment) as server:
        yield server


@pytest.fixture(scope="module")
def login(browser: Browser, private: CodayServer) -> StorageState:
    return log_in(browser, private)


@pytest.fixture(scope="module")
def window(browser: Browser, private: CodayServer, login: StorageState) -> Iterator[Window]:
    with Window(browser, private, login) as opened:
        yield opened


def dialog(chat: ChatPage, name: str) -> Locator:
    return chat.page.get_by_role("dialog", name=name)


def export(chat: ChatPage, to: Path) -> str:
    """Press the button of the open dialog; what the file says."""
    with chat.page.expect_download() as download:
        chat.page.get_by_role("dialog").get_by_role("button", name="Export", exact=True).click()
    download.value.save_as(to)
    return to.read_text()


def conversation_menu(chat: ChatPage, action: str) -> None:
    chat.page.get_by_role("button", name="Conversation", exact=True).click()
    chat.choose(action)


def menu(chat: ChatPage, action: str) -> None:
    chat.sidebar.get_by_role("button", name="Menu", exact=True).click()
    chat.choose(action)


def choose_file(chat: ChatPage, file: Path) -> None:
    with chat.page.expect_file_chooser() as chooser:
        dialog(chat, "Import conversations").get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(file)


def test_a_run_and_its_conversation_are_exported(chat: ChatPage, tmp_path: Path) -> None:
    chat.send("Where do herons sleep?")
    run = chat.expect_run(1, "Completed")
    run.hover()
    run.get_by_role("button", name="Run 1: more").click()
    chat.choose("Export …")
    asked = dialog(chat, "Export run 1")
    asked.get_by_role("radio", name="Markdown").check()
    expect(asked.get_by_role("radio", name="Keep the masks")).to_have_count(0)  # there is nothing to mask
    expect_sound(chat.page)
    assert "Where do herons sleep?" in export(chat, tmp_path / "run.md")
    expect(asked).to_have_count(0)

    conversation_menu(chat, "Export …")
    dialog(chat, "Export the conversation").get_by_role("radio", name="All branches").check()
    document = json.loads(export(chat, tmp_path / "thread.json"))
    assert (document["format"], len(document["threads"][0]["runs"])) == ("coday", 1)


def test_personal_data_leaves_only_when_that_is_wanted(chat: ChatPage, tmp_path: Path) -> None:
    chat.page.get_by_role("switch", name="Anonymous").click()
    chat.send(f"Write to {NAME}")
    chat.expect_run(1, "Completed")
    conversation_menu(chat, "Export …")
    asked = dialog(chat, "Export the conversation")
    expect(asked.get_by_role("radio", name="Keep the masks")).to_be_checked()
    assert NAME not in export(chat, tmp_path / "masked.json")

    conversation_menu(chat, "Export …")
    asked.get_by_role("radio", name="Put the real values in").check()
    expect(asked.get_by_text("The file will hold personal data in clear.")).to_be_visible()
    expect_sound(chat.page)
    assert NAME in export(chat, tmp_path / "clear.json")


def test_a_file_is_looked_at_before_it_comes_in_and_comes_in_once(chat: ChatPage, tmp_path: Path) -> None:
    page = chat.page
    chat.send("A conversation that goes away and comes back")
    chat.expect_run(1, "Completed")
    conversation_menu(chat, "Export …")
    export(chat, tmp_path / "out.json")
    file = tmp_path / "other.json"
    file.write_text(json.dumps(elsewhere(json.loads((tmp_path / "out.json").read_text()))))

    menu(chat, "Import …")
    expect_sound(page)
    choose_file(chat, tmp_path / "out.json")
    importing = dialog(chat, "Import conversations")
    expect(importing.get_by_role("row").last).to_contain_text("Here already")
    expect(importing.get_by_role("button", name="Nothing to import")).to_be_disabled()

    importing.get_by_role("button", name="Another file").click()
    choose_file(chat, file)
    expect(importing.get_by_role("row").last).to_contain_text("From elsewhere")
    expect(importing.get_by_role("row").last).to_contain_text("New")
    expect_sound(page)
    importing.get_by_role("button", name="Import 1").click()
    expect(importing.get_by_role("status").filter(has_text="Done.")).to_contain_text("1 conversation was brought in.")
    expect_sound(page)
    importing.get_by_role("link", name="From elsewhere").click()
    expect(chat.questions).to_have_text(["A conversation that goes away and comes back"])
    expect(chat.sidebar.get_by_role("link", name="From elsewhere")).to_be_visible()

    menu(chat, "Import …")
    choose_file(chat, file)
    expect(importing.get_by_role("row").last).to_contain_text("Here already")


def elsewhere(document: dict[str, Any]) -> dict[str, Any]:
    """The same conversation as another installation has it."""
    [thread] = document["threads"]
    return {**document, "threads": [{**thread, "id": str(uuid4()), "title": "From elsewhere"}]}


def test_what_is_no_export_is_refused_with_words(chat: ChatPage, tmp_path: Path) -> None:
    file = tmp_path / "notes.json"
    file.write_text('{"notes": []}')
    menu(chat, "Import …")
    choose_file(chat, file)
    importing = dialog(chat, "Import conversations")
    expect(importing.get_by_role("alert")).to_contain_text("no export that can be read here")
    expect(importing.get_by_role("button", name="Another file")).to_be_visible()
    expect_sound(chat.page)


def test_chosen_conversations_and_everything_are_exported(chat: ChatPage, tmp_path: Path) -> None:
    titles = ("The first of two", "The second of two")
    for title in titles:
        chat.start()
        chat.send(f"/title {title}\nHello")
        chat.expect_run(1, "Completed")
    for title in titles:
        chat.sidebar.get_by_role("link", name=title).click(modifiers=["Control"])
    chat.page.get_by_role("toolbar", name="Selected conversations").get_by_role("button", name="Export").click()
    assert len(json.loads(export(chat, tmp_path / "two.json"))["threads"]) == 2
    menu(chat, "Export everything …")
    expect(dialog(chat, "Export everything").get_by_role("radio", name="Keep the masks")).to_be_checked()
    assert len(json.loads(export(chat, tmp_path / "all.json"))["threads"]) >= 2
