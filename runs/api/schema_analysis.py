"""The shapes of what runs came to: side by side, and along their time. ``runs.api.analysis`` makes them."""

from __future__ import annotations

from typing import get_args

from rest_framework import serializers

from coday.edge.parameters import ListQuery
from runs.analysis.differences import Op
from runs.analysis.timeline import EntryKind
from runs.api.schema import RunShape, StepShape, ToolCallShape
from threads.api.schema import Shape


class ComparedThreadShape(Shape):
    """The conversation that a compared run is in."""

    id = serializers.UUIDField()
    title = serializers.CharField(required=False)
    excerpt = serializers.CharField(required=False, help_text="How the first message begins, where there is no title.")
    anonymous = serializers.BooleanField()


class SecondsShape(Shape):
    """Where a run's time went, in seconds. What is not known yet, or was not noted, is absent."""

    queued = serializers.FloatField()
    waiting = serializers.FloatField(help_text="For a person, or for a run that it delegated to.")
    first_answer = serializers.FloatField(required=False, help_text="From its start to the model's first word.")
    working = serializers.FloatField(required=False, help_text="From its start to its end, without waiting.")


class SideShape(Shape):
    """One of two runs. `input` and `answer` are its words; `cut` says that they go on."""

    run = RunShape()
    thread = ComparedThreadShape()
    input = serializers.CharField(allow_blank=True)
    answer = serializers.CharField(allow_blank=True)
    images = serializers.IntegerField(help_text="How many came with the input.")
    steps = StepShape(many=True)
    tools = ToolCallShape(many=True)
    seconds = SecondsShape()
    cut = serializers.BooleanField(required=False)


class DifferenceOpShape(Shape):
    """A piece of text that both have, that only the second has, or only the first."""

    op = serializers.ChoiceField(choices=get_args(Op))
    text = serializers.CharField(trim_whitespace=False)


class DifferenceShape(Shape):
    """How the first text became the second, word by word. `coarse` says that something was too different, or too long, for
    its words to be compared."""

    similarity = serializers.FloatField(help_text="The part that both have, from 0 to 1.")
    ops = DifferenceOpShape(many=True)
    coarse = serializers.BooleanField(required=False)


class ComparisonShape(Shape):
    """Two runs side by side."""

    a = SideShape()
    b = SideShape()
    input = DifferenceShape()
    answer = DifferenceShape()


class EntryShape(Shape):
    """Something that a run did, or that happened to it. Without `finished_at` it goes on, or is a moment (`step`). Of a
    `delegation`, `entries` are what the delegated run did, in the same form."""

    kind = serializers.ChoiceField(choices=get_args(EntryKind))
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # DRF takes fields out of the class
    status = serializers.CharField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(required=False)
    details = serializers.DictField()
    entries = serializers.ListField(child=serializers.DictField(), required=False)


class TimelineShape(Shape):
    """A run along its time, from the moment at which it was asked for. Without `finished_at` it goes on."""

    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(required=False)
    entries = EntryShape(many=True)


class CompareQuery(ListQuery):
    """The parameters of ``GET runs/compare/``."""

    a = serializers.UUIDField(help_text="A run.")
    b = serializers.UUIDField(help_text="Another run, of the same conversation or of another one.")
