"""Whatever is sent, the answer is no fault of the server's, and a refusal is a problem document with a code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import msgspec

from tests.runs.api.history import History
from tests.runs.api.site import Site

HEADERS = {"Content-Type": "application/json"}
VALUES: tuple[Any, ...] = (
    None, True, -1, 1.5, 10**400, "", "\0", "x" * 5_000, str(UUID(int=0)), [None], ["x"] * 300, {"x": {"y": []}},
)  # fmt: skip
RAW = (
    b"", b"{", b"NaN", b"\xff", b"\xef\xbb\xbf{}", b'"\\ud800"', b'{"input":' * 5_000, b"[" * 100_000, b'{"a":1}{"b":2}',
    b"\0", b'{"title":"a","title":"b"}', b'{"x":1e999}',
)  # fmt: skip
ROW_BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "threads/"): {"title": "x", "agent": "helper", "model": "mock-1", "anonymous": False},
    ("PATCH", "threads/{thread}/"): {"title": "x", "agent": "", "tags": ["x"], "pinned": True, "archived": False},
    ("PATCH", "runs/{run}/"): {"title": "x", "tags": ["x"], "importance": 7, "pinned": True, "group": None},
    ("POST", "runs/bulk/"): {"runs": [], "add_tags": ["x"], "remove_tags": ["x"], "group": None},
    ("POST", "threads/bulk/"): {"threads": [], "folder": None, "add_tags": ["x"], "pinned": True},
    ("POST", "run-tags/"): {"name": "x", "color": "red"},
    ("POST", "threads/{thread}/groups/"): {"name": "x", "runs": []},
    ("POST", "thread-folders/"): {"name": "x"},
    ("POST", "run-templates/"): {
        "name": "x",
        "slug": "x",
        "commands": [{"type": "pin"}],
        "parameters": [{"name": "x"}],
        "from_runs": [],
        "groups": [],
    },
    ("POST", "run-schedules/"): {
        "name": "x",
        "template": None,
        "arguments": {},
        "cron": "0 9 * * *",
        "starts_at": None,
        "thread": None,
    },
    ("POST", "run-schedules/preview/"): {"cron": "0 9 * * *", "time_zone": "UTC", "starts_at": None, "ends_at": None},
}
RUN_BODIES: dict[str, dict[str, Any]] = {
    "threads/{thread}/runs/": {
        "input": {"type": "user", "text": "x", "images": []},
        "key": "", "agent": "", "model": "", "parent": None, "when_busy": "reject",
    },
    "runs/{run}/cancel/": {},
    "runs/{run}/retry/": {},
    "runs/{run}/rerun/": {},
}  # fmt: skip


def spoilt(body: dict[str, Any]) -> Iterator[Any]:
    """The body with each of its values replaced, and with one too many; then no object at all."""
    for junk in VALUES:
        for name, value in body.items():
            if isinstance(value, dict):
                yield from ({**body, name: {**value, inner: junk}} for inner in value)
            yield {**body, name: junk}
        yield junk
    yield {**body, "surprise": 1}


def judge(answer: Any, *what: object) -> None:
    """Fail on a fault of the server's, and on a refusal without a code."""
    assert answer.status_code < 500, (*what, answer.content)
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json", (*what, answer.content)
        document = answer.json()
        assert document["code"], what
        assert document["status"] == answer.status_code, what


def contents(body: dict[str, Any]) -> list[bytes]:
    """Everything that is sent in place of this body."""
    return [*RAW, *(msgspec.json.encode(value) for value in spoilt(body))]


def test_no_body_is_a_fault_of_the_server_s(history: History) -> None:
    run = history.turn(0)
    client = history.client()
    for (method, template), body in ROW_BODIES.items():
        path = template.format(thread=history.thread_id, run=run.id)
        for content in contents(body):
            answer = client.generic(method, f"/api/v1/{path}", content, content_type="application/json")
            judge(answer, method, template, content[:200])


async def test_no_body_of_a_run_is_a_fault_of_the_server_s(site: Site, api: httpx.AsyncClient) -> None:
    asked = RUN_BODIES["threads/{thread}/runs/"]
    run = (await api.post(f"threads/{site.thread_id}/runs/", json=asked)).json()["id"]
    for template, body in RUN_BODIES.items():
        await site.idle()
        path = template.format(thread=site.thread_id, run=run)
        for content in contents(body):
            judge(await api.post(path, content=content, headers=HEADERS), template, content[:200])
    await site.idle()


async def test_no_header_is_a_fault_of_the_server_s(site: Site, api: httpx.AsyncClient) -> None:
    path = f"threads/{site.thread_id}/events/"
    for value in ("", "x", "*/*", "text/event-stream;q=0", "application/json;q=x", ";", ",", "a/b/c", "\xff" * 100):
        for name in ("Accept", "Authorization", "Content-Type", "Cookie", "X-CSRFToken", "Accept-Language"):
            judge(await api.get(path, headers={name.encode(): value.encode("latin-1")}), name, value)
    for value in ("x", "-1", "9" * 5_000, "\xff"):
        headers = {b"Accept": b"text/event-stream", b"Last-Event-ID": value.encode("latin-1")}
        judge(await api.get(path, headers=headers), "Last-Event-ID", value[:20])
