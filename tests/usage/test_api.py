"""REST: what the caller used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from coday.accounts.models import User
from coday.kernel.ids import new_id
from usage.models import UsageRecord

ClientOf = Callable[[User], Client]


def _records(user: User, count: int, **values: object) -> list[UsageRecord]:
    defaults = {"username": user.username, "thread_id": new_id(), "run_id": new_id(), "model": "m", "provider": "p"}
    return [
        UsageRecord.objects.create(user_id=user.pk, input_tokens=10, cost=Decimal("0.1"), **{**defaults, **values})
        for _ in range(count)
    ]


def test_own_records_newest_first_with_totals(owner: User, stranger: User, client_of: ClientOf) -> None:
    records = _records(owner, 3)
    _records(stranger, 2)
    page = client_of(owner).get("/api/v1/usage/").json()
    assert [row["id"] for row in page["results"]] == [str(record.pk) for record in reversed(records)]
    assert page["totals"]["input_tokens"] == 30
    assert page["totals"]["model_calls"] == 3
    assert Decimal(page["totals"]["cost"]) == Decimal("0.3")
    assert "user_id" not in page["results"][0]


def test_pages_neither_skip_nor_repeat(owner: User, client_of: ClientOf) -> None:
    client = client_of(owner)
    wanted = {str(record.pk) for record in _records(owner, 5)}
    address: str | None = "/api/v1/usage/?limit=2"
    seen: list[str] = []
    while address:
        page = client.get(address).json()
        assert page["totals"]["model_calls"] >= 5
        seen += [row["id"] for row in page["results"]]
        _records(owner, 1)  # new ones come in front of what was read
        address = page["next"]
    assert sorted(seen) == sorted(wanted)


def test_filters(owner: User, client_of: ClientOf) -> None:
    [old] = _records(owner, 1, model="old")
    [new] = _records(owner, 1, model="new")
    now = timezone.now()
    UsageRecord.objects.filter(pk=old.pk).update(created_at=now - timedelta(days=2))
    yesterday = (now - timedelta(days=1)).isoformat()
    client = client_of(owner)
    for query, record in (
        ({"since": yesterday}, new),
        ({"until": yesterday}, old),
        ({"thread": str(old.thread_id)}, old),
        ({"run": str(new.run_id)}, new),
        ({"model": "old"}, old),
    ):
        page = client.get("/api/v1/usage/", query).json()
        assert [row["id"] for row in page["results"]] == [str(record.pk)], query
        assert page["totals"]["model_calls"] == 1


@pytest.mark.parametrize(
    "query",
    [
        {"user__password__startswith": "a"},
        {"user_id": "x"},
        {"ordering": "-cost"},
        {"since": "yesterday"},
        {"thread": "1"},
        {"model": "\x00"},
    ],
)
def test_nothing_else_reaches_the_database(owner: User, client_of: ClientOf, query: dict[str, str]) -> None:
    answer = client_of(owner).get("/api/v1/usage/", query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
    assert answer.json()["details"]["field"] == next(iter(query))
