"""What a person says of an answer: given, changed, taken back, told, and covered in anonymous conversations."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from runs.events import RunSnapshot
from runs.models import Run, RunFeedback
from tests.runs.api.history import History
from tests.runs.organize.conftest import Api, told
from tests.support import pii
from threads.models import Thread


def seen(history: History) -> int:
    """How far the journal of the thread goes."""
    return Thread.objects.get(pk=history.thread_id).last_seq


@pytest.fixture
def anonymous_run(history: History, analyzer: None) -> RunSnapshot:
    """A run whose thread is anonymous."""
    run = history.turn(0)
    Thread.objects.filter(pk=history.thread_id).update(anonymous=True)
    Run.objects.filter(pk=run.id).update(anonymous=True)
    return run


def test_feedback_stands_in_the_run_and_is_told(history: History, api: Api) -> None:
    run = history.turn(0)
    before = seen(history)
    given = api("PUT", f"runs/{run.id}/feedback/", {"rating": -1, "reason": "wrong", "comment": " It is 5. "})
    assert (given["rating"], given["reason"], given["comment"]) == (-1, "wrong", "It is 5.")
    assert api("GET", f"runs/{run.id}/feedback/") == given
    (event,) = told(history.thread_id, after=before)
    assert event["changed"] == ["feedback"]
    assert event["run"]["feedback"] == {"rating": -1, "reason": "wrong"}
    assert api("GET", f"runs/{run.id}/")["feedback"] == {"rating": -1, "reason": "wrong"}
    assert "It is 5" not in str(event)


def test_feedback_is_changed_and_taken_back(history: History, api: Api) -> None:
    run = history.turn(0)
    api("PUT", f"runs/{run.id}/feedback/", {"rating": -1, "reason": "wrong", "comment": "No."})
    changed = api("PUT", f"runs/{run.id}/feedback/", {"rating": 1})
    assert "reason" not in changed
    assert "comment" not in changed
    assert RunFeedback.objects.get().username == history.asker.username
    api("DELETE", f"runs/{run.id}/feedback/", status=204)
    assert "feedback" not in api("GET", f"runs/{run.id}/")
    assert api("GET", f"runs/{run.id}/feedback/", status=404)["code"] == "feedback_not_found"


def test_what_is_the_same_is_not_told_again(history: History, api: Api) -> None:
    run = history.turn(0)
    first = api("PUT", f"runs/{run.id}/feedback/", {"rating": 1, "comment": "Good."})
    before = seen(history)
    assert api("PUT", f"runs/{run.id}/feedback/", {"rating": 1, "comment": "Good."}) == first
    api("DELETE", f"runs/{run.id}/feedback/", status=204)
    api("DELETE", f"runs/{run.id}/feedback/", status=204)
    assert [event["changed"] for event in told(history.thread_id, after=before)] == [["feedback"]]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"rating": 0},
        {"rating": 2},
        {"rating": 1, "reason": "because"},
        {"rating": 1, "comment": "x" * 2_001},
        {"rating": 1, "comment": "x\0"},
        {"rating": 1, "stars": 5},
    ],
)
def test_what_is_no_feedback_is_refused(history: History, api: Api, body: dict[str, Any]) -> None:
    run = history.turn(0)
    assert api("PUT", f"runs/{run.id}/feedback/", body, status=400)["code"] == "invalid_input"
    assert not RunFeedback.objects.exists()


def test_an_answer_is_rated_once_it_has_ended(history: History, api: Api) -> None:
    run = history.ask("Hello?")
    history.start(run)
    assert api("PUT", f"runs/{run.id}/feedback/", {"rating": 1}, status=409)["code"] == "run_state"
    history.finish(run)
    assert api("PUT", f"runs/{run.id}/feedback/", {"rating": 1})["rating"] == 1


def test_nobody_else_rates_an_answer(history: History, api: Api, elsewhere: Api) -> None:
    run = history.turn(0)
    api("PUT", f"runs/{run.id}/feedback/", {"rating": 1})
    for method, body in (("GET", None), ("PUT", {"rating": -1}), ("DELETE", None)):
        assert elsewhere(method, f"runs/{run.id}/feedback/", body, status=404)["code"] == "run_not_found"
    assert Run.objects.get(pk=run.id).rating == 1


def test_a_comment_on_an_anonymous_answer_is_covered(anonymous_run: RunSnapshot, api: Api) -> None:
    name = pii.NAMES[0]
    given = api("PUT", f"runs/{anonymous_run.id}/feedback/", {"rating": -1, "comment": f"Ask {name} first."})
    row = RunFeedback.objects.get()
    assert given["comment"] == row.comment == "Ask {{pii:PERSON_1}} first."


def test_without_an_analyzer_a_comment_is_refused_and_a_thumb_is_not(
    anonymous_run: RunSnapshot, api: Api, settings: Settings
) -> None:
    settings.CODAY_PII_ENGINE = pii.BROKEN
    address = f"runs/{anonymous_run.id}/feedback/"
    refused = api("PUT", address, {"rating": -1, "comment": "It is wrong."}, status=503)
    assert refused["code"] == "RUN_ANONYMIZATION_UNAVAILABLE"
    assert not RunFeedback.objects.exists()
    assert api("PUT", address, {"rating": -1, "reason": "slow"})["reason"] == "slow"
