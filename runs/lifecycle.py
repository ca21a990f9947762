"""The state machine of a run: every transition is a compare-and-set in one transaction with its journal entry.

    queued → running → completed | failed | cancelled | interrupted
    queued → cancelled

The functions return the events that they wrote, for the caller to publish once the transaction has committed.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Literal
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from agents.queries import max_runs_of_provider
from coday.kernel.database import reserve
from coday.kernel.errors import CodayError
from coday.kernel.ids import new_id
from coday.kernel.prepared import PreparedUpdate
from runs import journal
from runs.errors import RunLostError, RunNotFoundError, RunStateError
from runs.events import (
    DurableEvent,
    RunChangedEvent,
    RunErrorEvent,
    RunMessageEvent,
    RunSnapshot,
    RunStepEvent,
)
from runs.inputs import Asker
from runs.models import ACTIVE, UNFINISHED, Run
from runs.queries import active_run, find_run, get_run, has_ended, run_snapshot, running_of, unfinished_of_lane
from runs.runners import alive
from threads import operations as threads
from threads.content import ContentPart, ToolResultPart, ToolUsePart
from threads.queries import messages_of_run
from threads.snapshot import MessageRole, MessageSnapshot
from usage.queries import totals_of_run

CLOSE_TO_LIMIT = 100  # places: more processes than that do not claim at the same moment


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that was queued and is running now."""

    run: RunSnapshot
    events: list[DurableEvent]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ends. ``stopped`` is what a cancelled task knows: whether a person asked for it is in the database."""

    status: Literal["completed", "failed", "interrupted", "stopped"]
    error: CodayError | None = None


# --- Claim ----------------------------------------------------------------------------------------------------------


@transaction.atomic(savepoint=False)
def claim_next(*, lane: UUID, runner: UUID | None = None) -> Claimed | None:
    """Start the lane's oldest queued run in the process ``runner``, unless the lane is busy or empty, or the person or the
    provider has as many runs under way as they may.

    Of two that look at once, the compare-and-set lets one through. A unique index keeps the promise of one active run.
    """
    runs = unfinished_of_lane(lane=lane)
    if not runs or any(run.status in ACTIVE for run in runs):
        return None
    run = runs[0]
    threads.hold(thread_id=run.thread_id)
    if not _may_follow(run) or not _has_room(run):
        return None
    run.status, run.started_at, run.runner = Run.Status.RUNNING, timezone.now(), runner
    if not _start(run, expected=Run.Status.QUEUED):
        return None
    snapshot = run_snapshot(run)
    events = journal.append([RunChangedEvent(thread_id=run.thread_id, run_id=run.pk, run=snapshot)])
    return Claimed(run=snapshot, events=events)


_start = PreparedUpdate(Run, fields=("status", "started_at", "runner"), expected="status")


def _may_follow(run: Run) -> bool:
    """Whether what the run goes on from is said: a retry may be of a run that was queued behind another."""
    return run.parent_id is None or has_ended(run_id=run.parent_id)


def _has_room(run: Run) -> bool:
    """Whether person and provider may have one more. Near a limit those who ask take turns, so that it holds."""
    places = _free_places(run)
    if 0 < places <= CLOSE_TO_LIMIT:
        reserve(f"user {run.user_id}", f"provider {run.provider}")
        places = _free_places(run)
    return places > 0


def _free_places(run: Run) -> float:
    of_user, at_provider = running_of(user_id=run.user_id, provider=run.provider)
    of_provider = max_runs_of_provider(slug=run.provider)
    for_user: int = settings.CODAY_MAX_RUNS_PER_USER - of_user
    return min(for_user, inf if of_provider is None else of_provider - at_provider)


@transaction.atomic
def note_wait(*, run_id: UUID) -> list[DurableEvent]:
    """Tell, once, why a run has not started although nothing in its lane is before it."""
    hold_thread(run_id=run_id)
    run = find_run(run_id=run_id)
    if run is None or run.status != Run.Status.QUEUED:
        return []
    first = unfinished_of_lane(lane=run.lane)[0]
    if first.pk != run.pk or not _may_follow(run):
        return []
    step = RunStepEvent(
        thread_id=run.thread_id, run_id=run.pk, kind="queue", status="waiting", summary=_why_it_waits(run)
    )
    return journal.append([step])


def _why_it_waits(run: Run) -> str:
    of_user, _ = running_of(user_id=run.user_id, provider=run.provider)
    if of_user >= settings.CODAY_MAX_RUNS_PER_USER:
        return f"{of_user} of your runs are under way, as many as you may have. This one starts when one of them has ended."
    if settings.DISTRIBUTED and not alive(kind="worker"):
        return "No worker is running at the moment. Your message is kept, and is answered when one is there."
    return "The server is busy. Your message is kept, and is answered when there is a free place."


# --- Hold -----------------------------------------------------------------------------------------------------------


def hold_thread(*, run_id: UUID) -> None:
    """``threads.hold`` for whoever knows the run alone, before it is read."""
    run = find_run(run_id=run_id) if connection.features.has_select_for_update else None
    if run:
        threads.hold(thread_id=run.thread_id)


def hold_running(*, run_id: UUID, thread_id: UUID) -> None:
    """What a process that executes a run calls first in each transaction: a process that was silent for too long has lost
    its runs, and what it still wants to write comes too late. A database for one process has nothing to check.

    Raises:
        RunLostError: the run was ended by somebody else.
    """
    if connection.features.has_select_for_update:
        threads.hold(thread_id=thread_id)
        if active_run(run_id=run_id) is None:
            raise RunLostError


# --- End ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def finish(*, run_id: UUID, outcome: Outcome) -> list[DurableEvent]:
    """Write the run's one terminal state, with its bill, as the last of its durable events.

    Before it, what was still streaming becomes partial and every open tool call gets a result. A run that has ended
    already stays as it is: then nothing is written and nothing returned.
    """
    hold_thread(run_id=run_id)
    run = active_run(run_id=run_id)
    if run is None:
        return []
    before, run.status = run.status, _terminal_status(run, outcome)
    run.finished_at = timezone.now()
    events = _settle_messages(run)
    if run.status == Run.Status.FAILED and outcome.error:
        events.append(_fail(run, outcome.error))
    _roll_up(run)
    if not _end(run, expected=before):
        raise RunStateError
    events.append(RunChangedEvent(thread_id=run.thread_id, run_id=run.pk, run=run_snapshot(run)))
    return journal.append(events, touched=True)


def _settle_messages(run: Run) -> list[DurableEvent]:
    """Mark what was still streaming as partial (an empty message is removed) and answer the calls left open."""
    events: list[DurableEvent] = []
    messages = messages_of_run(run_id=run.pk)
    for message in messages:
        if message.status != "streaming":
            continue
        if not message.content:
            threads.remove_message(message_id=message.id)
            continue
        partial = msgspec.structs.replace(message, status="partial")
        threads.save_message(partial)
        events.append(RunMessageEvent(thread_id=run.thread_id, run_id=run.pk, message=partial))
    answers = _answers_to_open_calls(messages, status=run.status)
    if answers:
        said = new_message(run=run, role="tool", content=answers, after=messages[-1].id)
        threads.add_message(said)
        events.append(RunMessageEvent(thread_id=run.thread_id, run_id=run.pk, message=said))
    run.tool_calls = sum(isinstance(part, ToolUsePart) for message in messages for part in message.content)
    return events


def new_message(
    *, run: Run, role: MessageRole, content: tuple[ContentPart, ...], after: UUID | None = None
) -> MessageSnapshot:
    """A complete message of the run, not yet stored, behind the run's message ``after``."""
    return MessageSnapshot(
        id=new_id(after=after),
        thread_id=run.thread_id,
        run_id=run.pk,
        role=role,
        status="complete",
        content=content,
        created_at=timezone.now(),
    )


def _answers_to_open_calls(messages: list[MessageSnapshot], *, status: str) -> tuple[ContentPart, ...]:
    parts = [part for message in messages for part in message.content]
    answered = {part.tool_call_id for part in parts if isinstance(part, ToolResultPart)}
    return tuple(
        ToolResultPart(
            tool_call_id=part.id, name=part.name, content=f"Not executed: the run is {status}.", is_error=True
        )
        for part in parts
        if isinstance(part, ToolUsePart) and part.id not in answered
    )


_USAGE_FIELDS = (
    "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "model_calls", "tool_calls", "cost", "currency",
)  # fmt: skip
_TERMINAL_FIELDS = ("status", "finished_at", "error_code", "error_message", "error_retryable", *_USAGE_FIELDS)


_end = PreparedUpdate(Run, fields=_TERMINAL_FIELDS, expected="status")


def _terminal_status(run: Run, outcome: Outcome) -> str:
    if outcome.status == "stopped":
        return Run.Status.CANCELLED if run.cancel_requested_at else Run.Status.INTERRUPTED
    return outcome.status


def _fail(run: Run, error: CodayError) -> RunErrorEvent:
    run.error_code, run.error_message, run.error_retryable = error.code, error.message, error.retryable
    return RunErrorEvent(
        thread_id=run.thread_id, run_id=run.pk, code=error.code, message=error.message, details=error.details,
        retryable=error.retryable,
    )  # fmt: skip


def _roll_up(run: Run) -> None:
    """The cost of a run is the sum of its usage records."""
    totals = totals_of_run(run_id=run.pk)
    run.input_tokens, run.output_tokens = totals.input_tokens, totals.output_tokens
    run.cached_tokens, run.reasoning_tokens = totals.cached_tokens, totals.reasoning_tokens
    run.model_calls, run.cost, run.currency = totals.model_calls, totals.cost, totals.currency


@transaction.atomic
def charge(*, run_id: UUID) -> list[DurableEvent]:
    """Roll the bill up again after a model call that came later than the run's end (its title)."""
    hold_thread(run_id=run_id)
    run = find_run(run_id=run_id)
    if run is None:
        return []
    _roll_up(run)
    run.save(update_fields=list(_USAGE_FIELDS))
    event = RunChangedEvent(thread_id=run.thread_id, run_id=run.pk, run=run_snapshot(run), changed=("usage",))
    return journal.append([event])


@transaction.atomic
def cancel(*, asker: Asker, run_id: UUID, thread_id: UUID | None = None) -> tuple[RunSnapshot, list[DurableEvent]]:
    """Note that a person wants the run to stop. A queued run ends at once, a running one when its process has stopped it;
    one that has ended stays as it is.

    Raises:
        RunNotFoundError: it does not exist for this person (or not in this thread).
    """
    hold_thread(run_id=run_id)
    run = get_run(user_id=asker.user_id, run_id=run_id)
    if thread_id and run.thread_id != thread_id:
        raise RunNotFoundError
    if run.status not in UNFINISHED:
        return run_snapshot(run), []
    now = timezone.now()
    run.cancel_requested_at = run.cancel_requested_at or now
    if run.status != Run.Status.QUEUED:
        run.save(update_fields=["cancel_requested_at"])
        return run_snapshot(run), []
    run.status, run.finished_at = Run.Status.CANCELLED, now
    run.save(update_fields=["status", "finished_at", "cancel_requested_at"])
    event = RunChangedEvent(thread_id=run.thread_id, run_id=run.pk, run=run_snapshot(run))
    return run_snapshot(run), journal.append([event], touched=True)
