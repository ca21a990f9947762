"""What runs came to, together: how they ended, how long they took, what they cost, and what people said of them.

Runs that were removed are left out, and so are copies (of a fork, an import, a share), which did not happen where they stand.
What a run has handed on is counted where it was done: the bill of a run holds that of the runs it delegated to, which is
taken out of it here, so that a sum over any of them counts everything once. ``Analytics.billed`` is the ledger's own sum.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Literal, get_args
from uuid import UUID

from django.db.models import (
    Aggregate,
    Case,
    Count,
    DecimalField,
    Exists,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils import timezone

from runs.analysis.measures import LocalDay, Percentiles, Seconds
from runs.models import UNFINISHED, Run, RunTagging, RunTemplate, ToolCall
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
    """Figures of runs, and of each group of them. ``billed`` is what the ledger has for the same filters, removed runs
    included; ``None`` where a filter is one that the ledger does not know."""

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
    return Analytics(
        since=since,
        until=until,
        totals=_totals(runs),
        billed=_billed(filters),
        rows=_rows(runs, key, group_by=group_by),
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
    """The time that is looked at: where nobody said, from the first run on."""
    until = filters.until or timezone.now() + timedelta(seconds=1)
    since = filters.since or runs.aggregate(first=Min("created_at"))["first"] or until
    return min(since, until), until


def _key(group_by: GroupBy, *, zone: tzinfo, since: datetime, until: datetime) -> Combinable:
    if group_by == "day":
        return LocalDay("created_at", zone=zone, since=since, until=until)
    columns = {"tag": "taggings__tag__name", "user": "user_id", "outcome": "status"}
    return F(columns.get(group_by, group_by))


# --- What is reckoned -----------------------------------------------------------------------------------------------


def _own(name: str) -> Combinable:
    """A sum of a run's bill without what the runs that it delegated to have on theirs."""
    children = Run.objects.filter(cause_run=OuterRef("pk"), trigger=Run.Trigger.DELEGATION).order_by()
    theirs = children.values("cause_run").annotate(sum=Sum(name)).values("sum")
    return Case(
        When(_HAS_DELEGATED, then=F(name) - Coalesce(Subquery(theirs), Value(0), output_field=_field(name))),
        default=F(name),
        output_field=_field(name),
    )


def _field(name: str) -> Any:
    return DecimalField(max_digits=18, decimal_places=9) if name == "cost" else IntegerField()


_HAS_DELEGATED = Q(tool_calls__gt=0) & Q(
    pk__in=Run.objects.filter(cause_run__isnull=False, trigger=Run.Trigger.DELEGATION).order_by().values("cause_run")
)
_ASKED = (ToolCall.Asks.APPROVAL, ToolCall.Asks.ANSWER)
_WAITED = Q(tool_calls__gt=0) & Exists(ToolCall.objects.filter(run=OuterRef("pk"), asks__in=_ASKED))
_STATUSES = ("completed", "failed", "cancelled", "interrupted")
_TOKENS = ("input_tokens", "output_tokens", "cached_tokens")


def _measures() -> dict[str, Aggregate]:
    """Everything that one pass over the runs tells."""
    priced = Q(cost__isnull=False)
    return {
        "all_runs": Count("pk"),
        **{f"all_{status}": Count("pk", filter=Q(status=status)) for status in _STATUSES},
        "all_unfinished": Count("pk", filter=Q(status__in=UNFINISHED)),
        **{f"all_{name}": Sum(_own(name)) for name in _TOKENS},
        "all_cost": Sum(_own("cost")),
        "first_currency": Min("currency", filter=priced),
        "last_currency": Max("currency", filter=priced),
        "all_up": Count("pk", filter=Q(rating=1)),
        "all_down": Count("pk", filter=Q(rating=-1)),
        "took": Percentiles(Seconds("started_at", "finished_at"), filter=~_WAITED),
        "spoke": Percentiles(Seconds("started_at", "first_token_at"), filter=~_WAITED),
    }


def _calls() -> dict[str, Aggregate]:
    failed = Q(calls__status=ToolCall.Status.FAILED)
    return {"all_calls": Count("calls"), "all_failures": Count("calls", filter=failed)}


def _totals(runs: QuerySet[Run]) -> Figures:
    found = runs.aggregate(**_measures())
    costs = _costs_of(found)
    if costs is None:
        mixed = runs.filter(cost__isnull=False).values("currency").annotate(all_cost=Sum(_own("cost")))
        costs = dict(mixed.values_list("currency", "all_cost"))
    return _figures(found, costs=costs, calls=runs.filter(tool_calls__gt=0).aggregate(**_calls()))


def _rows(runs: QuerySet[Run], key: Combinable, *, group_by: GroupBy) -> tuple[Row, ...]:
    grouped: QuerySet[Run, Any] = runs.annotate(group_key=key).values("group_key")
    named = {"name": Max("username")} if group_by == "user" else {}
    found = list(grouped.annotate(**_measures(), **named))
    calls = {one["group_key"]: one for one in grouped.filter(tool_calls__gt=0).annotate(**_calls())}
    several = any(_costs_of(one) is None for one in found)
    mixed = _costs_by_key(runs, key) if several else {}
    labels = _labels([one["group_key"] for one in found], group_by=group_by)
    rows = [
        Row(
            key=_text(one["group_key"]),
            label=one.get("name") or labels.get(one["group_key"]) or _text(one["group_key"]),
            figures=_figures(
                one,
                costs=mixed.get(one["group_key"], {}) if several else _costs_of(one) or {},
                calls=calls.get(one["group_key"], {}),
            ),
        )
        for one in found
    ]
    return tuple(sorted(rows, key=(lambda row: row.key) if group_by == "day" else _most_runs_first))


def _costs_of(found: Mapping[str, Any]) -> Costs | None:
    """What runs cost; ``None`` where they paid in several currencies: then the sum means nothing."""
    if found["first_currency"] != found["last_currency"]:
        return None
    return {} if found["first_currency"] is None else {found["first_currency"]: found["all_cost"]}


def _costs_by_key(runs: QuerySet[Run], key: Combinable) -> dict[Any, Costs]:
    costs: defaultdict[Any, dict[str, Decimal]] = defaultdict(dict)
    keyed = runs.filter(cost__isnull=False).annotate(group_key=key).values_list("group_key", "currency")
    for group_key, currency, amount in keyed.annotate(all_cost=Sum(_own("cost"))):
        costs[group_key][currency] = amount
    return dict(costs)


def _figures(found: Mapping[str, Any], *, costs: Costs, calls: Mapping[str, int]) -> Figures:
    (p50, p95), (ttft_p50, ttft_p95) = (found[name] or (None, None) for name in ("took", "spoke"))
    counted = ("runs", *_STATUSES, "unfinished", *_TOKENS, "up", "down")
    return Figures(
        **{name: found[f"all_{name}"] or 0 for name in counted},
        p50=p50,
        p95=p95,
        ttft_p50=ttft_p50,
        ttft_p95=ttft_p95,
        cost=costs,
        tool_calls=calls.get("all_calls", 0),
        tool_failures=calls.get("all_failures", 0),
    )


def _text(key: Any) -> str:
    return "" if key is None else str(key)


def _most_runs_first(row: Row) -> tuple[int, str]:
    return -row.figures.runs, row.label


def _labels(keys: list[Any], *, group_by: GroupBy) -> dict[Any, str]:
    """What keys are called that are no names themselves."""
    if group_by != "template":
        return {}
    wanted = [key for key in keys if key is not None]
    return dict(RunTemplate.objects.filter(pk__in=wanted).values_list("pk", "name"))


def _billed(filters: Filters) -> Costs | None:
    given = {name: getattr(filters, name) for name in Filters.__slots__ if getattr(filters, name) is not None}
    return billed_costs(**given) if given.keys() <= _BILLED else None
