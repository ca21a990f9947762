"""The parameters and the answers of the search. ``runs.api.search`` makes them."""

from __future__ import annotations

from rest_framework import serializers

from coday.edge.parameters import CursorQuery, ListQuery
from runs.api.schema import RunShape
from runs.models import Run, RunFeedback
from threads.api.schema import Shape

QUESTION = 500  # characters


class SnippetShape(Shape):
    """The part of a run that has what was asked for. `marks` say where: beginnings and ends in code points, in order."""

    text = serializers.CharField(allow_blank=True)
    marks = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(min_value=0), min_length=2, max_length=2)
    )


class PlaceShape(Shape):
    """The conversation that a run is in. One without a title is called as its first message begins."""

    id = serializers.UUIDField()
    title = serializers.CharField(allow_blank=True)
    anonymous = serializers.BooleanField()


class FoundRunShape(RunShape):
    """A run with its conversation and, where words were asked for, the part that has them."""

    thread = PlaceShape()
    snippet = SnippetShape(required=False)


class FoundThreadShape(PlaceShape):
    """A conversation: found by its title, or by what was said in a run of it."""

    archived = serializers.BooleanField()
    updated_at = serializers.DateTimeField()
    run_id = serializers.UUIDField(required=False)
    snippet = SnippetShape(required=False)


class FoundShape(Shape):
    """What the palette shows: at most eight of each."""

    threads = FoundThreadShape(many=True)
    runs = FoundRunShape(many=True)


# --- What is asked ------------------------------------------------------------------------------------------------


class SearchQuery(ListQuery):
    """The parameter of ``GET search/``."""

    q = serializers.CharField(
        max_length=QUESTION, allow_blank=True, default="", help_text="Words: all of them are wanted."
    )


class RunQuery(CursorQuery):
    """The parameters of ``GET runs/``: a run has to be all that is asked for."""

    q = serializers.CharField(
        max_length=QUESTION,
        allow_blank=True,
        default="",
        help_text="Words: all of them are wanted. The best come first.",
    )
    thread = serializers.UUIDField(required=False)
    group = serializers.UUIDField(required=False)
    tag = serializers.CharField(max_length=60, required=False, help_text="A tag's name.")
    status = serializers.ChoiceField(choices=Run.Status.choices, required=False)
    kind = serializers.ChoiceField(choices=Run.Kind.choices, required=False)
    trigger = serializers.ChoiceField(choices=Run.Trigger.choices, required=False)
    agent = serializers.CharField(max_length=60, required=False, help_text="Slug.")
    model = serializers.CharField(max_length=100, required=False, help_text="Slug.")
    tool = serializers.CharField(max_length=200, required=False, help_text="Name of a tool that it called.")
    since = serializers.DateTimeField(required=False, help_text="Created then or later.")
    until = serializers.DateTimeField(required=False, help_text="Created earlier.")
    importance = serializers.IntegerField(min_value=0, max_value=100, required=False, help_text="At least.")
    cost = serializers.DecimalField(
        max_digits=18, decimal_places=9, min_value=0, required=False, help_text="At least, in whichever currency."
    )
    pinned = serializers.BooleanField(required=False)
    template = serializers.UUIDField(required=False, help_text="The template that it was started from.")
    rating = serializers.ChoiceField(
        choices=RunFeedback.Rating.choices, required=False, help_text="What you said of it."
    )
