"""The bodies and the answers of feedback. ``runs.api.feedback`` makes them."""

from __future__ import annotations

from rest_framework import serializers

from coday.edge.serializers import StrictSerializer
from runs.models import RunFeedback
from threads.api.schema import Shape

REASONS = [reason for reason in RunFeedback.Reason.choices if reason[0]]


class FeedbackShape(Shape):
    """What the caller said of an answer. In an anonymous conversation the comment has tokens."""

    run_id = serializers.UUIDField()
    rating = serializers.ChoiceField(choices=RunFeedback.Rating.choices)
    reason = serializers.ChoiceField(choices=REASONS, required=False)
    comment = serializers.CharField(required=False)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class FeedbackBody(StrictSerializer):
    """What is said of an answer, all of it."""

    rating = serializers.ChoiceField(choices=RunFeedback.Rating.choices, help_text="1: good, -1: not good.")
    reason = serializers.ChoiceField(choices=REASONS, required=False, allow_blank=True)
    comment = serializers.CharField(max_length=2_000, required=False, allow_blank=True)
