"""What goes on after the run that started it: operations. Each ends once, whoever comes first (a callback, a poll, a timer,
its deadline, its person), and its end brings the result into the conversation with a system run.

An operation is there before anything leaves for its tool, so that no answer can come too early to be known.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from agents.errors import AgentNotFoundError, ModelNotFoundError
from agents.queries import resolve_agent
from agents.snapshot import AgentSnapshot
from coday.accounts.queries import is_active
from coday.kernel.database import reserve
from coday.kernel.errors import CodayError
from runs import calls, journal
from runs.capture import Created, create_system
from runs.errors import CallbackNotFoundError, OperationEndedError, OperationNotFoundError, TooManyOperationsError
from runs.events import DurableEvent, RunSnapshot, RunStepEvent, RunToolEvent
from runs.inputs import Asker, RunSystemInput
from runs.lifecycle import hold_running
from runs.models import Run, ToolCall, ToolOperation
from runs.queries import find_run, run_snapshot
from threads import operations as threads
from threads.covering import Place, cover
from threads.models import Thread
from threads.queries import get_thread, visible_threads

logger = logging.getLogger(__name__)

AT_ONCE = 200  # operations that one tick ends or asks about; the next one goes on
LONGEST_SUMMARY = 300
FIRST_POLL = 10.0  # seconds between the first two looks
LAST_POLL = 300.0

EndStatus: TypeAlias = Literal["succeeded", "failed", "timed_out"]
Status = ToolOperation.Status


@dataclass(frozen=True, slots=True)
class Started:
    """An operation that goes on. ``token`` ends it once, by a callback; it is shown here and nowhere else."""

    id: UUID
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Poll:
    """An operation whose tool is to be asked how it stands. ``state`` is what the tool kept for that."""

    id: UUID
    tool: str
    state: Mapping[str, Any]


# --- Start --------------------------------------------------------------------------------------------------------


@transaction.atomic
def start(
    *,
    run: RunSnapshot,
    call_id: str,
    tool: str,
    summary: str,
    deadline_at: datetime,
    due_at: datetime | None = None,
    state: Mapping[str, Any] | None = None,
    callback: bool = False,
) -> Started:
    """Note what is about to go on, before anything leaves.

    Args:
        run, call_id: who started it.
        summary: what goes on, in words for a person.
        deadline_at: when it has timed out; of no meaning beside ``due_at``.
        due_at: a timer: then it has succeeded.
        state: what the tool has to know to go on; JSON.
        callback: whether it is ended from outside, by a one-time token.

    Raises:
        TooManyOperationsError: as many of the person's go on as may.
        RunLostError: the run is no longer this process's.
    """
    hold_running(run_id=run.id, thread_id=run.thread_id)
    _ensure_room(user_id=run.user_id)
    token = secrets.token_urlsafe(32) if callback else ""
    operation = ToolOperation(
        thread_id=run.thread_id, run_id=run.id, call_id=call_id, user_id=run.user_id, username=run.username, tool=tool,
        summary=summary[:LONGEST_SUMMARY], deadline_at=deadline_at, due_at=due_at, state=dict(state or {}),
        callback_digest=_digest(token) if token else "",
    )  # fmt: skip
    operation.save(force_insert=True)
    return Started(operation.pk, token)


def _ensure_room(*, user_id: UUID) -> None:
    reserve(f"operations {user_id}")
    if _open().filter(user_id=user_id).count() >= settings.CODAY_MAX_OPERATIONS:
        raise TooManyOperationsError(details={"limit": settings.CODAY_MAX_OPERATIONS})


def watch(*, operation_id: UUID, state: Mapping[str, Any]) -> None:
    """Have the operation's tool asked how it stands from now on, with this ``state``."""
    poll_at = timezone.now() + timedelta(seconds=FIRST_POLL)
    _open().filter(pk=operation_id).update(state=dict(state), poll_at=poll_at)


def settle(*, operation_id: UUID, status: EndStatus) -> bool:
    """End an operation whose result the run that started it still waits for: no other run is needed to bring it. Returns
    whether it had not ended before."""
    return _close(operation_id, status=status)


def is_open(*, operation_id: UUID) -> bool:
    """Whether the operation goes on."""
    return _open().filter(pk=operation_id).exists()


# --- End ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def end(*, operation_id: UUID, status: EndStatus, result: str) -> Created:
    """End an operation, tell its tool call's result, and start the system run that brings it into the conversation, behind
    whatever runs there. Where nobody can answer any more, a step says what has ended, and nothing is to be started. Where
    its run was removed, nobody waits for it: it is called off.

    Raises:
        OperationNotFoundError: it is gone, with its thread.
        OperationEndedError: it has ended already; nothing is written.
    """
    operation = _hold(operation_id)
    run = find_run(run_id=operation.run_id)
    if run is None:  # runs go with their thread alone
        raise OperationNotFoundError
    if run.deleted_at:
        return _call_off(operation, run=run)
    if not operation.due_at:  # a timer brings what was said in the thread
        (result,) = cover(Place(run.thread_id, run.user_id, run.anonymous), [result], keep_tokens=True)
    if not _close(operation.pk, status=status, result=result):
        raise OperationEndedError
    events = _tell_call(operation, status=status, result=result)
    try:
        created = _bring(operation, run=run, status=status, result=result)
    except CodayError as error:
        step = _unheard(operation, why=error.message)
        return Created(run=run_snapshot(run), events=[*events, *journal.append([step], touched=True)], repeated=True)
    ToolOperation.objects.filter(pk=operation.pk).update(ended_by_run=created.run.id)
    return Created(run=created.run, events=[*events, *created.events])


def _call_off(operation: ToolOperation, *, run: Run) -> Created:
    if not _close(operation.pk, status=Status.CANCELLED):
        raise OperationEndedError
    told = _tell_call(operation, status=Status.CANCELLED, result="What it belongs to was removed.")
    return Created(run=run_snapshot(run), events=told, repeated=True)


@transaction.atomic
def cancel(*, user_id: UUID, operation_id: UUID) -> tuple[ToolOperation, list[DurableEvent]]:
    """End an operation because its person wants no result any more. What goes on elsewhere is not reached by that.

    Raises:
        OperationNotFoundError: it does not exist for this person.
        OperationEndedError: it has ended already.
    """
    operation = get_operation(user_id=user_id, operation_id=operation_id)
    threads.hold(thread_id=operation.thread_id)
    if not _close(operation.pk, status=Status.CANCELLED):
        raise OperationEndedError
    events = _tell_call(operation, status=Status.CANCELLED, result="Cancelled by the person.")
    operation.refresh_from_db()
    return operation, events


def _hold(operation_id: UUID) -> ToolOperation:
    """The operation, after its thread: one order for all."""
    operation = ToolOperation.objects.filter(pk=operation_id).first()
    if operation is None:
        raise OperationNotFoundError
    threads.hold(thread_id=operation.thread_id)
    return operation


def _close(operation_id: UUID, *, status: str, result: str = "") -> bool:
    """The one compare-and-set: of all that want to end an operation it lets one through. Its token is good for nothing
    then."""
    shown = result.replace("\0", "")[: calls.RESULT_SHOWN]
    closed = _open().filter(pk=operation_id)
    return bool(closed.update(status=status, result=shown, ended_at=timezone.now(), callback_digest="", poll_at=None))


def _tell_call(operation: ToolOperation, *, status: str, result: str) -> list[DurableEvent]:
    """Settle the call that started it. Whether the run that made it has said so yet does not matter."""
    row = ToolCall.objects.filter(run_id=operation.run_id, call_id=operation.call_id).first()
    if row is None:
        return []
    row.operation = operation.pk
    written = ToolCall.Status.CANCELLED if status == Status.CANCELLED else ""
    calls.settle(row, content=result, is_error=status != Status.SUCCEEDED, status=written)
    event: RunToolEvent = calls.event_of(row, thread_id=operation.thread_id)
    return journal.append([event])


# --- The system run -------------------------------------------------------------------------------------------------


class _NobodyThereError(CodayError):
    code = "nobody_there"
    message = "the account that it belongs to may not be used any more"


def _bring(operation: ToolOperation, *, run: Run, status: EndStatus, result: str) -> Created:
    if not is_active(user_id=operation.user_id):
        raise _NobodyThereError
    asker = Asker(user_id=operation.user_id, username=operation.username)
    thread = get_thread(user_id=asker.user_id, thread_id=operation.thread_id, lock=True)
    given = RunSystemInput(
        event=_event(operation, number=run.number, status=status),
        content=_content(operation, result=result.replace("\0", "")),
        cause_run=run.pk,
        cause_call=operation.call_id,
    )
    agent = _who_answers(run, thread=thread)
    return create_system(asker=asker, thread_id=thread.pk, given=given, agent=agent)


def _who_answers(run: Run, *, thread: Thread) -> AgentSnapshot:
    """The agent and model of the run that started it; where they are gone or no longer the person's, the thread's; else the
    default.

    Raises:
        CodayError: nobody.
    """
    for agent, model in ((run.agent, run.model), (run.agent, ""), (thread.agent, thread.model), (thread.agent, "")):
        try:
            return resolve_agent(agent=agent, model=model, user_id=run.user_id)
        except (AgentNotFoundError, ModelNotFoundError):
            continue
    return resolve_agent(user_id=run.user_id)


_ENDS = {"succeeded": "has succeeded", "failed": "has failed", "timed_out": "did not end in time"}


def _event(operation: ToolOperation, *, number: int, status: EndStatus) -> str:
    """What happened, in our words alone: nothing in them is a model's or a person's."""
    if operation.due_at:
        return f"A timer that {operation.tool} set in run {number} is due."
    return f"What {operation.tool} started in run {number} {_ENDS[status]}."


def _content(operation: ToolOperation, *, result: str) -> str:
    """What others said: the whole result is kept with the call, and the model is given as much of it as of any other."""
    if len(result) > calls.LONGEST_RESULT:
        rest, offset = len(result) - calls.LONGEST_RESULT, calls.LONGEST_RESULT
        more = f"{rest} more characters. To read on: read_result, call {operation.call_id}, offset {offset}"
        result = f"{result[:offset]}\n[{more}]"
    return result if operation.due_at else f"{operation.summary}\n\n{result}".strip()


def _unheard(operation: ToolOperation, *, why: str) -> RunStepEvent:
    return RunStepEvent(
        thread_id=operation.thread_id, run_id=operation.run_id, kind="operation", status="ended",
        summary=f"“{operation.summary}” has ended, and nobody could answer: {why.rstrip('.')}.",
        details={"operation": str(operation.pk)},
    )  # fmt: skip


# --- From outside -----------------------------------------------------------------------------------------------------


def find_by_token(*, token: str) -> UUID:
    """The operation that a callback's token ends.

    Raises:
        CallbackNotFoundError: no such token, or it was used, comes after the deadline, or its thread is gone.
    """
    waiting = _open().filter(callback_digest=_digest(token), deadline_at__gt=timezone.now())
    found = waiting.values_list("pk", flat=True).first() if token else None
    if found is None:
        raise CallbackNotFoundError
    return found


@transaction.atomic
def receive(*, token: str, status: Literal["succeeded", "failed"], result: str) -> Created:
    """End the operation that this one-time token belongs to.

    Raises:
        CallbackNotFoundError: see ``find_by_token``. Nothing has changed.
    """
    try:
        return end(operation_id=find_by_token(token=token), status=status, result=result)
    except (OperationNotFoundError, OperationEndedError) as error:  # somebody was quicker
        raise CallbackNotFoundError from error


def _digest(token: str) -> str:
    """The stored form of a token: it is long and random, and found by an index."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


# --- What is due ------------------------------------------------------------------------------------------------------


def end_due() -> list[Created]:
    """End the timers that are due."""
    due = _open().filter(due_at__lte=timezone.now()).order_by("due_at")[:AT_ONCE]
    return _end_all(due, status="succeeded")


def end_late() -> list[Created]:
    """End what has not ended by its deadline."""
    late = _open().filter(due_at__isnull=True, deadline_at__lte=timezone.now()).order_by("deadline_at")[:AT_ONCE]
    return _end_all(late, status="timed_out")


def _end_all(operations: Iterable[ToolOperation], *, status: EndStatus) -> list[Created]:
    created = []
    for operation in operations:
        result = str(operation.state.get("text", "")) if operation.due_at else _too_late(operation)
        try:
            created.append(end(operation_id=operation.pk, status=status, result=result))
        except (OperationNotFoundError, OperationEndedError):
            logger.debug("Operation %s was ended by somebody else.", operation.pk)
    return created


def _too_late(operation: ToolOperation) -> str:
    return (
        f"No result came until {operation.deadline_at.isoformat(timespec='seconds')}, and none is waited for any more."
    )


def claim_polls() -> list[Poll]:
    """The operations whose tools are to be asked now, each by one process, and less often the longer it goes on."""
    now = timezone.now()
    return [
        Poll(id=operation.pk, tool=operation.tool, state=operation.state)
        for operation in _open().filter(poll_at__lte=now).order_by("poll_at")[:AT_ONCE]
        if _open()
        .filter(pk=operation.pk, poll_at=operation.poll_at)
        .update(poll_at=now + _pause(now - operation.created_at))
    ]


def _pause(age: timedelta) -> timedelta:
    return min(max(age / 2, timedelta(seconds=FIRST_POLL)), timedelta(seconds=LAST_POLL))


# --- Reads --------------------------------------------------------------------------------------------------------------


def _open() -> QuerySet[ToolOperation]:
    """As the partial index has it."""
    return ToolOperation.objects.filter(ended_at__isnull=True).order_by()


def visible_operations(*, user_id: UUID) -> QuerySet[ToolOperation]:
    """The operations of the threads that this person may see, without those of removed runs."""
    there = ToolOperation.objects.filter(thread__in=visible_threads(user_id=user_id))
    return there.exclude(run_id__in=Run.objects.filter(deleted_at__isnull=False).order_by().values("pk"))


def get_operation(*, user_id: UUID, operation_id: UUID) -> ToolOperation:
    """One visible operation.

    Raises:
        OperationNotFoundError: it does not exist, or not for this person.
    """
    operation = visible_operations(user_id=user_id).filter(pk=operation_id).first()
    if operation is None:
        raise OperationNotFoundError
    return operation
