"""What is noted of a run while this process executes it: the ids of its log lines, its metrics, and its span."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from coday.kernel.logs import bound
from runs.context import RunContext
from runs.events import RunChangedEvent, RunDeltaEvent, RunErrorEvent, RunEvent, RunSnapshot, RunStepEvent
from runs.observing import metrics
from runs.observing.tracing import Span, run_span


@contextmanager
def observed(run: RunSnapshot, *, context: RunContext | None) -> Iterator[Callable[[RunEvent], None]]:
    """Around the execution of a claimed run, in the coroutine that reads its events; it is told each of them.

    ``context`` is ``None`` where it could not be read. What follows the run's end, its title, belongs to it in the log and
    in the trace; it is not counted as under way any more.
    """
    model = context.agent.model if context else None
    with bound(run_id=run.id, thread_id=run.thread_id), run_span(run, model=model) as span, ExitStack() as under_way:
        under_way.enter_context(metrics.running())
        metrics.run_started(run)
        provider = model.provider.slug if model else "unknown"
        yield _Observation(run, provider=provider, span=span, under_way=under_way).observe


class _Observation:
    """One run, from its claim on."""

    def __init__(self, run: RunSnapshot, *, provider: str, span: Span, under_way: ExitStack) -> None:
        self._run = run
        self._provider = provider
        self._span = span
        self._under_way = under_way
        self._began = time.monotonic()
        self._silent = True

    def observe(self, event: RunEvent) -> None:
        """Take note of an event; it is cheap for a delta."""
        match event:
            case RunDeltaEvent():
                if self._silent:
                    self._silent = False
                    metrics.run_spoke(self._run, seconds=time.monotonic() - self._began)
            case RunStepEvent(kind="retry"):
                self._failed(str(event.details.get("code", "")))
            case RunErrorEvent():
                self._failed(event.code)
                self._span.fail(event.code)
            case RunChangedEvent() if event.ends_run and event.run.id == self._run.id:
                metrics.run_ended(event.run)
                self._span.set(_summary(event.run))
                self._span.end()
                self._under_way.close()

    def _failed(self, code: str) -> None:
        if code.startswith("provider_"):
            metrics.provider_failed(provider=self._provider, code=code)


def _summary(run: RunSnapshot) -> dict[str, str | int]:
    return {
        "coday.run.outcome": run.status,
        "coday.run.model_calls": run.usage.model_calls,
        "coday.run.tool_calls": run.usage.tool_calls,
        "gen_ai.usage.input_tokens": run.usage.input_tokens,
        "gen_ai.usage.output_tokens": run.usage.output_tokens,
    }
