"""What runs came to, together: outcomes, times, tokens, costs, tools and thumbs, in groups that add up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from coday.accounts.models import User
from coday.kernel.ids import new_id
from runs.analysis.analytics import Analytics, Filters, GroupBy, Row, analytics
from runs.analysis.measures import nearest, offsets
from runs.models import Run, RunTag, RunTagging, RunTemplate, ToolCall
from tests.runs.conversation import Conversation
from threads.models import Thread
from threads.operations import create_thread
from usage.models import UsageRecord

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


class Past:
    """A person's runs, as they ended at some time."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.thread = Thread.objects.get(pk=create_thread(owner_id=user.pk, title="Then").id)
        self._number = 0

    def run(self, *, at: datetime = BEGIN, took: float = 2.0, spoke: float = 0.5, **values: Any) -> Run:
        """A run that took so many seconds."""
        self._number += 1
        said = {"status": "completed", "agent": "helper", "model": "mock-1", **values}
        return Run.objects.create(
            thread=self.thread, number=self._number, lane=new_id(), user_id=self.user.pk, username=self.user.username,
            created_at=at, started_at=at, first_token_at=at + timedelta(seconds=spoke),
            finished_at=at + timedelta(seconds=took), **said,
        )  # fmt: skip

    def call(self, run: Run, **values: Any) -> None:
        """A tool call of the run."""
        run.tool_calls += 1
        run.save(update_fields=["tool_calls"])
        ToolCall.objects.create(
            run=run, call_id=f"call_{run.tool_calls}", name="calculate", **{"status": "succeeded", **values}
        )

    def look(self, group_by: GroupBy = "agent", *, zone: Any = UTC, **filters: Any) -> Analytics:
        """The person's analytics."""
        return analytics(filters=Filters(user=self.user.pk, **filters), group_by=group_by, zone=zone)


@pytest.fixture
def past(owner: User) -> Past:
    """The owner's."""
    return Past(owner)


def by_key(found: Analytics) -> dict[str, Row]:
    """Its rows."""
    return {row.key: row for row in found.rows}


def test_outcomes_are_counted_in_each_group_and_together(past: Past) -> None:
    for status in ("completed", "completed", "failed", "cancelled", "interrupted"):
        past.run(status=status)
    past.run(agent="editor", status="failed")
    past.run(agent="editor", status="queued")
    found = past.look()
    helper, editor = found.rows
    assert (helper.key, helper.figures.runs, editor.key, editor.figures.runs) == ("helper", 5, "editor", 2)
    counted = helper.figures
    assert (counted.completed, counted.failed, counted.cancelled, counted.interrupted) == (2, 1, 1, 1)
    assert (editor.figures.failed, editor.figures.unfinished) == (1, 1)
    assert (found.totals.runs, found.totals.failed, found.totals.unfinished) == (7, 2, 1)


def test_times_are_the_nearest_of_those_that_were_measured(past: Past) -> None:
    for seconds in range(1, 21):
        past.run(took=seconds, spoke=seconds / 10)
    figures = past.look().totals
    assert (figures.p50, figures.p95) == (10.0, 19.0)
    assert (figures.ttft_p50, figures.ttft_p95) == (1.0, 1.9)
    assert past.look().rows[0].figures.p95 == 19.0


def test_what_was_not_measured_has_no_time(past: Past) -> None:
    Run.objects.filter(pk=past.run().pk).update(started_at=None, first_token_at=None)
    figures = past.look().totals
    assert (figures.p50, figures.p95, figures.ttft_p50, figures.ttft_p95) == (None, None, None, None)


def test_a_run_that_waited_for_a_person_tells_nothing_of_how_long_answers_take(past: Past) -> None:
    past.run(took=3)
    overnight = past.run(took=30_000)
    past.call(overnight, asks="approval", expires_at=BEGIN + timedelta(days=1))
    delegating = past.run(took=9)
    past.call(delegating, asks="run", expires_at=BEGIN + timedelta(days=1))
    assert (past.look().totals.p50, past.look().totals.p95) == (3.0, 9.0)


def test_what_was_handed_on_is_counted_where_it_was_done(past: Past) -> None:
    parent = past.run(cost=Decimal("0.7"), input_tokens=700, output_tokens=70, cached_tokens=7)
    past.call(parent, asks="run")
    for cost in ("0.2", "0.1"):
        past.run(
            agent="editor", trigger="delegation", cause_run=parent.pk, cost=Decimal(cost), input_tokens=100, output_tokens=10
        )  # fmt: skip
    found = past.look()
    rows = by_key(found)
    assert rows["helper"].figures.cost == {"USD": Decimal("0.4")}
    assert rows["editor"].figures.cost == {"USD": Decimal("0.3")}
    assert found.totals.cost == {"USD": Decimal("0.7")}
    assert (rows["helper"].figures.input_tokens, found.totals.input_tokens, found.totals.output_tokens) == (
        500,
        700,
        70,
    )
    assert past.look(agent="editor").totals.cost == {"USD": Decimal("0.3")}


def test_two_currencies_are_never_added(past: Past) -> None:
    past.run(cost=Decimal("0.1"))
    past.run(cost=Decimal("0.2"))
    past.run(cost=Decimal(3), currency="EUR")
    past.run()
    found = past.look()
    assert found.totals.cost == {"EUR": Decimal(3), "USD": Decimal("0.3")}
    assert found.rows[0].figures.cost == found.totals.cost
    assert found.rows[0].figures.runs == 4


def test_tool_calls_and_their_failures_are_counted(past: Past) -> None:
    run = past.run()
    for status in ("succeeded", "failed", "cancelled"):
        past.call(run, status=status)
    past.run()
    figures = past.look().totals
    assert (figures.runs, figures.tool_calls, figures.tool_failures) == (2, 3, 1)


def test_thumbs_are_counted_and_filter(past: Past) -> None:
    for rating in (1, 1, -1, None):
        past.run(rating=rating)
    figures = past.look().totals
    assert (figures.up, figures.down) == (2, 1)
    assert past.look(rating=-1).totals.runs == 1


def test_a_run_with_two_tags_is_in_two_rows_and_once_in_the_totals(past: Past) -> None:
    run = past.run(cost=Decimal(1), tags=["Work", "Home"])
    for name in run.tags:
        tag = RunTag.objects.create(user_id=past.user.pk, name=name)
        RunTagging.objects.create(run=run, tag=tag)
    past.run(cost=Decimal(2))
    found = past.look("tag")
    assert {row.key: row.figures.runs for row in found.rows} == {"Work": 1, "Home": 1, "": 1}
    assert (found.totals.runs, found.totals.cost) == (2, {"USD": Decimal(3)})
    assert past.look("day", tag="Work").totals.runs == 1


def test_days_are_those_of_the_time_zone(past: Past) -> None:
    past.run(at=datetime(2026, 3, 28, 22, 59, tzinfo=UTC))
    past.run(at=datetime(2026, 3, 28, 23, 0, tzinfo=UTC))  # the night in which the clocks change
    past.run(at=datetime(2026, 3, 29, 21, 59, tzinfo=UTC))
    past.run(at=datetime(2026, 3, 29, 22, 0, tzinfo=UTC))
    days = {row.key: row.figures.runs for row in past.look("day", zone=BERLIN).rows}
    assert days == {"2026-03-28": 1, "2026-03-29": 2, "2026-03-30": 1}
    assert {row.key for row in past.look("day").rows} == {"2026-03-28", "2026-03-29"}
    kathmandu = past.look("day", zone=ZoneInfo("Asia/Kathmandu"))
    assert [row.key for row in kathmandu.rows] == ["2026-03-29", "2026-03-30"]


@pytest.mark.parametrize("group_by", ["model", "template", "trigger", "user", "outcome"])
def test_groups_have_keys_that_filter_and_labels_that_are_read(past: Past, group_by: GroupBy) -> None:
    template = RunTemplate.objects.create(user_id=past.user.pk, username="owner", slug="weekly", name="Weekly report")
    past.run(model="other-1", template=template.pk, trigger="schedule", status="failed")
    past.run()
    expected = {
        "model": {("other-1", "other-1"), ("mock-1", "mock-1")},
        "template": {(str(template.pk), "Weekly report"), ("", "")},
        "trigger": {("schedule", "schedule"), ("user", "user")},
        "user": {(str(past.user.pk), past.user.username)},
        "outcome": {("failed", "failed"), ("completed", "completed")},
    }
    assert {(row.key, row.label) for row in past.look(group_by).rows} == expected[group_by]


def test_filters_are_combined(past: Past) -> None:
    wanted = past.run(agent="editor", status="failed", at=BEGIN + timedelta(days=2))
    past.run(agent="editor", status="failed")
    past.run(agent="editor", at=BEGIN + timedelta(days=2))
    found = past.look(
        agent="editor", status="failed", since=BEGIN + timedelta(days=1), until=wanted.created_at + timedelta(seconds=1)
    )
    assert found.totals.runs == 1
    assert past.look(until=wanted.created_at).totals.runs == 1


def test_removed_runs_are_on_the_bill_alone_and_copies_nowhere(past: Past) -> None:
    kept, gone = past.run(cost=Decimal("0.5")), past.run(cost=Decimal("0.25"))
    past.run(origin="fork", origin_run=kept.pk)
    for run in (kept, gone):
        UsageRecord.objects.create(
            user_id=past.user.pk, username="owner", thread_id=past.thread.pk, run_id=run.pk, agent="helper", model="mock-1",
            provider="mock", cost=run.cost, created_at=BEGIN,
        )  # fmt: skip
    Run.objects.filter(pk=gone.pk).update(deleted_at=BEGIN)
    found = past.look()
    assert (found.totals.runs, found.totals.cost) == (1, {"USD": Decimal("0.5")})
    assert found.billed == {"USD": Decimal("0.75")}
    assert past.look(status="completed").billed is None


def test_other_people_are_seen_only_where_nobody_is_named(past: Past, teammate: User) -> None:
    past.run()
    Past(teammate).run(cost=Decimal(2))
    assert past.look().totals.runs == 1
    everybody = analytics(filters=Filters(), group_by="user")
    assert {row.label: row.figures.runs for row in everybody.rows} == {past.user.username: 1, teammate.username: 1}


def test_nothing_has_no_rows_and_figures_of_nothing(past: Past) -> None:
    for group_by in ("day", "tag"):
        found = past.look(group_by)
        assert (found.rows, found.totals.runs, found.totals.cost, found.totals.p95) == ((), 0, {}, None)
    past.run()
    for bound in (datetime(1, 1, 2, tzinfo=UTC), datetime(9998, 12, 30, tzinfo=UTC)):
        assert past.look("day", since=bound, zone=BERLIN).totals.runs == (bound.year == 1)


def test_percentiles_are_of_numbers_that_are_there() -> None:
    assert nearest([None, 7, None]) == (7, 7)
    assert nearest([None]) is None
    assert nearest(range(100, 0, -1)) == (50, 95)


def test_the_offsets_of_a_zone_change_where_its_clocks_do() -> None:
    since, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    assert offsets(BERLIN, since=since, until=until) == [
        (datetime(2026, 3, 29, 1, tzinfo=UTC), timedelta(hours=1)),
        (datetime(2026, 10, 25, 1, tzinfo=UTC), timedelta(hours=2)),
        (until, timedelta(hours=1)),
    ]


async def test_a_run_knows_when_its_model_first_spoke(talk: Conversation) -> None:
    run = await talk.ask("Hello?")
    row = await Run.objects.aget(pk=run.id)
    assert row.started_at is not None
    assert row.finished_at is not None
    assert row.first_token_at is not None
    assert row.started_at <= row.first_token_at <= row.finished_at
    assert run.first_token_at == row.first_token_at
