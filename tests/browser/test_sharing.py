"""What somebody shares is read by those whom it is for, and by whoever has the link, until it is revoked."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.chat_page import ChatPage
from tests.browser.rest import call
from tests.browser.seen import expect_sound
from tests.support.server import CodayServer

PHONE = {"width": 390, "height": 780}


@pytest.fixture
def shared(context: BrowserContext, chat: ChatPage) -> Iterator[ChatPage]:
    """A conversation of two runs; afterwards nothing is shared any more."""
    for number, question in enumerate(("Where do herons sleep?", "<b>And</b> storks?"), 1):
        chat.send(question)
        chat.expect_run(number, "Completed")
    yield chat
    for one in call(context, "GET", "shares/")["results"]:
        call(context, "DELETE", f"shares/{one['id']}/")


@pytest.fixture
def stranger(browser: Browser, server: CodayServer) -> Iterator[Page]:
    """Somebody's page who is not logged in."""
    context = browser.new_context(base_url=server.base_url, locale="en-GB")
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
    yield context.new_page()
    context.close()
    assert errors == []


@pytest.fixture(scope="module")
def teammate(server: CodayServer) -> str:
    """The name of somebody else, whose password is that of the admin."""
    server.manage("shell", "-c", _MAKE_TEAMMATE.format(password=server.admin_password))
    return "teammate"


_MAKE_TEAMMATE = (
    "from coday.accounts.models import User; "
    "User.objects.filter(username='teammate').exists() or "
    "User.objects.create_user('teammate', password='{password}')"
)


def open_dialog(chat: ChatPage) -> Locator:
    chat.page.get_by_role("button", name="Conversation", exact=True).click()
    chat.choose("Share …")
    return chat.page.get_by_role("dialog", name="Share this conversation")


def share_by_link(chat: ChatPage) -> str:
    """Share the conversation; the link."""
    dialog = open_dialog(chat)
    dialog.get_by_role("checkbox", name="Whoever has the link").check()
    dialog.get_by_role("button", name="Share", exact=True).click()
    link = dialog.get_by_role("textbox", name="The link")
    expect(link).to_be_focused()
    address = link.input_value()
    chat.page.keyboard.press("Escape")
    return address


def log_in(page: Page, server: CodayServer, name: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(server.admin_password)
    page.get_by_role("button", name="Log in").click()


def test_whoever_has_the_link_reads_until_it_is_revoked(shared: ChatPage, stranger: Page) -> None:
    link = share_by_link(shared)
    shared.send("What is said later?")
    shared.expect_run(3, "Completed")

    stranger.goto(link)
    expect(stranger.get_by_role("article")).to_have_count(2)
    first = stranger.get_by_role("article", name="Run 1")
    expect(first).to_contain_text("Where do herons sleep?")
    expect(first.locator(".prose")).not_to_be_empty()
    expect(stranger.get_by_role("article", name="Run 2")).to_contain_text("<b>And</b> storks?")
    expect(stranger.get_by_role("banner")).to_contain_text("expires")
    expect(stranger.get_by_role("main")).not_to_contain_text("admin")
    expect(stranger.get_by_role("textbox")).to_have_count(0)
    expect_sound(stranger)
    stranger.set_viewport_size(PHONE)  # type: ignore[arg-type]
    expect_sound(stranger)
    assert stranger.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page = shared.page
    shared.sidebar.get_by_role("button", name="Menu", exact=True).click()
    shared.choose("Shared")
    expect(page.get_by_role("region", name="What I share")).to_contain_text("opened once")
    expect_sound(page)
    page.get_by_role("button", name=re.compile("^Revoke")).click()
    expect(page.get_by_role("region", name="What I share")).to_contain_text("Revoked")
    answer = stranger.goto(link)
    assert answer is not None
    assert answer.status == 404


def test_the_owner_brings_it_up_to_date(shared: ChatPage, stranger: Page) -> None:
    link = share_by_link(shared)
    shared.send("And cranes?")
    shared.expect_run(3, "Completed")
    dialog = open_dialog(shared)
    expect_sound(shared.page)
    dialog.get_by_role("button", name=re.compile("^Update")).click()
    expect(shared.page.get_by_text("Its readers see it as it is now.")).to_be_attached()
    stranger.goto(link)
    expect(stranger.get_by_role("article", name="Run 3")).to_contain_text("And cranes?")


def test_a_teammate_receives_it_and_goes_on_with_a_copy(
    shared: ChatPage, stranger: Page, server: CodayServer, teammate: str
) -> None:
    dialog = open_dialog(shared)
    people = dialog.get_by_label("People, by their usernames")
    people.fill("nobody-of-this-name")
    people.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Nobody here is called nobody-of-this-name.")
    expect_sound(shared.page)
    people.fill(teammate)
    people.press("Enter")
    expect(dialog.get_by_text("It is shared.")).to_be_focused()
    expect(dialog.get_by_role("region", name="Shared so far")).to_contain_text(teammate)

    stranger.goto("/shares/")
    log_in(stranger, server, teammate)
    received = stranger.get_by_role("region", name="Shared with me")
    expect(received).to_contain_text(f"from {server.admin_username}")
    received.get_by_role("link").first.click()
    expect(stranger.get_by_role("banner")).to_contain_text(f"Shared by {server.admin_username}")
    stranger.get_by_role("button", name="Continue as a copy").click()
    copy = ChatPage(stranger)
    expect(copy.composer).to_be_visible()
    expect(copy.questions).to_have_text(["Where do herons sleep?", "<b>And</b> storks?"])
    expect(stranger.get_by_text(f"Copied from what {server.admin_username} shared")).to_be_visible()
    copy.send("Go on.")
    copy.expect_run(3, "Completed")


def test_who_is_not_logged_in_does_so_and_comes_back_for_a_copy(
    shared: ChatPage, stranger: Page, server: CodayServer, teammate: str
) -> None:
    link = share_by_link(shared)
    stranger.goto(link)
    stranger.get_by_role("link", name="Log in to continue as a copy").click()
    log_in(stranger, server, teammate)
    expect(stranger).to_have_url(link)
    stranger.get_by_role("button", name="Continue as a copy").click()
    expect(ChatPage(stranger).questions).to_have_count(2)


def test_one_run_is_shared_from_its_menu(shared: ChatPage, stranger: Page) -> None:
    page = shared.page
    shared.run(2, "Completed").hover()
    page.get_by_role("button", name="Run 2: more").click()
    shared.choose("Share …")
    dialog = page.get_by_role("dialog", name="Share run 2")
    dialog.get_by_role("checkbox", name="Whoever has the link").check()
    dialog.get_by_role("checkbox", name="Show my username").check()
    dialog.get_by_role("button", name="Share", exact=True).click()
    stranger.goto(dialog.get_by_role("textbox", name="The link").input_value())
    expect(stranger.get_by_role("article")).to_have_count(1)
    expect(stranger.get_by_role("article")).to_contain_text("<b>And</b> storks?")
    expect(stranger.get_by_role("banner")).to_contain_text("Shared by")


def test_what_is_not_possible_is_not_asked_for(modules: Page) -> None:
    asked = modules.evaluate(
        """async () => {
          const sharing = await import("/static/js/state/sharing.js");
          const { changed, emptyForm, isComplete, mayReveal, namesOf, requestOf } = sharing;
          const rules = { revealed: "people" };
          const lifted = changed(emptyForm, { people: "ann", reveal: true, days: 0 }, rules);
          const linked = changed(lifted, { link: true }, rules);
          return {
            names: namesOf(" @ann, bob;ann\\ncarl@home "),
            empty: isComplete(emptyForm),
            lifted: requestOf(lifted),
            linked: requestOf(linked, { run: { id: "r" }, now: 0 }),
            nobody: mayReveal({ link: false }, { revealed: "nobody" }),
            links: mayReveal({ link: true }, { revealed: "links" }),
          };
        }"""
    )
    assert asked == {
        "names": ["ann", "bob", "carl@home"],
        "empty": False,
        "lifted": {"people": ["ann"], "groups": [], "link": False, "reveal": True, "show_name": True},
        "linked": {
            "run": "r", "people": ["ann"], "groups": [], "link": True, "reveal": False, "show_name": False,
            "expires_at": "1970-01-31T00:00:00.000Z",
        },
        "nobody": False,
        "links": True,
    }  # fmt: skip
