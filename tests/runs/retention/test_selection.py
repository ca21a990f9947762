"""Which runs meet a policy, and which of them are spared, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coday.accounts.models import User
from coday.kernel.ids import new_id
from runs.models import Run, RunSummary, Share, ToolOperation
from runs.retention.errors import EmptyPolicyError
from runs.retention.policies import Conditions
from runs.retention.selection import Plan, plan
from tests.runs.api.history import History
from tests.runs.conversation import Cast
from tests.runs.retention.conftest import age, tag, turns
from threads.models import Message, Thread
from threads.operations import create_thread


def planned(history: History | None = None, **conditions: Any) -> Plan:
    return plan(conditions=Conditions(**conditions), owner_id=history.asker.user_id if history else None)


def test_a_policy_without_a_condition_is_refused(history: History) -> None:
    with pytest.raises(EmptyPolicyError):
        planned(history)


def test_age_counts_from_the_end_of_a_run(history: History) -> None:
    runs = turns(history, 3)
    Run.objects.filter(pk=runs[1]).update(finished_at=timezone.now())
    age(runs[2], days=29)
    assert planned(history, older_than_days=30).sample == [runs[0]]


def test_every_condition_that_is_set_has_to_hold(history: History) -> None:
    runs = turns(history, 5)
    Run.objects.filter(pk__in=runs[1:]).update(importance=10)
    Run.objects.filter(pk=runs[0]).update(importance=80)
    tag(runs[1], "keep")
    for run in runs[1:4]:
        tag(run, "draft")
    Message.objects.filter(run_id=runs[2], role="assistant").update(content=[{"type": "text", "text": "x" * 9_000}])
    found = planned(
        history,
        older_than_days=30,
        importance_below=20,
        tags=("draft", "other"),
        without_tags=("keep",),
        larger_than=5_000,
    )
    assert found.sample == [runs[2]]
    assert 9_000 < found.bytes < 10_000


def test_only_archived_conversations(history: History) -> None:
    turns(history, 1)
    assert planned(history, only_archived=True).runs == 0
    Thread.objects.update(archived=True)
    assert planned(history, only_archived=True).runs == 1


def _pin(history: History, run: UUID) -> None:
    Run.objects.filter(pk=run).update(pinned=True)


def _pin_thread(history: History, run: UUID) -> None:
    Thread.objects.update(pinned=True)


def _pin_what_it_delegated(history: History, run: UUID) -> None:
    child = Run.objects.get(pk=run)
    child.pk, child.number, child.lane, child.trigger = new_id(), 99, new_id(), Run.Trigger.DELEGATION
    child.cause_run, child.pinned, child.parent_id, child._state.adding = run, True, None, True
    child.save(force_insert=True)


def _share(history: History, run: UUID, **values: Any) -> None:
    owner, thread = history.asker.user_id, history.thread_id
    Share.objects.create(owner_id=owner, thread_id=thread, runs=[str(run)], document="{}", **values)


def _go_on(history: History, run: UUID) -> None:
    history.ask("What now?")


def _operate(history: History, run: UUID) -> None:
    ToolOperation.objects.create(
        thread_id=history.thread_id, run_id=run, call_id="c", user_id=history.asker.user_id, username="ann",
        tool="remind_me", summary="Tea", deadline_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip


def _summarise_with_a_young_one(history: History, run: UUID) -> None:
    young = history.turn(7).id
    summary = RunSummary.objects.create(thread_id=history.thread_id, text="Both.", digest="0" * 64)
    Run.objects.filter(pk__in=(run, young)).update(summary=summary, context="summarised")


@pytest.mark.parametrize(
    ("keep", "reason"),
    [
        (_pin, "pinned"),
        (_pin_thread, "pinned"),
        (_pin_what_it_delegated, "pinned"),
        (_share, "shared"),
        (_go_on, "active"),
        (_operate, "in_progress"),
        (_summarise_with_a_young_one, "summarised"),
    ],
)
def test_a_run_is_spared(history: History, keep: Any, reason: str) -> None:
    [run] = turns(history, 1)
    keep(history, run)
    found = planned(history, older_than_days=30)
    assert (found.runs, found.bytes, found.sample, dict(found.spared)) == (0, 0, [], {reason: 1})


@pytest.mark.parametrize(
    "values", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(minutes=1)}]
)
def test_a_share_that_has_ended_spares_nothing(history: History, values: dict[str, Any]) -> None:
    [run] = turns(history, 1)
    _share(history, run, **values)
    assert planned(history, older_than_days=30).runs == 1


def test_what_is_shown_last_is_spared_by_a_policy_without_an_age(history: History) -> None:
    runs = turns(history, 2)
    found = planned(history, importance_below=90)
    assert (found.sample, dict(found.spared)) == ([runs[0]], {"shown": 1})
    Thread.objects.update(archived=True)
    assert planned(history, importance_below=90).runs == 2
    assert planned(history, older_than_days=30).runs == 2


def test_runs_of_one_summary_go_together(history: History) -> None:
    runs = turns(history, 3)
    summary = RunSummary.objects.create(thread_id=history.thread_id, text="Both.", digest="0" * 64)
    Run.objects.filter(pk__in=runs[:2]).update(summary=summary)
    assert planned(history, older_than_days=30).runs == 3


def test_what_was_delegated_goes_with_its_cause_and_never_alone(history: History) -> None:
    runs = turns(history, 2)
    Run.objects.filter(pk=runs[1]).update(trigger="delegation", cause_run=runs[0], importance=1)
    assert planned(history, importance_below=5).runs == 0
    found = planned(history, older_than_days=30)
    assert (found.runs, found.sample) == (2, [runs[0]])
    assert found.bytes > 100


def test_a_personal_policy_knows_the_persons_own_conversations_alone(history: History, stranger: User) -> None:
    turns(history, 1)
    thread = create_thread(owner_id=stranger.pk, title="Theirs")
    theirs = History(Cast(type(history.asker)(user_id=stranger.pk, username="stranger"), thread.id))
    turns(theirs, 2)
    assert [planned(one, older_than_days=30).runs for one in (history, theirs, None)] == [1, 2, 3]


def test_to_plan_writes_nothing(history: History) -> None:
    turns(history, 3)
    with CaptureQueriesContext(connection) as queries:
        assert planned(history, older_than_days=30, tags=("a",), without_tags=("b",), larger_than=1).runs == 0
        assert planned(history, older_than_days=30).runs == 3
    assert all(query["sql"].startswith("SELECT") for query in queries)
