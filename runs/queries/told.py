"""What the journal tells of runs beside their messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

import msgspec

from runs.events import RunStepEvent, RunToolEvent
from runs.models import RunEventRecord

E = TypeVar("E", RunStepEvent, RunToolEvent)


def steps_of_runs(*, run_ids: Iterable[UUID]) -> list[RunStepEvent]:
    """What these runs did beside messages and tools, in the order of the journal."""
    records = RunEventRecord.objects.filter(run_id__in=list(run_ids), type="step").order_by("seq")
    return [_event(record, RunStepEvent) for record in records]


def calls_of_runs(*, run_ids: Iterable[UUID]) -> list[RunToolEvent]:
    """The newest event of each tool call of these runs, in the order of the journal."""
    records = RunEventRecord.objects.filter(run_id__in=list(run_ids), type="tool").order_by("seq")
    newest = {(record.run_id, record.payload["tool_call_id"]): record for record in records}
    return [_event(newest[key], RunToolEvent) for key in sorted(newest, key=lambda key: newest[key].seq)]


def _event(record: RunEventRecord, kind: type[E]) -> E:
    place = {"id": record.pk, "seq": record.seq, "timestamp": record.created_at}
    of = {"thread_id": record.thread_id, "run_id": record.run_id}
    return msgspec.convert({"type": record.type, **record.payload, **place, **of}, kind)
