"""Commands before the words of a message: named with help, carried out in their order, seen as they are done."""

from __future__ import annotations

import re

from playwright.sync_api import Route, expect

from tests.browser.chat_page import ChatPage
from tests.browser.seen import expect_sound
from tests.support.mock_provider import MockProvider


def test_commands_are_completed_carried_out_and_seen(chat: ChatPage) -> None:
    chat.composer.press_sequentially("/ti")
    names = chat.page.get_by_role("listbox", name="Commands and skills")
    expect(names.get_by_role("option").first).to_contain_text("/title")
    expect_sound(chat.page)
    chat.composer.press("Enter")
    expect(chat.composer).to_have_value("/title ")
    chat.composer.press_sequentially("Summer holidays")
    chat.composer.press("Shift+Enter")
    chat.composer.press_sequentially("/tag travel, 2027")
    chat.composer.press("Shift+Enter")
    chat.composer.press_sequentially("Where is it warm?")
    written = chat.page.get_by_role("list", name="Commands of this message")
    expect(written.get_by_role("listitem")).to_have_text(
        ["Name the conversation “Summer holidays”", "Tag: travel, 2027", "your message"]
    )
    expect_sound(chat.page)
    chat.composer.press("Enter")
    run = chat.expect_run(1, "Completed")
    for visit in ("watching", "reading"):
        if visit == "reading":
            chat.page.reload()
        commands = run.get_by_role("list", name="Commands").get_by_role("listitem")
        expect(commands).to_have_text(
            ["Name the conversation “Summer holidays”done", "Tag: travel, 2027done", "Your messagedone"]
        )
        expect(chat.questions).to_have_text(["Where is it warm?"])
        expect(run.locator(".run__head")).to_contain_text("travel")
    expect(chat.page).to_have_title(re.compile("Summer holidays · Coday$"))
    expect_sound(chat.page)


def test_a_command_that_fails_leaves_out_the_rest_unless_told_otherwise(chat: ChatPage) -> None:
    chat.send("Begin")
    chat.expect_run(1, "Completed")
    chat.composer.fill("/tag one,two,three,four,five,six,seven,eight,nine,ten,a,b,c,d,e,f,g,h,i,j,k,l,m\nAnd words")
    chat.page.get_by_role("button", name="If one fails, stop").click()
    chat.page.get_by_role("button", name="If one fails, go on").click()
    chat.composer.press("Enter")
    run = chat.page.get_by_role("article", name="Run 2")
    expect(run.locator(".command--failed")).to_contain_text("Tag: one")
    expect(run.locator(".command--skipped")).to_contain_text("Your message")
    expect_sound(chat.page)


def test_help_lists_the_commands_and_unknown_ones_are_words(chat: ChatPage, provider: MockProvider) -> None:
    chat.composer.fill("/frobnicate the thing")
    expect(chat.page.get_by_text("“/frobnicate” is no command")).to_be_visible()
    chat.composer.press("Enter")
    expect(chat.questions).to_have_text(["/frobnicate the thing"])
    chat.expect_run(1, "Completed")
    chat.composer.fill("/title")
    chat.composer.press("Control+Enter")
    expect(chat.refusal).to_contain_text("/title needs something after it")
    expect(chat.composer).to_have_value("/title")
    chat.composer.fill("/help")
    chat.composer.press("Control+Enter")
    dialog = chat.page.get_by_role("dialog", name="Commands")
    expect(dialog).to_contain_text("/tag travel, 2027")
    expect_sound(chat.page)
    chat.page.keyboard.press("Escape")
    expect(chat.composer).to_have_value("")
    chat.send("//title is a word")
    expect(chat.questions).to_have_text(["/frobnicate the thing", "/title is a word"])


def test_an_agent_alone_in_its_line_answers(chat: ChatPage) -> None:
    chat.composer.fill("@code\nHow are you?")
    chat.composer.press("Enter")
    run = chat.expect_run(1, "Completed")
    expect(chat.questions).to_have_text(["How are you?"])
    expect(run.locator(".facts")).to_contain_text("Code helper")


def test_an_agent_that_is_named_before_the_page_knows_the_agents_answers(chat: ChatPage) -> None:
    held: list[Route] = []
    chat.page.route("**/api/v1/agents/*", lambda route: held.append(route))
    chat.page.reload()
    chat.composer.fill("@code\nHow are you?")
    chat.composer.press("Enter")
    expect(chat.questions).to_have_count(0)
    for route in held:
        route.continue_()
    chat.page.unroute("**/api/v1/agents/*")
    run = chat.expect_run(1, "Completed")
    expect(chat.questions).to_have_text(["How are you?"])
    expect(run.locator(".facts")).to_contain_text("Code helper")
