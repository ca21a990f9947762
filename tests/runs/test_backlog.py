"""How much waits, and for how long something has waited that could have started."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from agents.models import Provider
from runs.backlog import read_backlog
from runs.events import RunSnapshot
from runs.models import Run
from tests.runs.api.history import History
from tests.runs.conversation import make_cast

HOUR = timedelta(hours=1)


@pytest.fixture
def history(db: None) -> History:
    """A thread with nobody behind its model."""
    return History(make_cast(base_url="http://127.0.0.1:9/v1"))


def _an_hour_ago(run: RunSnapshot, *times: str) -> None:
    Run.objects.filter(pk=run.id).update(**dict.fromkeys(times, timezone.now() - HOUR))


def test_nothing_waits(history: History) -> None:
    history.turn(1)
    backlog = read_backlog()
    assert (backlog.queued, backlog.active, backlog.lag) == (0, 0, 0.0)


def test_a_run_in_an_idle_lane_waits_since_it_was_captured(history: History) -> None:
    _an_hour_ago(history.ask("Hello?"), "created_at")
    backlog = read_backlog()
    assert (backlog.queued, backlog.active) == (1, 0)
    assert backlog.lag >= HOUR.total_seconds()


def test_a_run_behind_another_one_does_not_wait_for_us(history: History) -> None:
    first, second = history.ask("one"), history.ask("two")
    history.start(first)
    _an_hour_ago(second, "created_at")
    backlog = read_backlog()
    assert (backlog.queued, backlog.active, backlog.lag) == (1, 1, 0.0)


def test_a_run_waits_since_its_lane_is_idle(history: History) -> None:
    first, second = history.ask("one"), history.ask("two")
    history.start(first)
    _an_hour_ago(second, "created_at")
    history.finish(first)
    assert read_backlog().lag < HOUR.total_seconds() / 2


def test_a_run_whose_person_has_enough_under_way_does_not_wait_for_us(history: History, settings: Settings) -> None:
    settings.CODAY_MAX_RUNS_PER_USER = 1
    _one_runs_and_one_waits(history)
    assert read_backlog().lag == 0.0
    settings.CODAY_MAX_RUNS_PER_USER = 2
    assert read_backlog().lag >= HOUR.total_seconds()


def test_a_run_whose_provider_has_enough_under_way_does_not_wait_for_us(history: History) -> None:
    _one_runs_and_one_waits(history)
    provider = Provider.objects.get()
    provider.max_runs = 1
    provider.save()
    assert read_backlog().lag == 0.0
    provider.max_runs = 2
    provider.save()
    assert read_backlog().lag >= HOUR.total_seconds()


def test_the_number_of_queries_does_not_grow(
    history: History, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _one_runs_and_one_waits(history)
    read_backlog()
    with django_assert_num_queries(3):
        read_backlog()


def _one_runs_and_one_waits(history: History) -> None:
    """In two lanes, the one that waits for an hour."""
    first = history.turn(1)
    running = history.ask("two")
    history.start(running)
    waiting = history.rerun(first)
    _an_hour_ago(waiting, "created_at")
