"""Schedules: what is asked, and the shapes of the answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from coday.edge.serializers import StrictSerializer
from runs.api.schema_organize import Changes
from runs.models import RunSchedule, ScheduleSlot
from threads.api.schema import Shape


class ScheduledTemplateShape(Shape):
    """The template that a schedule starts."""

    id = serializers.UUIDField()
    slug = serializers.SlugField()
    name = serializers.CharField()


class ScheduleShape(Shape):
    """When a template is started for the caller, and with what. `template` is absent once it was deleted."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    template = ScheduledTemplateShape(required=False)
    template_version = serializers.IntegerField(required=False, help_text="Absent: the current one.")
    arguments = serializers.DictField()
    thread = serializers.UUIDField(required=False)
    own_thread = serializers.BooleanField(help_text="Each run gets a new conversation.")
    cron = serializers.CharField()
    time_zone = serializers.CharField()
    starts_at = serializers.DateTimeField(required=False)
    ends_at = serializers.DateTimeField(required=False)
    missed = serializers.ChoiceField(choices=RunSchedule.Missed.choices)
    enabled = serializers.BooleanField()
    stopped_because = serializers.CharField(required=False)
    next_at = serializers.DateTimeField(required=False)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SlotShape(Shape):
    """One time at which a schedule was due, and what came of it."""

    slot_at = serializers.DateTimeField()
    status = serializers.ChoiceField(choices=ScheduleSlot.Status.choices)
    run_id = serializers.UUIDField(required=False)
    thread_id = serializers.UUIDField(required=False)
    reason = serializers.CharField(required=False)


class TimesShape(Shape):
    """When a schedule would be due next."""

    times = serializers.ListField(child=serializers.DateTimeField())
    text = serializers.CharField(required=False, help_text="The expression in words.")


class SchedulePreview(StrictSerializer):
    """The body of ``POST run-schedules/preview/``."""

    cron = serializers.CharField(max_length=100)
    time_zone = serializers.CharField(max_length=60, default="UTC")
    starts_at = serializers.DateTimeField(required=False, allow_null=True)
    ends_at = serializers.DateTimeField(required=False, allow_null=True)


class _Said(serializers.Serializer[Any]):
    """What a person says about a schedule."""

    template_version = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False, allow_null=True)
    arguments = serializers.DictField(required=False)
    thread = serializers.UUIDField(required=False, allow_null=True, help_text="Null: a new conversation each time.")
    own_thread = serializers.BooleanField(required=False, help_text="True is the same as no thread.")
    time_zone = serializers.CharField(max_length=60, required=False)
    starts_at = serializers.DateTimeField(required=False, allow_null=True)
    ends_at = serializers.DateTimeField(required=False, allow_null=True)
    missed = serializers.ChoiceField(choices=RunSchedule.Missed.choices, required=False)
    enabled = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The names that rows have."""
        said: dict[str, Any] = super().validate(attrs)
        own = said.pop("own_thread", None)
        if own and said.get("thread"):
            raise serializers.ValidationError({"thread": ["Either a conversation, or a new one each time."]})
        if own is False and not said.get("thread"):
            raise serializers.ValidationError({"own_thread": ["Say which conversation its runs go into."]})
        if own:
            said["thread"] = None
        return {{"thread": "thread_id", "template": "template_id"}.get(name, name): said[name] for name in said}


class NewSchedule(_Said, StrictSerializer):
    """The body of ``POST run-schedules/``."""

    name = serializers.CharField(max_length=100)
    template = serializers.UUIDField()
    cron = serializers.CharField(max_length=100)


class ScheduleChanges(_Said, Changes):
    """The body of ``PATCH run-schedules/{id}/``."""

    name = serializers.CharField(max_length=100, required=False)
    template = serializers.UUIDField(required=False)
    cron = serializers.CharField(max_length=100, required=False)
