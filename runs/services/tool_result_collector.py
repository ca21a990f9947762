"""Answers every tool call of an assistant message, side by side, in the order of the calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from django.db import transaction
from django.utils import timezone

from coday.kernel.database import in_database
from coday.kernel.errors import CodayError
from coday.kernel.ids import new_id
from runs import journal
from runs.context import RunContext
from runs.events import RunEvent, RunMessageEvent
from runs.tools.base import Settled, Toolset
from threads import operations as threads
from threads.content import ToolResultPart, ToolUsePart
from threads.snapshot import MessageSnapshot

LONGEST_RESULT = 50_000  # characters that the model is given of one result


class ToolResultCollectorService:
    """Calls tools and stores what they came to. A call is never executed with guessed arguments."""

    async def collect(self, context: RunContext, toolset: Toolset) -> AsyncGenerator[RunEvent, None]:
        """One event: the stored tool message with a result for each open call."""
        calls = context.open_calls
        settled = await asyncio.gather(*(self._settle(call, toolset) for call in calls))
        results = tuple(_result(call, outcome) for call, outcome in zip(calls, settled, strict=True))
        yield await in_database(_store, context, results)

    async def _settle(self, call: ToolUsePart, toolset: Toolset) -> Settled:
        tool = toolset.tools.get(call.name)
        if tool is None:
            offered = ", ".join(sorted(toolset.tools)) or "none"
            return Settled(f"There is no tool named {call.name!r}. Tools you can call: {offered}.", is_error=True)
        if call.arguments is None:
            return Settled("The arguments are not a JSON object, so the tool was not called.", is_error=True)
        try:
            return await tool.call(call.arguments)
        except CodayError as error:
            return Settled(error.message, is_error=True)


def _result(call: ToolUsePart, settled: Settled) -> ToolResultPart:
    content = settled.content.replace("\0", "")  # no database can be relied on to take it
    if len(content) > LONGEST_RESULT:
        left_out = len(content) - LONGEST_RESULT
        content = f"{content[:LONGEST_RESULT]}\n[{left_out} more characters were left out]"
    return ToolResultPart(tool_call_id=call.id, name=call.name, content=content, is_error=settled.is_error)


@transaction.atomic
def _store(context: RunContext, results: tuple[ToolResultPart, ...]) -> RunMessageEvent:
    message = MessageSnapshot(
        id=new_id(),
        thread_id=context.thread_id,
        run_id=context.run.id,
        role="tool",
        status="complete",
        content=results,
        created_at=timezone.now(),
    )
    threads.add_message(message)
    event = RunMessageEvent(thread_id=context.thread_id, run_id=context.run.id, message=message)
    numbered = journal.append([event])[0]
    assert isinstance(numbered, RunMessageEvent)  # noqa: S101  # append returns what it was given
    return numbered
