"""Where people want to be told: what is asked, and the shapes of the answers."""

from __future__ import annotations

from rest_framework import serializers

from runs.api.schema_organize import Changes
from runs.notifying.finding import EVENTS
from threads.api.schema import Shape


class TargetChanges(Changes):
    """The body of ``PATCH notification-targets/{id}/``."""

    name = serializers.CharField(max_length=100, required=False)
    url = serializers.CharField(max_length=500, required=False)
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=EVENTS), min_length=1, max_length=len(EVENTS), required=False
    )
    enabled = serializers.BooleanField(required=False)

    def validate_events(self, value: list[str]) -> list[str]:
        """Each once, in our order."""
        return [event for event in EVENTS if event in value]


class NewTarget(TargetChanges):
    """The body of ``POST notification-targets/``."""

    name = serializers.CharField(max_length=100)
    url = serializers.CharField(max_length=500)
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=EVENTS), min_length=1, max_length=len(EVENTS), default=list(EVENTS)
    )
    enabled = serializers.BooleanField(default=True)


class TargetShape(Shape):
    """An address that is told when a run of the person's ends or waits for them."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.ChoiceField(choices=EVENTS))
    enabled = serializers.BooleanField()
    failing_since = serializers.DateTimeField(required=False)
    last_error = serializers.CharField(required=False)
    stopped_because = serializers.CharField(required=False, help_text="Why it was switched off by itself.")
    created_at = serializers.DateTimeField()


class NewTargetShape(TargetShape):
    """A target that was just made. Its secret is shown now and never again."""

    secret = serializers.CharField()


class DeliveryShape(Shape):
    """Something that a target was told, or is to be told: `next_at` is when that is tried next."""

    id = serializers.UUIDField(help_text="The `webhook-id`.")
    event = serializers.ChoiceField(choices=EVENTS)
    run_id = serializers.UUIDField()
    attempts = serializers.IntegerField()
    delivered_at = serializers.DateTimeField(required=False)
    next_at = serializers.DateTimeField(required=False)
    error = serializers.CharField(required=False)
    created_at = serializers.DateTimeField(help_text="When it happened.")


class TrialShape(Shape):
    """What became of a trial."""

    delivered = serializers.BooleanField()
    error = serializers.CharField(required=False)
