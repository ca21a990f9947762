"""The shapes of retention policies and of what they do, and of erasing oneself."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from coday.edge.serializers import StrictSerializer
from runs.api.schema import RunShape
from runs.api.schema_organize import Changes, TagsField
from threads.api.schema import Shape

MOST_DAYS = 36_500
MOST_BYTES = 2**53  # what every reader of JSON can count


def _conditions() -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    """What a run has to be; all of what is set has to hold."""
    return {
        "older_than_days": serializers.IntegerField(
            min_value=1, max_value=MOST_DAYS, allow_null=True, required=False, help_text="Since the run ended."
        ),
        "importance_below": serializers.IntegerField(min_value=1, max_value=100, allow_null=True, required=False),
        "tags": TagsField(required=False, help_text="One of them is on the run."),
        "without_tags": TagsField(required=False, help_text="None of them is on the run."),
        "larger_than": serializers.IntegerField(
            min_value=0, max_value=MOST_BYTES, allow_null=True, required=False, help_text="Bytes of the run's messages."
        ),
        "only_archived": serializers.BooleanField(required=False, help_text="In archived conversations alone."),
    }


class PolicyConditions(StrictSerializer):
    """The body of ``POST retention-policies/dry-run/``: at least one of them."""

    def get_fields(self) -> Any:
        """DRF's contract."""
        return {**super().get_fields(), **_conditions()}


class NewPolicy(PolicyConditions):
    """The body of ``POST retention-policies/``: a name, and at least one condition."""

    name = serializers.CharField(max_length=100)
    enabled = serializers.BooleanField(
        required=False, help_text="Whether it is applied by itself. Left out: it is not."
    )


class PolicyChanges(Changes):
    """The body of ``PATCH retention-policies/{id}/``. A condition that is null or empty no longer is one."""

    name = serializers.CharField(max_length=100, required=False)
    enabled = serializers.BooleanField(required=False)

    def get_fields(self) -> Any:
        """DRF's contract."""
        return {**super().get_fields(), **_conditions()}


class PolicyShape(Shape):
    """A retention policy. Conditions that are not set are absent."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    enabled = serializers.BooleanField()
    older_than_days = serializers.IntegerField(required=False)
    importance_below = serializers.IntegerField(required=False)
    tags = serializers.ListField(child=serializers.CharField())
    without_tags = serializers.ListField(child=serializers.CharField())
    larger_than = serializers.IntegerField(required=False)
    only_archived = serializers.BooleanField()
    last_run_at = serializers.DateTimeField(required=False)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SparedShape(Shape):
    """How many runs meet a policy and stay, by the reason why; reasons that none has are absent."""

    pinned = serializers.IntegerField(required=False, help_text="They or their conversations are pinned.")
    shared = serializers.IntegerField(required=False, help_text="They stand in a share that can be looked at.")
    active = serializers.IntegerField(required=False, help_text="Something in their conversation has not ended.")
    in_progress = serializers.IntegerField(required=False, help_text="An operation that they started goes on.")
    shown = serializers.IntegerField(
        required=False, help_text="Their conversation shows them last, and the policy names no age."
    )
    summarised = serializers.IntegerField(required=False, help_text="Their summary stands for runs that stay, too.")


class DryRunShape(Shape):
    """What a policy would do now. `runs` includes what was delegated; `bytes` are those of messages; `oldest` and `newest`
    say when the runs ended; `sample` are a few of them, oldest first."""

    runs = serializers.IntegerField()
    bytes = serializers.IntegerField()
    spared = SparedShape()
    oldest = serializers.DateTimeField(required=False)
    newest = serializers.DateTimeField(required=False)
    sample = RunShape(many=True)


class ReportShape(Shape):
    """What a policy did once. `spared`: runs that met it and stayed."""

    id = serializers.UUIDField()
    runs = serializers.IntegerField()
    bytes = serializers.IntegerField()
    spared = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class AppliedShape(Shape):
    """What was done now. Where it is not `complete`, there is more than could be done at once: apply it again."""

    runs = serializers.IntegerField()
    bytes = serializers.IntegerField()
    spared = serializers.IntegerField()
    complete = serializers.BooleanField()


class EraseBody(StrictSerializer):
    """The body of ``POST account/erase/``."""

    password = serializers.CharField(trim_whitespace=False, max_length=1_000)
    confirm = serializers.CharField(max_length=150, help_text="The caller's username.")


class ErasureBegunShape(Shape):
    """An erasure that goes on: nobody can log in as this person any more."""

    pseudonym = serializers.CharField(help_text="What stands for the person in bills.")


class SearchedShape(Shape):
    """What was looked through."""

    tables = serializers.IntegerField()
    columns = serializers.IntegerField()
    rows = serializers.IntegerField()
    files = serializers.IntegerField()


class ErasedShape(ErasureBegunShape):
    """What proves an erasure, without personal data; the audit log has it, too. `left` is empty; `mentions` counts what other
    people wrote. `digest` is the SHA-256 of all the other fields, as JSON with sorted keys and without spaces."""

    begun_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField()
    deleted = serializers.DictField(child=serializers.IntegerField(), help_text="Rows, by model.")
    searched = SearchedShape()
    left = serializers.DictField(child=serializers.IntegerField(), help_text="What names the person, by column.")
    mentions = serializers.DictField(child=serializers.IntegerField(), help_text="By column.")
    digest = serializers.CharField()
