"""When a schedule is due: five fields as Debian's cron reads them, in a time zone.

On a day on which the clocks are changed, a job for certain times comes once for each: right after an hour that is left out,
and the first time in one that comes twice. A job for every hour, or every so many minutes, goes by the real time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice, pairwise
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from django.conf import settings

from runs.reuse.errors import ScheduleInvalidError

FIELDS = 5
LOOKED_AT = 400  # times that are looked at for the shortest interval
REFERENCE = datetime(2026, 1, 1, tzinfo=UTC)  # from where they are


@cache
def time_zones() -> frozenset[str]:
    """All names of time zones that are known here, and mean the same everywhere."""
    return frozenset(available_timezones() - {"localtime"})


def checked_zone(name: str) -> ZoneInfo:
    """A time zone by its name.

    Raises:
        ScheduleInvalidError: there is none.
    """
    if name not in time_zones():
        raise ScheduleInvalidError("There is no such time zone. It is named as Europe/Berlin is.", field="time_zone")
    return ZoneInfo(name)


def check_cron(cron: str) -> None:
    """Refuse what is no cron expression, never due, or due too often.

    Raises:
        ScheduleInvalidError
    """
    if len(cron.split()) != FIELDS or not cron.isascii():
        raise _refusal("Five fields are needed: minute, hour, day of the month, month, day of the week.")
    try:
        times = list(islice(CronSim(cron, REFERENCE), LOOKED_AT))
    except CronSimError as error:
        raise _refusal(f"This is no cron expression: {error}.") from error
    if not times:
        raise _refusal("There is no such day.")
    shortest = min((later - earlier for earlier, later in pairwise(times)), default=timedelta.max)
    if shortest < timedelta(seconds=settings.CODAY_MIN_SCHEDULE_SECONDS):
        minutes = settings.CODAY_MIN_SCHEDULE_SECONDS / 60
        raise _refusal(f"At least {minutes:g} minutes have to be between two starts.")


def _refusal(message: str) -> ScheduleInvalidError:
    return ScheduleInvalidError(message, field="cron")


def times_after(moment: datetime, *, cron: str, zone: ZoneInfo, until: datetime | None = None) -> Iterator[datetime]:
    """The times (in UTC) at which it is due after a moment, ``until`` included, in their order and each once."""
    last = moment
    for found in CronSim(cron, moment.astimezone(zone)):
        due = found.astimezone(UTC)
        if until is not None and due > until:
            return
        if due > last:  # a time that was left out may be another job's time, too
            last = due
            yield due


def first_after(moment: datetime, *, cron: str, zone: ZoneInfo, until: datetime | None = None) -> datetime | None:
    """The first of those times."""
    return next(times_after(moment, cron=cron, zone=zone, until=until), None)


def in_words(cron: str) -> str:
    """The expression in English, empty where that fails."""
    try:
        return CronSim(cron, REFERENCE).explain()
    except CronSimError:
        return ""
