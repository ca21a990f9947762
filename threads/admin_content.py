"""A page of the admin that shows what was said in somebody's conversation, to those who have the permission for that. Being
staff does not bring it, and every look is in the audit log. What was masked is shown as masks: to see the values takes
another permission and another press."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin
from unfold.decorators import action

from coday.accounts.audit import Action, actor_of, record
from threads.content import ContentPart, ImagePart, TextPart, ThinkingPart, ToolResultPart, ToolUsePart
from threads.masks import masks_of
from threads.models import Message, Thread
from threads.queries import message_snapshot
from threads.snapshot import MessageSnapshot

READ, REVEAL = "threads.read_content", "threads.reveal_masks"
PAGE = 100  # messages


@dataclass(frozen=True, slots=True)
class Said:
    """A message for the page: who said it, and its parts as kind and text."""

    message: MessageSnapshot
    parts: tuple[tuple[str, str], ...]


class ReadableThreads(ModelAdmin):
    """For the admin of threads: a button that leads to the page. It is there for those who may press it."""

    actions_detail = ("what_was_said",)

    def has_read_content_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether they may open the page. (A permission's name in ``permissions`` would be looked up in the database by every
        command, ``migrate`` on an empty one included.)"""
        return request.user.has_perm(READ)

    @action(description="What was said", url_path="said", permissions=["view", "read_content"])
    def what_was_said(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A page of messages, newest last; sent as a form, with the values behind the masks."""
        thread = self.get_object(request, object_id)
        if not isinstance(thread, Thread):
            return redirect("admin:threads_thread_changelist")
        reveal = request.method == "POST"
        if reveal and not request.user.has_perm(REVEAL):
            raise PermissionDenied
        found = _page(thread, before=(request.POST if reveal else request.GET).get("before", ""))
        _note(request, thread, revealed=reveal, messages=len(found[:PAGE]))
        unmask = masks_of(thread_id=thread.pk).unmask if reveal else str
        context = {
            **self.admin_site.each_context(request),
            "title": "What was said",
            "opts": self.opts,
            "original": thread,
            "said": [Said(message, tuple(_shown(message, unmask))) for message in reversed(found[:PAGE])],
            "older": found[PAGE - 1].id if len(found) > PAGE else None,
            "before": request.POST.get("before", "") if reveal else request.GET.get("before", ""),
            "revealed": reveal,
            "may_reveal": thread.anonymous and request.user.has_perm(REVEAL),
        }
        return TemplateResponse(request, "admin/threads/thread/said.html", context)


def _page(thread: Thread, *, before: str) -> list[MessageSnapshot]:
    """The newest messages before that one, newest first, one more than are shown; none that was removed."""
    said = Message.objects.filter(thread=thread, removed=False).order_by("-id")
    if before:
        try:
            said = said.filter(pk__lt=UUID(before))
        except ValueError as error:
            raise Http404 from error
    return [message_snapshot(message) for message in said[: PAGE + 1]]


@transaction.atomic
def _note(request: HttpRequest, thread: Thread, *, revealed: bool, messages: int) -> None:
    """Before anything is shown: what cannot be noted is not seen."""
    looked = Action.MASKS_REVEALED if revealed else Action.CONTENT_READ
    record(action=looked, by=actor_of(request), about=thread, details={"messages": messages})


def _shown(message: MessageSnapshot, unmask: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    for part in message.content:
        kind, text = _part(part)
        if text:
            yield kind, unmask(text)


def _part(part: ContentPart) -> tuple[str, str]:
    match part:
        case TextPart():
            return "", part.text
        case ThinkingPart():
            return "Thought", part.text
        case ImagePart():
            return "Image", part.alt or str(part.id)
        case ToolUsePart():
            return f"Called {part.name}", part.arguments_text or _json(part.arguments)
        case ToolResultPart():
            return f"Result of {part.name}", part.content


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
