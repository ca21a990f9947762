"""The use cases: one run from its start to its final state, as a stream of events."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from itertools import count

from coday.kernel.database import until_done
from coday.kernel.tasks import uninterrupted
from runs.context import LoadedContext, RunContext
from runs.events import DurableEvent, RunChangedEvent, RunEvent, RunMessageEvent, RunSnapshot
from runs.lifecycle import Outcome, finish
from runs.services.collect_usage import CollectUsageAsyncService
from runs.services.context_window import ContextWindowService
from runs.services.run_guard import RunGuard
from runs.services.streaming_inference import StreamingInferenceService
from runs.services.system_prompt_builder import SystemPromptBuilderService
from runs.services.thread_title import ThreadTitleService
from runs.services.tool_assembly import ToolAssemblyService
from runs.services.tool_result_collector import ToolResultCollectorService


class ExecuteRun:
    """Executes a claimed run: ask the model, answer its tool calls, ask again, until nothing is open.

    Whatever happens, the last event is the run's terminal one.
    """

    def __init__(
        self,
        *,
        tool_assembly: ToolAssemblyService,
        system_prompt: SystemPromptBuilderService,
        context_window: ContextWindowService,
        inference: StreamingInferenceService,
        tool_results: ToolResultCollectorService,
        usage: CollectUsageAsyncService,
    ) -> None:
        self._tool_assembly = tool_assembly
        self._system_prompt = system_prompt
        self._context_window = context_window
        self._inference = inference
        self._tool_results = tool_results
        self._usage = usage

    async def __call__(self, run: RunSnapshot, loaded: LoadedContext) -> AsyncGenerator[RunEvent, None]:
        """The run's events, from its first model call to its end."""
        async with RunGuard(run) as guard:
            context = loaded.get()
            async with aclosing(self._converse(context, guard)) as events:
                async for event in events:
                    yield event
        for event in await uninterrupted(self._end(run, guard.outcome)):
            yield event

    async def _converse(self, context: RunContext, guard: RunGuard) -> AsyncGenerator[RunEvent, None]:
        for iteration in count():
            guard.check(context, iteration=iteration)
            toolset = await self._tool_assembly.assemble(context)
            system = self._system_prompt.build(context)
            fitted = await self._context_window.fit(context, system=system, toolset=toolset)
            async for event in self._inference.stream(context, fitted.request):
                yield event
                context = _after(context, event)
            if not context.open_calls:
                return
            async for event in self._tool_results.collect(context, toolset):
                yield event
                context = _after(context, event)

    async def _end(self, run: RunSnapshot, outcome: Outcome) -> list[DurableEvent]:
        await self._usage.settled(run.id)
        return await until_done(partial(finish, run_id=run.id, outcome=outcome))


def _after(context: RunContext, event: RunEvent) -> RunContext:
    return context.having_said(event.message) if isinstance(event, RunMessageEvent) else context


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
                completed = completed or _completes(event)
        if completed:
            for event in await self._titles.set_title(run):
                yield event


def _completes(event: RunEvent) -> bool:
    return isinstance(event, RunChangedEvent) and event.ends_run and event.run.status == "completed"
