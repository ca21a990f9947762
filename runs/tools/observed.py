"""Tool calls are counted and traced: by name and outcome, never with what a tool was given or said."""

from __future__ import annotations

from collections.abc import Awaitable

from runs.observing import metrics
from runs.observing.tracing import tool_call_span
from runs.tools.base import Settled, ToolOutcome


async def observed(name: str, call: Awaitable[ToolOutcome]) -> ToolOutcome:
    """What the call comes to; one that raises or is stopped counts as failed."""
    counted: metrics.ToolOutcome = "failed"
    try:
        with tool_call_span(name) as span:
            outcome = await call
            if isinstance(outcome, Settled) and outcome.is_error:
                span.fail("tool_error")
            else:
                counted = "done"
            return outcome
    finally:
        metrics.tool_called(tool=name, outcome=counted)
