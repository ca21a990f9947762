"""What a person says about runs, one or many: title, tags, importance, pin, group."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from runs.events import RunChangedEvent
from runs.models import Run, RunTag, RunTagging
from runs.organize.runs import pin, tag
from tests.runs.api.history import History
from tests.runs.conversation import Cast
from tests.runs.organize.conftest import Api, told
from threads.models import Thread

ABSENT = str(UUID(int=0))


def linked(run_id: UUID) -> set[str]:
    """The names of the tags that a run's taggings lead to."""
    return set(RunTagging.objects.filter(run=run_id).values_list("tag__name", flat=True))


def test_everything_that_is_said_at_once_is_told_at_once(history: History, api: Api) -> None:
    run = history.turn(0)
    group = api("POST", f"threads/{history.thread_id}/groups/", {"name": "Draft"}, status=201)
    seen = Thread.objects.get(pk=history.thread_id).last_seq
    said = {"title": "Plan", "tags": ["Work", "work ", "Home"], "importance": 90, "pinned": True, "group": group["id"]}
    shown = api("PATCH", f"runs/{run.id}/", said)
    assert {name: shown[name] for name in said} == {**said, "tags": ["Work", "Home"]}
    assert shown["importance_by"] == "person"
    (event,) = told(history.thread_id, after=seen)
    assert event["run"] == shown
    assert set(event["changed"]) == {"title", "tags", "importance", "importance_by", "pinned", "group"}
    assert linked(run.id) == {"Work", "Home"}


def test_what_is_the_same_is_not_told(history: History, api: Api) -> None:
    run = history.turn(0)
    first = api("PATCH", f"runs/{run.id}/", {"tags": ["Work"]})
    seen = Thread.objects.get(pk=history.thread_id).last_seq
    assert api("PATCH", f"runs/{run.id}/", {"tags": ["work"], "pinned": False}) == first
    assert told(history.thread_id, after=seen) == []


def test_a_run_that_goes_on_can_be_put_in_order(history: History, api: Api) -> None:
    run = history.ask("Hello?")
    history.start(run)
    assert api("PATCH", f"runs/{run.id}/", {"pinned": True, "tags": ["Work"]})["status"] == "running"
    history.say(run, "Hello!")
    history.finish(run)
    ended = api("GET", f"runs/{run.id}/")
    assert (ended["pinned"], ended["tags"], ended["status"]) == (True, ["Work"], "completed")
    assert ended["importance"] == api("GET", f"runs/{run.id}/importance/")["score"] == 80


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({}, 400, "invalid_input"),
        ({"importance": 101}, 400, "invalid_input"),
        ({"importance": -1}, 400, "invalid_input"),
        ({"tags": [" "]}, 400, "invalid_input"),
        ({"tags": ["a,b"]}, 400, "invalid_input"),
        ({"tags": ["x" * 51]}, 400, "invalid_input"),
        ({"tags": ["x\0"]}, 400, "invalid_input"),
        ({"tags": [str(number) for number in range(21)]}, 409, "too_many_tags_of_run"),
        ({"group": ABSENT}, 404, "group_not_found"),
        ({"status": "completed"}, 400, "invalid_input"),
    ],
)
def test_what_cannot_be_said_changes_nothing(
    history: History, api: Api, said: dict[str, Any], status: int, code: str
) -> None:
    run = history.turn(0)
    before = api("GET", f"runs/{run.id}/")
    assert api("PATCH", f"runs/{run.id}/", said, status=status)["code"] == code
    assert api("GET", f"runs/{run.id}/") == before
    assert not RunTag.objects.exists()


def test_a_run_can_only_be_in_a_group_of_its_thread(history: History, api: Api) -> None:
    run = history.turn(0)
    other = api("POST", "threads/", {"title": "Other"}, status=201)
    group = api("POST", f"threads/{other['id']}/groups/", {"name": "There"}, status=201)
    assert api("PATCH", f"runs/{run.id}/", {"group": group["id"]}, status=404)["code"] == "group_not_found"


# --- Many at once -------------------------------------------------------------------------------------------------


def test_many_runs_of_several_threads_are_changed_at_once(history: History, api: Api) -> None:
    first, second = history.turn(0), history.turn(1)
    api("PATCH", f"runs/{first.id}/", {"tags": ["Old", "Kept"]})
    other = UUID(api("POST", "threads/", {"title": "Other"}, status=201)["id"])
    elsewhere = History(Cast(history.asker, other))
    third = elsewhere.turn(2)
    asked = [str(third.id), str(first.id), str(second.id)]
    body = {"runs": [*asked, asked[0]], "add_tags": ["New", "KEPT"], "remove_tags": ["old"], "pinned": True}
    shown = api("POST", "runs/bulk/", body)["runs"]
    assert [run["id"] for run in shown] == asked
    assert [run["tags"] for run in shown] == [["New", "Kept"], ["Kept", "New"], ["New", "Kept"]]
    assert all(run["pinned"] for run in shown)
    assert [run["id"] for run in shown] == [one for one in asked if linked(UUID(one)) == {"New", "Kept"}]
    for thread_id, count in ((history.thread_id, 3), (elsewhere.thread_id, 1)):
        assert len(told(thread_id)) == count


def test_one_run_that_is_not_theirs_keeps_all_as_they_are(history: History, api: Api, elsewhere: Api) -> None:
    run = history.turn(0)
    for someone, ids in ((api, [str(run.id), str(uuid4())]), (elsewhere, [str(run.id)])):
        body = {"runs": ids, "add_tags": ["Mine"], "pinned": True}
        assert someone("POST", "runs/bulk/", body, status=404)["code"] == "run_not_found"
    assert not Run.objects.filter(pinned=True).exists()
    assert not RunTag.objects.exists()


@pytest.mark.parametrize("body", [{"runs": []}, {"runs": [ABSENT]}, {"runs": [ABSENT] * 201, "pinned": True}])
def test_a_bulk_names_runs_and_says_something_of_them(history: History, api: Api, body: dict[str, Any]) -> None:
    assert api("POST", "runs/bulk/", body, status=400)["code"] == "invalid_input"


def test_a_removed_run_is_not_there(history: History, api: Api) -> None:
    run = history.turn(0)
    Run.objects.filter(pk=run.id).update(deleted_at="2026-01-01T00:00:00Z")
    api("PATCH", f"runs/{run.id}/", {"pinned": True}, status=404)
    api("POST", "runs/bulk/", {"runs": [str(run.id)], "pinned": True}, status=404)
    api("GET", f"runs/{run.id}/importance/", status=404)


def test_commands_tag_and_pin(history: History, settings: Settings) -> None:
    run = history.turn(0)
    user_id = history.asker.user_id
    assert tag(user_id=user_id, run_id=run.id, names=["Work"])
    assert tag(user_id=user_id, run_id=run.id, names=["Home", "work"])
    assert Run.objects.get(pk=run.id).tags == ["Work", "Home"]
    (event,) = pin(user_id=user_id, run_id=run.id)
    assert isinstance(event, RunChangedEvent)
    assert event.run.pinned
    assert pin(user_id=user_id, run_id=run.id) == []


def test_what_a_person_puts_in_order_is_no_news_to_them(history: History, api: Api) -> None:
    run = history.turn(0)
    thread = Thread.objects.get(pk=history.thread_id)
    assert api("GET", "threads/")["results"][0]["unread"]
    Thread.objects.update(seen_seq=thread.last_seq)
    api("PATCH", f"runs/{run.id}/", {"tags": ["Work"]})
    api("PATCH", f"threads/{thread.pk}/", {"pinned": True})
    api("POST", f"threads/{thread.pk}/groups/", {"name": "Draft"}, status=201)
    assert not api("GET", "threads/")["results"][0]["unread"]
    history.turn(1)
    api("PATCH", f"runs/{run.id}/", {"pinned": True})
    assert api("GET", "threads/")["results"][0]["unread"]
