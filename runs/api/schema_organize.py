"""What puts runs and threads in order: what is asked, and the shapes of the answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from coday.edge.serializers import StrictSerializer
from runs.api.schema import RunShape
from runs.models import Run, RunTag
from threads.api.schema import Shape, ThreadShape

MOST_AT_ONCE = 200
TAG_LENGTH = 50


class TagField(serializers.CharField):
    """The name of a tag, which tells no list of tags."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=TAG_LENGTH, **options)

    def to_internal_value(self, data: Any) -> str:
        """In one line, without a comma."""
        name = " ".join(super().to_internal_value(data).split())
        if "," in name:
            raise serializers.ValidationError("A tag has no comma.")
        return name


class TagsField(serializers.ListField):
    """Names of tags."""

    child = TagField()

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=100, **options)


class IdsField(serializers.ListField):
    """Ids of what is changed at once."""

    child = serializers.UUIDField()

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_length": 1, "max_length": MOST_AT_ONCE, **options})


class Changes(StrictSerializer):
    """The body of a request that changes something: at least one of its fields, beside those that say of what."""

    named: tuple[str, ...] = ()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """DRF's contract."""
        if not attrs.keys() - set(self.named):
            raise serializers.ValidationError("Nothing is to be changed.")
        return attrs


# --- Tags ---------------------------------------------------------------------------------------------------------


class TagShape(Shape):
    """A tag, and how many runs and conversations carry it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    color = serializers.ChoiceField(choices=RunTag.Color.choices)
    runs = serializers.IntegerField()
    threads = serializers.IntegerField()


class NewTag(StrictSerializer):
    """The body of ``POST run-tags/``."""

    name = TagField()
    color = serializers.ChoiceField(
        choices=RunTag.Color.choices, required=False, help_text="Left out: one that is little used."
    )


class TagChanges(Changes):
    """The body of ``PATCH run-tags/{id}/``."""

    name = TagField(required=False)
    color = serializers.ChoiceField(choices=RunTag.Color.choices, required=False)


# --- Runs ---------------------------------------------------------------------------------------------------------


class _Importance(serializers.IntegerField):
    """0 to 100, or null for the automatic score."""

    def __init__(self) -> None:
        super().__init__(
            min_value=0, max_value=100, allow_null=True, required=False, help_text="Null: the automatic score again."
        )


class ContextField(serializers.ChoiceField):
    """Whether a run that has ended is in the model's view."""

    def __init__(self) -> None:
        super().__init__(choices=["full", "excluded"], required=False, help_text="Whether a model is shown it.")


class RunChanges(Changes):
    """The body of ``PATCH runs/{id}/``."""

    title = serializers.CharField(max_length=200, allow_blank=True, required=False)
    tags = TagsField(required=False, help_text="In the place of those that it has.")
    importance = _Importance()
    pinned = serializers.BooleanField(required=False)
    group = serializers.UUIDField(allow_null=True, required=False, help_text="Null: in none.")
    context = ContextField()  # type: ignore[assignment]  # DRF takes fields out of the class


class RunsChanges(Changes):
    """The body of ``POST runs/bulk/``."""

    named = ("runs",)
    runs = IdsField()
    add_tags = TagsField(required=False)
    remove_tags = TagsField(required=False)
    importance = _Importance()
    pinned = serializers.BooleanField(required=False)
    group = serializers.UUIDField(allow_null=True, required=False, help_text="Null: in none.")
    context = ContextField()  # type: ignore[assignment]  # DRF takes fields out of the class


class ChangedRunsShape(Shape):
    """The runs, in the order in which they were named."""

    runs = RunShape(many=True)


class ReasonShape(Shape):
    """Why a score is higher, or lower, by so many points."""

    points = serializers.IntegerField()
    reason = serializers.CharField()


class ImportanceShape(Shape):
    """How much a run matters, by whose word, and what the automatic score is made of. The sum of the points may lie outside
    of 0 to 100; the score does not."""

    importance = serializers.IntegerField(min_value=0, max_value=100)
    by = serializers.ChoiceField(choices=Run.ImportanceBy.choices)
    score = serializers.IntegerField(min_value=0, max_value=100)
    reasons = ReasonShape(many=True)


# --- Groups -------------------------------------------------------------------------------------------------------


class GroupShape(Shape):
    """A named group of runs of a conversation, with their ids in the order of their numbers."""

    id = serializers.UUIDField()
    thread_id = serializers.UUIDField()
    name = serializers.CharField()
    folded = serializers.BooleanField()
    runs = serializers.ListField(child=serializers.UUIDField())


class NewGroup(StrictSerializer):
    """The body of ``POST threads/{id}/groups/``."""

    name = serializers.CharField(max_length=100)
    runs = IdsField(min_length=0, required=False)


class GroupChanges(Changes):
    """The body of ``PATCH run-groups/{id}/``."""

    name = serializers.CharField(max_length=100, required=False)
    folded = serializers.BooleanField(required=False)


# --- Threads ------------------------------------------------------------------------------------------------------


class ThreadsChanges(Changes):
    """The body of ``POST threads/bulk/``."""

    named = ("threads",)
    threads = IdsField()
    archived = serializers.BooleanField(required=False)
    pinned = serializers.BooleanField(required=False)
    folder = serializers.UUIDField(allow_null=True, required=False, help_text="Null: in none.")
    add_tags = TagsField(required=False)
    remove_tags = TagsField(required=False)
    delete = serializers.ChoiceField(choices=[True], required=False, help_text="Alone: nothing else is changed then.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """DRF's contract."""
        if "delete" in attrs and attrs.keys() != {"threads", "delete"}:
            raise serializers.ValidationError("What is deleted cannot be changed.")
        return super().validate(attrs)


class ChangedThreadsShape(Shape):
    """The conversations that were changed, in the order in which they were named, and the ids of those that were deleted."""

    threads = ThreadShape(many=True)
    deleted = serializers.ListField(child=serializers.UUIDField())
