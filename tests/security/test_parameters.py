"""Line 20: what a list is filtered and ordered by comes from an allow-list, at every list alike.

The lists are taken from the OpenAPI schema, so that a new one is covered when it is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from runs.models import Run
from runs.notifying.targets import create_target
from runs.retention.policies import create_policy
from runs.reuse.schedules import create_schedule
from runs.reuse.templates import create_template
from tests.runs.api.history import History
from tests.runs.api.site import Site
from tests.runs.conversation import make_cast

UNKNOWN = (
    "user__password__startswith", "owner__password__startswith", "user__api_tokens__digest__gt", "thread__owner__username",
    "user_id", "owner", "pk__in", "ordering", "order_by", "sort", "offset", "page", "page_size", "fields", "expand", "where",
    "limit[]", "limit__gt", "Limit", "\0", "é", "x" * 5_000, "__class__", "$where",
)  # fmt: skip
VALUES = (
    "", " ", "p", "-password", "\0", "\ufffd", "0", "-1", "1e3", "٣", "9" * 400, "9" * 5_000, "NaN", "null", "[]", "%", "_",
    "' OR 1=1 --", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "00000000-0000-7000-8000-000000000000",
    "W251bGxd", "cD0x", "cD0wMDAwMDAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDAmcj0x", "bz05OTk5OTk5OTk5OTk5OTk5",
)  # fmt: skip

Operation = dict[str, Any]


@cache
def lists() -> dict[str, Operation]:
    """Every operation that answers with a page, by its path."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return {
        path: operations["get"]
        for path, operations in schema["paths"].items()
        if "get" in operations and "results" in _properties(schema, operations["get"])
    }


def _properties(schema: dict[str, Any], operation: Operation) -> dict[str, Any]:
    content = operation["responses"]["200"].get("content", {}).get("application/json", {})
    shape = content.get("schema", {})
    if "$ref" in shape:
        shape = schema["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
    properties: dict[str, Any] = shape.get("properties", {})
    return properties


def declared(path: str) -> list[str]:
    """The names of a list's query parameters."""
    return [one["name"] for one in lists()[path].get("parameters", []) if one["in"] == "query"]


@pytest.fixture
def history(db: None) -> History:
    history = History(make_cast(base_url="http://127.0.0.1:9/v1"))
    history.turn(0)
    return history


def address_of(path: str, history: History) -> str:
    """The list's address, with what the thread's owner has in it."""
    return path.format(**{name: MADE[name](history) for name in re.findall(r"{(\w+)}", path)})


def _template(history: History) -> UUID:
    return create_template(asker=history.asker, name="x", commands=[{"type": "pin"}]).id


def _schedule(history: History) -> UUID:
    return create_schedule(asker=history.asker, name="x", template_id=_template(history), cron="0 9 * * *").pk


def _target(history: History) -> UUID:
    values = {"name": "x", "url": "https://hooks.example.invalid/"}
    return create_target(user_id=history.asker.user_id, values=values)[0].pk


def _policy(history: History) -> UUID:
    values = {"name": "x", "older_than_days": 9_999}
    return create_policy(user_id=history.asker.user_id, values=values).pk


MADE: dict[str, Callable[[History], UUID]] = {
    "thread_id": lambda history: history.thread_id,
    "run_id": lambda history: Run.objects.get(thread_id=history.thread_id).pk,
    "template_id": _template,
    "schedule_id": _schedule,
    "target_id": _target,
    "policy_id": _policy,
}


def test_the_lists_are_found() -> None:
    assert len(lists()) >= 8
    assert "/api/v1/threads/{thread_id}/messages/" in lists()


@pytest.mark.parametrize("path", lists())
def test_a_parameter_that_is_not_declared_is_refused_by_its_name(history: History, path: str) -> None:
    client = history.client()
    address = address_of(path, history)
    for name in set(UNKNOWN) - set(declared(path)):
        answer = client.get(address, {name: "p"})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter"), name
        assert answer.json()["details"] == {"field": name}


@pytest.mark.parametrize("path", lists())
def test_no_value_of_a_declared_parameter_is_more_than_a_value(history: History, path: str) -> None:
    """It is taken or refused by name; whatever it is, the answer is made of the rows that are there without it."""
    client = history.client()
    address = address_of(path, history)
    everything = ids(client, address)
    for name in declared(path):
        for value in VALUES:
            answer = client.get(address, {name: value})
            assert answer.status_code in (200, 400), (name, value, answer.content)
            if answer.status_code == 400:
                assert answer.json()["code"] == "invalid_parameter", (name, value)
                assert answer.json()["details"]["field"] == name, (name, value)
            else:
                assert {row.get("id", row.get("slug")) for row in answer.json()["results"]} <= everything, (name, value)


def ids(client: Client, address: str) -> set[str]:
    """What the list's first page shows without a parameter."""
    return {row.get("id", row.get("slug")) for row in client.get(address).json()["results"]}


async def test_a_stream_follows_the_same_rule(site: Site, api: httpx.AsyncClient) -> None:
    address = f"threads/{site.thread_id}/events/?user__password__startswith=p"
    answer = await api.get(address, headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
    assert answer.json()["details"] == {"field": "user__password__startswith"}
