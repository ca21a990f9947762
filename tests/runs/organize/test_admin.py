"""The admin of runs, tags and groups: found by all of it, changed for many people at once, told and written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from coday.accounts.audit import Action
from coday.accounts.models import AuditRecord, User
from runs.models import Run, RunGroup, RunTag
from runs.organize.groups import create_group
from runs.organize.runs import change_run
from tests.runs.api.history import History
from tests.runs.conversation import Cast
from tests.runs.organize.conftest import Api, told
from tests.support import pii
from threads.models import Thread
from threads.operations import create_thread

SAID = "planted words that only their owner may read"
LIST = "admin:runs_run_changelist"
UNTOUCHED = {"add_tags": "", "remove_tags": "", "weigh": "", "importance": "", "pin": "", "group": ""}


@pytest.fixture
def page(admin: User) -> Client:
    """The admin's browser."""
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def other(history: History, teammate: User) -> History:
    """A thread of somebody else, at the same site."""
    thread = create_thread(owner_id=teammate.pk, title=SAID)
    return History(Cast(type(history.asker)(user_id=teammate.pk, username=teammate.username), thread.id))


def put_in_order(page: Client, runs: list[UUID], **asked: str) -> Any:
    """What the page answers when its form is sent, for these runs."""
    body = {**UNTOUCHED, **asked, "action": "put_in_order", "apply": "1", ACTION_CHECKBOX_NAME: runs}
    return page.post(reverse(LIST), body)


def shown(page: Client, **query: str) -> set[str]:
    """The runs that the list shows, by the ends of their links."""
    answer = page.get(reverse(LIST), query)
    assert answer.status_code == 200
    return {str(run.pk) for run in answer.context["cl"].result_list}


def written() -> list[AuditRecord]:
    """What the audit log has, apart from how everybody came in."""
    return list(AuditRecord.objects.exclude(action__in=(Action.LOGGED_IN, Action.TOKEN_MADE)))


def test_runs_are_found_by_what_they_are_put_in_order_with(history: History, other: History, page: Client) -> None:
    mine, another, hers = history.turn(0), history.turn(1), other.turn(0)
    user_id = history.asker.user_id
    change_run(user_id=user_id, run_id=mine.id, changes={"tags": ["Work"], "importance": 90, "pinned": True})
    change_run(user_id=other.asker.user_id, run_id=hers.id, changes={"tags": ["Work"]})
    create_group(user_id=user_id, thread_id=history.thread_id, name="Draft", run_ids=[another.id])
    Run.objects.filter(pk=hers.id).update(cost="2.5", deleted_at="2026-01-01T00:00:00Z")
    assert shown(page, tag="Work") == {str(mine.id), str(hers.id)}
    assert shown(page, tag="Home") == set()
    assert shown(page, grouped="yes") == {str(another.id)}
    assert shown(page, importance_is="high") == {str(mine.id)} == shown(page, importance_is="person")
    assert shown(page, pinned__exact="1") == {str(mine.id)}
    assert shown(page, cost_is="much") == {str(hers.id)}
    assert shown(page, cost_is="unknown") == {str(mine.id), str(another.id)}
    assert shown(page, deleted_at__isempty="0") == {str(hers.id)}
    for query in ({"status__exact": "failed"}, {"kind__exact": "system"}, {"trigger__exact": "tool"}, {"agent": "x"}):
        assert shown(page, **query) == set()


def test_runs_of_several_people_are_put_in_order_at_once(history: History, other: History, page: Client) -> None:
    mine, hers = history.turn(0), other.turn(0)
    change_run(user_id=history.asker.user_id, run_id=mine.id, changes={"tags": ["work", "Old"]})
    seen = {one.thread_id: Thread.objects.get(pk=one.thread_id).last_seq for one in (history, other)}
    answer = put_in_order(
        page, [mine.id, hers.id], add_tags="Work, Review", remove_tags="old", weigh="person", importance="77", pin="yes"
    )
    assert answer.status_code == 302
    runs = Run.objects.in_bulk([mine.id, hers.id])
    assert [runs[one.id].tags for one in (mine, hers)] == [["work", "Review"], ["Work", "Review"]]
    assert {(run.importance, run.importance_by, run.pinned) for run in runs.values()} == {(77, "person", True)}
    assert RunTag.objects.filter(user_id=other.asker.user_id).count() == 2
    for one in (history, other):
        assert len(told(one.thread_id, after=seen[one.thread_id])) == 1
    (record,) = written()
    assert (record.action, record.actor) == ("changed", "admin")
    assert record.fields == ["add_tags", "importance", "pinned", "remove_tags"]
    assert set(record.details["objects"]) == {str(mine.id), str(hers.id)}


def test_a_group_is_chosen_for_runs_of_one_conversation(history: History, other: History, page: Client) -> None:
    mine, hers = history.turn(0), other.turn(0)
    group, _ = create_group(user_id=history.asker.user_id, thread_id=history.thread_id, name="Draft")
    assert put_in_order(page, [mine.id, hers.id], group=str(group.id)).status_code == 200
    assert put_in_order(page, [mine.id], group=str(group.id)).status_code == 302
    assert Run.objects.get(pk=mine.id).group_id == group.id
    put_in_order(page, [mine.id, hers.id], group="no")
    assert not Run.objects.filter(group__isnull=False).exists()


@pytest.mark.parametrize(
    "asked", [{}, {"weigh": "person"}, {"weigh": "person", "importance": "101"}, {"add_tags": "x" * 51}]
)
def test_a_form_that_makes_no_sense_changes_nothing(history: History, page: Client, asked: dict[str, str]) -> None:
    run = history.turn(0)
    before = Run.objects.filter(pk=run.id).values().get()
    answer = put_in_order(page, [run.id], **asked)
    assert answer.status_code == 200
    assert "errorlist" in answer.text
    assert Run.objects.filter(pk=run.id).values().get() == before
    assert written() == []


@pytest.mark.usefixtures("analyzer")
def test_what_a_person_could_not_do_the_admin_cannot(history: History, page: Client) -> None:
    run = history.turn(0)
    Run.objects.update(anonymous=True)
    answer = put_in_order(page, [run.id], add_tags=f"For {pii.NAMES[0]}")
    assert "looks like personal data" in answer.text
    assert not RunTag.objects.exists()
    assert written() == []


def test_the_page_asks_before_anything_is_changed(history: History, page: Client) -> None:
    run = history.turn(0)
    answer = page.post(reverse(LIST), {"action": "put_in_order", ACTION_CHECKBOX_NAME: [run.id]})
    assert answer.status_code == 200
    assert f'value="{run.id}"' in answer.text
    assert written() == []


def test_who_may_only_look_changes_nothing(history: History, stranger: User) -> None:
    run = history.turn(0)
    stranger.is_staff = True
    stranger.save()
    stranger.user_permissions.set(Permission.objects.filter(codename__in=["view_run", "view_runtag", "view_rungroup"]))
    client = Client()
    client.force_login(stranger)
    put_in_order(client, [run.id], pin="yes")
    assert not Run.objects.get(pk=run.id).pinned
    change_run(user_id=history.asker.user_id, run_id=run.id, changes={"tags": ["Work"]})
    tag = RunTag.objects.get()
    for address in ("change", "delete"):
        url = reverse(f"admin:runs_runtag_{address}", args=[tag.pk])
        assert client.post(url, {"name": "Mine", "color": "red", "post": "yes"}).status_code == 403


@pytest.mark.parametrize("permissions", [[], ["read_content"]])
def test_no_page_of_runs_shows_a_title(
    history: History, page: Client, stranger: User, permissions: list[str], client_of: Callable[[User], Client]
) -> None:
    run = history.turn(0)
    change_run(user_id=history.asker.user_id, run_id=run.id, changes={"title": SAID})
    Thread.objects.update(title=SAID)
    create_group(user_id=history.asker.user_id, thread_id=history.thread_id, name="Draft", run_ids=[run.id])
    group = RunGroup.objects.get()
    stranger.is_staff = True
    stranger.save()
    named = ["view_run", "change_run", "view_rungroup", "view_runtag", *permissions]
    stranger.user_permissions.set(Permission.objects.filter(codename__in=named))
    client = Client()
    client.force_login(stranger)
    pages = [
        client.get(reverse(LIST)),
        client.get(reverse("admin:runs_run_change", args=[run.id])),
        client.get(reverse("admin:runs_rungroup_changelist")),
        client.get(reverse("admin:runs_rungroup_change", args=[group.pk])),
        client.post(reverse(LIST), {"action": "put_in_order", ACTION_CHECKBOX_NAME: [run.id]}),
    ]
    for answer in pages:
        assert answer.status_code == 200
        assert SAID not in answer.text


# --- Tags and groups ----------------------------------------------------------------------------------------------


def test_the_tag_of_a_person_is_renamed_wherever_it_is(history: History, api: Api, page: Client) -> None:
    run = history.turn(0)
    api("PATCH", f"runs/{run.id}/", {"tags": ["Work", "Home"]})
    tag = RunTag.objects.get(name="Work")
    url = reverse("admin:runs_runtag_change", args=[tag.pk])
    assert "ann" in page.get(reverse("admin:runs_runtag_changelist"), {"q": "ann"}).text
    assert page.post(url, {"name": "home", "color": "red"}).status_code == 200  # there is one of this name
    assert Run.objects.get(pk=run.id).tags == ["Work", "Home"]
    assert page.post(url, {"name": "Job", "color": "red"}).status_code == 302
    assert Run.objects.get(pk=run.id).tags == ["Job", "Home"]
    assert told(history.thread_id)[-1]["run"]["tags"] == ["Job", "Home"]
    assert RunTag.objects.get(pk=tag.pk).color == "red"
    assert [record.object_type for record in written()] == ["runs.runtag"]


@pytest.mark.parametrize("at_once", [False, True])
def test_a_deleted_tag_is_taken_off(history: History, api: Api, page: Client, at_once: bool) -> None:
    run = history.turn(0)
    api("PATCH", f"runs/{run.id}/", {"tags": ["Work", "Home"]})
    tag = RunTag.objects.get(name="Work")
    body = {"post": "yes", "action": "delete_selected", ACTION_CHECKBOX_NAME: [tag.pk]}
    url = reverse(
        "admin:runs_runtag_changelist" if at_once else "admin:runs_runtag_delete", args=[] if at_once else [tag.pk]
    )
    assert page.post(url, body).status_code == 302
    assert Run.objects.get(pk=run.id).tags == ["Home"]
    assert told(history.thread_id)[-1]["changed"] == ["tags"]
    assert [record.action for record in written()] == ["deleted"]


def test_a_group_is_renamed_and_deleted(history: History, page: Client) -> None:
    run = history.turn(0)
    create_group(user_id=history.asker.user_id, thread_id=history.thread_id, name="Draft", run_ids=[run.id])
    group = RunGroup.objects.get()
    url = reverse("admin:runs_rungroup_change", args=[group.pk])
    assert page.post(url, {"name": "Done", "folded": "on"}).status_code == 302
    assert told(history.thread_id)[-1]["changed"]["groups"][0]["name"] == "Done"
    assert page.post(reverse("admin:runs_rungroup_delete", args=[group.pk]), {"post": "yes"}).status_code == 302
    assert Run.objects.get(pk=run.id).group_id is None
    assert told(history.thread_id)[-1]["changed"] == {"groups": []}


# --- The rest of the admin ----------------------------------------------------------------------------------------


def test_the_audit_log_is_in_the_menu(page: Client) -> None:
    menu = page.get(reverse("admin:index")).text
    for model in ("accounts_auditrecord", "runs_runtag", "runs_rungroup"):
        assert f'href="{reverse(f"admin:{model}_changelist")}"' in menu


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("agents_agent", ["description", "instructions", "suggestions"]),
        ("skills_skill", ["trigger", "instructions"]),
        ("skills_mcpserver", ["description"]),
        ("runs_jobendpoint", ["description"]),
        ("agents_chatsettings", ["system_prompt"]),
    ],
)
def test_long_texts_are_written_on_several_lines(page: Client, model: str, names: list[str]) -> None:
    form = page.get(reverse(f"admin:{model}_add")).context["adminform"].form
    for name in names:
        assert "<textarea" in str(form[name]), name
