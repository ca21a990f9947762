"""The JSON of usage."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from coday.edge.parameters import CursorQuery
from coday.edge.serializers import LeanSerializer


class UsageQuery(CursorQuery):
    """The parameters of the list. Times are ISO 8601 with a zone; ``since`` is included, ``until`` is not."""

    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)
    thread = serializers.UUIDField(required=False)
    run = serializers.UUIDField(required=False)
    model = serializers.CharField(required=False, max_length=100)


class UsageRecordJson(LeanSerializer):
    """What one model call cost. ``cost`` is a decimal string, absent where the price was not known."""

    id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    thread_id = serializers.UUIDField()
    run_id = serializers.UUIDField()
    purpose = serializers.CharField()
    agent = serializers.CharField()
    model = serializers.CharField()
    provider = serializers.CharField()
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cached_tokens = serializers.IntegerField()
    reasoning_tokens = serializers.IntegerField()
    estimated = serializers.BooleanField()
    complete = serializers.BooleanField()
    cost = serializers.DecimalField(max_digits=18, decimal_places=9, required=False)
    currency = serializers.CharField()


class UsageTotalsJson(LeanSerializer):
    """Sums over all records that the filters let through, not over the page."""

    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cached_tokens = serializers.IntegerField()
    reasoning_tokens = serializers.IntegerField()
    model_calls = serializers.IntegerField()
    cost = serializers.DecimalField(max_digits=24, decimal_places=9, required=False)
    currency = serializers.CharField()


class UsagePageJson(serializers.Serializer[Any]):
    """A page of records, and the totals."""

    results = UsageRecordJson(many=True)
    totals = UsageTotalsJson()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
