"""Questions about many runs: what is asked, and the shape of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from coday.edge.serializers import StrictSerializer
from runs.api.schema import RunShape
from runs.api.schema_organize import IdsField
from runs.api.schema_search import RunQuery
from threads.api.schema import Shape

QUESTION = 10_000  # characters


class RunSelection(RunQuery):
    """Which runs are meant: as the parameters of `GET runs/` say."""

    limit = None  # type: ignore[assignment]  # so DRF takes a field out
    cursor = None  # type: ignore[assignment]

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """DRF's contract."""
        if not isinstance(data, Mapping):
            raise serializers.ValidationError("It has to be an object.")
        return super().to_internal_value(data)


class NewRunQuestion(StrictSerializer):
    """The body of ``POST run-questions/``: the runs, or what they have to be."""

    question = serializers.CharField(max_length=QUESTION)
    runs = IdsField(required=False)
    filter = RunSelection(required=False)
    agent = serializers.SlugField(max_length=60, required=False)
    model = serializers.CharField(max_length=100, required=False)
    thread = serializers.UUIDField(required=False, help_text="Absent: a new conversation.")
    key = serializers.CharField(max_length=100, required=False, help_text="Makes it idempotent.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """DRF's contract."""
        if ("runs" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError("Give either runs or a filter.")
        return attrs


class RunQuestionShape(Shape):
    """A question that was asked: of how many runs, and how many of them the model is given."""

    run = RunShape()
    selected = serializers.IntegerField()
    included = serializers.IntegerField()
