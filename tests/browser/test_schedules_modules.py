"""When schedules are due: cron expressions as people say them, and clocks of other places."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

CALL = """async ([file, name, ...given]) => {
  const module = await import(`/static/js/state/${file}.js`);
  return module[name](...given);
}"""


def call(modules: Page, file: str, name: str, *given: Any) -> Any:
    return modules.evaluate(CALL, [file, name, *given])


@pytest.mark.parametrize(
    ("cron", "kind", "words"),
    [
        ("30 7 * * *", "daily", "Every day at 07:30"),
        ("0 9 * * 1-5", "weekdays", "On weekdays at 09:00"),
        ("0 18 * * 1,5", "weekly", "Every Monday and Friday at 18:00"),
        ("15 6 31 * *", "monthly", "Every month on day 31 at 06:15"),
        ("5 * * * *", "hourly", "Every hour at 05 past"),
    ],
)
def test_what_people_say_is_a_cron_expression_and_back(modules: Page, cron: str, kind: str, words: str) -> None:
    rhythm = call(modules, "cron", "rhythmOf", cron)
    assert rhythm["kind"] == kind
    assert call(modules, "cron", "cronOf", rhythm) == cron
    assert call(modules, "cron", "wordsOf", cron, {"locale": "en"}) == words


@pytest.mark.parametrize(
    "cron", ["*/5 * * * *", "0 9 1-7 * 1", "0 9 * 1 *", "0 9 * * MON", "99 9 * * *", "nonsense", "0 0 9 * * *"]
)
def test_all_else_is_kept_as_it_is_written(modules: Page, cron: str) -> None:
    rhythm = call(modules, "cron", "rhythmOf", cron)
    assert (rhythm["kind"], call(modules, "cron", "cronOf", rhythm)) == ("custom", cron)
    assert call(modules, "cron", "wordsOf", cron) == cron


def test_sunday_is_one_day_under_both_of_its_numbers(modules: Page) -> None:
    rhythm = call(modules, "cron", "rhythmOf", "0 9 * * 7,0")
    assert rhythm["days"] == [0]


def test_a_custom_expression_begins_with_what_was_said_before(modules: Page) -> None:
    rhythm = call(modules, "cron", "rhythmOf", "30 7 * * 1-5")
    changed = call(modules, "cron", "changedRhythm", rhythm, {"kind": "custom"})
    assert call(modules, "cron", "cronOf", changed) == "30 7 * * 1-5"


def test_a_week_without_a_day_is_no_expression(modules: Page) -> None:
    rhythm = call(modules, "cron", "rhythmOf", "0 9 * * 1")
    assert call(modules, "cron", "cronOf", {**rhythm, "days": []}) == ""
    assert call(modules, "cron", "cronOf", {**rhythm, "time": ""}) == ""


@pytest.mark.parametrize(
    ("written", "zone", "moment"),
    [
        ("2027-01-15T09:00", "Europe/Berlin", "2027-01-15T08:00:00.000Z"),
        ("2027-07-15T09:00", "Europe/Berlin", "2027-07-15T07:00:00.000Z"),
        ("2027-07-15T09:00", "Asia/Kathmandu", "2027-07-15T03:15:00.000Z"),
        ("2027-03-28T01:59", "Europe/Berlin", "2027-03-28T00:59:00.000Z"),
        ("2027-03-28T03:00", "Europe/Berlin", "2027-03-28T01:00:00.000Z"),
        ("2027-12-31T23:30", "America/New_York", "2028-01-01T04:30:00.000Z"),
    ],
)
def test_a_time_on_another_clock_is_one_moment(modules: Page, written: str, zone: str, moment: str) -> None:
    assert call(modules, "zones", "momentOf", written, zone) == moment
    assert call(modules, "zones", "onClock", moment, zone) == written


def test_a_time_that_a_clock_leaps_over_is_moved_on(modules: Page) -> None:
    moment = call(modules, "zones", "momentOf", "2027-03-28T02:30", "Europe/Berlin")
    assert call(modules, "zones", "onClock", moment, "Europe/Berlin") in ("2027-03-28T03:30", "2027-03-28T01:30")


def test_clocks_are_compared_at_a_moment(modules: Page) -> None:
    same = "2027-07-15T09:00:00Z"
    assert call(modules, "zones", "isSameClock", same, "Europe/Berlin", "Europe/Paris")
    assert not call(modules, "zones", "isSameClock", same, "Europe/Berlin", "Europe/London")
