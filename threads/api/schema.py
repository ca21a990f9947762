"""The shapes of the answers for the OpenAPI schema. ``threads.wire`` makes them; a test compares the two."""

from __future__ import annotations

from functools import cache
from typing import Any

from rest_framework import serializers

Shape = serializers.Serializer[Any]


class ForkShape(Shape):
    """The run whose branch was copied, and its conversation; either may be gone."""

    run_id = serializers.UUIDField()
    thread_id = serializers.UUIDField()


class ThreadShape(Shape):
    """A conversation. Fields that have no value are absent."""

    id = serializers.UUIDField()
    title = serializers.CharField(required=False)
    excerpt = serializers.CharField(required=False, help_text="How the first message begins, where there is no title.")
    agent = serializers.CharField(required=False, help_text="Slug; absent for the default.")
    model = serializers.CharField(required=False, help_text="Slug; absent for the agent's.")
    anonymous = serializers.BooleanField()
    head = serializers.UUIDField(required=False, help_text="The run at the leaf that is shown.")
    tags = serializers.ListField(child=serializers.CharField())
    pinned = serializers.BooleanField()
    archived = serializers.BooleanField()
    folder = serializers.UUIDField(required=False)
    forked_from = ForkShape(required=False)
    skills = serializers.ListField(child=serializers.CharField(), help_text="Slugs of those that are active.")
    last_seq = serializers.IntegerField(help_text="The number of the journal's newest event.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class PartShape(Shape):
    """One content part; `type` says which of the other fields it has."""

    type = serializers.ChoiceField(choices=["text", "thinking", "image", "tool_use", "tool_result"])
    text = serializers.CharField(required=False)
    id = serializers.CharField(required=False)
    url = serializers.CharField(required=False)
    alt = serializers.CharField(required=False)
    name = serializers.CharField(required=False)
    arguments = serializers.DictField(required=False)
    arguments_text = serializers.CharField(required=False, help_text="In place of malformed `arguments`.")
    tool_call_id = serializers.CharField(required=False)
    content = serializers.CharField(required=False)
    is_error = serializers.BooleanField(required=False)


class MessageShape(Shape):
    """What was said, in one run."""

    id = serializers.UUIDField()
    run_id = serializers.UUIDField()
    role = serializers.ChoiceField(choices=["user", "assistant", "system", "tool"])
    status = serializers.ChoiceField(choices=["streaming", "complete", "partial"])
    content = PartShape(many=True)
    agent = serializers.CharField(required=False)
    model = serializers.CharField(required=False)
    created_at = serializers.DateTimeField()


class ThreadSkillShape(Shape):
    """A skill that is active in a conversation, and how it came there: by a person, or by a model's tool call in a run."""

    slug = serializers.CharField()
    by = serializers.ChoiceField(choices=["model", "person"])
    run_id = serializers.UUIDField(required=False)
    tool_call_id = serializers.CharField(required=False)
    activated_at = serializers.DateTimeField()


class ImageShape(Shape):
    """An uploaded image: `size` in bytes, `width` and `height` in pixels."""

    id = serializers.UUIDField()
    url = serializers.CharField()
    name = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


@cache
def page_of(name: str, shape: type[Shape]) -> type[Shape]:
    """The shape of a page of such objects."""
    fields = {
        "results": shape(many=True),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
    }
    return type(f"{name}Page", (serializers.Serializer,), fields)
