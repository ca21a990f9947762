"""The shapes of the answers for the OpenAPI schema. ``runs.wire`` makes them; a test compares the two."""

from __future__ import annotations

from typing import get_args

from rest_framework import serializers

from coday.edge.parameters import CursorQuery, PageQuery
from runs.events import StepKind
from runs.models import Run
from threads.api.requests import StrictSerializer
from threads.api.schema import MessageShape, Shape, ThreadShape


class ThreadSummaryShape(ThreadShape):
    """A conversation in a list: whether a run is under way or waits for the person, and whether there is news."""

    running = serializers.BooleanField()
    waiting = serializers.BooleanField()
    unread = serializers.BooleanField()


class UsageShape(Shape):
    """What a run has cost. `cost` is absent where a price is unknown."""

    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cached_tokens = serializers.IntegerField()
    reasoning_tokens = serializers.IntegerField()
    model_calls = serializers.IntegerField()
    tool_calls = serializers.IntegerField()
    cost = serializers.DecimalField(max_digits=18, decimal_places=9, required=False)
    currency = serializers.CharField(required=False)


class FaultShape(Shape):
    """Why a run ended without its answer."""

    code = serializers.CharField()
    message = serializers.CharField()
    retryable = serializers.BooleanField()


class RunShape(Shape):
    """One cycle from an input to its resolution. Fields that have no value are absent."""

    id = serializers.UUIDField()
    thread_id = serializers.UUIDField()
    number = serializers.IntegerField()
    parent = serializers.UUIDField(required=False)  # type: ignore[assignment]  # DRF takes fields out of the class
    lane = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Run.Kind.choices)
    trigger = serializers.ChoiceField(choices=["user", "tool", "schedule", "webhook", "delegation"])
    status = serializers.ChoiceField(choices=Run.Status.choices)
    position = serializers.IntegerField(
        required=False, help_text="In the queue, 1 for the next one; while it is queued."
    )
    agent = serializers.CharField()
    model = serializers.CharField()
    title = serializers.CharField(required=False)
    tags = serializers.ListField(child=serializers.CharField())
    importance = serializers.IntegerField(min_value=0, max_value=100)
    context = serializers.ChoiceField(choices=["full", "summarised", "excluded"])  # type: ignore[assignment]
    usage = UsageShape()
    error = FaultShape(required=False)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(required=False)
    finished_at = serializers.DateTimeField(required=False)


class EventShape(Shape):
    """One durable event; `type` says which payload it has beside these fields."""

    type = serializers.ChoiceField(choices=["run", "message", "step", "thread", "error"])
    id = serializers.UUIDField()
    seq = serializers.IntegerField()
    thread_id = serializers.UUIDField()
    run_id = serializers.UUIDField(required=False)
    timestamp = serializers.DateTimeField()


class StepShape(EventShape):
    """What a run decided or did beside messages and tools; `summary` is for people."""

    type = serializers.ChoiceField(choices=["step"])
    run_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=get_args(StepKind))
    status = serializers.CharField()
    summary = serializers.CharField()
    details = serializers.DictField()


class MessagePageShape(Shape):
    """A page of messages, and every step of the runs that they belong to, in the order of the journal."""

    results = MessageShape(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    steps = StepShape(many=True)


class UserInputShape(Shape):
    """What a person says."""

    type = serializers.ChoiceField(choices=["user"])
    text = serializers.CharField(required=False)
    images = serializers.ListField(child=serializers.UUIDField(), required=False)


class NewRunShape(Shape):
    """The body of `POST threads/{id}/runs/`, which `runs.inputs` checks. `key` makes it idempotent in its thread."""

    input = UserInputShape()
    key = serializers.CharField(max_length=100, required=False)
    agent = serializers.CharField(required=False)
    model = serializers.CharField(required=False)
    parent = serializers.UUIDField(required=False)  # type: ignore[assignment]  # DRF takes fields out of the class
    when_busy = serializers.ChoiceField(choices=["queue", "reject", "interrupt"], default="queue")


# --- What is asked ------------------------------------------------------------------------------------------------


class RunChanges(StrictSerializer):
    """The body of ``PATCH runs/{id}/``."""

    title = serializers.CharField(max_length=200, allow_blank=True)


class RunQuery(CursorQuery):
    """The parameters of ``GET runs/``."""

    status = serializers.ChoiceField(choices=Run.Status.choices, required=False)
    kind = serializers.ChoiceField(choices=Run.Kind.choices, required=False)
    agent = serializers.CharField(max_length=60, required=False, help_text="Slug.")
    since = serializers.DateTimeField(required=False, help_text="Created then or later.")


class MessageQuery(PageQuery):
    """The parameters of ``GET threads/{id}/messages/``."""

    cursor = serializers.UUIDField(required=False, help_text="Of another page's `next`.")


class EventQuery(PageQuery):
    """The parameters of ``GET threads/{id}/events/``."""

    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, required=False, help_text="A `seq`.")
