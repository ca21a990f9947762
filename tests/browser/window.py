"""A browser window that one test after another uses: what it has loaded of the page's files stays, and nothing else does.

    with Window(browser, server, login) as window:
        with window.used() as context:
            page = context.new_page()

A new window would load and compile all of them again, which costs more than most tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, StorageState, WebError

from tests.support.server import CodayServer

PATIENCE = 15_000  # ms until what is expected has to be there
PLAIN = "/healthz"  # an address of the server's without a script
FORGET = "() => { localStorage.clear(); sessionStorage.clear(); }"


class Window:
    """A window of somebody who has logged in. ``options`` are of Playwright's ``new_context``."""

    def __init__(self, browser: Browser, server: CodayServer, login: StorageState, **options: Any) -> None:
        self._cookies: Any = login.get("cookies", [])
        self._permissions: list[str] = options.pop("permissions", [])
        self._errors: list[str] = []
        self._context = browser.new_context(base_url=server.base_url, locale="en-GB", **options)
        self._context.set_default_timeout(PATIENCE)
        self._context.on("weberror", self._note_error)
        self._context.on("console", self._note_violation)
        self._plain = self._context.new_page()
        self._plain.goto(PLAIN)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.close()

    @contextmanager
    def used(self) -> Iterator[BrowserContext]:
        """The window as its person finds it, without a page of theirs. Any error that a page reports fails the test."""
        self._errors.clear()
        self._context.add_cookies(self._cookies)
        self._context.grant_permissions(self._permissions)
        yield self._context
        self._tidy_up()
        assert self._errors == []

    def _tidy_up(self) -> None:
        for page in self._context.pages:
            if page is not self._plain:
                page.close()
        self._context.set_offline(False)
        self._context.unroute_all()
        self._context.clear_permissions()
        self._context.clear_cookies()
        self._plain.evaluate(FORGET)

    def _note_error(self, error: WebError) -> None:
        self._errors.append(str(error.error))

    def _note_violation(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self._errors.append(message.text)
