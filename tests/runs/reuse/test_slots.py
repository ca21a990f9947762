"""When schedules are due: each time once, in time, missed or refused, and as the person whose they are."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from agents.models import Agent, LanguageModel
from coday.accounts.models import User
from runs.capture import Created
from runs.errors import QueueFullError
from runs.models import Run, RunSchedule, RunTemplate, ScheduleSlot
from runs.reuse.errors import ScheduleInvalidError, TooManySchedulesError
from runs.reuse.schedules import change_schedule, create_schedule
from runs.reuse.slots import due, fire, run_now
from runs.reuse.templates import change_template, delete_template
from tests.runs.conversation import Cast, make_cast
from tests.runs.reuse.library import asker_of, prompt, saved, team
from threads.models import Message, Thread
from threads.operations import create_thread, delete_thread

EIGHT = datetime(2026, 6, 1, 8, 30, tzinfo=UTC)
NINE = datetime(2026, 6, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast(base_url="http://127.0.0.1:9/v1")


def person(cast: Cast) -> User:
    return User.objects.get(pk=cast.asker.user_id)


def daily(cast: Cast, *, now: datetime = EIGHT, **values: Any) -> RunSchedule:
    """A template every day at nine."""
    given = {"name": "Daily", "cron": "0 9 * * *", **values}
    if "template_id" not in given:
        given["template_id"] = saved(person(cast), prompt("What is new?"), name=f"T {RunTemplate.objects.count()}").id
    return create_schedule(asker=cast.asker, now=now, **given)


def tick(now: datetime) -> list[Created]:
    """What the clock does."""
    found = (fire(schedule_id=one, now=now) for one in due(now=now))
    return [created for created in found if created]


def slots(schedule: RunSchedule) -> list[tuple[str, str]]:
    rows = ScheduleSlot.objects.filter(schedule=schedule).order_by("slot_at")
    return [(f"{row.slot_at:%d %H:%M}", row.status) for row in rows]


def again(schedule: RunSchedule) -> RunSchedule:
    return RunSchedule.objects.get(pk=schedule.pk)


def test_it_starts_once_when_its_time_has_come(cast: Cast) -> None:
    schedule = daily(cast)
    assert tick(NINE - timedelta(seconds=1)) == []
    (created,) = tick(NINE + timedelta(seconds=3))
    assert tick(NINE + timedelta(seconds=8)) == []
    run = created.run
    assert (run.kind, run.trigger, run.schedule, run.user_id) == ("system", "schedule", schedule.pk, cast.asker.user_id)
    assert run.template is not None
    assert (slots(schedule), again(schedule).next_at) == ([("01 09:00", "started")], NINE + DAY)
    thread = Thread.objects.get(pk=run.thread_id)
    assert (thread.title, thread.owner_id) == ("Daily, 2026-06-01", cast.asker.user_id)
    assert Message.objects.get(run_id=run.id).role == "user"


def test_it_goes_on_in_a_conversation_that_it_was_given(cast: Cast) -> None:
    daily(cast, thread_id=cast.thread_id)
    runs = [tick(NINE + DAY * number)[0].run for number in range(2)]
    assert {run.thread_id for run in runs} == {cast.thread_id}
    assert runs[1].parent == runs[0].id


def test_the_agent_of_the_template_does_not_become_the_conversations(cast: Cast) -> None:
    Agent.objects.create(slug="editor", name="Editor", language_model=LanguageModel.objects.get())
    template = saved(person(cast), agent="editor")
    daily(cast, template_id=template.id, thread_id=cast.thread_id)
    (created,) = tick(NINE)
    assert (created.run.agent, Thread.objects.get(pk=cast.thread_id).agent) == ("editor", "")


# --- Missed -----------------------------------------------------------------------------------------------------------


def test_times_without_a_clock_are_noted_and_left_out(cast: Cast) -> None:
    schedule = daily(cast)
    assert tick(NINE + DAY * 2 + timedelta(hours=1)) == []
    assert slots(schedule) == [("01 09:00", "missed"), ("02 09:00", "missed"), ("03 09:00", "missed")]
    assert again(schedule).next_at == NINE + DAY * 3
    assert not Run.objects.exists()


def test_the_newest_is_in_time_where_the_earlier_ones_were_missed(cast: Cast) -> None:
    schedule = daily(cast)
    assert len(tick(NINE + DAY * 2)) == 1
    assert slots(schedule) == [("01 09:00", "missed"), ("02 09:00", "missed"), ("03 09:00", "started")]


def test_they_are_made_up_for_once_where_that_is_wanted(cast: Cast) -> None:
    schedule = daily(cast, missed="once")
    later = NINE + DAY * 2 + timedelta(hours=1)
    assert len(tick(later)) == 1
    assert tick(later) == []
    assert slots(schedule) == [("01 09:00", "missed"), ("02 09:00", "missed"), ("03 09:00", "started")]


def test_a_long_silence_does_not_keep_the_clock_busy(cast: Cast) -> None:
    schedule = daily(cast, cron="*/5 * * * *")
    assert tick(EIGHT + timedelta(days=4_000, seconds=200)) == []
    assert ScheduleSlot.objects.filter(schedule=schedule).count() == 500


def test_slots_of_long_ago_are_forgotten(cast: Cast, settings: Any) -> None:
    settings.CODAY_SCHEDULE_SLOT_DAYS = 7
    schedule = daily(cast)
    for number in range(10):
        tick(NINE + DAY * number)
    assert slots(schedule)[0] == ("03 09:00", "started")


def test_a_day_with_a_change_of_the_clocks_has_one_start(cast: Cast) -> None:
    for begin in (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)):
        schedule = daily(cast, now=begin, cron="30 2 * * *", time_zone="Europe/Berlin")
        started = [tick(begin + timedelta(minutes=10 * step)) for step in range(6 * 24)]
        assert len([created for some in started for created in some]) == 1
        RunSchedule.objects.filter(pk=schedule.pk).delete()


@pytest.mark.django_db(transaction=True)
def test_clocks_at_the_same_time_start_it_once() -> None:
    cast = make_cast(base_url="http://127.0.0.1:9/v1")
    schedule = daily(cast, missed="once")

    def attempt(_: int) -> Created | None:
        try:
            return fire(schedule_id=schedule.pk, now=NINE + DAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        created = [one for one in pool.map(attempt, range(16)) if one]

    assert len(created) == Run.objects.count() == 1
    assert slots(schedule) == [("01 09:00", "missed"), ("02 09:00", "started")]


def test_a_clock_that_is_put_back_starts_nothing_twice(cast: Cast) -> None:
    schedule = daily(cast)
    tick(NINE)
    RunSchedule.objects.filter(pk=schedule.pk).update(next_at=NINE)
    assert tick(NINE) == []
    assert slots(schedule) == [("01 09:00", "started")]


# --- Refused ----------------------------------------------------------------------------------------------------------


def archive(cast: Cast, schedule: RunSchedule) -> None:
    change_template(user_id=cast.asker.user_id, template_id=template_of(schedule), changes={"archived": True})


def delete(cast: Cast, schedule: RunSchedule) -> None:
    delete_template(user_id=cast.asker.user_id, template_id=template_of(schedule))


def ask_for_more(cast: Cast, schedule: RunSchedule) -> None:
    changes = {"parameters": [{"name": "who", "required": True}]}
    change_template(user_id=cast.asker.user_id, template_id=template_of(schedule), changes=changes)


def suspend(cast: Cast, schedule: RunSchedule) -> None:
    User.objects.filter(pk=cast.asker.user_id).update(is_active=False)


def hide_agent(cast: Cast, schedule: RunSchedule) -> None:
    Agent.objects.create(slug="editor", name="Editor", language_model=LanguageModel.objects.get())
    change_template(user_id=cast.asker.user_id, template_id=template_of(schedule), changes={"agent": "editor"})
    Agent.objects.filter(slug="editor").delete()


def drop_thread(cast: Cast, schedule: RunSchedule) -> None:
    thread = create_thread(owner_id=cast.asker.user_id)
    change_schedule(user_id=cast.asker.user_id, schedule_id=schedule.pk, changes={"thread_id": thread.id}, now=EIGHT)
    delete_thread(user_id=cast.asker.user_id, thread_id=thread.id)


def template_of(schedule: RunSchedule) -> Any:
    return schedule.template_id


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (suspend, "Its person may not log in any more."),
        (delete, "Its template was deleted."),
        (archive, "This template is archived: nothing starts from it any more."),
        (ask_for_more, "who: This is required."),
        (hide_agent, "There is no such agent."),
        (drop_thread, "The conversation that its runs go into is gone."),
    ],
)
def test_what_will_not_be_otherwise_stops_it_with_a_reason(
    cast: Cast, happens: Callable[[Cast, RunSchedule], None], reason: str
) -> None:
    schedule = daily(cast)
    happens(cast, schedule)
    assert tick(NINE) == []
    stopped = again(schedule)
    assert (stopped.enabled, stopped.next_at, stopped.stopped_because) == (False, None, reason)
    assert slots(schedule) == [("01 09:00", "failed")]
    assert not Run.objects.exists()
    assert Thread.objects.count() == 1, "nothing is left of it"


def test_who_leaves_the_group_has_no_schedule_any_more(cast: Cast, teammate: User) -> None:
    group = team(person(cast), teammate)
    template = saved(person(cast), groups=["Team"])
    given = {"name": "Theirs", "template_id": template.id, "cron": "0 9 * * *"}
    schedule = create_schedule(asker=asker_of(teammate), now=EIGHT, **given)
    assert len(tick(NINE)) == 1
    teammate.groups.remove(group)
    assert tick(NINE + DAY) == []
    assert again(schedule).stopped_because == "There is no such template."


def test_what_may_pass_fails_this_time_alone(cast: Cast, settings: Any) -> None:
    settings.CODAY_MAX_QUEUED_RUNS = 0
    schedule = daily(cast, thread_id=cast.thread_id)
    assert len(tick(NINE)) == 1
    assert tick(NINE + DAY) == []
    row = ScheduleSlot.objects.get(schedule=schedule, slot_at=NINE + DAY)
    assert (row.status, row.reason) == ("failed", QueueFullError.message)
    assert (again(schedule).enabled, again(schedule).next_at) == (True, NINE + DAY * 2)


def test_a_stopped_one_is_started_again_by_its_person(cast: Cast) -> None:
    schedule = daily(cast)
    archive(cast, schedule)
    tick(NINE)
    changes = {"archived": False}
    change_template(user_id=cast.asker.user_id, template_id=template_of(schedule), changes=changes)
    change_schedule(user_id=cast.asker.user_id, schedule_id=schedule.pk, changes={"enabled": True}, now=NINE)
    assert (again(schedule).stopped_because, again(schedule).next_at) == ("", NINE + DAY)
    assert len(tick(NINE + DAY)) == 1


# --- Beginning and end ------------------------------------------------------------------------------------------------


def test_it_begins_and_ends_when_it_is_told_to(cast: Cast) -> None:
    schedule = daily(cast, starts_at=NINE + DAY, ends_at=NINE + DAY * 2)
    assert again(schedule).next_at == NINE + DAY
    assert [len(tick(NINE + DAY * number)) for number in range(5)] == [0, 1, 1, 0, 0]
    assert (again(schedule).enabled, again(schedule).stopped_because) == (False, "Its last time has come.")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"ends_at": EIGHT}, "ends_at"),
        ({"starts_at": NINE, "ends_at": NINE - DAY}, "ends_at"),
        ({"starts_at": datetime.max.replace(tzinfo=UTC)}, "starts_at"),
        ({"cron": "* * * * *"}, "cron"),
        ({"time_zone": "Nowhere"}, "time_zone"),
    ],
)
def test_times_that_make_no_sense_are_refused(cast: Cast, values: dict[str, Any], field: str) -> None:
    with pytest.raises(ScheduleInvalidError) as refused:
        daily(cast, **values)
    assert refused.value.details["field"] == field


def test_one_person_has_so_many(cast: Cast, settings: Any) -> None:
    settings.CODAY_MAX_SCHEDULES = 1
    daily(cast)
    with pytest.raises(TooManySchedulesError):
        daily(cast)


def test_by_hand_it_starts_at_once_even_when_it_is_off(cast: Cast) -> None:
    schedule = daily(cast, enabled=False)
    created = run_now(asker=cast.asker, schedule_id=schedule.pk)
    assert created.run.schedule == schedule.pk
    (slot,) = ScheduleSlot.objects.filter(schedule=schedule)
    assert (slot.status, slot.run_id, slot.reason) == ("started", created.run.id, "Started by hand.")
    assert again(schedule).next_at is None
