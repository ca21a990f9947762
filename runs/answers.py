"""What people say to the tool calls that wait for them. An answer counts once, and what is not a clear yes is a no."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils import timezone

from runs import calls, journal
from runs.capture import Created
from runs.errors import AnswerInvalidError, CallNotFoundError, CallNotPendingError, RunNotFoundError
from runs.events import DurableEvent, RunSnapshot
from runs.inputs import Asker, CallAnswer, RunToolResultInput
from runs.lifecycle import end_early, hold_thread
from runs.models import Run, ToolApproval, ToolCall
from runs.queries import find_run, get_run, run_snapshot
from runs.tools.arguments import check_arguments
from threads.covering import Place, cover, cover_json

EXPIRED = {
    ToolCall.Asks.APPROVAL: "Not carried out: nobody approved it in time.",
    ToolCall.Asks.ANSWER: "Nobody answered in time.",
    ToolCall.Asks.RUN: "The delegated run did not end in time.",
}


@dataclass(frozen=True, slots=True)
class Answered:
    """The run as it is after the answers, and what there is to tell. ``goes_on``: it may be claimed again."""

    run: RunSnapshot
    events: list[DurableEvent]
    goes_on: bool


@transaction.atomic
def answer(*, asker: Asker, run_id: UUID, given: RunToolResultInput, thread_id: UUID | None = None) -> Answered:
    """Take in the answers to a run's waiting calls, all or none of them.

    Raises:
        RunNotFoundError: it does not exist for this person (or not in this thread).
        CallNotFoundError, CallNotPendingError: a call is not the run's, or waits for nobody.
        AnswerInvalidError: an answer is not one to what was asked.
    """
    hold_thread(run_id=run_id)
    run = get_run(user_id=asker.user_id, run_id=run_id)
    if thread_id and run.thread_id != thread_id:
        raise RunNotFoundError
    rows = {row.call_id: row for row in ToolCall.objects.filter(run=run)}
    told: list[DurableEvent] = []
    for said in given.results:
        row = _waiting(rows.get(said.tool_call_id))
        _take(row, said, asker=asker, run=run)
        told.append(calls.event_of(row, thread_id=run.thread_id))
    goes_on = calls.go_on(run=run)
    return Answered(run_snapshot(run), journal.append(told, touched=True), goes_on)


def _waiting(row: ToolCall | None) -> ToolCall:
    if row is None:
        raise CallNotFoundError
    expired = row.expires_at and row.expires_at <= timezone.now()
    if row.status != ToolCall.Status.WAITING or row.asks == ToolCall.Asks.RUN or expired:
        raise CallNotPendingError(details={"tool_call_id": row.call_id, "status": row.status})
    return row


def _take(row: ToolCall, said: CallAnswer, *, asker: Asker, run: Run) -> None:
    if row.asks == ToolCall.Asks.ANSWER:
        _take_answer(row, said, run=run)
    elif said.approved is msgspec.UNSET or said.content is not msgspec.UNSET:
        raise AnswerInvalidError("Say whether it is approved.", field="approved")
    elif said.approved:
        _approve(row, said, asker=asker, run=run)
    else:
        (why,) = cover(_place(run), [said.reason])
        reason = f" They said: {why}" if why else ""
        row.approved, row.details = False, {"refused": True}
        refused = f"The person refused this call, so it was not carried out.{reason}"
        calls.settle(row, content=refused, is_error=True, status=ToolCall.Status.CANCELLED)


def _take_answer(row: ToolCall, said: CallAnswer, *, run: Run) -> None:
    if said.content is msgspec.UNSET:
        raise AnswerInvalidError("The answer is missing.", field="content")
    _check(row, said.content)
    content = cover_json(_place(run), said.content, keep_tokens=True)
    row.answer, row.status = {"content": content}, ToolCall.Status.REQUESTED
    row.save(update_fields=["answer", "status"])


def _approve(row: ToolCall, said: CallAnswer, *, asker: Asker, run: Run) -> None:
    if said.arguments is not msgspec.UNSET and said.arguments != row.arguments:
        _check(row, said.arguments)
        row.arguments = cover_json(_place(run), said.arguments, keep_tokens=True)
        row.edited = True
    if said.remember == "thread":
        ToolApproval.objects.get_or_create(
            thread_id=run.thread_id, user_id=asker.user_id, tool=row.name, definition=row.definition
        )
    row.approved, row.status = True, ToolCall.Status.REQUESTED
    row.save(update_fields=["approved", "status", "arguments", "edited"])


def _place(run: Run) -> Place:
    return Place(run.thread_id, run.user_id, run.anonymous)


def _check(row: ToolCall, content: object) -> None:
    if wrong := check_arguments(row.schema, content):
        raise AnswerInvalidError(details={"tool_call_id": row.call_id, "errors": list(wrong)})


# --- Nobody answered ------------------------------------------------------------------------------------------------


def expire() -> list[Created]:
    """Settle what nobody answered in time."""
    late = ToolCall.objects.filter(status=ToolCall.Status.WAITING, expires_at__lte=timezone.now())
    told = [_expire(run_id) for run_id in late.order_by("run_id").values_list("run_id", flat=True).distinct()]
    return [item for item in told if item]


@transaction.atomic
def _expire(run_id: UUID) -> Created | None:
    hold_thread(run_id=run_id)
    run = find_run(run_id=run_id)
    late = ToolCall.objects.filter(run_id=run_id, status=ToolCall.Status.WAITING, expires_at__lte=timezone.now())
    if run is None or not late:
        return None
    told: list[DurableEvent] = []
    for row in late:
        calls.settle(row, content=EXPIRED[ToolCall.Asks(row.asks)], is_error=True)
        told.append(calls.event_of(row, thread_id=run.thread_id))
    calls.go_on(run=run)
    events = journal.append(told)
    for row in late:
        child = find_run(run_id=row.child) if row.child else None
        if child and child.finished_at is None:
            events += end_early(child)
    return Created(run_snapshot(run), events)
