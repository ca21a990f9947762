"""A person's tags: one name at all places, and none that tells who somebody is."""

from __future__ import annotations

from uuid import UUID

import pytest
from pytest_django import Settings

from runs.models import Run, RunTag, RunTagging
from tests.runs.api.history import History
from tests.runs.organize.conftest import Api, Json, told
from tests.support import pii
from threads.models import Mask, Thread

MAX = pii.NAMES[0]


def tagged(api: Api, history: History, name: str = "Work") -> tuple[UUID, Json]:
    """A run and its thread with a tag; the tag."""
    run = history.turn(0)
    api("PATCH", f"runs/{run.id}/", {"tags": ["First", name]})
    api("PATCH", f"threads/{history.thread_id}/", {"tags": [name.upper(), "Last"]})
    return run.id, next(tag for tag in api("GET", "run-tags/")["results"] if tag["name"] == name)


def test_tags_are_listed_by_name_with_what_carries_them(history: History, api: Api) -> None:
    _, tag = tagged(api, history)
    assert (tag["runs"], tag["threads"]) == (1, 1)
    shown = api("GET", "run-tags/")["results"]
    assert [one["name"] for one in shown] == ["First", "Last", "Work"]
    assert len({one["color"] for one in shown}) == 3
    assert "gray" not in {one["color"] for one in shown}


def test_a_tag_has_one_spelling(history: History, api: Api) -> None:
    tagged(api, history)
    assert api("GET", f"threads/{history.thread_id}/")["tags"] == ["Work", "Last"]
    assert api("POST", "run-tags/", {"name": " wORK  "}, status=409)["code"] == "tag_exists"


def test_a_new_name_is_on_all_that_carries_the_tag(history: History, api: Api) -> None:
    run_id, tag = tagged(api, history)
    seen = Thread.objects.get(pk=history.thread_id).last_seq
    changed = api("PATCH", f"run-tags/{tag['id']}/", {"name": "Büro", "color": "red"})
    assert changed == {**tag, "name": "Büro", "color": "red"}
    assert api("GET", f"runs/{run_id}/")["tags"] == ["First", "Büro"]
    assert api("GET", f"threads/{history.thread_id}/")["tags"] == ["Büro", "Last"]
    frames = told(history.thread_id, after=seen)
    assert [frame["changed"] for frame in frames] == [{"tags": ["Büro", "Last"]}, ["tags"]]
    assert frames[1]["run"]["tags"] == ["First", "Büro"]
    assert [thread["id"] for thread in api("GET", "threads/?tag=Büro")["results"]] == [str(history.thread_id)]
    assert api("GET", "threads/?tag=Work")["results"] == []


def test_a_deleted_tag_is_taken_off_all_that_carries_it(history: History, api: Api) -> None:
    run_id, tag = tagged(api, history)
    seen = Thread.objects.get(pk=history.thread_id).last_seq
    api("DELETE", f"run-tags/{tag['id']}/", status=204)
    assert api("GET", f"runs/{run_id}/")["tags"] == ["First"]
    assert api("GET", f"threads/{history.thread_id}/")["tags"] == ["Last"]
    assert len(told(history.thread_id, after=seen)) == 2
    assert set(RunTagging.objects.values_list("tag__name", flat=True)) == {"First"}
    api("DELETE", f"run-tags/{tag['id']}/", status=404)


def test_the_case_of_a_name_can_be_changed_and_another_tag_s_name_is_taken(history: History, api: Api) -> None:
    run_id, tag = tagged(api, history)
    assert api("PATCH", f"run-tags/{tag['id']}/", {"name": "first"}, status=409)["code"] == "tag_exists"
    api("PATCH", f"run-tags/{tag['id']}/", {"name": "WORK"})
    assert api("GET", f"runs/{run_id}/")["tags"] == ["First", "WORK"]


def test_a_tag_is_nobody_else_s(history: History, api: Api, elsewhere: Api) -> None:
    _, tag = tagged(api, history)
    assert elsewhere("GET", "run-tags/")["results"] == []
    for method, body in (("PATCH", {"color": "red"}), ("DELETE", None)):
        assert elsewhere(method, f"run-tags/{tag['id']}/", body, status=404)["code"] == "tag_not_found"
    elsewhere("POST", "run-tags/", {"name": "Work", "color": "gray"}, status=201)
    assert RunTag.objects.filter(name="Work").count() == 2


def test_a_person_has_only_so_many_tags(history: History, api: Api, settings: Settings) -> None:
    run_id, _ = tagged(api, history)
    settings.CODAY_MAX_TAGS = 4
    body = {"tags": ["Fourth", "Fifth"]}
    assert api("PATCH", f"runs/{run_id}/", body, status=409)["code"] == "too_many_tags"
    assert api("POST", "run-tags/", {"name": "Fourth"}, status=201)["runs"] == 0
    assert api("PATCH", f"threads/{history.thread_id}/", body, status=409)["code"] == "too_many_tags"


# --- Anonymous threads --------------------------------------------------------------------------------------------


def anonymous(history: History) -> None:
    """Make the history's thread an anonymous one."""
    Thread.objects.filter(pk=history.thread_id).update(anonymous=True)
    Run.objects.filter(thread=history.thread_id).update(anonymous=True)


@pytest.mark.usefixtures("analyzer")
def test_no_tag_names_somebody_in_an_anonymous_thread(history: History, api: Api) -> None:
    run = history.turn(0)
    anonymous(history)
    attempts: list[tuple[str, str, Json]] = [
        ("PATCH", f"runs/{run.id}/", {"tags": ["Fine", f"For {MAX}"]}),
        ("POST", "runs/bulk/", {"runs": [str(run.id)], "add_tags": [f"For {MAX}"]}),
        ("PATCH", f"threads/{history.thread_id}/", {"tags": [f"For {MAX}"]}),
        ("POST", "threads/bulk/", {"threads": [str(history.thread_id)], "add_tags": [f"For {MAX}"]}),
    ]
    for method, path, body in attempts:
        assert api(method, path, body, status=422)["code"] == "personal_tag"
    assert not RunTag.objects.exists()
    assert not Mask.objects.exists()
    assert told(history.thread_id) == []


@pytest.mark.usefixtures("analyzer")
def test_a_tag_of_an_anonymous_thread_gets_no_personal_name(history: History, api: Api) -> None:
    run_id, tag = tagged(api, history)
    anonymous(history)
    refused = api("PATCH", f"run-tags/{tag['id']}/", {"name": MAX, "color": "red"}, status=422)
    assert refused["code"] == "personal_tag"
    assert MAX not in str(refused)
    assert api("GET", "run-tags/")["results"][-1] == tag
    api("PATCH", f"runs/{run_id}/", {"tags": []})
    api("PATCH", f"threads/{history.thread_id}/", {"tags": []})
    assert api("PATCH", f"run-tags/{tag['id']}/", {"name": MAX})["name"] == MAX
