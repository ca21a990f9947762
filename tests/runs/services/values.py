"""Contexts and turns as values, for services that need no database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from agents.queries import ChatPrompts
from agents.snapshot import AgentSnapshot, ModelSnapshot, ProviderSnapshot
from coday.kernel.ids import new_id
from runs.context import RunContext, Turn
from runs.events import RunSnapshot
from threads.content import ContentPart
from threads.snapshot import MessageRole, MessageSnapshot

NOW = datetime(2026, 1, 1, tzinfo=UTC)
THREAD = new_id()


def a_run(**values: Any) -> RunSnapshot:
    """A run that is under way."""
    fields = {"number": 1, "parent": None, "status": "running", **values}
    return RunSnapshot(
        id=new_id(), thread_id=THREAD, lane=new_id(), kind="user", trigger="user", user_id=new_id(), username="ann",
        agent="helper", model="mock-1", created_at=NOW, **fields,
    )  # fmt: skip


def a_message(role: MessageRole, *content: ContentPart, run_id: UUID | None = None) -> MessageSnapshot:
    """A stored message."""
    return MessageSnapshot(
        id=new_id(), thread_id=THREAD, run_id=run_id or new_id(), role=role, status="complete", content=content,
        created_at=NOW,
    )  # fmt: skip


def a_turn(*messages: MessageSnapshot, **run: Any) -> Turn:
    """An earlier run with its messages."""
    return Turn(a_run(status="completed", **run), messages)


def a_context(
    *messages: MessageSnapshot,
    history: tuple[Turn, ...] = (),
    number: int = 1,
    instructions: str = "Be kind.",
    agent: Mapping[str, Any] = MappingProxyType({}),
    **model: Any,
) -> RunContext:
    """A run's context."""
    provider = ProviderSnapshot(slug="mock", kind="openai", name="Mock", base_url="http://127.0.0.1:9/v1")
    values = {"slug": "mock-1", "name": "mock-1", "label": "Mock 1", "context_window": 8192, **model}
    return RunContext(
        run=a_run(number=number),
        agent=AgentSnapshot(
            id=new_id(),
            slug="helper",
            name="Helper",
            instructions=instructions,
            model=ModelSnapshot(provider=provider, **values),
            **agent,
        ),
        prompts=ChatPrompts(),
        history=history,
        history_truncated=False,
        messages=messages,
    )
