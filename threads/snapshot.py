"""Frozen values of threads and messages: what crosses from the database into runs, events and doors."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from threads.content import ContentPart

MessageRole = Literal["user", "assistant", "system", "tool"]
MessageStatus = Literal["streaming", "complete", "partial"]


class ThreadSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A thread as it was when it was read. ``agent`` and ``model`` are slugs, empty for the default; ``excerpt`` is how the
    first message begins, where there is no title; ``skills`` are the slugs of those that are active, in the order in which
    they were activated. ``forked_from`` is the run, of ``forked_from_thread``, whose branch was copied here."""

    id: UUID
    owner_id: UUID
    title: str
    excerpt: str = ""
    agent: str
    model: str
    anonymous: bool
    head: UUID | None
    tags: tuple[str, ...]
    pinned: bool
    archived: bool
    folder: UUID | None = None
    forked_from: UUID | None = None
    forked_from_thread: UUID | None = None
    skills: tuple[str, ...] = ()
    last_seq: int
    created_at: datetime
    updated_at: datetime


class MessageSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it was when it was read. ``agent`` and ``model`` are slugs, empty for what people said."""

    id: UUID
    thread_id: UUID
    run_id: UUID
    role: MessageRole
    status: MessageStatus
    content: tuple[ContentPart, ...]
    agent: str = ""
    model: str = ""
    created_at: datetime


class ImageSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """An image attachment: ``size`` in bytes, ``width`` and ``height`` in pixels."""

    id: UUID
    thread_id: UUID
    name: str
    media_type: str
    size: int
    width: int
    height: int
