"""Reads of runs. A branch is read lane by lane: a lane is one line of runs, and it starts at its first run's parent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, reduce
from operator import or_
from typing import TypeVar
from uuid import UUID

import msgspec
from django.db.models import CharField, Count, Exists, IntegerField, OuterRef, Q, QuerySet, UUIDField

from coday.kernel.prepared import Param, PreparedQuery
from runs.errors import RunNotFoundError, RunPrunedError
from runs.events import (
    RunCause,
    RunFault,
    RunOrigin,
    RunSnapshot,
    RunStepEvent,
    RunTemplateRef,
    RunToolEvent,
    RunUsage,
)
from runs.models import ACTIVE, UNFINISHED, Run, RunEventRecord
from threads.queries import messages_by_id, messages_of_runs, visible_threads
from threads.snapshot import MessageSnapshot
from usage.queries import totals_of_run

TURNS_AT_ONCE = 100
# A queued run that was removed is as if it were not there. One that is under way has its lane until it has ended.
OUT_OF_THE_QUEUE = Q(status=Run.Status.QUEUED, deleted_at__isnull=False)
E = TypeVar("E", RunStepEvent, RunToolEvent)


def visible_runs(*, user_id: UUID) -> QuerySet[Run]:
    """The runs of the threads this person may see, without what was removed."""
    return Run.objects.filter(thread__in=visible_threads(user_id=user_id), deleted_at__isnull=True)


def get_run(*, user_id: UUID, run_id: UUID) -> Run:
    """One visible run.

    Raises:
        RunNotFoundError: it does not exist, or not for this person.
    """
    run = visible_runs(user_id=user_id).filter(pk=run_id).first()
    if run is None:
        raise RunNotFoundError
    return run


def get_runs(*, user_id: UUID, run_ids: Collection[UUID]) -> list[Run]:
    """These visible runs, in the order of their ids.

    Raises:
        RunNotFoundError: one of them does not exist, or not for this person.
    """
    found = list(visible_runs(user_id=user_id).filter(pk__in=run_ids).order_by("pk"))
    if len(found) < len(set(run_ids)):
        raise RunNotFoundError
    return found


_RUN = PreparedQuery(lambda: Run.objects.filter(pk=Param("run_id", UUIDField())).order_by())
_ENDED = PreparedQuery(
    lambda: Run.objects.filter(pk=Param("run_id", UUIDField()), finished_at__isnull=False).order_by().values_list("pk")
)
_ACTIVE_RUN = PreparedQuery(lambda: Run.objects.filter(pk=Param("run_id", UUIDField()), status__in=ACTIVE).order_by())
_RUN_OF_KEY = PreparedQuery(
    lambda: (
        Run.objects.filter(thread_id=Param("thread_id", UUIDField()), key=Param("key", CharField()))
        .exclude(key="")  # as its unique index has it
        .order_by()
    )
)
_LAST_OF_LANE = PreparedQuery(lambda: Run.objects.filter(lane=Param("lane", UUIDField())).order_by("-number")[:1])
_UNFINISHED_OF_LANE = PreparedQuery(
    lambda: (
        Run.objects.filter(lane=Param("lane", UUIDField()), finished_at__isnull=True)
        .exclude(OUT_OF_THE_QUEUE)
        .order_by("number")
    )
)


def run_of_key(*, thread_id: UUID, key: str) -> Run | None:
    """The thread's run that was created under this idempotency key."""
    return _RUN_OF_KEY.first(thread_id=thread_id, key=key)


def find_run(*, run_id: UUID) -> Run | None:
    """One run, for those who work for the run itself: no caller's right is looked at."""
    return _RUN.first(run_id=run_id)


def ensure_whole(run: Run) -> None:
    """Refuse to make anything from a run whose words are gone.

    Raises:
        RunPrunedError: a retention policy removed them.
    """
    if run.pruned_at:
        raise RunPrunedError(details={"run_id": str(run.pk)})


def delegated_runs(*, run_id: UUID) -> list[Run]:
    """The runs that a run has handed tasks to, in the order in which it did."""
    return list(Run.objects.filter(cause_run=run_id, trigger=Run.Trigger.DELEGATION).order_by("number"))


def still_running(*, run_id: UUID) -> list[UUID]:
    """The run and all that was delegated by it, level by level, as far as processes execute them."""
    level, found = [run_id], []
    while level:
        runs = Run.objects.filter(Q(cause_run__in=level, trigger=Run.Trigger.DELEGATION) | Q(pk__in=level))
        rows = dict(runs.values_list("pk", "status"))
        found += [pk for pk, status in rows.items() if status == Run.Status.RUNNING and pk not in found]
        level = [pk for pk in rows if pk not in level]
    return found


def cost_of_run(*, run_id: UUID) -> Decimal:
    """What a run and those that it delegated to have cost so far, as far as prices are known."""
    delegated = delegated_runs(run_id=run_id)
    own = totals_of_run(run_id=run_id).cost or Decimal()
    return sum((cost_of_run(run_id=child.pk) for child in delegated), own)


def has_ended(*, run_id: UUID) -> bool:
    """Whether a run has ended."""
    return bool(_ENDED.rows(run_id=run_id))


def active_run(*, run_id: UUID) -> Run | None:
    """A run, if it is running or waiting."""
    return _ACTIVE_RUN.first(run_id=run_id)


def last_of_lane(*, lane: UUID) -> Run | None:
    """The newest run of a lane, whatever its state."""
    return _LAST_OF_LANE.first(lane=lane)


def last_shown_of_lane(*, lane: UUID) -> Run | None:
    """The newest run of a lane that was not removed."""
    return Run.objects.filter(lane=lane, deleted_at__isnull=True).order_by("-number").first()


def was_started_behind(*, run: Run) -> bool:
    """Whether a newer run of the run's lane was ever started, removed ones included."""
    return Run.objects.filter(lane=run.lane, number__gt=run.number).exclude(status=Run.Status.QUEUED).exists()


def unfinished_of_lane(*, lane: UUID) -> list[Run]:
    """The lane's runs that have not ended, oldest first, without what was removed from its queue."""
    return _UNFINISHED_OF_LANE.all(lane=lane)


_IDLE_LANES = PreparedQuery(
    lambda: (
        Run.objects.filter(finished_at__isnull=True)
        .filter(
            Q(status=Run.Status.WAITING, answered_at__isnull=False)
            | Q(status=Run.Status.QUEUED, deleted_at__isnull=True)
            & ~Exists(Run.objects.filter(lane=OuterRef("lane"), finished_at__isnull=True, status__in=ACTIVE))
            & ~Q(parent__isnull=False, parent__finished_at__isnull=True)  # what it goes on from is not said yet
        )
        .order_by("created_at")
        .values_list("lane", "user_id", "provider")
    )
)
_RUNNING = PreparedQuery(
    lambda: (
        Run.objects.filter(finished_at__isnull=True, status=Run.Status.RUNNING)
        .order_by()
        .values_list("user_id", "provider")
    )
)
_RUNNING_OF = PreparedQuery(
    lambda: (
        Run.objects.filter(finished_at__isnull=True, status=Run.Status.RUNNING)
        .order_by()
        .values("status")
        .annotate(
            of_user=Count("pk", filter=Q(user_id=Param("user_id", UUIDField()))),
            at_provider=Count("pk", filter=Q(provider=Param("provider", CharField()))),
        )
        .values_list("of_user", "at_provider")
    )
)


@dataclass(frozen=True, slots=True)
class IdleLane:
    """A lane in which a run is queued and none is active, or one waits that has its answers; whose run that is, and at which
    provider."""

    lane: UUID
    user_id: UUID
    provider: str


def idle_lanes() -> list[IdleLane]:
    """The idle lanes, longest waiting first."""
    first = {row[0]: row for row in reversed(_IDLE_LANES.rows())}
    return [IdleLane(*row) for row in reversed(first.values())]


def running_by_owner() -> tuple[Counter[UUID], Counter[str]]:
    """How many runs are running of each person, and at each provider."""
    rows = _RUNNING.rows()
    return Counter(user_id for user_id, _ in rows), Counter(provider for _, provider in rows)


def running_of(*, user_id: UUID, provider: str) -> tuple[int, int]:
    """How many runs of this person are running, and how many at this provider."""
    counted = _RUNNING_OF.rows(user_id=user_id, provider=provider)
    return (counted[0][0], counted[0][1]) if counted else (0, 0)


def first_seq(*, run_id: UUID) -> int:
    """The number of the run's first event in its thread's journal."""
    return RunEventRecord.objects.filter(run_id=run_id).order_by("seq").values_list("seq", flat=True)[0]


def unfinished_runs(*, thread_id: UUID) -> list[RunSnapshot]:
    """The thread's runs that have not ended, oldest first, without what was removed."""
    runs = Run.objects.filter(thread_id=thread_id, status__in=UNFINISHED, deleted_at__isnull=True).order_by("number")
    return with_positions(run_snapshot(run) for run in runs)


def with_positions(runs: Iterable[RunSnapshot]) -> list[RunSnapshot]:
    """The runs; queued ones with their place in the queue of their lane. Where that is idle and a run waits for a free place,
    the queue is that of all such lanes."""
    given = list(runs)
    lanes = {run.lane for run in given if run.status == "queued"}
    if not lanes:
        return given
    unfinished = Run.objects.filter(lane__in=lanes, finished_at__isnull=True).exclude(OUT_OF_THE_QUEUE)
    queues: dict[UUID, list[UUID]] = {}
    for lane, pk, status in unfinished.order_by("number").values_list("lane", "pk", "status"):
        queue = queues.setdefault(lane, [])
        if status == Run.Status.QUEUED:
            queue.append(pk)
    idle = {waiting.lane: place for place, waiting in enumerate(idle_lanes())}
    return [
        msgspec.structs.replace(run, position=queues[run.lane].index(run.id) + idle.get(run.lane, 0) + 1)
        if run.id in queues.get(run.lane, ())
        else run
        for run in given
    ]


def branch(*, run: Run, size: int = 50) -> Iterator[list[Run]]:
    """The run and those before it on its branch, newest first, in lists of at most ``size``, without what was removed."""
    segment: Run | None = run
    while segment is not None:
        oldest = segment
        number = segment.number
        while runs := _line(size).all(lane=segment.lane, number=number):
            if there := [run for run in runs if run.deleted_at is None]:
                yield there
            oldest = runs[-1]
            number = oldest.number - 1
            if len(runs) < size:
                break
        segment = find_run(run_id=oldest.parent_id) if oldest.parent_id else None


@cache
def _line(size: int) -> PreparedQuery[Run]:
    """A lane's runs up to a number, newest first, at most ``size`` of them."""
    lane, number = Param("lane", UUIDField()), Param("number", IntegerField())
    return PreparedQuery(lambda: Run.objects.filter(lane=lane, number__lte=number).order_by("-number")[:size])


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a branch: the runs of one lane up to a number."""

    lane: UUID
    number: int

    def holds(self, run: Run) -> bool:
        """Whether the run is in it."""
        return run.lane == self.lane and run.number <= self.number


def stretches(*, run: Run) -> list[Stretch]:
    """The branch that ends with the run, newest part first."""
    found: list[Stretch] = []
    end: Run | None = run
    while end is not None:
        found.append(Stretch(end.lane, end.number))
        first = Run.objects.filter(lane=end.lane).order_by("number").first()
        end = find_run(run_id=first.parent_id) if first and first.parent_id else None
    return found


def older_that_stay(*, stretches: Iterable[Stretch], before: int, importance: int, most: int) -> list[Run]:
    """The runs of a branch before a number that are pinned, at least this important, or have a summary: at most so many of
    them, oldest first."""
    where = [Q(lane=one.lane, number__lte=one.number) for one in stretches]
    stays = Q(pinned=True) | Q(importance__gte=importance) | Q(summary__isnull=False)
    runs = Run.objects.filter(stays, reduce(or_, where), number__lt=before, deleted_at__isnull=True)
    return list(runs.exclude(context=Run.Context.EXCLUDED).order_by("-number")[:most])[::-1]


def earlier_turns(*, parent: Run, size: int = TURNS_AT_ONCE) -> Iterator[tuple[RunSnapshot, list[MessageSnapshot]]]:
    """A run and those before it on its branch, each with its messages, newest run first, read a page at a time."""
    for runs in branch(run=parent, size=size):
        messages = messages_of_runs(run_ids=[run.pk for run in runs])
        for run in runs:
            yield run_snapshot(run), messages[run.pk]


def branch_messages(*, head: Run, before: UUID | None = None, size: int = 50) -> list[MessageSnapshot]:
    """The newest ``size`` messages of the branch that ends with ``head``, newest first; ``before`` goes on from a page.

    Raises:
        RunNotFoundError: ``before`` is no message of this thread.
    """
    start = head if before is None else _run_of_message(thread_id=head.thread_id, message_id=before)
    found: list[MessageSnapshot] = []
    for runs in branch(run=start, size=size):
        messages = messages_of_runs(run_ids=[run.pk for run in runs])
        for run in runs:
            said = reversed(messages[run.pk])
            # In the page's first run alone: a queued input is older than the end of the answer that it waits for.
            found.extend(said if before is None or run.pk != start.pk else (m for m in said if m.id < before))
        if len(found) >= size:
            break
    return found[:size]


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


def _run_of_message(*, thread_id: UUID, message_id: UUID) -> Run:
    message = messages_by_id(ids=[message_id]).get(message_id)
    run = Run.objects.filter(pk=message.run_id, thread_id=thread_id).first() if message else None
    if run is None:
        raise RunNotFoundError
    return run


def run_snapshot(run: Run, *, position: int | None = None) -> RunSnapshot:
    """A run's row as a value."""
    return RunSnapshot(
        id=run.pk,
        thread_id=run.thread_id,
        number=run.number,
        parent=run.parent_id,
        lane=run.lane,
        kind=run.kind,
        trigger=run.trigger,
        cause=RunCause(run_id=run.cause_run, tool_call_id=run.cause_call) if run.cause_run else None,
        depth=run.depth,
        anonymous=run.anonymous,
        status=run.status,  # type: ignore[arg-type]  # the column's choices are the literals
        user_id=run.user_id,
        username=run.username,
        agent=run.agent,
        model=run.model,
        title=run.title,
        importance=run.importance,
        importance_by=run.importance_by,
        pinned=run.pinned,
        tags=tuple(run.tags),
        group=run.group_id,
        origin=RunOrigin(run_id=run.origin_run, how=run.origin) if run.origin_run else None,
        batch=run.batch,
        commanded=run.commanded,
        deleted_at=run.deleted_at,
        context=run.context,
        summary=run.summary_id,
        template=_template(run),
        schedule=run.schedule,
        usage=_usage(run),
        error=_fault(run),
        cancel_requested=run.cancel_requested_at is not None,
        position=position,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        pruned_at=run.pruned_at,
    )


def _template(run: Run) -> RunTemplateRef | None:
    if run.template is None or run.template_version is None:
        return None
    return RunTemplateRef(id=run.template, version=run.template_version)


def _usage(run: Run) -> RunUsage:
    return RunUsage(
        input_tokens=run.input_tokens,
        output_tokens=run.output_tokens,
        cached_tokens=run.cached_tokens,
        reasoning_tokens=run.reasoning_tokens,
        model_calls=run.model_calls,
        tool_calls=run.tool_calls,
        cost=run.cost,
        currency=run.currency,
    )


def _fault(run: Run) -> RunFault | None:
    if not run.error_code:
        return None
    return RunFault(code=run.error_code, message=run.error_message, retryable=run.error_retryable)
