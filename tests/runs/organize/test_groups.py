"""Named groups of a thread's runs."""

from __future__ import annotations

from uuid import uuid4

import pytest
from pytest_django import Settings

from tests.runs.api.history import History
from tests.runs.organize.conftest import Api, told
from tests.support import pii
from threads.models import Thread


def test_a_group_is_made_of_runs_and_told_with_them(history: History, api: Api) -> None:
    first, second, _ = (history.turn(number) for number in range(3))
    path = f"threads/{history.thread_id}/groups/"
    group = api("POST", path, {"name": "Draft", "runs": [str(second.id), str(first.id)]}, status=201)
    shown = {"id": group["id"], "thread_id": str(history.thread_id), "name": "Draft", "folded": False}
    assert group == {**shown, "runs": [str(first.id), str(second.id)]}
    assert api("GET", path)["results"] == [group]
    groups, *runs = told(history.thread_id)
    assert groups["changed"] == {"groups": [{"id": group["id"], "name": "Draft", "folded": False}]}
    assert [(event["changed"], event["run"]["group"]) for event in runs] == [(["importance", "group"], group["id"])] * 2


def test_a_group_is_folded_and_renamed_for_all_windows(history: History, api: Api) -> None:
    history.turn(0)
    group = api("POST", f"threads/{history.thread_id}/groups/", {"name": "Draft"}, status=201)
    seen = Thread.objects.get(pk=history.thread_id).last_seq
    assert api("PATCH", f"run-groups/{group['id']}/", {"folded": True, "name": "Done"})["folded"]
    assert api("PATCH", f"run-groups/{group['id']}/", {"folded": True})["name"] == "Done"
    (event,) = told(history.thread_id, after=seen)
    assert event["changed"]["groups"] == [{"id": group["id"], "name": "Done", "folded": True}]


def test_the_runs_of_a_deleted_group_stay(history: History, api: Api) -> None:
    run = history.turn(0)
    path = f"threads/{history.thread_id}/groups/"
    group = api("POST", path, {"name": "Draft", "runs": [str(run.id)]}, status=201)
    seen = Thread.objects.get(pk=history.thread_id).last_seq
    api("DELETE", f"run-groups/{group['id']}/", status=204)
    assert "group" not in api("GET", f"runs/{run.id}/")
    assert [event["changed"] for event in told(history.thread_id, after=seen)] == [
        ["importance", "group"],
        {"groups": []},
    ]
    api("DELETE", f"run-groups/{group['id']}/", status=404)


def test_a_group_holds_runs_of_its_own_thread_alone(history: History, api: Api, elsewhere: Api) -> None:
    run = history.turn(0)
    other = api("POST", "threads/", {"title": "Other"}, status=201)["id"]
    for runs in ([str(run.id)], [str(uuid4())]):
        body = {"name": "Draft", "runs": runs}
        assert api("POST", f"threads/{other}/groups/", body, status=404)["code"] == "run_not_found"
    assert api("GET", f"threads/{other}/groups/")["results"] == []
    group = api("POST", f"threads/{other}/groups/", {"name": "Draft"}, status=201)
    elsewhere("GET", f"threads/{other}/groups/", status=404)
    elsewhere("POST", f"threads/{other}/groups/", {"name": "Mine"}, status=404)
    for method, change in (("PATCH", {"name": "Mine"}), ("DELETE", None)):
        assert elsewhere(method, f"run-groups/{group['id']}/", change, status=404)["code"] == "group_not_found"


def test_a_thread_has_only_so_many_groups(history: History, api: Api, settings: Settings) -> None:
    settings.CODAY_MAX_GROUPS = 1
    path = f"threads/{history.thread_id}/groups/"
    api("POST", path, {"name": "One"}, status=201)
    assert api("POST", path, {"name": "Two"}, status=409)["code"] == "too_many_groups"


@pytest.mark.usefixtures("analyzer")
def test_the_name_of_a_group_in_an_anonymous_thread_is_masked(history: History, api: Api) -> None:
    Thread.objects.filter(pk=history.thread_id).update(anonymous=True)
    path = f"threads/{history.thread_id}/groups/"
    group = api("POST", path, {"name": f"For {pii.NAMES[0]}"}, status=201)
    assert group["name"] == "For {{pii:PERSON_1}}"
    api("PATCH", f"run-groups/{group['id']}/", {"name": f"Of {pii.NAMES[0]}"})
    assert pii.NAMES[0] not in str(told(history.thread_id))
