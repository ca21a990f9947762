"""The parameters and the answer of the analytics. ``runs.api.analytics`` makes it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from rest_framework import serializers

from coday.edge.parameters import ListQuery
from runs.analysis.analytics import GROUPS
from runs.models import Run, RunFeedback
from threads.api.schema import Shape

SCOPES = ("mine", "all")
FORMATS = ("json", "csv")


def ensure_zone(name: str) -> None:
    """Refuse what is no IANA name of a time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # what is no name, and what is no file of a zone
        raise serializers.ValidationError("There is no such time zone.") from None


class AnalyticsQuery(ListQuery):
    """The parameters of ``GET analytics/``: a run has to be all that is asked for."""

    group_by = serializers.ChoiceField(choices=GROUPS, default="day")
    scope = serializers.ChoiceField(choices=SCOPES, default="mine", help_text="`all`: everybody's, with a permission.")
    since = serializers.DateTimeField(required=False, help_text="Created then or later.")
    until = serializers.DateTimeField(required=False, help_text="Created earlier.")
    agent = serializers.CharField(max_length=60, required=False, help_text="Slug.")
    model = serializers.CharField(max_length=100, required=False, help_text="Slug.")
    template = serializers.UUIDField(required=False)
    tag = serializers.CharField(max_length=60, required=False, help_text="A tag's name.")
    trigger = serializers.ChoiceField(choices=Run.Trigger.choices, required=False)
    status = serializers.ChoiceField(choices=Run.Status.choices, required=False)
    rating = serializers.ChoiceField(choices=RunFeedback.Rating.choices, required=False)
    user = serializers.UUIDField(required=False, help_text="With `scope=all`.")
    time_zone = serializers.CharField(
        max_length=60, default="UTC", validators=[ensure_zone], help_text="IANA name: whose days are meant."
    )
    format = serializers.ChoiceField(choices=FORMATS, default="json", help_text="`csv`: the rows as a file.")


class FiguresShape(Shape):
    """What some runs came to. Percentiles are in seconds and absent where nothing was measured."""

    runs = serializers.IntegerField()
    completed = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    interrupted = serializers.IntegerField()
    unfinished = serializers.IntegerField(help_text="Queued, running, waiting.")
    p50 = serializers.FloatField(required=False, help_text="From start to end, of runs that waited for no person.")
    p95 = serializers.FloatField(required=False)
    ttft_p50 = serializers.FloatField(required=False, help_text="From start to the model's first word.")
    ttft_p95 = serializers.FloatField(required=False)
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cached_tokens = serializers.IntegerField()
    cost = serializers.DictField(child=serializers.CharField(), help_text="Amounts by currency.")
    tool_calls = serializers.IntegerField()
    tool_failures = serializers.IntegerField()
    up = serializers.IntegerField()
    down = serializers.IntegerField()


class AnalyticsRowShape(FiguresShape):
    """The runs that are alike. `key` is what a filter takes, empty for runs that have no such thing."""

    key = serializers.CharField(allow_blank=True)
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # a figure's name, not the field's


class AnalyticsShape(Shape):
    """Figures of all runs that are as asked for, and of each group of them."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    totals = FiguresShape()
    billed = serializers.DictField(
        child=serializers.CharField(),
        required=False,
        help_text="What the ledger has for the same filters, removed runs included; absent where it does not know one.",
    )
    rows = AnalyticsRowShape(many=True)
