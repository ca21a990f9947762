"""Writes what becomes of a run's tool calls, each step in one transaction with its journal entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils import timezone

from coday.kernel.ids import new_id
from runs import calls, delegation, journal, lifecycle
from runs.errors import DelegationRefusedError
from runs.events import DurableEvent, RunMessageEvent, RunSnapshot
from runs.models import ToolCall
from runs.services.tool_plan import Plan
from runs.tools.base import Pending, Settled, ToolOutcome
from threads import operations as threads
from threads.content import ToolUsePart
from threads.covering import Place, cover, cover_json
from threads.snapshot import MessageSnapshot


@dataclass(frozen=True, slots=True)
class ToolLedger:
    """The rows of one run's calls. Every write bears being repeated."""

    run: RunSnapshot

    @transaction.atomic
    def begin(self, plans: Sequence[Plan]) -> list[DurableEvent]:
        """Write down which calls are made, before any is: a call that is not in the journal was not made."""
        self._hold()
        known = {row.call_id: row for row in ToolCall.objects.filter(run_id=self.run.id)}
        events: list[DurableEvent] = []
        for plan in plans:
            row = known.get(plan.call.id) or self._row(plan)
            if row.status not in (ToolCall.Status.REQUESTED, ToolCall.Status.RUNNING):
                continue
            if plan.decided is None:
                row.status, row.started_at = ToolCall.Status.RUNNING, row.started_at or timezone.now()
                row.save()
                events.append(self._event(row))
            else:
                events += self._write(row, plan.decided)
        return journal.append(events) if events else []

    @transaction.atomic
    def settle(self, plan: Plan, outcome: ToolOutcome) -> list[DurableEvent]:
        """Write what one call came to."""
        self._hold()
        row = ToolCall.objects.get(run_id=self.run.id, call_id=plan.call.id)
        if row.status != ToolCall.Status.RUNNING:
            return []
        if isinstance(outcome, Pending) and outcome.delegation:
            return self._delegate(row, outcome)
        return journal.append(self._write(row, outcome))

    @transaction.atomic
    def conclude(self, asked: Sequence[ToolUsePart], *, after: UUID) -> list[DurableEvent]:
        """Store the message with the result of each call; nothing as long as one waits."""
        self._hold()
        rows = {row.call_id: row for row in ToolCall.objects.filter(run_id=self.run.id)}
        told = [rows[call.id] for call in asked]
        if any(row.status not in calls.SETTLED for row in told):
            return []
        message = MessageSnapshot(
            id=new_id(after=after),
            thread_id=self.run.thread_id,
            run_id=self.run.id,
            role="tool",
            status="complete",
            content=tuple(
                calls.result_part(call, content=row.content, is_error=row.is_error)
                for call, row in zip(asked, told, strict=True)
            ),
            created_at=timezone.now(),
        )
        threads.add_message(message)
        return journal.append([RunMessageEvent(thread_id=self.run.thread_id, run_id=self.run.id, message=message)])

    def _hold(self) -> None:
        lifecycle.hold_running(run_id=self.run.id, thread_id=self.run.thread_id)

    def _row(self, plan: Plan) -> ToolCall:
        traits = plan.offer.tool.traits if plan.offer else None
        return ToolCall(
            run_id=self.run.id,
            call_id=plan.call.id,
            name=plan.call.name,
            title=traits.title if traits else "",
            kind=traits.kind if traits else "backend",
            untrusted=traits.untrusted if traits else False,
            definition=plan.offer.tool.digest if plan.offer else "",
            arguments=plan.call.arguments,
        )

    def _write(self, row: ToolCall, outcome: ToolOutcome) -> list[DurableEvent]:
        match outcome:
            case Settled():
                (content,) = cover(self._place, [outcome.content], keep_tokens=True)
                row.details = cover_json(self._place, dict(outcome.details), keep_tokens=True)
                row.operation = outcome.operation
                status = ToolCall.Status.IN_PROGRESS if outcome.operation else ""
                calls.settle(row, content=_told(row, content), is_error=outcome.is_error, status=status)
            case Pending():
                _ask(row, outcome)
                (row.question,) = cover(self._place, [outcome.question], keep_tokens=True)
                row.save()
        return [self._event(row)]

    def _delegate(self, row: ToolCall, pending: Pending) -> list[DurableEvent]:
        task = pending.delegation
        if task is None:
            return []
        try:
            row.child, events = delegation.start(by=self.run, call_id=row.call_id, agent=task.agent, task=task.task)
        except DelegationRefusedError as error:
            return journal.append(self._write(row, Settled(error.message, is_error=True)))
        return journal.append(self._write(row, pending)) + events

    @property
    def _place(self) -> Place:
        return Place(self.run.thread_id, self.run.user_id, self.run.anonymous)

    def _event(self, row: ToolCall) -> DurableEvent:
        return calls.event_of(row, thread_id=self.run.thread_id)


def _ask(row: ToolCall, pending: Pending) -> None:
    row.status, row.asks, row.answer = ToolCall.Status.WAITING, pending.asks, None
    row.question, row.schema, row.state = pending.question, dict(pending.schema), dict(pending.state)
    row.expires_at = _in(pending.within)


def _in(seconds: float) -> datetime:
    return timezone.now() + timedelta(seconds=seconds)


def _told(row: ToolCall, content: str) -> str:
    """The result for the model, which has to know when a person changed what it asked for."""
    if not row.edited:
        return content
    return f"The person changed the arguments to {_json(row.arguments or {})}.\n\n{content}"


def _json(arguments: Mapping[str, Any]) -> str:
    return msgspec.json.encode(arguments).decode()
