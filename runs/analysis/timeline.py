"""What a run did with its time: when it was queued, waited, asked a model, called tools, and handed tasks on.

All of it was written down when it happened: in the journal, the ledger, and the rows of calls and commands. A copy in another
conversation has its messages alone, and so only its beginning and its end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from runs.commands import STEER, describe
from runs.models import Run, RunCommand, RunEventRecord, ToolCall
from threads.queries import messages_of_runs
from threads.snapshot import MessageSnapshot
from usage.queries import ModelCall, calls_of_runs

EntryKind = Literal["queue", "model", "tool", "command", "step", "wait", "delegation"]
DEEPEST = 5  # delegations in delegations that are looked into
SHOWN_ELSEWHERE = frozenset({"queue", "command", "steer"})
"""Steps that tell what an entry of its own shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something that a run did, or that happened to it. Without ``finished_at`` it goes on, or is a moment (``step``).
    ``entries`` is what a delegated run did."""

    kind: EntryKind
    label: str
    status: str
    started_at: datetime
    finished_at: datetime | None = None
    details: dict[str, Any] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """From the moment at which a run was asked for until everything of it had ended; then there is a ``finished_at``."""

    started_at: datetime
    finished_at: datetime | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """How long a run was in one of its states; without an end it still is."""

    status: str
    started_at: datetime
    finished_at: datetime | None


def timeline(*, run: Run) -> Timeline:
    """A run along its time, what it handed on included. At most seven queries for each level of delegation."""
    facts = _read(run)
    entries = tuple(_entries(run, facts))
    ends = [entry.finished_at or entry.started_at for entry in entries]
    finished_at = max([run.finished_at, *ends]) if run.finished_at else None
    return Timeline(started_at=run.created_at, finished_at=finished_at, entries=entries)


def spans_of_runs(*, runs: Iterable[Run]) -> dict[UUID, list[Span]]:
    """The states that each of these runs was in before its end, one after the other. One query."""
    by_id = {run.pk: run for run in runs}
    changes: defaultdict[UUID, list[tuple[datetime, str]]] = defaultdict(list)
    records = RunEventRecord.objects.filter(run_id__in=by_id, type="run").order_by("seq")
    for record in records:
        if record.run_id and not record.payload.get("changed"):
            changes[record.run_id].append((record.created_at, record.payload["run"]["status"]))
    return {run_id: _spans(run, changes[run_id]) for run_id, run in by_id.items()}


def _spans(run: Run, changes: list[tuple[datetime, str]]) -> list[Span]:
    known = [(at, status) for at, status in ((run.created_at, "queued"), (run.started_at, "running")) if at]
    states = [*known[:1], *changes[1:]] if changes else known
    ends = [*(at for at, _ in states[1:]), run.finished_at]
    return [
        Span(status, at, end)
        for (at, status), end in zip(states, ends, strict=True)
        if status in ("queued", "running", "waiting")
    ]


@dataclass(frozen=True, slots=True)
class _Facts:
    """Everything that was written down about a run and those that it delegated to, by run."""

    runs: dict[UUID, Run] = field(default_factory=dict)
    spans: dict[UUID, list[Span]] = field(default_factory=dict)
    steps: defaultdict[UUID, list[RunEventRecord]] = field(default_factory=lambda: defaultdict(list))
    calls: defaultdict[UUID, list[ToolCall]] = field(default_factory=lambda: defaultdict(list))
    commands: defaultdict[UUID, list[RunCommand]] = field(default_factory=lambda: defaultdict(list))
    model_calls: defaultdict[UUID, list[ModelCall]] = field(default_factory=lambda: defaultdict(list))
    said: dict[UUID, list[MessageSnapshot]] = field(default_factory=dict)


def _read(run: Run) -> _Facts:
    facts = _Facts()
    level = [run]
    for _ in range(DEEPEST):
        if not level:
            break
        ids = [one.pk for one in level]
        facts.runs.update({one.pk: one for one in level})
        facts.spans.update(spans_of_runs(runs=level))
        for step in RunEventRecord.objects.filter(run_id__in=ids, type="step").order_by("seq"):
            if step.run_id:
                facts.steps[step.run_id].append(step)
        for call in ToolCall.objects.filter(run__in=ids).order_by("id"):
            facts.calls[call.run_id].append(call)
        for command in RunCommand.objects.filter(run__in=ids).order_by("position"):
            facts.commands[command.run_id].append(command)
        for asked in calls_of_runs(run_ids=ids):
            facts.model_calls[asked.run_id].append(asked)
        facts.said.update(messages_of_runs(run_ids=[one.pk for one in level if _needs_messages(one, facts)]))
        level = list(Run.objects.filter(cause_run__in=ids, trigger=Run.Trigger.DELEGATION).order_by("number"))
    return facts


def _needs_messages(run: Run, facts: _Facts) -> bool:
    """Whether the beginning of a model call was not noted in the ledger."""
    return any(call.started_at is None for call in facts.model_calls[run.pk])


def _entries(run: Run, facts: _Facts) -> list[Entry]:
    found = [
        *_states(run, facts),
        *_model_calls(run, facts),
        *_under_way(run, facts),
        *(_call(call, facts) for call in facts.calls[run.pk]),
        *(_command(command) for command in facts.commands[run.pk] if _was_begun(command)),
        *(_step(step) for step in facts.steps[run.pk] if step.payload["kind"] not in SHOWN_ELSEWHERE),
    ]
    return sorted(found, key=lambda entry: entry.started_at)


def _states(run: Run, facts: _Facts) -> Iterator[Entry]:
    for span in facts.spans[run.pk]:
        if span.status == "queued":
            why = [step.payload["summary"] for step in facts.steps[run.pk] if step.payload["kind"] == "queue"]
            yield _state(span, kind="queue", label="Queued", details={"reason": why[-1]} if why else {})
        elif span.status == "waiting":
            asks = sorted({call.asks for call in facts.calls[run.pk] if call.asks and _overlaps(call, span)})
            label = "Waits for another agent" if asks == ["run"] else "Waits for a person"
            yield _state(span, kind="wait", label=label, details={"for": asks})


def _state(span: Span, *, kind: EntryKind, label: str, details: dict[str, Any]) -> Entry:
    return Entry(
        kind=kind,
        label=label,
        status="done" if span.finished_at else "running",
        started_at=span.started_at,
        finished_at=span.finished_at,
        details=details,
    )


def _overlaps(call: ToolCall, span: Span) -> bool:
    begun = span.finished_at is None or call.created_at <= span.finished_at
    return begun and (call.finished_at is None or call.finished_at >= span.started_at)


def _model_calls(run: Run, facts: _Facts) -> Iterator[Entry]:
    said = [message for message in facts.said.get(run.pk, ()) if message.role == "assistant"]
    before = run.created_at
    for call in facts.model_calls[run.pk]:
        told = [message.created_at for message in said if before <= message.created_at <= call.ended_at]
        yield _model_call(call, started_at=call.started_at or (told[-1] if told else call.ended_at))
        before = call.ended_at


def _under_way(run: Run, facts: _Facts) -> Iterator[Entry]:
    """The model call that is under way: it is on no bill yet. A run that runs asks a model whenever no tool is at work."""
    calls = facts.calls[run.pk]
    if run.status != Run.Status.RUNNING or any(call.finished_at is None for call in calls):
        return
    ends = [span.started_at for span in facts.spans[run.pk] if span.status == "running"]
    ends += [call.finished_at for call in calls if call.finished_at]
    ends += [call.ended_at for call in facts.model_calls[run.pk]]
    details = {"purpose": "answer", "model": run.model}
    yield Entry(kind="model", label=run.model, status="running", started_at=max(ends), details=details)


def _model_call(call: ModelCall, *, started_at: datetime) -> Entry:
    cost = {} if call.cost is None else {"cost": f"{call.cost:f}", "currency": call.currency}
    first = {"first_token_at": call.first_token_at} if call.first_token_at else {}
    return Entry(
        kind="model",
        label=call.model,
        status="done" if call.complete else "cut off",
        started_at=started_at,
        finished_at=call.ended_at,
        details={
            "purpose": call.purpose,
            "model": call.model,
            "provider": call.provider,
            "input_tokens": call.input_tokens,
            "output_tokens": call.output_tokens,
            "cached_tokens": call.cached_tokens,
            "reasoning_tokens": call.reasoning_tokens,
            "estimated": call.estimated,
            **cost,
            **first,
        },
    )


def _call(call: ToolCall, facts: _Facts) -> Entry:
    child = facts.runs.get(call.child) if call.child else None
    details: dict[str, Any] = {"tool_call_id": call.call_id, "name": call.name}
    if child is None:
        details |= {"kind": call.kind, **({"child": str(call.child)} if call.child else {})}
    else:
        details |= {"run_id": str(child.pk), "number": child.number, "agent": child.agent}
    return Entry(
        kind="delegation" if child else "tool",
        label=child.agent if child else call.title or call.name,
        status=child.status if child else call.status,
        started_at=call.started_at or call.created_at,
        finished_at=call.finished_at,
        details=details,
        entries=tuple(_entries(child, facts)) if child else (),
    )


def _was_begun(command: RunCommand) -> bool:
    return command.started_at is not None or command.kind == STEER


def _command(command: RunCommand) -> Entry:
    label = str(command.arguments.get("text", "")) if command.kind == STEER else ""
    return Entry(
        kind="command",
        label=label or describe(command.kind, command.arguments),
        status=command.status,
        started_at=command.started_at or command.created_at,
        finished_at=command.finished_at,
        details={"command_id": str(command.pk), "kind": command.kind},
    )


def _step(step: RunEventRecord) -> Entry:
    payload = step.payload
    wait = payload["details"].get("wait") if payload["kind"] == "retry" else None
    return Entry(
        kind="step",
        label=payload["summary"],
        status=payload["status"],
        started_at=step.created_at,
        finished_at=step.created_at + timedelta(seconds=wait) if wait else None,
        details={"kind": payload["kind"]},
    )


def seconds_in(spans: Sequence[Span], status: str, *, now: datetime) -> float:
    """How long a run was in this state, until now where it still is."""
    times = ((span.finished_at or now) - span.started_at for span in spans if span.status == status)
    return sum((time.total_seconds() for time in times), 0.0)
