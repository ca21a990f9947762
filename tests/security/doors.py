"""Every door of the product, taken from its configuration: addresses with their methods, and frames of the sockets.

Each has a row here, which says whose things it is about. A door without a row makes ``test_matrix.py`` fail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.urls import URLPattern, URLResolver, get_resolver
from django.views.generic import RedirectView

from coday.edge.consumers import UnknownSocket
from runs.routing import websocket_urlpatterns

STREAM = {"Accept": "text/event-stream"}
HELLO: dict[str, Any] = {"input": {"type": "user", "text": "Hello?"}}
ANSWER: dict[str, Any] = {"input": {"type": "tool_result", "results": [{"tool_call_id": "call_9", "approved": True}]}}
PART = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^()]*\)")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})


class About(Enum):
    """Whose things a door is about."""

    OBJECT = "names an object: to everyone but its owner it is not there"
    CALLER = "shows or makes what is the caller's own"
    EVERYONE = "open, with or without a credential"


@dataclass(frozen=True)
class Objects:
    """What the owner has, by the names that addresses give to their parts."""

    thread_id: str
    run_id: str
    image_id: str
    token_id: str
    message_id: str
    skill_slug: str
    source_id: str
    fact_id: str
    operation_id: str
    tag_id: str
    group_id: str
    folder_id: str
    deletion_id: str
    share_id: str
    summary_id: str
    template_id: str
    schedule_id: str
    target_id: str
    policy_id: str

    def named_in(self, text: str) -> list[str]:
        """Those of the owner's objects that a text speaks of."""
        return [name for name, value in vars(self).items() if value in text]


@dataclass(frozen=True)
class Row:
    """A request. ``status`` is what the owner gets; ``file`` sends an image, ``upload`` another file's content."""

    about: About
    status: int = 200
    body: dict[str, Any] | None = None
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    file: bool = False
    upload: bytes = b""
    others: frozenset[int] = frozenset()

    @property
    def writes(self) -> bool:
        """Whether the owner's request makes or changes something."""
        return self.body is not None or self.file or bool(self.upload) or self.status == 204


OBJECT, CALLER, EVERYONE = About.OBJECT, About.CALLER, About.EVERYONE
REST: dict[tuple[str, str], Row] = {
    ("tokens", "GET"): Row(CALLER),
    ("tokens", "POST"): Row(CALLER, 403, {"name": "another"}),  # a token makes no token
    ("agents", "GET"): Row(CALLER),
    ("agent-effective", "GET"): Row(CALLER),
    ("models", "GET"): Row(CALLER),
    ("chat-settings", "GET"): Row(CALLER),
    ("chat-settings", "PATCH"): Row(CALLER, body={"system_prompt": "Mine"}),
    ("effective-chat-settings", "GET"): Row(CALLER),
    ("facts", "GET"): Row(CALLER),
    ("facts", "POST"): Row(CALLER, 201, {"text": "Likes coffee."}),
    ("fact", "PATCH"): Row(OBJECT, body={"text": "Likes green tea."}),
    ("fact", "DELETE"): Row(OBJECT, 204),
    ("usage", "GET"): Row(CALLER),
    ("threads", "GET"): Row(CALLER),
    ("threads", "POST"): Row(CALLER, 201, {"title": "Mine"}),
    ("runs", "GET"): Row(CALLER),
    ("runs", "GET, searched"): Row(CALLER, query="?q=hello&importance=1"),
    ("search", "GET"): Row(CALLER, query="?q=hello"),
    ("thread", "GET"): Row(OBJECT),
    ("thread", "PATCH"): Row(OBJECT, body={"title": "Mine"}),
    ("thread", "PATCH, head"): Row(OBJECT, body={"head": "{run_id}"}),
    ("thread-skills", "GET"): Row(OBJECT),
    ("thread-skill", "PUT"): Row(OBJECT, body={}),
    ("thread-skill", "DELETE"): Row(OBJECT, 204),
    ("thread-images", "POST"): Row(OBJECT, 201, file=True),
    ("thread-image", "GET"): Row(OBJECT),
    ("thread-masks", "GET"): Row(OBJECT),
    ("thread-messages", "GET"): Row(OBJECT),
    ("thread-runs", "GET"): Row(OBJECT),
    ("thread-runs", "POST"): Row(OBJECT, 202, HELLO),
    ("thread-runs", "POST, streamed"): Row(OBJECT, body=HELLO, headers=STREAM),
    ("thread-events", "GET"): Row(OBJECT),
    ("thread-events", "GET, streamed"): Row(OBJECT, query="?after=0", headers=STREAM),
    ("thread-events", "GET, resumed"): Row(OBJECT, headers={**STREAM, "Last-Event-ID": "1"}),
    ("run", "GET"): Row(OBJECT),
    ("run", "PATCH"): Row(OBJECT, body={"title": "Mine"}),
    ("run-timeline", "GET"): Row(OBJECT),
    ("run-export", "GET"): Row(OBJECT, query="?masks=reveal"),
    ("thread-export", "GET"): Row(OBJECT, query="?branch=shown&format=markdown"),
    ("exports", "POST"): Row(CALLER, body={"everything": True}),
    ("exports", "POST, runs"): Row(OBJECT, body={"runs": ["{run_id}"]}),
    ("exports", "POST, threads"): Row(OBJECT, body={"threads": ["{thread_id}"], "format": "markdown"}),
    ("imports", "POST"): Row(CALLER, upload=b'{"format": "coday", "version": 1, "threads": []}', query="?source=coday"),
    ("run-comparison", "GET"): Row(OBJECT, query="?a={run_id}&b={run_id}"),
    ("run-importance", "GET"): Row(OBJECT),
    ("analytics", "GET"): Row(CALLER, query="?group_by=agent&status=completed"),
    ("analytics", "GET, of everybody"): Row(CALLER, 403, query="?scope=all", others=frozenset({200})),  # admins may
    ("run-feedback", "GET"): Row(OBJECT, 404),  # nothing was said yet
    ("run-feedback", "PUT"): Row(OBJECT, body={"rating": 1, "comment": "Mine"}),
    ("run-feedback", "DELETE"): Row(OBJECT, 204),
    ("run-bulk", "POST"): Row(OBJECT, body={"runs": ["{run_id}"], "pinned": True, "group": "{group_id}"}),
    ("run-tags", "GET"): Row(CALLER),
    ("run-tags", "POST"): Row(CALLER, 201, {"name": "Mine"}),
    ("run-tag", "PATCH"): Row(OBJECT, body={"name": "Yours"}),
    ("run-tag", "DELETE"): Row(OBJECT, 204),
    ("run-groups", "GET"): Row(OBJECT),
    ("run-groups", "POST"): Row(OBJECT, 201, {"name": "Mine", "runs": ["{run_id}"]}),
    ("run-group", "PATCH"): Row(OBJECT, body={"folded": True}),
    ("run-group", "DELETE"): Row(OBJECT, 204),
    ("thread-bulk", "POST"): Row(OBJECT, body={"threads": ["{thread_id}"], "folder": "{folder_id}", "pinned": True}),
    ("thread-folders", "GET"): Row(CALLER),
    ("thread-folders", "POST"): Row(CALLER, 201, {"name": "Mine"}),
    ("thread-folder", "PATCH"): Row(OBJECT, body={"position": 0}),
    ("threads", "GET, in a folder"): Row(CALLER, query="?folder={folder_id}"),
    ("thread-folder", "DELETE"): Row(OBJECT, 204),
    ("run-cancel", "POST"): Row(OBJECT, 202, {}),
    ("run-input", "POST"): Row(OBJECT, 404, ANSWER),  # nothing is asked there
    ("run-input", "PATCH"): Row(OBJECT, 409, {"text": "Mine"}),  # it was asked already
    ("thread-queue", "PUT"): Row(OBJECT, 404, {"runs": [str(UUID(int=0))]}),  # which nobody has
    ("run-send-now", "POST"): Row(OBJECT, 409, {}),
    ("run-steer", "POST"): Row(OBJECT, 409, {}),
    ("run-deletion", "GET"): Row(OBJECT),
    ("run-deletion-undo", "POST"): Row(OBJECT, body={}),
    ("run-calls", "GET"): Row(OBJECT),
    ("run-commands", "GET"): Row(OBJECT),
    ("run-call", "GET"): Row(OBJECT),
    ("run-retry", "POST"): Row(OBJECT, 409, {}),  # it completed
    ("run-rerun", "POST"): Row(OBJECT, 202, {"input": {"text": "Again?"}}),
    ("run-continue", "POST"): Row(OBJECT, 409, {}),  # its answer is whole
    ("run-fork", "POST"): Row(OBJECT, 201, {"title": "Mine"}),
    ("thread-branches", "GET"): Row(OBJECT),
    ("thread-context", "GET"): Row(OBJECT),
    ("thread-summaries", "GET"): Row(OBJECT),
    ("thread-summaries", "POST"): Row(OBJECT, 202, {"runs": ["{run_id}"]}),
    ("run-summarize", "POST"): Row(OBJECT, 202, {"instructions": "Mine"}),
    ("run-summary", "GET"): Row(OBJECT),
    ("run-summary", "PATCH"): Row(OBJECT, body={"text": "Mine"}),
    ("run-summary-renewal", "POST"): Row(OBJECT, 409, {}),  # it was made to fit a window
    ("run-summary", "DELETE"): Row(OBJECT, 204),
    ("run-model-calls", "GET"): Row(OBJECT),
    ("run-model-call", "GET"): Row(OBJECT),
    ("run", "PATCH, context"): Row(OBJECT, body={"context": "excluded"}),
    ("own-groups", "GET"): Row(CALLER),
    ("run-templates", "GET"): Row(CALLER),
    ("run-templates", "POST"): Row(CALLER, 201, {"name": "Mine", "commands": [{"type": "pin"}]}),
    ("run-templates", "POST, from a run"): Row(OBJECT, 201, {"name": "Mine", "from_runs": ["{run_id}"]}),
    ("run-templates", "POST, nested"): Row(
        OBJECT, 201, {"name": "Mine", "commands": [{"type": "template", "template": "{template_id}"}]}
    ),
    ("run-template", "GET"): Row(OBJECT),
    ("run-template", "PATCH"): Row(OBJECT, body={"commands": [{"type": "prompt", "text": "Hello?"}]}),
    ("run-template-versions", "GET"): Row(OBJECT),
    ("run-template-restore", "POST"): Row(OBJECT, body={}),
    ("run-template-preview", "POST"): Row(OBJECT, body={}),
    ("run-template-start", "POST"): Row(OBJECT, 202, {"thread": "{thread_id}"}),
    ("run-schedules", "GET"): Row(CALLER),
    ("run-schedules", "POST"): Row(OBJECT, 201, {"name": "Mine", "template": "{template_id}", "cron": "0 9 * * *"}),
    ("run-schedule-preview", "POST"): Row(CALLER, body={"cron": "0 9 * * *"}),
    ("run-schedule", "GET"): Row(OBJECT),
    ("run-schedule", "PATCH"): Row(OBJECT, body={"thread": "{thread_id}"}),
    ("run-schedule-slots", "GET"): Row(OBJECT),
    ("run-schedule-run-now", "POST"): Row(OBJECT, 202, {}),
    ("run-schedule", "DELETE"): Row(OBJECT, 204),
    ("run-template", "DELETE"): Row(OBJECT, 204),
    ("thread-shares", "GET"): Row(OBJECT),
    ("thread-shares", "POST"): Row(OBJECT, 201, {"run": "{run_id}", "link": True}),
    ("shares", "GET"): Row(CALLER),
    ("shares-received", "GET"): Row(CALLER),
    ("share-snapshot", "GET"): Row(OBJECT),
    ("share-renew", "POST"): Row(OBJECT, body={}),
    ("share-copy", "POST"): Row(OBJECT, 201, {}),
    ("shared-copy", "POST"): Row(OBJECT, 404, {}),  # whose token leads nowhere
    ("share-snapshot", "DELETE"): Row(OBJECT, 204),
    ("tools", "GET"): Row(CALLER),
    ("operations", "GET"): Row(CALLER),
    ("operation-cancel", "POST"): Row(OBJECT, body={}),
    ("account-erase", "POST"): Row(  # a token erases nobody, and neither does a wrong password
        CALLER, 403, {"password": "x", "confirm": "ann"}, others=frozenset({400})
    ),
    ("retention-policies", "GET"): Row(CALLER),
    ("retention-policies", "POST"): Row(CALLER, 201, {"name": "Mine", "older_than_days": 30}),
    ("retention-conditions-dry-run", "POST"): Row(CALLER, body={"older_than_days": 30}),
    ("retention-policy", "GET"): Row(OBJECT),
    ("retention-policy", "PATCH"): Row(OBJECT, body={"enabled": False}),
    ("retention-dry-run", "POST"): Row(OBJECT, body={}),
    ("retention-apply", "POST"): Row(OBJECT, body={}),
    ("retention-reports", "GET"): Row(OBJECT),
    ("retention-policy", "DELETE"): Row(OBJECT, 204),
    ("tool-callback", "POST"): Row(EVERYONE, 404, {"status": "failed"}),  # whose token nothing waits for
    ("run-questions", "POST"): Row(OBJECT, 202, {"question": "Why?", "runs": ["{run_id}"]}),
    ("notification-targets", "GET"): Row(CALLER),
    ("notification-targets", "POST"): Row(CALLER, 201, {"name": "Mine", "url": "https://hooks.example.org/"}),
    ("notification-target", "PATCH"): Row(OBJECT, body={"enabled": False}),
    ("notification-target-test", "POST"): Row(OBJECT, body={}),
    ("notification-target-deliveries", "GET"): Row(OBJECT),
    ("notification-target", "DELETE"): Row(OBJECT, 204),
    ("skills", "GET"): Row(CALLER),
    ("skills", "POST"): Row(CALLER, 201, {"slug": "mine", "name": "Mine", "trigger": "Always."}),
    ("skill", "GET"): Row(OBJECT),
    ("skill", "PATCH"): Row(OBJECT, body={"trigger": "Never."}),
    ("skill-sources", "POST"): Row(OBJECT, 201, {"title": "Mine", "text": "A text."}),
    ("skill-source", "GET"): Row(OBJECT),
    ("skill-source-refresh", "POST"): Row(OBJECT, 409, {}),  # it is no page
    ("skill-source", "DELETE"): Row(OBJECT, 204),
    ("skill", "DELETE"): Row(OBJECT, 204),
    ("schema", "GET"): Row(EVERYONE),
    ("docs", "GET"): Row(EVERYONE),
    ("healthz", "GET"): Row(EVERYONE),
    ("readyz", "GET"): Row(EVERYONE),
    ("metrics", "GET"): Row(EVERYONE),  # to this machine, or by a token of its own
    ("^api/", "GET"): Row(EVERYONE, 404),  # whatever else is asked for there
    ("run", "DELETE"): Row(OBJECT),
    ("thread", "DELETE"): Row(OBJECT, 204),  # these two are last: nothing is left after them
    ("token", "DELETE"): Row(OBJECT, 204),
}
SHARED = {"number": "1", "position": "1", "tool_call_id": "call_1", "agent_slug": "helper", "token": "x" * 43}
"""What addresses name that is everybody's."""
STREAMED = {("thread-runs", "POST"), ("thread-events", "GET")}
PAGES: dict[tuple[str, str], Row] = {
    ("chat", "GET"): Row(CALLER),
    ("chat-thread", "GET"): Row(OBJECT),
    ("chat-search", "GET"): Row(CALLER),
    ("chat-analytics", "GET"): Row(CALLER),
    ("chat-operations", "GET"): Row(CALLER),
    ("chat-shares", "GET"): Row(CALLER),
    ("share", "GET"): Row(OBJECT),
    ("share-image", "GET"): Row(OBJECT),
    ("shared", "GET"): Row(EVERYONE, 404),  # a token that leads nowhere
    ("shared-image", "GET"): Row(EVERYONE, 404),
    ("favicon", "GET"): Row(EVERYONE),
    ("accounts:login", "GET"): Row(EVERYONE),
    ("accounts:login", "POST"): Row(EVERYONE, body={"username": "nobody", "password": "wrong"}),
    ("accounts:login", "PUT"): Row(EVERYONE, body={}),
    ("accounts:logout", "POST"): Row(EVERYONE, body={}),
}
ADMIN_DOORMAT = {"admin:login", "admin:logout"}
"""The pages of the admin that one reaches without being let in."""

FRAMES: dict[str, Callable[[Objects], list[dict[str, Any]]]] = {
    "run.create": lambda o: [
        {**HELLO, "parent": o.run_id},
        {"input": {"type": "user", "text": "Look", "images": [o.image_id]}},
        {"input": {"type": "user", "text": "Look", "skill": o.skill_slug}},
    ],
    "run.cancel": lambda o: [{"run_id": o.run_id}],
    "run.input": lambda o: [{"run_id": o.run_id, **ANSWER}],
    "resync": lambda o: [{"after": 0}],
}
"""Each frame with every id of the owner's that it can name."""


@dataclass(frozen=True)
class Address:
    """One address of the URL configuration."""

    name: str
    route: str
    methods: frozenset[str]

    def path(self, values: Mapping[str, str]) -> str:
        """The address with its parts filled in."""
        known = {**SHARED, **values}
        return "/" + PART.sub(lambda part: known[part[1] or part[2]], self.route).replace("^", "").replace("$", "")


@cache
def addresses() -> dict[str, Address]:
    """Everything in the URL configuration that is no page of the admin, by name."""
    return {one.name: one for one in _walk(get_resolver().url_patterns) if not one.route.startswith("admin/")}


def admin_addresses() -> list[Address]:
    """Every page of the admin."""
    return [one for one in _walk(get_resolver().url_patterns) if one.route.startswith("admin/")]


def consumers() -> list[type[AsyncWebsocketConsumer]]:
    """The class behind every socket."""
    classes = [pattern.callback.consumer_class for pattern in websocket_urlpatterns]
    return [consumer for consumer in classes if consumer is not UnknownSocket]


def _walk(patterns: list[Any], route: str = "", namespace: str = "") -> Iterator[Address]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, f"{route}{pattern.pattern}", inner)
        elif isinstance(pattern, URLPattern):
            full = f"{route}{pattern.pattern}"
            yield Address(f"{namespace}{pattern.name}" if pattern.name else full, full, _methods(pattern.callback))


def _methods(view: Any) -> frozenset[str]:
    """The methods that a view's class has; a view that is a function, or leads elsewhere, shows a page."""
    view_class = getattr(view, "view_class", RedirectView)
    if issubclass(view_class, RedirectView):
        return frozenset({"GET"})
    names = {name.upper() for name in view_class.http_method_names if hasattr(view_class, name)}
    return frozenset(names - {"HEAD", "OPTIONS"})
