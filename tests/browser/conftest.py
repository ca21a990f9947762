"""A real browser on a real server with a scripted model provider."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, StorageState, expect, sync_playwright

from tests.browser.chat_page import ChatPage
from tests.browser.equipped import PROVIDER, equipped_server, log_in
from tests.browser.window import PATIENCE, Window
from tests.support.mock_provider import MockProvider, polite_answer
from tests.support.server import CodayServer

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
]
expect.set_options(timeout=PATIENCE)

# Package scope, and not session: while Playwright's synchronous API is open its thread has a running event loop, which
# would be in the way of tests elsewhere that run their own.


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium, the system's or Playwright's; without one the tests are skipped, in CI they fail."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or playwright.chromium.executable_path
    if not Path(path).exists():
        reason = "No Chromium: install Debian's package chromium, or run `playwright install chromium`."
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
    yield chromium
    chromium.close()


@pytest.fixture(scope="package")
def shared_provider() -> Iterator[MockProvider]:
    with MockProvider.in_thread() as provider:
        yield provider


@pytest.fixture(scope="package")
def server(shared_provider: MockProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CodayServer]:
    """One server for all tests of this package: each test has its own conversation."""
    environment = {
        **PROVIDER,
        "OPENAI_BASE_URL": shared_provider.base_url,
        "CODAY_MAX_MESSAGE_CHARS": "5000",
    }
    with CodayServer(data_dir=tmp_path_factory.mktemp("server"), environment=environment) as running:
        yield running


@pytest.fixture
def provider(shared_provider: MockProvider) -> Iterator[MockProvider]:
    """The model provider, answering politely unless the test decides otherwise."""
    shared_provider.answer = polite_answer
    yield shared_provider
    shared_provider.answer = polite_answer


@pytest.fixture(scope="package")
def equipped(shared_provider: MockProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CodayServer]:
    """A server whose assistant has tools, see ``equipped_server``."""
    with equipped_server(shared_provider, tmp_path_factory.mktemp("equipped")) as running:
        yield running


@pytest.fixture(scope="package")
def login(browser: Browser, server: CodayServer) -> StorageState:
    """The cookies of somebody who has logged in through the form."""
    return log_in(browser, server)


@pytest.fixture(scope="package")
def window(browser: Browser, server: CodayServer, login: StorageState) -> Iterator[Window]:
    """The window of a logged-in person. A module whose tests have a server of their own has its own, too."""
    with Window(browser, server, login) as opened:
        yield opened


@pytest.fixture
def context(window: Window) -> Iterator[BrowserContext]:
    """The window as its person finds it. Any error that a page reports fails the test."""
    with window.used() as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def chat(page: Page, provider: MockProvider) -> ChatPage:
    """The page of a new conversation."""
    chat = ChatPage(page)
    chat.start()
    return chat


@pytest.fixture(scope="package")
def modules(browser: Browser, server: CodayServer) -> Iterator[Page]:
    """A page of the server's origin and policy, for calling the page's modules by themselves."""
    context = browser.new_context(base_url=server.base_url)
    page = context.new_page()
    page.goto("/accounts/login/")
    yield page
    context.close()
