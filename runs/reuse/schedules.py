"""Schedules: a person says when a template is to be started for them, and with what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from coday.kernel.database import reserve
from runs.inputs import Asker
from runs.models import RunSchedule, ScheduleSlot
from runs.reuse import cron
from runs.reuse.errors import ScheduleInvalidError, ScheduleNotFoundError, TooManySchedulesError
from runs.reuse.library import get_template, version_of
from runs.reuse.parameters import Parameter, bind
from threads.queries import get_thread

JUST_BEFORE = timedelta(microseconds=1)
LATEST = timedelta(days=3_660)  # until the first time
FIELDS = (
    "name", "template_id", "template_version", "arguments", "thread_id", "cron", "time_zone", "starts_at", "ends_at",
    "missed", "enabled",
)  # fmt: skip
"""What a person says about a schedule."""


def schedules_of(*, user_id: UUID) -> QuerySet[RunSchedule]:
    """A person's schedules, with their templates."""
    return RunSchedule.objects.filter(user_id=user_id).select_related("template")


def get_schedule(*, user_id: UUID, schedule_id: UUID) -> RunSchedule:
    """One schedule.

    Raises:
        ScheduleNotFoundError: it does not exist for this person.
    """
    row = schedules_of(user_id=user_id).filter(pk=schedule_id).first()
    if row is None:
        raise ScheduleNotFoundError
    return row


def slots_of(*, user_id: UUID, schedule_id: UUID) -> QuerySet[ScheduleSlot]:
    """The times at which a schedule was due, and what came of each.

    Raises:
        ScheduleNotFoundError: it does not exist for this person.
    """
    return ScheduleSlot.objects.filter(schedule=get_schedule(user_id=user_id, schedule_id=schedule_id))


def coming_times(
    *, cron_text: str, time_zone: str, starts_at: datetime | None, ends_at: datetime | None, most: int = 5
) -> list[datetime]:
    """The next times (in UTC) of a schedule that is like this.

    Raises:
        ScheduleInvalidError: it makes no sense, or would come too often.
    """
    cron.check_cron(cron_text)
    zone = cron.checked_zone(time_zone)
    return list(islice(cron.times_after(_from(starts_at), cron=cron_text, zone=zone, until=ends_at), most))


@transaction.atomic
def create_schedule(*, asker: Asker, now: datetime | None = None, **given: Any) -> RunSchedule:
    """Make a schedule of ``FIELDS``.

    Raises:
        TemplateNotFoundError, VersionNotFoundError, ThreadNotFoundError: what it names does not exist for this person.
        ArgumentsInvalidError: they do not fit the template.
        ScheduleInvalidError: its times make no sense, or come too often.
        TooManySchedulesError: as many as one person may have.
    """
    reserve(f"schedules of {asker.user_id}")
    if RunSchedule.objects.filter(user_id=asker.user_id).count() >= settings.CODAY_MAX_SCHEDULES:
        raise TooManySchedulesError(details={"limit": settings.CODAY_MAX_SCHEDULES})
    row = RunSchedule(user_id=asker.user_id, username=asker.username)
    _say(row, given)
    _settle(row, now=now or timezone.now())
    row.save(force_insert=True)
    return get_schedule(user_id=asker.user_id, schedule_id=row.pk)


@transaction.atomic
def change_schedule(
    *, user_id: UUID, schedule_id: UUID, changes: Mapping[str, Any], now: datetime | None = None
) -> RunSchedule:
    """Change a schedule. To enable one that was stopped starts it again. What was due before now is not made up for.

    Raises:
        ScheduleNotFoundError: it does not exist for this person.
        CodayError: as ``create_schedule`` raises it.
    """
    get_schedule(user_id=user_id, schedule_id=schedule_id)
    row = RunSchedule.objects.select_for_update().get(pk=schedule_id)
    _say(row, changes)
    _settle(row, now=now or timezone.now())
    row.save()
    return get_schedule(user_id=user_id, schedule_id=schedule_id)


@transaction.atomic
def delete_schedule(*, user_id: UUID, schedule_id: UUID) -> None:
    """Delete a schedule. What it has started stays.

    Raises:
        ScheduleNotFoundError: it does not exist for this person.
    """
    get_schedule(user_id=user_id, schedule_id=schedule_id).delete()


# --- What has to hold -------------------------------------------------------------------------------------------------


def _say(row: RunSchedule, given: Mapping[str, Any]) -> None:
    """Put down what a person says about a schedule."""
    for name in FIELDS:
        if name in given:
            setattr(row, name, given[name])
    if "thread_id" in given:
        row.own_thread = row.thread_id is None


def _settle(row: RunSchedule, *, now: datetime) -> None:
    """Check a schedule, and say when it is due next: one that is not enabled never is, and may be as it likes."""
    cron.check_cron(row.cron)
    zone = cron.checked_zone(row.time_zone)
    if row.starts_at and row.ends_at and row.ends_at <= row.starts_at:
        raise ScheduleInvalidError("It ends before it starts.", field="ends_at")
    if not row.enabled:
        row.next_at = None
        return
    _check_template(row, now=now)
    if row.thread_id:
        get_thread(user_id=row.user_id, thread_id=row.thread_id)
    elif not row.own_thread:
        raise ScheduleInvalidError("Its conversation is gone. Choose another one.", field="thread")
    row.stopped_because = ""
    row.next_at = cron.first_after(_from(row.starts_at, now=now), cron=row.cron, zone=zone, until=row.ends_at)
    if row.next_at is None:
        raise ScheduleInvalidError("It ends before it is due for the first time.", field="ends_at")


def _check_template(row: RunSchedule, *, now: datetime) -> None:
    if row.template_id is None:
        raise ScheduleInvalidError("Its template was deleted.", field="template")
    template = get_template(user_id=row.user_id, template_id=row.template_id)
    version = version_of(template, row.template_version)
    parameters: Sequence[Parameter] = msgspec.convert(version.parameters, tuple[Parameter, ...])
    bind(parameters, row.arguments, today=now.date())


def _from(starts_at: datetime | None, *, now: datetime | None = None) -> datetime:
    """After which moment it is due.

    Raises:
        ScheduleInvalidError: nobody can mean that.
    """
    now = now or timezone.now()
    if starts_at is None or starts_at <= now:
        return now
    if starts_at - now > LATEST:
        raise ScheduleInvalidError("It starts too late.", field="starts_at")
    return starts_at - JUST_BEFORE
