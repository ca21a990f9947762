"""Lanes: one line of runs each, of which one at a time is active. What waits in them, and for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import msgspec
from django.db.models import CharField, Count, Exists, OuterRef, Q, UUIDField

from coday.kernel.prepared import Param, PreparedQuery
from runs.events import RunSnapshot
from runs.models import ACTIVE, UNFINISHED, Run
from runs.queries.snapshot import run_snapshot

# A queued run that was removed is as if it were not there. One that is under way has its lane until it has ended.
OUT_OF_THE_QUEUE = Q(status=Run.Status.QUEUED, deleted_at__isnull=False)
_LAST_OF_LANE = PreparedQuery(lambda: Run.objects.filter(lane=Param("lane", UUIDField())).order_by("-number")[:1])
_UNFINISHED_OF_LANE = PreparedQuery(
    lambda: (
        Run.objects.filter(lane=Param("lane", UUIDField()), finished_at__isnull=True)
        .exclude(OUT_OF_THE_QUEUE)
        .order_by("number")
    )
)


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
