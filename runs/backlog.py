"""How much waits to be done, everywhere: for whoever watches the installation, and for whoever does it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from agents.queries import max_runs_of_provider
from runs.models import ACTIVE, Run
from runs.queries import OUT_OF_THE_QUEUE, idle_lanes, running_by_owner


@dataclass(frozen=True, slots=True)
class Backlog:
    """The runs that have not ended. ``lag``: seconds that a run has waited which nothing kept from starting."""

    queued: int
    active: int
    lag: float


def read_backlog() -> Backlog:
    """The backlog of the installation, in a number of queries that does not grow with it.

    A run has not waited while its lane was busy, nor while its person or provider has as many runs under way as they may.
    """
    unfinished = Counter(_unfinished().values_list("status", flat=True))
    queued = unfinished.pop(Run.Status.QUEUED, 0)
    since = _waiting_since() if queued else None
    lag = (timezone.now() - since).total_seconds() if since else 0.0
    return Backlog(queued=queued, active=unfinished.total(), lag=max(0.0, lag))


def startable_lanes(*, first: UUID | None = None, limit: int) -> list[UUID]:
    """Idle lanes whose next run may start now, longest waiting first but for ``first``; at most ``limit``."""
    waiting = sorted(idle_lanes(), key=lambda idle: idle.lane != first)
    if not waiting:
        return []
    of_user, at_provider = running_by_owner()
    startable: list[UUID] = []
    for idle in waiting:
        if len(startable) >= limit:
            break
        if of_user[idle.user_id] < settings.CODAY_MAX_RUNS_PER_USER and _has_room(
            idle.provider, taken=at_provider[idle.provider]
        ):
            startable.append(idle.lane)
            of_user[idle.user_id] += 1
            at_provider[idle.provider] += 1
    return startable


def _unfinished() -> QuerySet[Run]:
    """As the partial index has it."""
    return Run.objects.filter(finished_at__isnull=True).exclude(OUT_OF_THE_QUEUE).order_by()


def _waiting_since() -> datetime | None:
    running = _unfinished().filter(status=Run.Status.RUNNING).values_list("user_id", "provider")
    of_user, at_provider = Counter(user for user, _ in running), Counter(provider for _, provider in running)
    waiting = [
        since
        for user, provider, since in _in_idle_lanes()
        if of_user[user] < settings.CODAY_MAX_RUNS_PER_USER and _has_room(provider, taken=at_provider[provider])
    ]
    return min(waiting, default=None)


def _in_idle_lanes() -> Iterable[tuple[UUID, str, datetime]]:
    """Person and provider of each queued run in an idle lane, and since when it could have run."""
    lane = Run.objects.filter(lane=OuterRef("lane")).order_by()
    busy = Exists(lane.filter(finished_at__isnull=True, status__in=ACTIVE))
    freed = lane.values("lane").annotate(freed=Max("finished_at")).values("freed")
    since = Greatest("created_at", Coalesce(Subquery(freed), "created_at"))
    return _unfinished().filter(~busy, status=Run.Status.QUEUED).values_list("user_id", "provider", since)


def _has_room(provider: str, *, taken: int) -> bool:
    limit = max_runs_of_provider(slug=provider)
    return limit is None or taken < limit
