"""The shapes of branches: their map, and what is asked for to make one."""

from __future__ import annotations

from rest_framework import serializers

from coday.edge.serializers import StrictSerializer
from runs.api.schema import OriginShape, UserInputShape
from runs.models import Run
from threads.api.requests import ThreadChanges
from threads.api.schema import Shape


class LeafShape(Shape):
    """A run on the map. `label` is its title, else how its input begins; in an anonymous conversation with its tokens."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    parent = serializers.UUIDField(required=False)  # type: ignore[assignment]  # DRF takes fields out of the class
    lane = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Run.Status.choices)
    kind = serializers.ChoiceField(choices=Run.Kind.choices)
    trigger = serializers.ChoiceField(choices=Run.Trigger.choices)
    agent = serializers.CharField()
    model = serializers.CharField()
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    created_at = serializers.DateTimeField()
    batch = serializers.UUIDField(required=False)
    pinned = serializers.BooleanField()
    importance = serializers.IntegerField(min_value=0, max_value=100)
    tags = serializers.ListField(child=serializers.CharField())
    group = serializers.UUIDField(required=False)
    origin = OriginShape(required=False)


class BranchMapShape(Shape):
    """All runs of a conversation's branches, by number; `head` is the leaf that is shown."""

    head = serializers.UUIDField(required=False)
    runs = LeafShape(many=True)


class RerunShape(Shape):
    """The body of `POST runs/{id}/rerun/`, which `runs.inputs` checks. What is left out is as it was."""

    input = UserInputShape(required=False, help_text="Another input, whole: an edit.")
    agent = serializers.CharField(required=False, help_text="Slug.")
    model = serializers.CharField(required=False, help_text="Slug.")


class ForkBody(StrictSerializer):
    """The body of ``POST runs/{id}/fork/``."""

    title = serializers.CharField(
        max_length=200, allow_blank=True, default="", help_text="Left out: that of the conversation, with “(fork)”."
    )


class ThreadChangesWithHead(ThreadChanges):
    """The body of ``PATCH threads/{id}/``. An empty agent or model stands for the default."""

    head = serializers.UUIDField(
        required=False, help_text="A run: the branch that holds it is shown, down to its newest leaf."
    )
