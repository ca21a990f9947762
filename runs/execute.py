"""The use cases: one run from its start to its final state, as a stream of events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from functools import partial

from django.utils import timezone

from coday.kernel.database import until_done
from coday.kernel.errors import CodayError
from coday.kernel.tasks import uninterrupted
from runs.context import LoadedContext, RunContext
from runs.events import DurableEvent, RunChangedEvent, RunEvent, RunMessageEvent, RunSnapshot, RunStepEvent
from runs.lifecycle import Outcome, finish, wait
from runs.services.call_record import record_of
from runs.services.collect_usage import CollectUsageAsyncService
from runs.services.command_queue import Carried, CommandQueueService
from runs.services.context_window import ContextWindowService
from runs.services.request_cover import RequestCoverService
from runs.services.run_guard import RunGuard
from runs.services.run_notes import note
from runs.services.streaming_inference import StreamingInferenceService
from runs.services.system_prompt_builder import SystemPromptBuilderService
from runs.services.thread_title import ThreadTitleService
from runs.services.tool_assembly import ToolAssemblyService
from runs.services.tool_result_collector import ToolResultCollectorService


class ExecuteRun:
    """Executes a claimed run: carries out its commands, and for each prompt asks the model, answers its tool calls, asks
    again, until nothing is open.

    Whatever happens, the last event is the run's terminal one, or says that the run waits. One that was claimed again after
    that goes on with the calls that are open.
    """

    def __init__(
        self,
        *,
        commands: CommandQueueService,
        tool_assembly: ToolAssemblyService,
        system_prompt: SystemPromptBuilderService,
        context_window: ContextWindowService,
        cover: RequestCoverService,
        inference: StreamingInferenceService,
        tool_results: ToolResultCollectorService,
        usage: CollectUsageAsyncService,
    ) -> None:
        self._commands = commands
        self._tool_assembly = tool_assembly
        self._system_prompt = system_prompt
        self._context_window = context_window
        self._cover = cover
        self._inference = inference
        self._tool_results = tool_results
        self._usage = usage

    async def __call__(self, run: RunSnapshot, loaded: LoadedContext) -> AsyncGenerator[RunEvent, None]:
        """The run's events, from where it stands to its end, or until it waits for somebody."""
        async with RunGuard(run) as guard:
            context = loaded.get()
            async with aclosing(self._converse(context, guard)) as events:
                async for event in events:
                    yield event
        for event in await uninterrupted(self._end(run, guard.outcome)):
            yield event

    async def _converse(self, context: RunContext, guard: RunGuard) -> AsyncGenerator[RunEvent, None]:
        """What the run was told to do, one thing after the other: most are told to answer one prompt."""
        while context.commands:
            carried = await self._commands.carry_out(context)
            context = carried.context
            for told in _told(carried):
                yield told
                context = _after(context, told)
            if carried.asks:
                async with aclosing(self._answer(context, guard)) as events:
                    async for event in events:
                        yield event
                        context = _after(context, event)
            if context.open_calls:
                guard.wait()
                return
            context = context.still_to_do(await self._commands.rest(context))

    async def _answer(self, context: RunContext, guard: RunGuard) -> AsyncGenerator[RunEvent, None]:
        """What the model has to say to the prompt that is first in the queue."""
        try:
            async with aclosing(self._ask(context, guard)) as events:
                async for event in events:
                    yield event
                    context = _after(context, event)
            if context.open_calls:
                return
            carried = await self._commands.answered(context)
        except CodayError as error:
            carried = await self._commands.failed(context, error)
        for told in _told(carried):
            yield told

    async def _ask(self, context: RunContext, guard: RunGuard) -> AsyncGenerator[RunEvent, None]:
        """Ask the model, answer its tool calls, ask again, until none is open, or all that are wait for somebody."""
        while True:
            equipment = await self._tool_assembly.assemble(context)
            context = context.equipped(equipment.skills)
            if not context.open_calls:
                for joined in await self._commands.join(context):
                    yield joined
                    context = _after(context, joined)
                await guard.check(context)
                system = self._system_prompt.build(
                    context, tools=equipment.toolset.definitions, now=timezone.localtime()
                )
                fitted = await self._context_window.fit(context, system=system.text, toolset=equipment.toolset)
                context = fitted.context
                for step in await note(context, [*equipment.notices, *system.notices, *fitted.notices]):
                    yield step
                    context = _after(context, step)
                request = await self._cover.cover(context, fitted.request)
                record = record_of(context, fitted, request, system)
                async for event in self._inference.stream(context, request, record=record):
                    yield event
                    context = _after(context, event)
            if not context.open_calls:
                return
            async for event in self._tool_results.collect(context, equipment.toolset):
                yield event
                context = _after(context, event)
            if context.open_calls:
                return

    async def _end(self, run: RunSnapshot, outcome: Outcome) -> list[DurableEvent]:
        if outcome.status == "waiting":
            return await until_done(partial(wait, run_id=run.id))
        await self._usage.settled(run.id)
        return await until_done(partial(finish, run_id=run.id, outcome=outcome))


def _told(carried: Carried) -> Iterator[DurableEvent]:
    """What there is to tell of a command. Then what it failed with is raised, where the rest is not to be done."""
    yield from carried.events
    if carried.error:
        raise carried.error


def _after(context: RunContext, event: RunEvent) -> RunContext:
    """The context after an event of the run itself: a stream also tells of runs that were delegated."""
    match event:
        case RunMessageEvent() if event.run_id == context.run.id:
            return context.having_said(event.message)
        case RunStepEvent(kind="context"):
            return context.having_noted(event.summary)
    return context


class ExecuteRunAndSetTitle:
    """``ExecuteRun``, and after the first run that completes a title for its thread."""

    def __init__(self, *, execute_run: ExecuteRun, titles: ThreadTitleService) -> None:
        self._execute_run = execute_run
        self._titles = titles

    async def __call__(self, run: RunSnapshot, loaded: LoadedContext) -> AsyncGenerator[RunEvent, None]:
        """The run's events, then those of the title."""
        completed = False
        async with aclosing(self._execute_run(run, loaded)) as events:
            async for event in events:
                yield event
                completed = completed or _completes(event, run)
        if completed:
            for event in await self._titles.set_title(run):
                yield event


def _completes(event: RunEvent, run: RunSnapshot) -> bool:
    """Whether the run itself did, and is not one that another run waits for."""
    if not isinstance(event, RunChangedEvent) or event.run.id != run.id or run.trigger == "delegation":
        return False
    return event.ends_run and event.run.status == "completed"
