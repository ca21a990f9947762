"""``current_time``: what the clock says in a time zone. A model does not know what day it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone

from coday.kernel.errors import InvalidInputError
from runs.inference.base import ToolDefinition
from runs.tools.base import Invocation, Settled, Tool, ToolTraits

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
NO_PLACES = {"Factory", "localtime", "posixrules"}  # files beside the zones on some machines


class UnknownZoneError(InvalidInputError):
    """No time zone of the IANA database."""

    code = "unknown_zone"
    message = "There is no such time zone."


class CurrentTime(Tool):
    """The current date and time."""

    traits = ToolTraits(title="Clock", timeout=5.0)
    definition = ToolDefinition(
        name="current_time",
        description=(
            "Tells the current date, time and weekday in a time zone. Use it for everything that depends on today's date "
            "or on what time it is somewhere."
        ),
        parameters={
            "type": "object",
            "properties": {
                "zone": {
                    "type": "string",
                    "maxLength": 60,
                    "description": "IANA time zone such as Europe/Berlin or America/New_York. Left out: UTC.",
                }
            },
            "additionalProperties": False,
        },
    )

    async def call(self, invocation: Invocation) -> Settled:
        """The time there.

        Raises:
            UnknownZoneError: with the names that are like it.
        """
        return Settled(described(timezone.now(), zone_named(invocation.arguments.get("zone") or "UTC")))


def zone_named(name: str) -> ZoneInfo:
    """The zone of this name, whatever its case.

    Raises:
        UnknownZoneError: there is none. Its message suggests others.
    """
    wanted = "_".join(name.split()).casefold()
    zones = _zones()
    if wanted in zones:
        return ZoneInfo(zones[wanted])
    cities = {zone: zone.rpartition("/")[2] for zone in zones}
    alike = [zones[zone] for zone, city in cities.items() if city == wanted.rpartition("/")[2]]
    alike += [zones[zone] for zone in get_close_matches(wanted, zones, n=3, cutoff=0.7) if zones[zone] not in alike]
    suggestion = f" Did you mean {' or '.join(alike[:3])}?" if alike else " Use an IANA name such as Europe/Berlin."
    raise UnknownZoneError(f"There is no time zone {name[:60]!r}.{suggestion}", field="zone")


def described(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as it is read off a clock and a calendar of the zone."""
    local = moment.astimezone(zone)
    date = f"{WEEKDAYS[local.weekday()]}, {local.day} {MONTHS[local.month - 1]} {local.year}"
    offset = local.utcoffset() or timedelta()
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    sign = "-" if offset < timedelta() else "+"
    place = f"{zone.key}, {local.tzname()}, UTC{sign}{hours:02d}:{minutes:02d}"
    return f"{date}, {local:%H:%M:%S} ({place}). ISO 8601: {local.isoformat(timespec='seconds')}, week {local:%G-W%V}."


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    """All zones by their names in lower case. Names alone open files: what is no name here is never looked for."""
    return {name.casefold(): name for name in sorted(available_timezones() - NO_PLACES)}
