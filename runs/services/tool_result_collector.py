"""Answers every tool call of an assistant message: side by side, each with a result, in the order of the calls.

A call whose row says what it came to is not made again. While one waits for somebody, there is no message of results, and the
run waits with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from functools import partial
from typing import Any

from coday.kernel.database import in_database, until_done
from coday.kernel.errors import CodayError
from coday.kernel.tasks import uninterrupted
from runs import calls
from runs.context import RunContext
from runs.events import DurableEvent, RunEvent
from runs.services.tool_ledger import ToolLedger
from runs.services.tool_plan import Plan, plan_of
from runs.tools.base import Answer, Invocation, Settled, ToolOutcome, Toolset
from runs.tools.observed import observed
from threads.covering import covering
from threads.masks import masks_of

logger = logging.getLogger(__name__)


class ToolResultCollectorService:
    """Calls tools and stores what they came to. A call is never executed with guessed arguments."""

    async def collect(self, context: RunContext, toolset: Toolset) -> AsyncGenerator[RunEvent, None]:
        """The calls' events as they go on, and at the end the stored tool message with a result for each; no message where
        a call waits."""
        run = context.run
        standing = await in_database(calls.standing, run_id=run.id, thread_id=run.thread_id, user_id=run.user_id)
        plans = [plan_of(call, toolset=toolset, standing=standing) for call in context.open_calls]
        ledger = ToolLedger(run)
        for event in await covering(partial(until_done, partial(ledger.begin, plans))):
            yield event
        async for event in self._carry_out([plan for plan in plans if plan.executes], context, ledger):
            yield event
        after = context.messages[-1].id
        for event in await until_done(partial(ledger.conclude, context.open_calls, after=after)):
            yield event

    async def _carry_out(
        self, plans: list[Plan], context: RunContext, ledger: ToolLedger
    ) -> AsyncGenerator[DurableEvent, None]:
        tasks = [asyncio.create_task(self._one(plan, context, ledger)) for plan in plans]
        try:
            for done in asyncio.as_completed(tasks):
                for event in await done:
                    yield event
        finally:
            await uninterrupted(_stopped(tasks))

    async def _one(self, plan: Plan, context: RunContext, ledger: ToolLedger) -> list[DurableEvent]:
        outcome = await _outcome(plan, await self._arguments(plan, context), context)
        written = outcome.events if isinstance(outcome, Settled) else ()
        return [*written, *await covering(partial(until_done, partial(ledger.settle, plan, outcome)))]

    async def _arguments(self, plan: Plan, context: RunContext) -> Mapping[str, Any]:
        """What the tool is called with: a tool that is trusted with personal data gets it in clear."""
        if not context.run.anonymous or not plan.offer or not plan.offer.trusted:
            return plan.arguments
        book = await in_database(masks_of, thread_id=context.thread_id)
        clear: Mapping[str, Any] = book.unmask_json(dict(plan.arguments))
        return clear


async def _stopped(tasks: list[asyncio.Task[list[DurableEvent]]]) -> None:
    """A tool that is still at work when its run is stopped is stopped, too, and waited for."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


async def _outcome(plan: Plan, arguments: Mapping[str, Any], context: RunContext) -> ToolOutcome:
    """What the tool says. What it raises is told to the model; a bug without its internals."""
    [outcome] = await asyncio.gather(_called(plan, arguments, context), return_exceptions=True)
    match outcome:
        case CodayError():
            return Settled(outcome.message, is_error=True)
        case TimeoutError():
            limit = plan.tool.traits.timeout
            return Settled(f"The tool did not answer within {limit:g} seconds.", is_error=True)
        case BaseException():
            logger.error("The tool %s failed.", plan.call.name, exc_info=outcome)
            return Settled("The tool failed because of an error in it.", is_error=True)
    return outcome


async def _called(plan: Plan, arguments: Mapping[str, Any], context: RunContext) -> ToolOutcome:
    invocation = Invocation(call_id=plan.call.id, arguments=arguments, context=context)
    tool, record = plan.tool, plan.record
    async with asyncio.timeout(tool.traits.timeout):
        if record and record.answer is not None:
            answer = Answer(content=record.answer["content"], state=record.state)
            return await observed(plan.call.name, tool.resume(invocation, answer))
        return await observed(plan.call.name, tool.call(invocation))
