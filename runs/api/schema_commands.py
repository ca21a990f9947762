"""The shapes of command queues for the OpenAPI schema."""

from __future__ import annotations

from rest_framework import serializers

from runs.models import RunCommand
from threads.api.schema import Shape

KINDS = ("prompt", "agent", "model", "skill", "title", "tag", "pin", "fork", "summarize", "sequence")


class GivenCommandShape(Shape):
    """One thing to do. Which fields it has depends on its `type`, as `docs/wire-protocol.md` says."""

    type = serializers.ChoiceField(choices=[*KINDS, "template"])
    text = serializers.CharField(required=False, help_text="Of a prompt.")
    agent = serializers.CharField(required=False, help_text="Slug.")
    model = serializers.CharField(required=False, help_text="Slug.")
    skill = serializers.CharField(required=False, help_text="Slug.")
    title = serializers.CharField(required=False, max_length=200)
    of = serializers.ChoiceField(choices=["thread", "run"], required=False, help_text="What is named.")
    tags = serializers.ListField(child=serializers.CharField(max_length=60), required=False)
    template = serializers.CharField(required=False, help_text="Id or slug.")
    arguments = serializers.DictField(required=False, help_text="Of a template.")
    version = serializers.IntegerField(required=False, help_text="Of a template; absent: the current one.")
    runs = serializers.ListField(child=serializers.UUIDField(), required=False, help_text="That are summarised.")
    instructions = serializers.CharField(required=False, max_length=2_000, help_text="What matters in a summary.")
    commands = serializers.ListField(child=serializers.DictField(), required=False, help_text="Of a sequence.")
    on_failure = serializers.ChoiceField(
        choices=RunCommand.OnFailure.choices, required=False, help_text="Of a sequence."
    )


class CommandErrorShape(Shape):
    """Why a command failed."""

    code = serializers.CharField()
    message = serializers.CharField()


class CommandShape(Shape):
    """One entry of a run's command queue. `parent` is the sequence that it is a part of; a `steer` is what was said to a run
    that was under way."""

    id = serializers.UUIDField()
    parent = serializers.UUIDField(required=False)  # type: ignore[assignment]  # DRF takes fields out of the class
    position = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=[*KINDS, "steer"])
    arguments = serializers.DictField()
    status = serializers.ChoiceField(choices=RunCommand.Status.choices)
    on_failure = serializers.ChoiceField(choices=RunCommand.OnFailure.choices)
    result = serializers.CharField(required=False)
    error = CommandErrorShape(required=False)
    started_at = serializers.DateTimeField(required=False)
    finished_at = serializers.DateTimeField(required=False)
