"""The times at which schedules are due: each is claimed once in the whole installation, and started, or noted as missed.

A schedule runs as its person, with the rights and the allowance that they have at that moment. What will not be otherwise the
next time stops it, with a reason: the person or their right is gone, or what it names is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from coday.accounts.queries import is_active
from coday.kernel.errors import CodayError, InvalidInputError, NotFoundError
from runs import capture
from runs.capture import Created
from runs.errors import AnonymousModelError
from runs.inputs import Asker, RunRequest, RunUserInput, Source, TemplateCommand
from runs.models import RunSchedule, ScheduleSlot
from runs.reuse import cron
from runs.reuse.errors import (
    ConversationGoneError,
    InactiveOwnerError,
    ScheduleInvalidError,
    TemplateArchivedError,
    TemplateNotFoundError,
)
from runs.reuse.expansion import expand
from runs.reuse.schedules import get_schedule
from threads.operations import create_thread, hold

AT_ONCE = 50  # schedules of one look
NOTED = 500  # missed times of one schedule, the newest, that are noted one by one
LOOKED_BACK = timedelta(days=31)
TITLE = 200  # characters
LASTING = (NotFoundError, InvalidInputError, AnonymousModelError, InactiveOwnerError, TemplateArchivedError)
"""What will be the same at the next time. Anything else (a budget that is spent, a queue that is full) may pass."""
MISSED = "Nothing was there to start it at this time."
ENDED = "Its last time has come."


def due(*, now: datetime) -> list[UUID]:
    """The schedules that have a time that has come, the longest waiting first."""
    waiting = RunSchedule.objects.filter(next_at__lte=now, enabled=True).order_by("next_at")
    return list(waiting.values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic
def fire(*, schedule_id: UUID, now: datetime, refused: CodayError | None = None) -> Created | None:
    """Claim all times of a schedule that have come, and start it for the newest, unless that is too late and none is made up
    for. ``refused`` is why what it would say cannot be stored. ``None``: nothing was started, or somebody else claimed it.

    Raises:
        NotAnalysedError: see ``threads.covering``.
    """
    row = RunSchedule.objects.filter(pk=schedule_id, enabled=True, next_at__lte=now).first()
    if row is None or row.next_at is None:
        return None
    if row.thread_id:
        hold(thread_id=row.thread_id)  # whoever deletes it takes it first, too, and then its schedules
    try:
        zone = cron.checked_zone(row.time_zone)
    except ScheduleInvalidError as error:  # this machine does not know it
        stop(schedule_ids=[row.pk], reason=error.message)
        return None
    coming = cron.first_after(now, cron=row.cron, zone=zone, until=row.ends_at)
    if not RunSchedule.objects.filter(pk=row.pk, next_at=row.next_at).update(next_at=coming):
        return None
    reached = _reached(row, since=row.next_at, now=now)
    if coming is None:
        stop(schedule_ids=[row.pk], reason=ENDED)
    _forget_old(row, now=now)
    _note_missed(row, reached.missed)
    return _start(row, at=reached.start, now=now, refused=refused) if reached.start else None


@transaction.atomic
def run_now(*, asker: Asker, schedule_id: UUID) -> Created:
    """Start a schedule at once, as it would start by itself, whether it is enabled or not.

    Raises:
        ScheduleNotFoundError: it does not exist for this person.
        CodayError: why it cannot be started.
    """
    row = get_schedule(user_id=asker.user_id, schedule_id=schedule_id)
    now = timezone.now()
    created = _begin(row, now=now)
    ScheduleSlot.objects.create(
        schedule=row, slot_at=now, status=ScheduleSlot.Status.STARTED,
        run_id=created.run.id, thread_id=created.run.thread_id, reason="Started by hand.",
    )  # fmt: skip
    return created


# --- Which times have come --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reached:
    """Times that have come: the one to start for, and those that were missed."""

    start: datetime | None
    missed: tuple[datetime, ...]


def _reached(row: RunSchedule, *, since: datetime, now: datetime) -> _Reached:
    times = _times(row, since=since, now=now)
    newest, earlier = times[-1], tuple(times)[:-1]
    in_time = now - newest <= timedelta(seconds=settings.CODAY_SCHEDULE_GRACE_SECONDS)
    if in_time or row.missed == RunSchedule.Missed.ONCE:
        return _Reached(newest, earlier)
    return _Reached(None, (*earlier, newest))


def _times(row: RunSchedule, *, since: datetime, now: datetime) -> deque[datetime]:
    """From the one that it waited for until now, or the newest of them where they are very many."""
    begin = max(since, now - LOOKED_BACK)
    times = deque([since], maxlen=NOTED)
    times.extend(cron.times_after(begin, cron=row.cron, zone=ZoneInfo(row.time_zone), until=now))
    return times


def _note_missed(row: RunSchedule, times: Iterable[datetime]) -> None:
    missed = [
        ScheduleSlot(schedule=row, slot_at=time, status=ScheduleSlot.Status.MISSED, reason=MISSED) for time in times
    ]
    ScheduleSlot.objects.bulk_create(missed, ignore_conflicts=True)


def _forget_old(row: RunSchedule, *, now: datetime) -> None:
    oldest = now - timedelta(days=settings.CODAY_SCHEDULE_SLOT_DAYS)
    ScheduleSlot.objects.filter(schedule=row, slot_at__lt=oldest).delete()


# --- Starting ---------------------------------------------------------------------------------------------------------


def _start(row: RunSchedule, *, at: datetime, now: datetime, refused: CodayError | None) -> Created | None:
    slot, is_new = ScheduleSlot.objects.get_or_create(
        schedule=row, slot_at=at, defaults={"status": ScheduleSlot.Status.STARTED}
    )
    if not is_new:  # the clock was put back
        return None
    try:
        if refused:
            raise refused
        with transaction.atomic():
            created = _begin(row, now=now)
    except CodayError as error:
        slot.status, slot.reason = ScheduleSlot.Status.FAILED, error.message[:300]
        slot.save(update_fields=["status", "reason"])
        if isinstance(error, LASTING):
            stop(schedule_ids=[row.pk], reason=error.message)
        return None
    slot.run_id, slot.thread_id = created.run.id, created.run.thread_id
    slot.save(update_fields=["run_id", "thread_id"])
    return created


def _begin(row: RunSchedule, *, now: datetime) -> Created:
    """Capture what the template says today, as the schedule's person."""
    if not is_active(user_id=row.user_id):
        raise InactiveOwnerError
    if row.template_id is None:
        raise TemplateNotFoundError("Its template was deleted.")
    asker = Asker(user_id=row.user_id, username=row.username)
    command = TemplateCommand(template=str(row.template_id), arguments=row.arguments, version=row.template_version)
    today = now.astimezone(ZoneInfo(row.time_zone)).date()
    given, source = expand(RunUserInput(commands=(command,)), user_id=row.user_id, today=today)
    thread_id = row.thread_id or _new_thread(row, source, titled=f"{row.name[: TITLE - 12]}, {today}")
    request = RunRequest(input=given)
    return capture.create(asker=asker, thread_id=thread_id, request=request, source=replace(source, schedule=row.pk))


def _new_thread(row: RunSchedule, source: Source, *, titled: str) -> UUID:
    if not row.own_thread:
        raise ConversationGoneError
    thread = create_thread(owner_id=row.user_id, title=titled, agent=source.agent, model=source.model, anonymous=None)
    return thread.id


def stop(*, schedule_ids: Collection[UUID], reason: str) -> int:
    """Have schedules not be due any more, until their people enable them again; returns how many were enabled."""
    there = RunSchedule.objects.filter(pk__in=schedule_ids, enabled=True)
    return there.update(enabled=False, next_at=None, stopped_because=reason[:300])
