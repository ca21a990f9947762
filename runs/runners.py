"""The processes that execute runs: each says that it lives, and learns what the database knows of its runs.

A process that was silent for longer than ``CODAY_LEASE_SECONDS`` is taken for dead. Only the database's clock counts.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from runs.models import Run, Runner

KEPT = timedelta(days=1)  # a dead process is remembered for so long


def register(*, runner_id: UUID, kind: str, name: str, capacity: int) -> None:
    """Say that a process is there. Those that have long been dead are forgotten."""
    Runner.objects.filter(heartbeat_at__lt=Now() - KEPT).delete()
    Runner.objects.update_or_create(
        pk=runner_id, defaults={"kind": kind, "name": name, "capacity": capacity, "heartbeat_at": Now()}
    )


def unregister(*, runner_id: UUID) -> None:
    """Say that a process has ended in order."""
    Runner.objects.filter(pk=runner_id).delete()


def beat(*, runner_id: UUID) -> None:
    """Say that the process lives."""
    Runner.objects.filter(pk=runner_id).update(heartbeat_at=Now())


def runs_of(*, runner_id: UUID) -> dict[UUID, bool]:
    """The runs that the process has to execute, and whether somebody asked for their end."""
    rows = Run.objects.filter(finished_at__isnull=True, status=Run.Status.RUNNING, runner=runner_id)
    return {pk: asked is not None for pk, asked in rows.values_list("pk", "cancel_requested_at")}


def alive(*, kind: str) -> int:
    """How many processes of a kind live."""
    return Runner.objects.filter(_lives(), kind=kind).count()


def abandoned() -> list[UUID]:
    """The running runs whose process is dead."""
    living = Runner.objects.filter(_lives()).values("pk")
    left = Run.objects.filter(finished_at__isnull=True, status=Run.Status.RUNNING)
    return list(left.filter(Q(runner__isnull=True) | ~Q(runner__in=living)).values_list("pk", flat=True))


def left_by_others(*, runner_id: UUID) -> list[UUID]:
    """The running runs of other processes, for a process that is known to be the only one."""
    left = Run.objects.filter(finished_at__isnull=True, status=Run.Status.RUNNING)
    return list(left.filter(Q(runner__isnull=True) | ~Q(runner=runner_id)).values_list("pk", flat=True))


def _lives() -> Q:
    return Q(heartbeat_at__gt=Now() - timedelta(seconds=settings.CODAY_LEASE_SECONDS))
