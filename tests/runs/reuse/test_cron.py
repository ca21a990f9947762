"""Times of schedules, on days with a change of the clocks as well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.reuse import cron
from runs.reuse.errors import ScheduleInvalidError

BERLIN = ZoneInfo("Europe/Berlin")
BEFORE_SPRING = datetime(2026, 3, 28, 12, tzinfo=UTC)  # on the 29th 02:00 is 03:00
BEFORE_AUTUMN = datetime(2026, 10, 24, 12, tzinfo=UTC)  # on the 25th 03:00 is 02:00


def times(expression: str, moment: datetime, *, most: int = 3) -> list[str]:
    found = islice(cron.times_after(moment, cron=expression, zone=BERLIN), most)
    return [f"{time:%m-%d %H:%M}" for time in found]


@pytest.mark.parametrize("expression", ["30 2 * * *", "0,30 2 * * *", "0 2,3 * * *"])
def test_in_an_hour_that_is_left_out_a_job_comes_once_after_it(expression: str) -> None:
    assert times(expression, BEFORE_SPRING)[0] == "03-29 01:00"  # 03:00 in Berlin
    assert times(expression, BEFORE_SPRING).count("03-29 01:00") == 1


def test_after_that_it_goes_on_as_before() -> None:
    assert times("30 2 * * *", BEFORE_SPRING) == ["03-29 01:00", "03-30 00:30", "03-31 00:30"]


def test_in_an_hour_that_comes_twice_a_job_comes_once_the_first_time() -> None:
    assert times("30 2 * * *", BEFORE_AUTUMN) == ["10-25 00:30", "10-26 01:30", "10-27 01:30"]


@pytest.mark.parametrize("minute", [30, 31, 59, 75, 90, 119])
def test_it_does_not_come_again_whenever_one_asks(minute: int) -> None:
    """Between the first and the second 02:30, too, whose wall clock says it is still to come."""
    moment = datetime(2026, 10, 25, minute // 60, minute % 60, tzinfo=UTC)
    assert times("30 2 * * *", moment, most=1) == ["10-26 01:30"]


def test_a_job_for_every_hour_goes_by_the_real_time() -> None:
    begin = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    assert times("0 * * * *", begin, most=4) == ["10-25 00:00", "10-25 01:00", "10-25 02:00", "10-25 03:00"]


def test_a_time_is_not_after_itself_and_the_last_is_included() -> None:
    nine = datetime(2026, 6, 1, 7, tzinfo=UTC)
    found = list(cron.times_after(nine, cron="0 9 * * *", zone=BERLIN, until=datetime(2026, 6, 3, 7, tzinfo=UTC)))
    assert [time.day for time in found] == [2, 3]


@pytest.mark.parametrize(
    "expression",
    ["", "* * * *", "0 0 * * * *", "61 * * * *", "0 9 * * FUN", "0 0 30 2 *", "@daily", "٣ 9 * * *", "0 9 * * *; ls"],
)
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(ScheduleInvalidError) as refused:
        cron.check_cron(expression)
    assert refused.value.details["field"] == "cron"


@pytest.mark.parametrize("expression", ["* * * * *", "*/4 * * * *", "0,1 9 1 1 *"])
def test_times_that_are_too_close_are_refused(expression: str) -> None:
    with pytest.raises(ScheduleInvalidError, match="5 minutes"):
        cron.check_cron(expression)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../../etc/passwd", "localtime"])
def test_a_time_zone_has_to_be_known(name: str) -> None:
    with pytest.raises(ScheduleInvalidError) as refused:
        cron.checked_zone(name)
    assert refused.value.details["field"] == "time_zone"


FIELD = st.one_of(
    st.sampled_from(
        ["*", "*/5", "*/7", "0", "30", "1-3", "L", "LW", "5#3", "5L", "MON-FRI", "JAN", "1,15", "0/20", "-", "#", "/"]
    ),
    st.text("0123456789*/,-#LW", min_size=1, max_size=6),
)


@given(fields=st.lists(FIELD, min_size=5, max_size=5), minutes=st.integers(0, 50_000_000))
def test_any_expression_is_refused_or_gives_later_and_later_times(fields: list[str], minutes: int) -> None:
    expression = " ".join(fields)
    try:
        cron.check_cron(expression)
    except ScheduleInvalidError:
        return
    cron.in_words(expression)
    begin = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    found = list(islice(cron.times_after(begin, cron=expression, zone=BERLIN), 5))
    assert all(earlier < later for earlier, later in pairwise([begin, *found]))
