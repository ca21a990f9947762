"""Reads: what was used, what it cost, and whether more may be used."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Max, QuerySet, Sum

from usage.models import UsageRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTotals:
    """Sums over model calls.

    ``cost`` sums what has a price and is ``None`` where nothing has one. Currencies are not converted: an installation
    is meant to use one.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    model_calls: int = 0
    cost: Decimal | None = None
    currency: str = "USD"


def totals_of_run(*, run_id: UUID) -> UsageTotals:
    """What a run used: title and interrupted calls included. One query."""
    return totals(records=UsageRecord.objects.filter(run_id=run_id))


def totals(*, records: QuerySet[UsageRecord]) -> UsageTotals:
    """Sum up records. One query."""
    sums = records.order_by().aggregate(
        input_tokens=Sum("input_tokens", default=0),
        output_tokens=Sum("output_tokens", default=0),
        cached_tokens=Sum("cached_tokens", default=0),
        reasoning_tokens=Sum("reasoning_tokens", default=0),
        model_calls=Count("pk"),
        cost=Sum("cost"),
        currency=Max("currency", default="USD"),
    )
    return UsageTotals(**sums)


def records_of_user(*, user_id: UUID) -> QuerySet[UsageRecord]:
    """The model calls that this user pays for."""
    return UsageRecord.objects.filter(user_id=user_id)


def ensure_allowance(*, user_id: UUID) -> None:
    """Whether this user may start another run: the one place that quota and budget are asked at.

    Nobody has a limit yet, so this allows everyone. What refuses will raise a ``CodayError`` here.
    """
