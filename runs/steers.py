"""What a person says to a run that is under way: accepted, then applied before its next model call, or returned where the run
ended first. Each is a row of its run's command queue.

Each function is part of its caller's transaction, and returns the events that tell what it wrote, not yet numbered.
"""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.db.models import Max, Q
from django.utils import timezone

from runs.errors import KeyReusedError
from runs.events import RunMessageEvent, RunSnapshot, RunStepEvent
from runs.models import Run, RunCommand
from runs.queries import run_snapshot
from threads.content import ContentPart, dump_parts, load_parts, text_of
from threads.snapshot import MessageSnapshot

STEER = "steer"
_SUMMARIES = {
    "accepted": "Joins the answer before the model is asked again.",
    "applied": "Joined the answer.",
    "returned": "The answer ended first.",
}


def accept(*, run: Run, content: tuple[ContentPart, ...], key: str = "", digest: str = "") -> list[RunStepEvent]:
    """Keep words, covered, for a run that is under way."""
    rows = RunCommand.objects.filter(run=run)
    last: int | None = rows.aggregate(last=Max("position"))["last"]
    row = RunCommand(
        run=run, position=(last or 0) + 1, kind=STEER, key=key, arguments={"content": dump_parts(content), "digest": digest}
    )  # fmt: skip
    row.save(force_insert=True)
    if not run.commanded:
        run.commanded = True
        run.save(update_fields=["commanded"])
    return [_step(row, "accepted", key=key, text=text_of(content))]


def accepted(*, thread_id: UUID, key: str, digest: str) -> RunSnapshot | None:
    """The run that these words were accepted for before, under the same key.

    Raises:
        KeyReusedError: other words were.
    """
    if not key:
        return None
    row = RunCommand.objects.select_related("run").filter(run__thread_id=thread_id, kind=STEER, key=key).first()
    if row is None:
        return None
    if row.arguments["digest"] != digest:
        raise KeyReusedError(details={"field": "key", "run_id": str(row.run_id)})
    return run_snapshot(row.run)


def waiting(*, run_id: UUID) -> list[RunCommand]:
    """What a run has not heard yet, in the order in which it was said."""
    rows = RunCommand.objects.select_related("run").filter(_OPEN, run_id=run_id)
    return list(rows.order_by("position"))


def unheard() -> list[UUID]:
    """The runs that ended before they heard everything, as far as nothing has become of the rest yet."""
    return list(RunCommand.objects.filter(_LEFT).values_list("run_id", flat=True).order_by("run_id").distinct())


def left(*, run_id: UUID) -> list[RunCommand]:
    """What a run that has ended did not hear, in the order in which it was said."""
    return list(RunCommand.objects.filter(_LEFT, run_id=run_id).order_by("position"))


_OPEN = Q(kind=STEER, status=RunCommand.Status.QUEUED)
_LEFT = Q(kind=STEER, status=RunCommand.Status.RETURNED, finished_at__isnull=True)


def content_of(row: RunCommand) -> tuple[ContentPart, ...]:
    """What was said."""
    return load_parts(row.arguments["content"])


def apply(row: RunCommand, *, message: MessageSnapshot) -> list[RunStepEvent | RunMessageEvent]:
    """Note that the words are this message of their run."""
    _settle(row, RunCommand.Status.DONE)
    said = RunMessageEvent(thread_id=message.thread_id, run_id=message.run_id, message=message)
    return [said, _step(row, "applied", message_id=str(message.id))]


def end_rest(*, run: Run) -> list[RunStepEvent]:
    """Return what a run that ends has not heard."""
    rows = waiting(run_id=run.pk)
    for row in rows:
        row.status = RunCommand.Status.RETURNED
        row.save(update_fields=["status"])
    return [_step(row, "returned", text=text_of(content_of(row))) for row in rows]


def give_back(row: RunCommand, *, why: str = "") -> None:
    """Note that words that were returned are a run of their own; where they cannot be one, ``why``."""
    _settle(row, RunCommand.Status.RETURNED, result=why)


def _settle(row: RunCommand, status: str, *, result: str = "") -> None:
    row.status, row.finished_at, row.result = status, timezone.now(), result[:500]
    row.save(update_fields=["status", "finished_at", "result"])


def _step(row: RunCommand, status: Literal["accepted", "applied", "returned"], **details: Any) -> RunStepEvent:
    return RunStepEvent(
        thread_id=row.run.thread_id, run_id=row.run_id, kind="steer", status=status, summary=_SUMMARIES[status],
        details={"command_id": str(row.pk), **details},
    )  # fmt: skip
