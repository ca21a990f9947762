"""A conversation of 300 runs, each with a tool's long result, fitted to small and large windows."""

from __future__ import annotations

import time
from dataclasses import replace

import msgspec
from django.contrib.auth import get_user_model
from django.utils import timezone

from benchmarks.tools.figures import Figure
from coday.kernel.database import in_database
from coday.kernel.ids import new_id
from runs.context import RunContext, Turn
from runs.events import RunSnapshot
from runs.inputs import Asker
from runs.inspection import hypothetical_context
from runs.services.context_window import ContextWindowService
from runs.services.message_cleanup import MessageCleanupService
from runs.tools.base import Toolset
from threads.content import ContentPart, TextPart, ToolResultPart, ToolUsePart
from threads.snapshot import MessageRole, MessageSnapshot

RUNS = 300
WINDOWS = (8_000, 128_000, 1_000_000)
REPEATS = 20


async def measure() -> list[Figure]:
    """One figure for each window."""
    context = await in_database(_make_context)
    return [await _fitted(context, window) for window in WINDOWS]


async def _fitted(context: RunContext, window: int) -> Figure:
    model = replace(context.agent.model, context_window=window)
    given = replace(context, agent=replace(context.agent, model=model))
    service = ContextWindowService(cleanup=MessageCleanupService())
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        await service.fit(given, system="Be kind.", toolset=Toolset())
        seconds.append(time.perf_counter() - started)
    return Figure.of(f"{RUNS} runs fitted to {window:,} tokens", seconds, target=50)


def _make_context() -> RunContext:
    admin = get_user_model().objects.get(username="admin")
    context = hypothetical_context(asker=Asker(user_id=admin.pk, username=admin.username), agent="")
    turns = tuple(_turn(context, number) for number in range(1, RUNS + 1))
    asked = _message(context, "user", TextPart("And now?"))
    return replace(context, history=turns, messages=(asked,), run=_numbered(context, RUNS + 1))


def _turn(context: RunContext, number: int) -> Turn:
    """800 words, of which a tool said more than half."""
    call = f"call_{number}"
    messages = (
        _message(context, "user", TextPart("Was it said? " * 20)),
        _message(context, "assistant", ToolUsePart(call, "search", {"words": "what was said"})),
        _message(context, "tool", ToolResultPart(call, "search", "It was said. " * 250)),
        _message(context, "assistant", TextPart("Yes, it was said. " * 60)),
    )
    return Turn(_numbered(context, number), messages)


def _numbered(context: RunContext, number: int) -> RunSnapshot:
    return msgspec.structs.replace(context.run, id=new_id(), number=number)


def _message(context: RunContext, role: MessageRole, part: ContentPart) -> MessageSnapshot:
    return MessageSnapshot(
        id=new_id(), thread_id=context.thread_id, run_id=new_id(), role=role, status="complete", content=(part,),
        created_at=timezone.now(),
    )  # fmt: skip
