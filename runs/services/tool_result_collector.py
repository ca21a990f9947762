"""Answers every tool call of an assistant message, side by side, in the order of the calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from functools import partial

from django.db import transaction
from django.utils import timezone

from coday.kernel.database import until_done
from coday.kernel.errors import CodayError
from coday.kernel.ids import new_id
from runs import journal, lifecycle
from runs.context import RunContext
from runs.events import DurableEvent, RunEvent, RunMessageEvent
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
        message = _message(context, results)
        for event in await until_done(partial(_store, message), again=partial(_store_again, message)):
            yield event

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


def _message(context: RunContext, results: tuple[ToolResultPart, ...]) -> MessageSnapshot:
    return MessageSnapshot(
        id=new_id(after=context.messages[-1].id if context.messages else None),
        thread_id=context.thread_id,
        run_id=context.run.id,
        role="tool",
        status="complete",
        content=results,
        created_at=timezone.now(),
    )


@transaction.atomic
def _store(message: MessageSnapshot) -> list[DurableEvent]:
    lifecycle.hold_running(run_id=message.run_id, thread_id=message.thread_id)
    threads.add_message(message)
    return journal.append([RunMessageEvent(thread_id=message.thread_id, run_id=message.run_id, message=message)])


def _store_again(message: MessageSnapshot) -> list[DurableEvent]:
    return journal.read_message(message=message) or _store(message)
