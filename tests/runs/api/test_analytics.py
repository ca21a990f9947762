"""The analytics over REST: one's own, everybody's with a permission, and as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from coday.accounts.models import User
from runs.models import Run
from tests.runs.api.history import History
from tests.runs.conversation import make_cast
from tests.runs.organize.conftest import Api

ClientOf = Callable[[User], Client]


@pytest.fixture
def history(db: None) -> History:
    """A thread with two runs, of which one failed."""
    history = History(make_cast(base_url="http://127.0.0.1:9/v1"))
    history.turn(0)
    failed = history.turn(1)
    Run.objects.filter(pk=failed.id).update(status="failed", cost="0.250000000")
    return history


@pytest.fixture
def api(history: History) -> Api:
    """The thread's owner's."""
    return Api(history.client())


@pytest.fixture
def manager(teammate: User) -> User:
    """Somebody who may see what everybody's runs came to, and nothing else."""
    teammate.user_permissions.add(Permission.objects.get(codename="view_all_analytics"))
    return teammate


def lines(body: bytes) -> list[list[str]]:
    """The cells of a file."""
    return list(csv.reader(io.StringIO(body.decode())))


def downloaded(client: Client, query: str) -> list[list[str]]:
    """The cells of the file that the query gets."""
    answer = client.get(f"/api/v1/analytics/?format=csv&{query}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer["Content-Disposition"]
    return lines(b"".join(answer.streaming_content))  # type: ignore[attr-defined]


def test_a_person_sees_what_their_own_runs_came_to(
    history: History, api: Api, client_of: ClientOf, owner: User
) -> None:
    found = api("GET", "analytics/?group_by=outcome&time_zone=Europe/Berlin")
    assert {row["key"]: row["runs"] for row in found["rows"]} == {"completed": 1, "failed": 1}
    assert found["totals"]["cost"] == {"USD": "0.25"}
    assert "p50" in found["totals"]
    assert "ttft_p50" not in found["totals"]
    assert Api(client_of(owner))("GET", "analytics/?group_by=outcome")["rows"] == []


def test_the_same_filters_find_the_runs_of_a_row(history: History, api: Api) -> None:
    (row,) = api("GET", "analytics/?group_by=agent&status=failed")["rows"]
    found = api("GET", f"runs/?agent={row['key']}&status=failed")["results"]
    assert len(found) == row["runs"] == 1
    api("PUT", f"runs/{found[0]['id']}/feedback/", {"rating": -1})
    assert api("GET", "analytics/?rating=-1")["totals"]["down"] == 1
    assert [run["id"] for run in api("GET", "runs/?rating=-1")["results"]] == [found[0]["id"]]


def test_everybodys_runs_are_for_those_who_may_see_them(
    history: History, manager: User, stranger: User, client_of: ClientOf
) -> None:
    everybody = Api(client_of(manager))("GET", "analytics/?scope=all&group_by=user")
    assert [(row["label"], row["runs"]) for row in everybody["rows"]] == [("ann", 2)]
    one = Api(client_of(manager))("GET", f"analytics/?scope=all&user={history.asker.user_id}&group_by=agent")
    assert one["totals"]["runs"] == 2
    assert Api(client_of(manager))("GET", "analytics/")["totals"]["runs"] == 0
    assert Api(client_of(stranger))("GET", "analytics/?scope=all", status=403)["code"] == "forbidden"


@pytest.mark.parametrize(
    "query",
    [
        "group_by=title",
        "time_zone=Mars/Base",
        "time_zone=../../etc/passwd",
        "time_zone=Europe",
        "time_zone=",
        "since=yesterday",
        "status=late",
        "format=xlsx",
        "rating=3",
        "scope=ours",
        "user=00000000-0000-0000-0000-000000000001",
        "colour=red",
    ],
)
def test_what_is_no_question_is_refused(api: Api, query: str) -> None:
    assert api("GET", f"analytics/?{query}", status=400)["code"] == "invalid_parameter"


def test_the_rows_are_a_file_too(history: History, api: Api) -> None:
    heading, *rows = downloaded(api.client, "group_by=outcome")
    named: list[dict[str, Any]] = [dict(zip(heading, row, strict=True)) for row in rows]
    assert {row["key"]: (row["runs"], row["cost_USD"]) for row in named} == {
        "completed": ("1", ""),
        "failed": ("1", "0.25"),
    }


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_cell_is_a_formula(history: History, api: Api, name: str) -> None:
    Run.objects.filter(thread=history.thread_id).update(model=name)
    _, row = downloaded(api.client, "group_by=model")
    assert row[:2] == [f"'{name}", f"'{name}"]
