"""The state machine of a run: every transition is a compare-and-set in one transaction with its journal entry.

    queued → running → completed | failed | cancelled | interrupted
               ↕
             waiting → cancelled
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
from runs import calls, commands, journal, steers
from runs.errors import RunLostError, RunNotFoundError, RunStateError
from runs.events import (
    DurableEvent,
    RunChangedEvent,
    RunErrorEvent,
    RunMessageEvent,
    RunSnapshot,
)
from runs.importance import facts_of, score_of
from runs.inputs import Asker
from runs.models import ACTIVE, UNFINISHED, Run
from runs.queries import (
    active_run,
    delegated_runs,
    find_run,
    get_run,
    has_ended,
    run_snapshot,
    running_of,
    unfinished_of_lane,
)
from threads import operations as threads
from threads.content import ContentPart, ToolResultPart, ToolUsePart, text_of
from threads.queries import messages_of_run
from threads.snapshot import MessageRole, MessageSnapshot
from usage.queries import totals_of_run

CLOSE_TO_LIMIT = 100  # places: more processes than that do not claim at the same moment


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that was queued, or has waited, and is running now."""

    run: RunSnapshot
    events: list[DurableEvent]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ends, or that it waits. ``stopped`` is what a cancelled task knows: whether a person asked for it is in the
    database."""

    status: Literal["completed", "failed", "interrupted", "stopped", "waiting"]
    error: CodayError | None = None


# --- Claim ----------------------------------------------------------------------------------------------------------


@transaction.atomic(savepoint=False)
def claim_next(*, lane: UUID, runner: UUID | None = None) -> Claimed | None:
    """Start the lane's oldest queued run in the process ``runner``, or go on with the one that waited and has its answers,
    unless the lane is busy or empty, or the person or the provider has as many runs under way as they may.

    Of two that look at once, the compare-and-set lets one through. A unique index keeps the promise of one active run.
    """
    run = _next_of(unfinished_of_lane(lane=lane))
    if run is not None and connection.features.has_select_for_update:
        threads.hold(thread_id=run.thread_id)
        run = _next_of(unfinished_of_lane(lane=lane))  # a person may have put the queue in another order
    if run is None or not may_follow(run) or not _has_room(run):
        return None
    before, run.status = run.status, Run.Status.RUNNING
    run.started_at, run.runner, run.answered_at = run.started_at or timezone.now(), runner, None
    if not _start(run, expected=before):
        return None
    snapshot = run_snapshot(run)
    events = journal.append([RunChangedEvent(thread_id=run.thread_id, run_id=run.pk, run=snapshot)])
    return Claimed(run=snapshot, events=events)


def _next_of(runs: list[Run]) -> Run | None:
    active = next((run for run in runs if run.status in ACTIVE), None)
    if active is None:
        return runs[0] if runs else None
    return active if active.status == Run.Status.WAITING and active.answered_at else None


_start = PreparedUpdate(Run, fields=("status", "started_at", "runner", "answered_at"), expected="status")


def may_follow(run: Run) -> bool:
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


# --- Wait -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def wait(*, run_id: UUID) -> list[DurableEvent]:
    """Put a run aside whose calls wait for somebody. Where all have been answered meanwhile, it can be claimed at once; where
    its end was asked for meanwhile, this is it."""
    hold_thread(run_id=run_id)
    run = active_run(run_id=run_id)
    if run is None or run.status != Run.Status.RUNNING:
        return []
    if run.cancel_requested_at:
        return finish(run_id=run_id, outcome=Outcome(status="stopped"))
    run.status, run.runner = Run.Status.WAITING, None
    run.answered_at = None if calls.waiting(run_id=run_id) else timezone.now()
    if not _put_aside(run, expected=Run.Status.RUNNING):
        raise RunStateError
    event = RunChangedEvent(thread_id=run.thread_id, run_id=run.pk, run=run_snapshot(run))
    return journal.append([event], touched=True)


_put_aside = PreparedUpdate(Run, fields=("status", "runner", "answered_at"), expected="status")


# --- End ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def finish(*, run_id: UUID, outcome: Outcome) -> list[DurableEvent]:
    """Write the run's one terminal state, with its bill, as the last of its durable events.

    Before it, what was still streaming becomes partial, every open tool call gets a result, and what was delegated ends. The
    run that it was delegated by is told. A run that has ended already stays as it is: then nothing is written and nothing
    returned.
    """
    hold_thread(run_id=run_id)
    run = active_run(run_id=run_id)
    if run is None:
        return []
    before, run.status = run.status, _terminal_status(run, outcome)
    run.finished_at, run.unindexed = timezone.now(), True
    messages = messages_of_run(run_id=run.pk)
    run.tool_calls = sum(isinstance(part, ToolUsePart) for message in messages for part in message.content)
    events: list[DurableEvent] = [*calls.settle_rest(run=run)] if run.tool_calls else []
    events += _end_commands(run)
    events += _settle_messages(run, messages)
    if run.status == Run.Status.FAILED and outcome.error:
        events.append(_fail(run, outcome.error))
    _roll_up(run)
    if run.importance_by == Run.ImportanceBy.SCORE:
        run.importance = score_of(run, deeds=facts_of(run_ids=[run.pk])[run.pk].deeds if run.tool_calls else 0)
    if not _end(run, expected=before):
        raise RunStateError
    events.append(RunChangedEvent(thread_id=run.thread_id, run_id=run.pk, run=run_snapshot(run)))
    told = journal.append(events, touched=True)
    if run.tool_calls:
        told += _end_children(run)
    return told + _tell_cause(run, messages) if run.trigger == Run.Trigger.DELEGATION else told


def _end_commands(run: Run) -> list[DurableEvent]:
    return [*commands.end_rest(run=run), *steers.end_rest(run=run)] if run.commanded else []


def _end_children(run: Run) -> list[DurableEvent]:
    """What was delegated ends with the run: at once what no process executes, the rest when its process has stopped it."""
    told: list[DurableEvent] = []
    for child in delegated_runs(run_id=run.pk):
        if child.finished_at is None:
            told += end_early(child)
    return told


def end_early(run: Run) -> list[DurableEvent]:
    """Note that the run has to end. One that no process executes ends at once."""
    run.cancel_requested_at = run.cancel_requested_at or timezone.now()
    run.save(update_fields=["cancel_requested_at"])
    if run.status == Run.Status.WAITING:
        return finish(run_id=run.pk, outcome=Outcome(status="stopped"))
    if run.status != Run.Status.QUEUED:
        return []
    run.status, run.finished_at = Run.Status.CANCELLED, timezone.now()
    if run.importance_by == Run.ImportanceBy.SCORE:
        run.importance = score_of(run)
    run.save(update_fields=["status", "finished_at", "importance"])
    events: list[DurableEvent] = _end_commands(run)
    events.append(RunChangedEvent(thread_id=run.thread_id, run_id=run.pk, run=run_snapshot(run)))
    told = journal.append(events, touched=True)
    return told + _tell_cause(run, []) if run.trigger == Run.Trigger.DELEGATION else told


def _tell_cause(run: Run, messages: list[MessageSnapshot]) -> list[DurableEvent]:
    """The run that delegated this one gets its result; where it has ended already, only the bill."""
    said = [text_of(message.content) for message in messages if message.role == "assistant"]
    answer = next((text for text in reversed(said) if text), "")
    ended = "" if run.status == Run.Status.COMPLETED else f"The delegated run is {run.status}. {run.error_message}"
    events = calls.settle_for_child(child=run, content="\n\n".join(filter(None, [ended.strip(), answer])))
    told = journal.append(events) if events else []
    return told + _charge_cause(run)


def _charge_cause(run: Run) -> list[DurableEvent]:
    """A bill that comes after the end of the run which has to pay it."""
    cause = find_run(run_id=run.cause_run) if run.cause_run and run.trigger == Run.Trigger.DELEGATION else None
    return charge(run_id=cause.pk) if cause and cause.finished_at else []


def _settle_messages(run: Run, messages: list[MessageSnapshot]) -> list[DurableEvent]:
    """Mark what was still streaming as partial (an empty message is removed) and answer the calls left open."""
    events: list[DurableEvent] = []
    for message in messages:
        if message.status != "streaming":
            continue
        if not message.content:
            threads.remove_message(message_id=message.id)
            continue
        partial = msgspec.structs.replace(message, status="partial")
        threads.save_message(partial)
        events.append(RunMessageEvent(thread_id=run.thread_id, run_id=run.pk, message=partial))
    answers = _answers_to_open_calls(run, messages)
    if answers:
        said = new_message(run=run, role="tool", content=answers, after=messages[-1].id)
        threads.add_message(said)
        events.append(RunMessageEvent(thread_id=run.thread_id, run_id=run.pk, message=said))
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


def _answers_to_open_calls(run: Run, messages: list[MessageSnapshot]) -> tuple[ContentPart, ...]:
    """What the calls came to that no message tells yet: some may have been carried out."""
    parts = [part for message in messages for part in message.content]
    answered = {part.tool_call_id for part in parts if isinstance(part, ToolResultPart)}
    asked = [part for part in parts if isinstance(part, ToolUsePart) and part.id not in answered]
    return calls.results_of(run=run, asked=asked) if asked else ()


_USAGE_FIELDS = (
    "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "model_calls", "tool_calls", "cost", "currency",
    "first_token_at",
)  # fmt: skip
_SUMMED_FIELDS = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "model_calls")
_TERMINAL_FIELDS = (
    "status", "finished_at", "error_code", "error_message", "error_retryable", "importance", "unindexed", *_USAGE_FIELDS,
)  # fmt: skip


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
    """The cost of a run is the sum of its usage records and of those of the runs that it delegated to."""
    totals = totals_of_run(run_id=run.pk)
    run.input_tokens, run.output_tokens = totals.input_tokens, totals.output_tokens
    run.cached_tokens, run.reasoning_tokens = totals.cached_tokens, totals.reasoning_tokens
    run.model_calls, run.cost, run.currency = totals.model_calls, totals.cost, totals.currency
    run.first_token_at = totals.first_token_at
    for child in delegated_runs(run_id=run.pk) if run.tool_calls else ():
        for name in _SUMMED_FIELDS:
            setattr(run, name, getattr(run, name) + getattr(child, name))
        if child.cost is not None:
            run.cost = (run.cost or 0) + child.cost


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
    return journal.append([event]) + _charge_cause(run)


@transaction.atomic
def cancel(*, asker: Asker, run_id: UUID, thread_id: UUID | None = None) -> tuple[RunSnapshot, list[DurableEvent]]:
    """Note that a person wants the run to stop, and what it delegated. A queued or waiting run ends at once, a running one
    when its process has stopped it; one that has ended stays as it is.

    Raises:
        RunNotFoundError: it does not exist for this person (or not in this thread).
    """
    hold_thread(run_id=run_id)
    run = get_run(user_id=asker.user_id, run_id=run_id)
    if thread_id and run.thread_id != thread_id:
        raise RunNotFoundError
    if run.status not in UNFINISHED:
        return run_snapshot(run), []
    events = end_early(run)
    for child in delegated_runs(run_id=run.pk):
        if child.finished_at is None:
            events += end_early(child)
    run.refresh_from_db()
    return run_snapshot(run), events
