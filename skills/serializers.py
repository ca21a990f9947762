"""The JSON of skills and their sources, in and out."""

from __future__ import annotations

import re
from typing import Any

from rest_framework import serializers

from coday.edge.parameters import ListQuery
from coday.edge.serializers import LeanSerializer, StrictSerializer
from skills.models import Skill, SkillSource

URL_LENGTH = 2_000
GROUPS = 50
PART, MOST = 20_000, 100_000  # characters of a source that are shown at once

_SLUG = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"


def _length(name: str) -> int | None:
    return getattr(Skill._meta.get_field(name), "max_length", None)


class LineField(serializers.CharField):
    """A text in one line."""

    def to_internal_value(self, data: Any) -> str:
        """DRF's contract."""
        return re.sub(r"\s+", " ", super().to_internal_value(data)).strip()


# --- Out ----------------------------------------------------------------------------------------------------------


class SourceJson(LeanSerializer):
    """A source of a skill: how long its text is (`characters`), and how large its original was (`bytes`). `error` says why a
    page could not be fetched again."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(choices=SkillSource.Kind.choices)
    url = serializers.CharField(required=False)
    characters = serializers.IntegerField()
    bytes = serializers.IntegerField()
    fetched_at = serializers.DateTimeField(required=False)
    error = serializers.CharField(required=False)
    created_at = serializers.DateTimeField()

    def to_representation(self, instance: SkillSource) -> dict[str, Any]:
        """Without the texts that are empty."""
        shown = super().to_representation(instance)
        return {name: value for name, value in shown.items() if value != "" or name == "title"}


class SourceTextJson(SourceJson):
    """A source with a part of its text, from `offset` on, in characters. `next_offset` is where it goes on."""

    text = serializers.CharField()
    offset = serializers.IntegerField()
    next_offset = serializers.IntegerField(required=False)


class SkillJson(LeanSerializer):
    """A skill that the caller may use, or one of their own."""

    slug = serializers.CharField()
    name = serializers.CharField()
    trigger = serializers.CharField()
    own = serializers.SerializerMethodField(help_text="Whether it is the caller's own, to change and delete.")
    enabled = serializers.BooleanField()
    everyone = serializers.BooleanField()
    groups = serializers.SerializerMethodField(help_text="Of an own skill: the groups that it is shared with.")
    sources = SourceJson(many=True)
    mcp_servers = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_own(self, skill: Skill) -> bool:
        return bool(skill.owner_id == self.context["user_id"])

    def get_groups(self, skill: Skill) -> list[str]:
        """Who else has a skill is its owner's business."""
        return [group.name for group in skill.groups.all()] if self.get_own(skill) else []

    def get_mcp_servers(self, skill: Skill) -> list[str]:
        return [server.slug for server in skill.mcp_servers.all()]


class WholeSkillJson(SkillJson):
    """A skill with its instructions."""

    instructions = serializers.CharField()


# --- In -----------------------------------------------------------------------------------------------------------


class SkillChanges(StrictSerializer):
    """What to change of a skill. `groups` are names of groups that the caller is in."""

    name = LineField(max_length=_length("name"), required=False)
    trigger = LineField(max_length=_length("trigger"), required=False)
    instructions = serializers.CharField(
        max_length=_length("instructions"), allow_blank=True, trim_whitespace=False, required=False
    )
    groups = serializers.ListField(child=serializers.CharField(max_length=150), max_length=GROUPS, required=False)
    enabled = serializers.BooleanField(required=False)


class NewSkill(SkillChanges):
    """A new skill. Its slug stays: lower-case letters and digits, in parts that hyphens join."""

    slug = serializers.RegexField(
        _SLUG,
        max_length=_length("slug"),
        error_messages={"invalid": "Write lower-case letters and digits, in parts that hyphens join: income-tax."},
    )
    name = LineField(max_length=_length("name"))
    trigger = LineField(max_length=_length("trigger"))


class NewSource(StrictSerializer):
    """A text with its title, or the address of a page; a page without a title has its own."""

    title = LineField(max_length=200, required=False)
    text = serializers.CharField(trim_whitespace=False, required=False)
    url = serializers.CharField(max_length=URL_LENGTH, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of both."""
        if ("text" in attrs) == ("url" in attrs):
            raise serializers.ValidationError("Give a text, or the url of a page.")
        if "text" in attrs and not attrs.get("title"):
            raise serializers.ValidationError({"title": ["A text needs a title."]})
        return attrs


class SourceUpload(serializers.Serializer[Any]):
    """A file: text, Markdown, HTML, PDF or DOCX. What it is, its content decides."""

    file = serializers.FileField(allow_empty_file=True)
    title = LineField(max_length=200, required=False, allow_blank=True, default="")


class PartQuery(ListQuery):
    """Which part of a source's text to show, in characters."""

    offset = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=PART)
