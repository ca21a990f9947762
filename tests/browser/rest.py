"""REST as the page's own window calls it: what a test prepares, and clears away after itself."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import BrowserContext

API = "/api/v1/"


def csrf_of(context: BrowserContext) -> str:
    """The token of the window's cookie."""
    return next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "csrftoken")


def call(context: BrowserContext, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Call an endpoint, which has to agree; its answer, ``None`` where there is none."""
    headers = {"X-CSRFToken": csrf_of(context), "Origin": origin_of(context), "Referer": origin_of(context)}
    answer = context.request.fetch(API + path, method=method, data=body, headers=headers)
    assert answer.ok, answer.text()
    return answer.json() if answer.body() else None


def origin_of(context: BrowserContext) -> str:
    """Where the window's first page comes from."""
    return str(context.pages[0].evaluate("location.origin"))
