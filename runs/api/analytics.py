"""The endpoint of the analytics: what runs came to, as JSON or as a file for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.accounts.export import download
from coday.accounts.models import User
from coday.edge.parameters import InvalidParameterError, parameters_of
from coday.edge.spreadsheets import csv_line
from coday.kernel.errors import ForbiddenError
from runs.analysis.analytics import Analytics, Costs, Figures, Filters, Row, analytics
from runs.api.base import RunCallerView
from runs.api.schema_analytics import AnalyticsQuery, AnalyticsShape
from runs.wire import JsonObject
from threads.api.views import AnyAccept
from threads.wire import time

FIGURES = tuple(one.name for one in fields(Figures) if one.name != "cost")
SEES_ALL = "runs.view_all_analytics"


class AnalyticsView(RunCallerView):
    """``analytics/``"""

    content_negotiation_class = AnyAccept  # ``format`` is ours, not a name of a renderer

    @extend_schema(
        operation_id="analytics",
        parameters=[AnalyticsQuery],
        responses={(200, "application/json"): AnalyticsShape, (200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """What runs came to: how they ended, how long they took, what they cost, what was said of them. Removed runs are left
        out, and so are copies; what a run has handed on is counted where it was done."""
        query = parameters_of(request.query_params, AnalyticsQuery)
        filters = _filters(query, user=self.caller.user)
        found = analytics(filters=filters, group_by=query["group_by"], zone=ZoneInfo(query["time_zone"]))
        if query["format"] == "csv":
            return download(csv_of(found), name="analytics.csv", media_type="text/csv; charset=utf-8")
        return Response(analytics_object(found))


def may_see_all(user: User) -> bool:
    """Whether somebody may see what everybody's runs came to."""
    return user.has_perm(SEES_ALL)


def _filters(query: dict[str, Any], *, user: User) -> Filters:
    """What is looked at, as far as it may be.

    Raises:
        ForbiddenError: everybody's runs are asked for, and this person may not see them.
        InvalidParameterError: another person's are asked for among one's own.
    """
    given = {name: query[name] for name in Filters.__slots__ if name in query}
    if query["scope"] == "all":
        if not may_see_all(user):
            raise ForbiddenError
        return Filters(**given)
    if given.get("user", user.pk) != user.pk:
        raise InvalidParameterError("user: Only with scope=all.", field="user")
    return Filters(**{**given, "user": user.pk})


# --- Values to JSON and CSV -----------------------------------------------------------------------------------------


def analytics_object(found: Analytics) -> JsonObject:
    """The analytics, as JSON."""
    return {
        "since": time(found.since),
        "until": time(found.until),
        "totals": figures_object(found.totals),
        **({} if found.billed is None else {"billed": _amounts(found.billed)}),
        "rows": [{"key": row.key, "label": row.label, **figures_object(row.figures)} for row in found.rows],
    }


def figures_object(figures: Figures) -> JsonObject:
    """Figures: absent rather than null."""
    shown = {name: getattr(figures, name) for name in FIGURES}
    return {**{name: value for name, value in shown.items() if value is not None}, "cost": _amounts(figures.cost)}


def _amounts(costs: Costs) -> dict[str, str]:
    return {currency: f"{amount.normalize():f}" for currency, amount in costs.items()}


def csv_of(found: Analytics) -> Iterator[bytes]:
    """A heading and a line per row, with a column for each currency."""
    currencies = sorted({currency for row in found.rows for currency in row.figures.cost})
    yield csv_line(["key", "label", *FIGURES, *(f"cost_{currency}" for currency in currencies)])
    for row in found.rows:
        yield csv_line(_cells(row, currencies))


def _cells(row: Row, currencies: list[str]) -> Iterator[str]:
    yield from (row.key, row.label)
    for name in FIGURES:
        value = getattr(row.figures, name)
        yield "" if value is None else str(value)
    amounts = _amounts(row.figures.cost)
    yield from (amounts.get(currency, "") for currency in currencies)
