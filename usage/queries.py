"""Reads: what was used, what it cost, and whether more may be used."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Aggregate, Count, Max, Min, Q, QuerySet, Sum, UUIDField

from coday.kernel.prepared import Param, PreparedQuery
from usage.models import UsageRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTotals:
    """Sums over model calls.

    ``cost`` sums what has a price and is ``None`` where nothing has one. Currencies are not converted: an installation
    is meant to use one. ``first_token_at`` is when a model first began to answer, where one run was asked for.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    model_calls: int = 0
    cost: Decimal | None = None
    currency: str = "USD"
    first_token_at: datetime | None = None


def totals_of_run(*, run_id: UUID) -> UsageTotals:
    """What a run used: title and interrupted calls included. One query."""
    found = _TOTALS_OF_RUN.rows(run_id=run_id)
    return UsageTotals(**dict(zip(_OF_RUN, found[0], strict=True))) if found else UsageTotals()


def totals(*, records: QuerySet[UsageRecord]) -> UsageTotals:
    """Sum up records. One query."""
    sums = records.order_by().aggregate(**{name: make() for name, make in _SUMS.items()})
    return UsageTotals(**sums)


_SUMS: dict[str, Callable[[], Aggregate]] = {
    "input_tokens": lambda: Sum("input_tokens", default=0),
    "output_tokens": lambda: Sum("output_tokens", default=0),
    "cached_tokens": lambda: Sum("cached_tokens", default=0),
    "reasoning_tokens": lambda: Sum("reasoning_tokens", default=0),
    "model_calls": lambda: Count("pk"),
    "cost": lambda: Sum("cost"),
    "currency": lambda: Max("currency", default="USD"),
}
_SPOKE = Q(purpose=UsageRecord.Purpose.ANSWER)
_OF_RUN: dict[str, Callable[[], Aggregate]] = {
    **_SUMS,
    "first_token_at": lambda: Min("first_token_at", filter=_SPOKE),
}
_TOTALS_OF_RUN = PreparedQuery(
    lambda: (
        UsageRecord.objects.filter(run_id=Param("run_id", UUIDField()))
        .order_by()
        .values("run_id")
        .annotate(**{f"total_{name}": make() for name, make in _OF_RUN.items()})
        .values_list(*(f"total_{name}" for name in _OF_RUN))
    )
)


def records_of_user(
    *,
    user_id: UUID,
    since: datetime | None = None,
    until: datetime | None = None,
    thread: UUID | None = None,
    run: UUID | None = None,
    model: str | None = None,
) -> QuerySet[UsageRecord]:
    """The model calls that this user pays for. ``since`` is included, ``until`` is not; ``model`` is a slug."""
    wanted = {"created_at__gte": since, "created_at__lt": until, "thread_id": thread, "run_id": run, "model": model}
    return UsageRecord.objects.filter(
        user_id=user_id, **{name: value for name, value in wanted.items() if value is not None}
    )


def billed_costs(
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    agent: str | None = None,
    model: str | None = None,
    user: UUID | None = None,
) -> dict[str, Decimal]:
    """What model calls cost by currency, as far as prices are known: all people's where no ``user`` is given. One query."""
    wanted = {"created_at__gte": since, "created_at__lt": until, "agent": agent, "model": model, "user_id": user}
    records = UsageRecord.objects.filter(
        cost__isnull=False, **{name: value for name, value in wanted.items() if value is not None}
    )
    return dict(records.order_by().values_list("currency").annotate(sum=Sum("cost")))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """One model call as the ledger has it. When it began, and the model to speak, was not always noted."""

    run_id: UUID
    purpose: str
    model: str
    provider: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    estimated: bool
    complete: bool
    cost: Decimal | None
    currency: str
    started_at: datetime | None
    first_token_at: datetime | None
    ended_at: datetime


def calls_of_runs(*, run_ids: Collection[UUID]) -> list[ModelCall]:
    """The model calls of these runs, in the order in which they ended. One query."""
    records = UsageRecord.objects.filter(run_id__in=run_ids).order_by("created_at", "id")
    names = [name for name in ModelCall.__slots__ if name != "ended_at"]
    return [
        ModelCall(**{name: getattr(record, name) for name in names}, ended_at=record.created_at) for record in records
    ]


def ensure_allowance(*, user_id: UUID) -> None:
    """Whether this user may start another run: the one place that quota and budget are asked at.

    Nobody has a limit yet, so this allows everyone. What refuses will raise a ``CodayError`` here.
    """
