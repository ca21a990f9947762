"""The automatic score of a run, its reasons, and a person's word."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs import importance, lifecycle
from runs.models import Run, ToolCall
from tests.runs.api.history import History
from tests.runs.organize.conftest import Api, told
from threads.models import Thread


def score(deeds: int = 0, derived: int = 0, **values: Any) -> int:
    """Of a run with these values."""
    return importance.score_of(Run(**{"status": "completed", **values}), deeds=deeds, derived=derived)


PLAIN = score()


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (score(pinned=True), score(tags=["x"])),
        (score(tags=["x"]), PLAIN),
        (score(group_id="0" * 32), PLAIN),
        (score(tool_calls=2, deeds=1), score(tool_calls=2)),
        (score(tool_calls=1), PLAIN),
        (score(derived=2), score(derived=1)),
        (score(derived=1), PLAIN),
        (score(output_tokens=2_000), score(output_tokens=500)),
        (score(output_tokens=500), PLAIN),
        (score(cost=Decimal("1.5")), score(cost=Decimal("0.2"))),
        (score(cost=Decimal("0.2")), score(cost=Decimal("0.01"))),
        (PLAIN, score(status="failed")),
        (score(status="failed"), score(status="cancelled")),
        (PLAIN, score(kind="system", trigger="schedule")),
        (score(kind="system", trigger="schedule"), score(trigger="delegation")),
    ],
)
def test_what_matters_more_has_more_points(better: int, worse: int) -> None:
    assert better > worse


RUNS = st.builds(
    Run,
    status=st.sampled_from(["completed", "failed", "cancelled", "interrupted"]),
    trigger=st.sampled_from(Run.Trigger.values),
    kind=st.sampled_from(Run.Kind.values),
    pinned=st.booleans(),
    tags=st.lists(st.text(), max_size=3),
    tool_calls=st.integers(0, 200),
    output_tokens=st.integers(0, 10**6),
    cost=st.none() | st.decimals(0, 1000, places=4),
)


@given(run=RUNS, deeds=st.integers(0, 9), derived=st.integers(0, 99))
def test_a_score_is_the_sum_of_its_reasons_within_its_bounds(run: Run, deeds: int, derived: int) -> None:
    reasons = importance.reasons_of(run, deeds=deeds, derived=derived)
    total = sum(reason.points for reason in reasons)
    assert importance.score_of(run, deeds=deeds, derived=derived) == max(0, min(100, total))
    assert all(reason.points and reason.reason for reason in reasons)
    assert len({reason.reason for reason in reasons}) == len(reasons)


def test_a_run_is_scored_when_it_ends_and_the_score_says_why(history: History, api: Api) -> None:
    run = history.ask("Hello?")
    assert api("GET", f"runs/{run.id}/")["importance"] == importance.UNKNOWN
    history.answer(run, "Hello!")
    assert api("GET", f"runs/{run.id}/")["importance"] == PLAIN
    api("PATCH", f"runs/{run.id}/", {"pinned": True, "tags": ["Work"]})
    shown = api("GET", f"runs/{run.id}/importance/")
    assert (shown["importance"], shown["by"], shown["score"]) == (80, "score", 80)
    assert shown["reasons"] == [
        {"points": 40, "reason": "What every run begins with"},
        {"points": 30, "reason": "It is pinned"},
        {"points": 10, "reason": "It has a tag"},
    ]


def test_a_run_that_ends_badly_is_scored_too(history: History) -> None:
    queued = history.ask("Hello?")
    lifecycle.cancel(asker=history.asker, run_id=queued.id)
    assert Run.objects.get(pk=queued.id).importance == score(status="cancelled")


def test_a_call_that_a_person_approved_changed_something(history: History) -> None:
    run = history.turn(0)
    ToolCall.objects.create(run_id=run.id, call_id="1", name="send", status="succeeded", approved=True)
    ToolCall.objects.create(run_id=run.id, call_id="2", name="send", status="failed", approved=True)
    ToolCall.objects.create(run_id=run.id, call_id="3", name="look", status="succeeded")
    assert importance.facts_of(run_ids=[run.id])[run.id] == importance.Facts(deeds=1)


def test_a_person_s_word_counts_until_it_is_taken_back(history: History, api: Api) -> None:
    run = history.ask("Hello?")
    assert api("PATCH", f"runs/{run.id}/", {"importance": 7})["importance"] == 7
    history.answer(run, "Hello!")
    api("PATCH", f"runs/{run.id}/", {"pinned": True})
    shown = api("GET", f"runs/{run.id}/importance/")
    assert (shown["importance"], shown["by"], shown["score"]) == (7, "person", 70)
    given_back = api("PATCH", f"runs/{run.id}/", {"importance": None})
    assert (given_back["importance"], given_back["importance_by"]) == (70, "score")


def test_a_run_that_another_one_is_made_from_is_scored_again(history: History, api: Api) -> None:
    run = history.turn(0)
    again = history.rerun(run)
    Run.objects.filter(pk=again.id).update(origin="rerun", origin_run=run.id)
    importance.rescore(run_id=run.id)
    assert api("GET", f"runs/{run.id}/")["importance"] == PLAIN + 5
    assert told(history.thread_id)[-1]["changed"] == ["importance"]
    seen = Thread.objects.get(pk=history.thread_id).last_seq
    assert importance.rescore(run_id=run.id) == []
    assert told(history.thread_id, after=seen) == []
