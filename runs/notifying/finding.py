"""Finds what people's targets are to be told, in the journal: whoever ends a run or has it wait knows nothing of targets.

A look goes over the last minutes again, because what is committed late has an early number. What was noted already is not
noted twice; how far the looks have come is in the targets' rows, so a server that was down finds what came before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from coday.kernel.ids import first_id_of
from runs.models import Notification, NotificationTarget, Run, RunEventRecord, ToolCall
from runs.queries import find_run

EVENTS: Final = ("completed", "failed", "cancelled", "interrupted", "waiting")
WAITING: Final = "waiting"
OVERLAP: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that a person's targets may be told: ``occasion`` is the entry of the journal that says so."""

    occasion: str
    run_id: UUID
    user_id: UUID
    event: str
    at: datetime


@transaction.atomic
def note_happenings() -> int:
    """Make a notification of each thing that a target is to be told and was not noted for it yet; returns how many."""
    targets = list(NotificationTarget.objects.filter(enabled=True, owner__is_active=True).defer("secret", "url"))
    if not targets:
        return 0
    now = timezone.now()
    new = _wanted(_happenings(targets), targets=targets, now=now)
    Notification.objects.bulk_create(new, ignore_conflicts=True)
    for target in targets:
        if now - target.since > 2 * OVERLAP:
            # Somebody may have switched it off and on meanwhile.
            NotificationTarget.objects.filter(pk=target.pk, since=target.since).update(since=now - OVERLAP)
    return len(new)


def _wanted(
    happenings: Sequence[Happening], *, targets: Iterable[NotificationTarget], now: datetime
) -> list[Notification]:
    occasions = [happening.occasion for happening in happenings]
    noted = set(Notification.objects.filter(occasion__in=occasions).values_list("target_id", "occasion"))
    return [
        Notification(
            target=target,
            run_id=one.run_id,
            event=one.event,
            occasion=one.occasion,
            created_at=one.at,
            next_at=now,
        )
        for target in targets
        for one in happenings
        if one.user_id == target.owner_id
        and one.event in target.events
        and one.at >= target.since
        and (target.pk, one.occasion) not in noted
    ]


def _happenings(targets: Collection[NotificationTarget]) -> list[Happening]:
    """What has happened to runs of the targets' owners since the earliest of the last looks, in the order of the journal."""
    since = min(target.since for target in targets)
    owners = {target.owner_id for target in targets}
    theirs = Run.objects.filter(pk=OuterRef("run_id"), user_id__in=owners, deleted_at__isnull=True)
    entries = RunEventRecord.objects.filter(pk__gte=first_id_of(since), created_at__gte=since, type="run")
    told = entries.filter(Exists(theirs.exclude(origin=Run.Origin.FORK))).order_by("pk")
    found = [
        (
            Happening(str(pk), run_id, UUID(payload["run"]["user_id"]), payload["run"]["status"], at),
            payload["run"]["trigger"],
        )
        for pk, run_id, at, payload in told.values_list("pk", "run_id", "created_at", "payload")
        if run_id and not payload["changed"] and payload["run"]["status"] in EVENTS
    ]
    asking = _asking({one.run_id for one, _ in found if one.event == WAITING})
    waits = [
        replace(one, run_id=_root_of(one.run_id)) for one, _ in found if one.event == WAITING and one.run_id in asking
    ]
    return [one for one, trigger in found if one.event != WAITING and trigger != Run.Trigger.DELEGATION] + waits


def _asking(run_ids: Collection[UUID]) -> set[UUID]:
    """Those of these runs that still wait for a person, and not just for what they have delegated."""
    calls = ToolCall.objects.filter(run__in=run_ids, run__status=Run.Status.WAITING, status=ToolCall.Status.WAITING)
    return set(calls.exclude(asks=ToolCall.Asks.RUN).values_list("run_id", flat=True)) if run_ids else set()


def _root_of(run_id: UUID) -> UUID:
    """The run that a person knows of: what was delegated waits on behalf of it."""
    run = find_run(run_id=run_id)
    while run and run.trigger == Run.Trigger.DELEGATION and run.cause_run:
        run_id, run = run.cause_run, find_run(run_id=run.cause_run)
    return run_id
