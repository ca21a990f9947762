"""What runs came to, together: how they ended, how long they took, what they cost, and what people said of them.

Runs that were removed are left out, and so are copies (of a fork, an import, a share), which did not happen where they stand.
What a run has handed on is counted where it was done: the bill of a run holds that of the runs it delegated to, which is
taken out of it here, so that a sum over any of them counts everything once. ``Analytics.billed`` is the ledger's own sum.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Literal, get_args
from uuid import UUID

from django.db.models import Aggregate, Count, F, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.expressions import Combinable
from django.utils import timezone

from coday.accounts.queries import usernames
from runs.analysis.measures import LocalDay, Milliseconds, Percentiles
from runs.models import UNFINISHED, Run, RunFeedback, RunTagging, RunTemplate, ToolCall
from usage.queries import billed_costs

GroupBy = Literal["day", "agent", "model", "template", "tag", "trigger", "user", "outcome"]
GROUPS: tuple[str, ...] = get_args(GroupBy)
Costs = Mapping[str, Decimal]
"""Amounts by currency. Two currencies are never added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which runs are looked at: all that is given. ``since`` is included, ``until`` is not; ``agent`` and ``model`` are
    slugs, ``tag`` is a name, ``template`` and ``user`` are ids."""

    since: datetime | None = None
    until: datetime | None = None
    agent: str | None = None
    model: str | None = None
    template: UUID | None = None
    tag: str | None = None
    trigger: str | None = None
    status: str | None = None
    rating: int | None = None
    user: UUID | None = None


_COLUMNS = {
    "since": "created_at__gte", "until": "created_at__lt", "agent": "agent", "model": "model", "template": "template",
    "trigger": "trigger", "status": "status", "rating": "rating", "user": "user_id",
}  # fmt: skip
_BILLED = frozenset({"since", "until", "agent", "model", "user"})
"""The filters that the ledger knows, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What some runs came to. Times are in seconds, of the runs that waited for no person: the median and the 95th
    percentile from a run's start to its end, and to the model's first word."""

    runs: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    interrupted: int = 0
    unfinished: int = 0
    p50: float | None = None
    p95: float | None = None
    ttft_p50: float | None = None
    ttft_p95: float | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: Costs = field(default_factory=dict)
    tool_calls: int = 0
    tool_failures: int = 0
    up: int = 0
    down: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The runs that are alike: ``key`` is what a filter takes, empty for those that have no such thing."""

    key: str
    label: str
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Analytics:
    """Figures of the runs between two moments, and of each group of them. ``billed`` is what the ledger has for the same
    filters, removed runs included; ``None`` where a filter is one that the ledger does not know."""

    since: datetime
    until: datetime
    totals: Figures
    billed: Costs | None
    rows: tuple[Row, ...]


def analytics(*, filters: Filters, group_by: GroupBy, zone: tzinfo = UTC) -> Analytics:
    """The figures of the runs that are as asked for, all people's where no ``user`` is given: the doors ask for the right.

    Days are those of the zone. Rows of days come in their order, others with the most runs first.
    """
    runs = _runs(filters)
    since, until = _span(runs, filters)
    key = _key(group_by, zone=zone, since=since, until=until)
    sums = _sums(runs, key)
    # A run has several tags, or none: what is summed over tags is not what is summed over runs.
    once = sums if group_by != "tag" else _sums(runs, F("status"))
    return Analytics(
        since=since,
        until=until,
        totals=_figures(_Sum.over(once.values()), times=runs.aggregate(**_times())),
        billed=_billed(filters),
        rows=_rows(sums, times=_times_by(runs, key), labels=_labels(sums, group_by=group_by), group_by=group_by),
    )


def _runs(filters: Filters) -> QuerySet[Run]:
    given = {column: getattr(filters, name) for name, column in _COLUMNS.items()}
    runs = Run.objects.filter(
        deleted_at__isnull=True, **{column: value for column, value in given.items() if value is not None}
    ).exclude(origin=Run.Origin.FORK)
    if filters.tag is not None:
        of = {} if filters.user is None else {"tag__user_id": filters.user}
        tagged = RunTagging.objects.filter(tag__name=filters.tag, **of)
        runs = runs.filter(pk__in=tagged.order_by().values("run_id"))
    return runs.order_by()


def _span(runs: QuerySet[Run], filters: Filters) -> tuple[datetime, datetime]:
    """The time in which there are runs: from the first one at the earliest, and until now at the latest."""
    now = timezone.now() + timedelta(seconds=1)
    until = min(filters.until or now, now)
    first = runs.aggregate(first=Min("created_at"))["first"] or until
    return min(max(first, filters.since or first), until), until


def _key(group_by: GroupBy, *, zone: tzinfo, since: datetime, until: datetime) -> Combinable:
    if group_by == "day":
        return LocalDay("created_at", zone=zone, since=since, until=until)
    columns = {"tag": "taggings__tag__name", "user": "user_id", "outcome": "status"}
    return F(columns.get(group_by, group_by))


# --- What is counted ------------------------------------------------------------------------------------------------

_STATUSES = ("completed", "failed", "cancelled", "interrupted")
_TOKENS = ("input_tokens", "output_tokens", "cached_tokens")
_COUNTED = ("runs", *_STATUSES, "unfinished", *_TOKENS, "tool_calls", "up", "down")
_DELEGATED = Run.objects.filter(cause_run__isnull=False, trigger=Run.Trigger.DELEGATION).order_by()


@dataclass(slots=True)
class _Sum:
    """Counts by the names of the figures, and costs by currency."""

    counts: Counter[str] = field(default_factory=Counter)
    costs: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, counts: Mapping[str, int | None], *, cost: Decimal | None, currency: str, times: int = 1) -> None:
        """Add what some runs came to; ``times=-1`` takes it away."""
        for name, count in counts.items():
            self.counts[name] += times * (count or 0)
        if cost is not None:
            self.costs[currency] += times * cost

    @classmethod
    def over(cls, sums: Iterable[_Sum]) -> _Sum:
        """The sum of sums."""
        total = cls()
        for one in sums:
            total.counts.update(one.counts)
            for currency, cost in one.costs.items():
                total.costs[currency] += cost
        return total


def _sums(runs: QuerySet[Run], key: Combinable) -> dict[Any, _Sum]:
    """What the runs of each key come to. Three queries."""
    sums: defaultdict[Any, _Sum] = defaultdict(_Sum)
    keyed: QuerySet[Run, Any] = runs.annotate(group_key=key).values_list("group_key")
    for value, currency, cost, *counts in keyed.annotate(by_currency=F("currency"), all_cost=Sum("cost"), **_counts()):
        sums[value].add(dict(zip(_COUNTED, counts, strict=True)), cost=cost, currency=currency)
    delegating = keyed.filter(pk__in=_DELEGATED.values("cause_run"))
    for value, currency, cost, *counts in delegating.annotate(
        by_currency=F("currency"),
        all_cost=_of_delegated("cost"),
        **{f"all_{name}": _of_delegated(name) for name in _TOKENS},
    ):
        sums[value].add(dict(zip(_TOKENS, counts, strict=True)), cost=cost, currency=currency, times=-1)
    failed = keyed.filter(calls__status=ToolCall.Status.FAILED)
    for value, count in failed.annotate(all_failed=Count("calls")):
        sums[value].counts["tool_failures"] = count
    return dict(sums)


def _counts() -> dict[str, Aggregate]:
    """In the order of ``_COUNTED``."""
    counted = {
        "runs": Count("pk"),
        **{status: Count("pk", filter=Q(status=status)) for status in _STATUSES},
        "unfinished": Count("pk", filter=Q(status__in=UNFINISHED)),
        **{name: Sum(name) for name in (*_TOKENS, "tool_calls")},
        "up": Count("pk", filter=Q(rating=RunFeedback.Rating.UP)),
        "down": Count("pk", filter=Q(rating=RunFeedback.Rating.DOWN)),
    }
    return {f"all_{name}": counted[name] for name in _COUNTED}


def _of_delegated(name: str) -> Sum:
    """What is on the bills of runs because of those that they delegated to."""
    theirs = _DELEGATED.filter(cause_run=OuterRef("pk")).values("cause_run").annotate(sum=Sum(name)).values("sum")
    return Sum(Subquery(theirs))


# --- How long it took -----------------------------------------------------------------------------------------------

_BY_A_PERSON = (ToolCall.Asks.APPROVAL, ToolCall.Asks.ANSWER)
_ASKED = ToolCall.objects.filter(expires_at__isnull=False, asks__in=_BY_A_PERSON)
_WAITED = Q(tool_calls__gt=0, pk__in=_ASKED.order_by().values("run_id"))

Times = Mapping[str, tuple[int, int] | None]
"""``took`` and ``spoke``: the median and the 95th percentile, in milliseconds."""


def _times() -> dict[str, Aggregate]:
    return {
        "took": Percentiles(Milliseconds("started_at", "finished_at"), filter=~_WAITED),
        "spoke": Percentiles(Milliseconds("started_at", "first_token_at")),
    }


def _times_by(runs: QuerySet[Run], key: Combinable) -> dict[Any, Times]:
    keyed: QuerySet[Run, Any] = runs.annotate(group_key=key).values("group_key")
    return {one["group_key"]: one for one in keyed.annotate(**_times())}


# --- As it is told --------------------------------------------------------------------------------------------------


def _rows(
    sums: Mapping[Any, _Sum], *, times: Mapping[Any, Times], labels: Mapping[Any, str], group_by: GroupBy
) -> tuple[Row, ...]:
    rows = [
        Row(key=_text(value), label=labels.get(value, _text(value)), figures=_figures(one, times=times[value]))
        for value, one in sums.items()
    ]
    return tuple(sorted(rows, key=_by_day if group_by == "day" else _most_runs_first))


def _by_day(row: Row) -> tuple[Any, ...]:
    return (row.key,)


def _most_runs_first(row: Row) -> tuple[Any, ...]:
    return (-row.figures.runs, row.label, row.key)


def _figures(found: _Sum, *, times: Times) -> Figures:
    (p50, p95), (ttft_p50, ttft_p95) = (_in_seconds(times[name]) for name in ("took", "spoke"))
    return Figures(
        **{name: found.counts[name] for name in (*_COUNTED, "tool_failures")},
        p50=p50,
        p95=p95,
        ttft_p50=ttft_p50,
        ttft_p95=ttft_p95,
        cost={currency: cost.quantize(_SMALLEST) for currency, cost in sorted(found.costs.items())},
    )


_SMALLEST = Decimal(1).scaleb(-9)  # what a column of costs holds; SQLite sums up floats


def _in_seconds(percentiles: tuple[int, int] | None) -> tuple[float | None, float | None]:
    return (percentiles[0] / 1_000, percentiles[1] / 1_000) if percentiles else (None, None)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _labels(values: Iterable[Any], *, group_by: GroupBy) -> dict[Any, str]:
    """What is called otherwise than its key."""
    wanted = [value for value in values if value is not None]
    if group_by == "template":
        return dict(RunTemplate.objects.filter(pk__in=wanted).values_list("pk", "name"))
    return usernames(ids=wanted) if group_by == "user" else {}


def _billed(filters: Filters) -> Costs | None:
    given = {name: getattr(filters, name) for name in Filters.__slots__ if getattr(filters, name) is not None}
    return billed_costs(**given) if given.keys() <= _BILLED else None
