"""The ledger."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries

from coday.kernel.ids import new_id
from usage.models import UsageRecord
from usage.operations import Prices, cost_of, record
from usage.queries import UsageTotals, totals_of_run

KNOWN = Prices(input_price=Decimal(2), cached_input_price=Decimal("0.5"), output_price=Decimal(8))


def _record(run_id: UUID, **changes: Any) -> None:
    values: dict[str, Any] = {
        "user_id": new_id(),
        "username": "owner",
        "thread_id": new_id(),
        "run_id": run_id,
        "purpose": "answer",
        "agent": "a",
        "model": "m",
        "provider": "p",
        "input_tokens": 1000,
        "output_tokens": 100,
        "cached_tokens": 400,
        "reasoning_tokens": 50,
        "prices": KNOWN,
    }
    record(**{**values, **changes})


@pytest.mark.parametrize(
    ("prices", "cached", "expected"),
    [
        (KNOWN, 0, "0.0028"),  # (1000 * 2 + 100 * 8) / 1e6
        (KNOWN, 400, "0.0022"),  # (600 * 2 + 400 * 0.5 + 100 * 8) / 1e6
        (KNOWN, 5000, "0.0013"),  # never more cached than sent
        (Prices(input_price=Decimal(2), output_price=Decimal(8)), 400, "0.0028"),
        (Prices(input_price=Decimal(2), cached_input_price=Decimal(0), output_price=Decimal(8)), 1000, "0.0008"),
        (Prices(input_price=Decimal(0), output_price=Decimal(0)), 0, "0"),
    ],
)
def test_cost(prices: Prices, cached: int, expected: str) -> None:
    assert cost_of(prices, input_tokens=1000, output_tokens=100, cached_tokens=cached) == Decimal(expected)


@pytest.mark.parametrize("prices", [Prices(), Prices(input_price=Decimal(2)), Prices(output_price=Decimal(2))])
def test_an_unknown_price_is_not_free(prices: Prices) -> None:
    assert cost_of(prices, input_tokens=1, output_tokens=1, cached_tokens=0) is None


@pytest.mark.django_db
def test_totals_of_a_run(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    run_id = new_id()
    with django_assert_num_queries(1):
        _record(run_id)
    _record(run_id, purpose="title", prices=Prices(), complete=False, estimated=True)
    _record(new_id())
    with django_assert_num_queries(1):
        assert totals_of_run(run_id=run_id) == UsageTotals(
            input_tokens=2000,
            output_tokens=200,
            cached_tokens=800,
            reasoning_tokens=100,
            model_calls=2,
            cost=Decimal("0.0022"),
        )
    assert totals_of_run(run_id=new_id()) == UsageTotals()


@pytest.mark.django_db
def test_small_costs_add_up_exactly() -> None:
    run_id = new_id()
    for _ in range(10):
        _record(run_id, input_tokens=1, cached_tokens=0, output_tokens=0)
    assert totals_of_run(run_id=run_id).cost == Decimal("0.00002")
    assert UsageRecord.objects.filter(run_id=run_id).count() == 10
