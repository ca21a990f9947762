"""Holds a run to its limits, and turns whatever ends it into one outcome."""

from __future__ import annotations

import asyncio
import logging
import time
from types import TracebackType
from typing import Self

from coday.kernel.database import in_database
from coday.kernel.errors import CodayError
from runs.context import RunContext
from runs.errors import CostLimitError, IterationLimitError, RepeatedToolFailureError, RunError, TimeLimitError
from runs.events import RunSnapshot
from runs.lifecycle import Outcome
from runs.queries import cost_of_run
from threads.content import ContentPart, ToolResultPart

logger = logging.getLogger(__name__)

SAME_FAILURES = 3


class RunGuard:
    """``async with RunGuard(run) as guard:`` around a run's work; afterwards ``guard.outcome`` says how it ended.

    Errors end here: a known one with its code, an unknown one as ``internal_error`` with its traceback in the log, a
    cancellation as ``stopped``. Only ``GeneratorExit`` and what ends the process pass.
    """

    def __init__(self, run: RunSnapshot) -> None:
        self._run = run
        self.outcome = Outcome(status="completed")
        self._began = time.monotonic()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        match error:
            case None:
                return True
            case CodayError():
                self.outcome = Outcome(status="failed", error=error)
            case asyncio.CancelledError():
                task = asyncio.current_task()
                if task:
                    task.uncancel()  # the cancellation is carried out here: the run's last words follow
                self.outcome = Outcome(status="stopped")
            case Exception():
                logger.error("Run %s failed.", self._run.id, exc_info=error)
                self.outcome = Outcome(status="failed", error=_internal_error())
            case _:
                return False
        return True

    def wait(self) -> None:
        """The run waits for somebody."""
        self.outcome = Outcome(status="waiting")

    async def check(self, context: RunContext) -> None:
        """Before each model call.

        Raises:
            IterationLimitError, TimeLimitError, CostLimitError: the agent has used up what one run may take.
            RepeatedToolFailureError: the last tool calls failed the same way too often.
        """
        limits = context.agent.limits
        if context.model_calls >= limits.max_iterations:
            raise IterationLimitError(details={"limit": limits.max_iterations})
        if limits.max_seconds is not None and time.monotonic() - self._began > limits.max_seconds:
            raise TimeLimitError(details={"limit": limits.max_seconds, "unit": "seconds"})
        if limits.max_cost is not None and context.model_calls:
            spent = await in_database(cost_of_run, run_id=self._run.id)
            if spent > limits.max_cost:
                raise CostLimitError(details={"limit": str(limits.max_cost)})
        answers = [message.content for message in context.messages if message.role == "tool"]
        newest = [_failure(content) for content in answers[-SAME_FAILURES:]]
        if len(newest) == SAME_FAILURES and newest[0] and len(set(newest)) == 1:
            raise RepeatedToolFailureError(details={"failures": SAME_FAILURES})


def _failure(content: tuple[ContentPart, ...]) -> tuple[tuple[str, str], ...]:
    """Which tools failed with which words, where every one of them failed; else empty."""
    results = [part for part in content if isinstance(part, ToolResultPart)]
    if not all(part.is_error for part in results):
        return ()
    return tuple((part.name, part.content) for part in results)


def _internal_error() -> RunError:
    message = "Something went wrong on the server. What was said is kept, and you can try again."
    return RunError(message, code="internal_error", retryable=True)
