"""What is not kept: a policy is tried and applied on the page, what it leaves is shown, and a person erases themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.rest import call
from tests.browser.seen import expect_sound
from tests.support.server import CodayServer

GONE = "Removed by a retention policy"
SECRET = "The word is zeisigweibchen."


@pytest.fixture(autouse=True)
def no_policies(context: BrowserContext, chat: ChatPage) -> Iterator[None]:
    """Others use the same server."""
    yield
    for policy in call(context, "GET", "retention-policies/")["results"]:
        call(context, "DELETE", f"retention-policies/{policy['id']}/")


def said_twice(chat: ChatPage, context: BrowserContext) -> None:
    """A conversation of two runs; the first one has a tag."""
    for number, text in enumerate((SECRET, "And now?"), start=1):
        chat.send(text)
        chat.expect_run(number, "Completed")
    thread_id = chat.address.rstrip("/").rpartition("/")[2]
    runs = call(context, "GET", f"threads/{thread_id}/runs/")["results"]
    first = next(run for run in runs if run["number"] == 1)
    call(context, "POST", "runs/bulk/", {"runs": [first["id"]], "add_tags": ["weg"]})


def test_a_policy_is_tried_and_applied_and_its_run_is_a_skeleton(chat: ChatPage, context: BrowserContext) -> None:
    said_twice(chat, context)
    dialog = chat.settings("Retention")
    expect(dialog.get_by_text("Everything is kept until you delete it.")).to_be_visible()
    dialog.get_by_role("button", name="New policy").click()
    form = dialog.get_by_role("form", name="New policy")
    form.get_by_label("Name").fill("Away with it")
    form.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("at least one condition")
    form.get_by_label("With one of these tags").fill("weg")
    expect_sound(chat.page)
    form.get_by_role("button", name="Save").click()

    policy = dialog.get_by_role("list", name="Policies").get_by_role("listitem")
    expect(policy).to_contain_text("Runs that are tagged “weg”.")
    policy.get_by_role("button", name="Try out: Away with it").click()
    expect(policy.get_by_role("status")).to_contain_text("This would remove the words of 1 run")
    expect(chat.questions.first).to_have_text(SECRET)
    policy.get_by_role("button", name="Remove now: Away with it").click()
    expect(policy.get_by_role("status")).to_contain_text("Removed: the words of 1 run")
    expect_sound(chat.page)
    chat.page.keyboard.press("Escape")

    for _ in range(2):
        skeleton = chat.expect_run(1, "Completed")
        expect(skeleton).to_contain_text(GONE)
        expect(skeleton.get_by_role("button", name="Run again")).to_have_count(0)
        expect(chat.page.get_by_text(SECRET)).to_have_count(0)
        expect_sound(chat.page)
        skeleton.get_by_role("button", name="Run 1: more").click()
        expect(
            chat.page.get_by_role("menuitem", name="Delete …").or_(chat.page.get_by_role("menuitem").last)
        ).to_be_visible()
        expect(chat.page.get_by_role("menuitem", name="Fork")).to_have_count(0)
        chat.page.keyboard.press("Escape")
        chat.page.reload()
    chat.send("Still there?")
    chat.expect_run(3, "Completed")


def test_a_policy_is_switched_on_and_deleted(chat: ChatPage, context: BrowserContext) -> None:
    call(context, "POST", "retention-policies/", {"name": "Old", "older_than_days": 9_000, "only_archived": True})
    dialog = chat.settings("Retention")
    policy = dialog.get_by_role("list", name="Policies").get_by_role("listitem")
    expect(policy).to_contain_text("Runs that ended more than 9,000 days ago, in an archived conversation.")
    with chat.page.expect_response(lambda answer: answer.request.method == "PATCH"):
        policy.get_by_role("switch", name="Apply by itself").check()
    assert call(context, "GET", "retention-policies/")["results"][0]["enabled"]
    policy.get_by_role("button", name="Try out: Old").click()
    expect(policy.get_by_role("status")).to_contain_text("Nothing would be removed now.")
    policy.get_by_role("button", name="Delete: Old").click()
    expect(dialog.get_by_text("Everything is kept until you delete it.")).to_be_visible()


def asked_to_erase(chat: ChatPage, *, username: str, password: str) -> Any:
    dialog = chat.settings("Retention")
    dialog.get_by_role("button", name="Erase everything of mine …").click()
    dialog.get_by_label("Your username").fill(username)
    dialog.get_by_label("Your password").fill(password)
    expect_sound(chat.page)
    dialog.get_by_role("button", name="Erase everything", exact=True).click()
    return dialog


def test_who_may_not_be_erased_is_told_why(chat: ChatPage, server: CodayServer) -> None:
    dialog = asked_to_erase(chat, username=server.admin_username, password=server.admin_password)
    expect(dialog.get_by_role("alert")).to_contain_text("last superuser")
    dialog.get_by_role("button", name="Keep everything").click()
    expect(dialog.get_by_role("button", name="Erase everything of mine …")).to_be_visible()


def test_a_person_erases_themselves(browser: Browser, server: CodayServer) -> None:
    make = "from coday.accounts.models import User; User.objects.create_user('weg', password='correct horse battery')"
    server.manage("shell", "-c", make)
    with browser.new_context(base_url=server.base_url) as context:
        page: Page = context.new_page()
        page.goto("/")
        page.get_by_label("Username").fill("weg")
        page.get_by_label("Password").fill("correct horse battery")
        page.get_by_role("button", name="Log in").click()
        chat = ChatPage(page)
        chat.send("Hello?")
        chat.expect_run(1, "Completed")
        dialog = asked_to_erase(chat, username="weg", password="correct horse battery")
        expect(dialog.get_by_role("heading", name="Everything of yours is gone.")).to_be_visible()
        expect(dialog.get_by_text("erased-")).to_be_visible()
        dialog.get_by_role("link", name="Leave").click()
        page.get_by_label("Username").fill("weg")
        page.get_by_label("Password").fill("correct horse battery")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_be_visible()
