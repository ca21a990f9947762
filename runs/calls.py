"""Tool calls as rows: what a run asked for, who has to say something to it, and what it came to.

Each function is part of its caller's transaction, and returns the events that tell what it wrote, not yet numbered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from runs.events import RunToolEvent
from runs.models import Run, ToolApproval, ToolCall
from threads.content import ToolResultPart, ToolUsePart

RESULT_SHOWN = 500  # characters of a result that its event holds
LONGEST_RESULT = 20_000  # characters of a result that the model is given
LONGEST_KEPT = 1_000_000  # characters of a result that are kept for the person
SETTLED = frozenset({"succeeded", "failed", "in_progress", "cancelled"})
_UNKNOWN = "It is not known whether this was carried out: the server process that was doing it ended."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """A tool call as its row has it. ``arguments`` may be a person's; ``content`` is the whole result."""

    call_id: str
    name: str
    status: str
    arguments: Mapping[str, Any] | None = None
    edited: bool = False
    approved: bool | None = None
    asks: str = ""
    answer: Any = None
    state: Mapping[str, Any] = field(default_factory=dict)
    content: str = ""
    is_error: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether there is a result for the model."""
        return self.status in SETTLED


@dataclass(frozen=True, slots=True)
class Standing:
    """What was decided before: the run's calls so far by their ids, the tools (name and digest of the definition) that need
    no approval in this thread, and whether the thread holds what others wrote."""

    records: Mapping[str, CallRecord]
    approved_tools: frozenset[tuple[str, str]]
    read_untrusted: bool


def standing(*, run_id: UUID, thread_id: UUID, user_id: UUID) -> Standing:
    """What was decided before a turn's calls are looked at."""
    approved = ToolApproval.objects.filter(thread_id=thread_id, user_id=user_id).values_list("tool", "definition")
    untrusted = ToolCall.objects.filter(run__thread_id=thread_id, untrusted=True).exclude(content="")
    return Standing(
        records={row.call_id: record_of(row) for row in ToolCall.objects.filter(run_id=run_id)},
        approved_tools=frozenset(approved),
        read_untrusted=untrusted.exists(),
    )


def record_of(row: ToolCall) -> CallRecord:
    """A row as a value."""
    return CallRecord(
        call_id=row.call_id, name=row.name, status=row.status, arguments=row.arguments, edited=row.edited,
        approved=row.approved, asks=row.asks, answer=row.answer, state=row.state, content=row.content,
        is_error=row.is_error,
    )  # fmt: skip


def event_of(row: ToolCall, *, thread_id: UUID) -> RunToolEvent:
    """What a row's newest state is told as. What it waits for is told while it waits."""
    waits = row.status == ToolCall.Status.WAITING
    return RunToolEvent(
        thread_id=thread_id,
        run_id=row.run_id,
        tool_call_id=row.call_id,
        name=row.name,
        title=row.title,
        kind=row.kind,
        status=row.status,  # type: ignore[arg-type]  # the column's choices are the literals
        arguments=row.arguments,
        edited=row.edited,
        asks=row.asks if waits else "",
        question=row.question if waits else "",
        schema=row.schema if waits else {},
        expires_at=row.expires_at if waits else None,
        child=row.child,
        operation=row.operation,
        result=row.content[:RESULT_SHOWN],
        details=row.details,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


def settle(row: ToolCall, *, content: str, is_error: bool, status: str = "") -> None:
    """Write what a call came to."""
    row.content, row.is_error = kept(content), is_error
    row.status = status or (ToolCall.Status.FAILED if is_error else ToolCall.Status.SUCCEEDED)
    row.finished_at = timezone.now()
    row.save()


def kept(content: str) -> str:
    """A result as it is stored: no database can be relied on to take a NUL, and nobody needs more than so much."""
    clean = content.replace("\0", "")
    if len(clean) <= LONGEST_KEPT:
        return clean
    return f"{clean[:LONGEST_KEPT]}\n[{len(clean) - LONGEST_KEPT} more characters were not kept]"


def settle_rest(*, run: Run) -> list[RunToolEvent]:
    """Settle what a run that ends leaves open."""
    events = []
    for row in ToolCall.objects.filter(run=run).exclude(status__in=SETTLED):
        why = _UNKNOWN if row.status == ToolCall.Status.RUNNING and run.status == Run.Status.INTERRUPTED else ""
        settle(row, content=why or not_executed(run.status), is_error=True, status=ToolCall.Status.CANCELLED)
        events.append(event_of(row, thread_id=run.thread_id))
    return events


def results_of(*, run: Run, asked: Sequence[ToolUsePart]) -> tuple[ToolResultPart, ...]:
    """A result for each of these calls: what its row has, or that it was not executed."""
    rows = {row.call_id: row for row in ToolCall.objects.filter(run=run)}
    return tuple(
        result_part(part, content=rows[part.id].content, is_error=rows[part.id].is_error)
        if part.id in rows
        else result_part(part, content=not_executed(run.status), is_error=True)
        for part in asked
    )


def result_part(call: ToolUsePart, *, content: str, is_error: bool) -> ToolResultPart:
    """A result as the model is given it: a long one is cut and says how to read on."""
    if len(content) > LONGEST_RESULT:
        rest = len(content) - LONGEST_RESULT
        more = f"{rest} more characters. To read on: read_result, call {call.id}, offset {LONGEST_RESULT}"
        content = f"{content[:LONGEST_RESULT]}\n[{more}]"
    return ToolResultPart(tool_call_id=call.id, name=call.name, content=content, is_error=is_error)


def not_executed(status: str) -> str:
    """What the model is told of a call that nobody answers any more."""
    return f"Not executed: the run is {status}."


def waiting(*, run_id: UUID) -> bool:
    """Whether a call of the run still waits for somebody."""
    return ToolCall.objects.filter(run_id=run_id, status=ToolCall.Status.WAITING).exists()


def go_on(*, run: Run) -> bool:
    """Have a waiting run claimed again, if it was the last answer that came. Returns whether it was."""
    if run.status != Run.Status.WAITING or run.answered_at or waiting(run_id=run.pk):
        return False
    run.answered_at = timezone.now()
    run.save(update_fields=["answered_at"])
    return True


def settle_for_child(*, child: Run, content: str) -> list[RunToolEvent]:
    """Tell the run that delegated a task what became of it."""
    waiting_for_it = ToolCall.objects.filter(child=child.pk, status=ToolCall.Status.WAITING)
    row = waiting_for_it.select_related("run").first()
    if row is None:
        return []
    settle(row, content=content, is_error=child.status != Run.Status.COMPLETED)
    go_on(run=row.run)
    return [event_of(row, thread_id=child.thread_id)]
