"""The clock and the list of all tools."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from runs.tools.arguments import check_schema
from runs.tools.builtin.current_time import CurrentTime, UnknownZoneError, described, zone_named
from runs.tools.registry import ACQUIRED, BUILTIN, describe
from tests.runs.tools.calls import call, complaints, settled

MOMENT = datetime(2026, 7, 21, 21, 30, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "date", "place", "iso"),
    [
        ("UTC", "Tuesday, 21 July 2026, 21:30:05", "UTC, UTC, UTC+00:00", "2026-07-21T21:30:05+00:00"),
        ("Asia/Kolkata", "Wednesday, 22 July 2026, 03:00:05", "IST, UTC+05:30", "2026-07-22T03:00:05+05:30"),
        ("America/St_Johns", "Tuesday, 21 July 2026, 19:00:05", "NDT, UTC-02:30", "2026-07-21T19:00:05-02:30"),
    ],
)
def test_a_moment_is_read_off_in_a_zone(zone: str, date: str, place: str, iso: str) -> None:
    told = described(MOMENT, ZoneInfo(zone))
    assert told.startswith(f"{date} (")
    assert told.endswith(f"{place}). ISO 8601: {iso}, week 2026-W30.")


async def test_the_clock_tells_the_time_now() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    told = (await settled(CurrentTime(), zone="Europe/Berlin")).content
    moment = datetime.fromisoformat(told.partition("ISO 8601: ")[2].partition(",")[0])
    assert before <= moment <= datetime.now(UTC)
    assert "(Europe/Berlin, CE" in told
    assert "(UTC, UTC" in (await settled(CurrentTime())).content


@pytest.mark.parametrize(
    ("name", "key"), [("europe/berlin", "Europe/Berlin"), (" america/new york", "America/New_York")]
)
def test_a_zone_is_found_whatever_its_case(name: str, key: str) -> None:
    assert zone_named(name).key == key


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Berlin", "Did you mean Europe/Berlin"),
        ("Europe/Berln", "Did you mean Europe/Berlin"),
        ("Mars", "Use an IANA name"),
        ("../../etc/passwd", "Use an IANA name"),
        ("/etc/localtime", "Use an IANA name"),
        ("Europe", "Did you mean Europe/"),
        ("\0", "Use an IANA name"),
    ],
)
async def test_what_is_no_zone_opens_no_file_and_gets_a_hint(name: str, hint: str) -> None:
    with pytest.raises(UnknownZoneError, match=hint):
        await call(CurrentTime(), zone=name)


def test_the_schema_of_the_clock() -> None:
    assert complaints(CurrentTime(), place="Berlin") == ("The value has no 'place'; its fields are 'zone'.",)
    assert complaints(CurrentTime(), zone="x" * 61) == ("zone is too long (at most 60 characters).",)


def test_every_tool_has_a_name_and_a_strict_schema() -> None:
    named = {
        "current_time", "calculate", "fetch_page", "search_threads", "read_result", "show_chart", "show_table",
        "show_diagram", "show_document", "ask_choice", "ask_form",
    }  # fmt: skip
    assert named <= BUILTIN.keys()
    assert not BUILTIN.keys() & ACQUIRED.keys()
    for name, tool in [*BUILTIN.items(), *ACQUIRED.items()]:
        assert tool.definition.name == name
        check_schema(tool.definition.parameters)
        assert tool.definition.parameters["additionalProperties"] is False


def test_every_tool_can_be_described_to_an_admin() -> None:
    described = describe()
    assert [tool.name for tool in described] == [*BUILTIN, *ACQUIRED]
    assert all(tool.title and tool.description for tool in described)
    on_by_themselves = {tool.name for tool in described if tool.name in BUILTIN and tool.policy != "off"}
    assert on_by_themselves == {"read_result"}
