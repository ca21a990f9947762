"""Templates: what is asked, and the shapes of the answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from coday.edge.parameters import CursorQuery
from coday.edge.serializers import StrictSerializer
from runs.api.schema_commands import GivenCommandShape
from runs.api.schema_organize import Changes, IdsField
from runs.models import RunCommand
from runs.reuse.parameters import TYPES
from threads.api.schema import Shape

MOST = 100  # entries of a list in a body; what they may be in all is checked further in


class ParameterShape(Shape):
    """What a template asks for: `{{name}}` stands for it in the commands."""

    name = serializers.RegexField(r"^[a-z][a-z0-9_]{0,39}$")
    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes fields out of the class
    type = serializers.ChoiceField(choices=TYPES)
    required = serializers.BooleanField()  # type: ignore[assignment]
    default = serializers.JSONField(required=False)
    choices = serializers.ListField(child=serializers.CharField(), required=False)
    help = serializers.CharField(required=False)


class TemplateShape(Shape):
    """What runs can be made from again and again. `schedules` counts the caller's own that start it."""

    id = serializers.UUIDField()
    slug = serializers.SlugField()
    name = serializers.CharField()
    description = serializers.CharField()
    version = serializers.IntegerField()
    owner = serializers.CharField()
    mine = serializers.BooleanField()
    groups = serializers.ListField(child=serializers.CharField())
    archived = serializers.BooleanField()
    parameters = ParameterShape(many=True)
    commands = GivenCommandShape(many=True)
    on_failure = serializers.ChoiceField(choices=RunCommand.OnFailure.choices)
    agent = serializers.CharField(required=False)
    model = serializers.CharField(required=False)
    schedules = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class TemplateVersionShape(Shape):
    """A template as it was saved once."""

    number = serializers.IntegerField()
    note = serializers.CharField(required=False)
    parameters = ParameterShape(many=True)
    commands = GivenCommandShape(many=True)
    on_failure = serializers.ChoiceField(choices=RunCommand.OnFailure.choices)
    agent = serializers.CharField(required=False)
    model = serializers.CharField(required=False)
    created_at = serializers.DateTimeField()


class ExpandedShape(Shape):
    """What a template says with these arguments."""

    commands = GivenCommandShape(many=True)
    on_failure = serializers.ChoiceField(choices=RunCommand.OnFailure.choices)
    agent = serializers.CharField(required=False)
    model = serializers.CharField(required=False)


class OwnGroupShape(Shape):
    """A group of people that the caller is in."""

    name = serializers.CharField()


class OwnGroupsShape(Shape):
    """The caller's groups by name."""

    results = OwnGroupShape(many=True)


class TemplateQuery(CursorQuery):
    """The parameters of ``GET run-templates/``."""

    archived = serializers.BooleanField(required=False, allow_null=True, default=None, help_text="Left out: all.")


class _Said(serializers.Serializer[Any]):
    """What a template is, as its owner says it."""

    slug = serializers.SlugField(max_length=60, required=False)
    description = serializers.CharField(max_length=500, allow_blank=True, required=False)
    parameters = serializers.ListField(child=serializers.DictField(), max_length=MOST, required=False)
    commands = serializers.ListField(child=serializers.DictField(), max_length=MOST, required=False)
    on_failure = serializers.ChoiceField(choices=RunCommand.OnFailure.choices, required=False)
    agent = serializers.CharField(max_length=60, allow_blank=True, required=False, help_text="Slug; empty: none.")
    model = serializers.CharField(max_length=100, allow_blank=True, required=False, help_text="Slug; empty: none.")
    groups = serializers.ListField(child=serializers.CharField(max_length=150), max_length=MOST, required=False)
    note = serializers.CharField(max_length=300, allow_blank=True, required=False, help_text="Why it was saved.")


class NewTemplate(StrictSerializer, _Said):
    """The body of ``POST run-templates/``."""

    name = serializers.CharField(max_length=100)
    from_runs = IdsField(min_length=0, max_length=MOST, required=False)


class TemplateChanges(Changes, _Said):
    """The body of ``PATCH run-templates/{id}/``."""

    named = ("note",)
    name = serializers.CharField(max_length=100, required=False)
    archived = serializers.BooleanField(required=False)


class GivenArguments(StrictSerializer):
    """The body of ``POST run-templates/{id}/preview/``."""

    arguments = serializers.DictField(required=False)
    version = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False)


class TemplateStart(GivenArguments):
    """The body of ``POST run-templates/{id}/start/``."""

    thread = serializers.UUIDField(required=False, help_text="Left out: a new conversation.")
    agent = serializers.CharField(max_length=60, allow_blank=True, required=False)
    model = serializers.CharField(max_length=100, allow_blank=True, required=False)
    key = serializers.CharField(max_length=100, allow_blank=True, required=False, help_text="Makes it idempotent.")
