"""The shapes of the answers for the OpenAPI schema. ``runs.wire`` makes them; a test compares the two."""

from __future__ import annotations

from typing import get_args

from rest_framework import serializers

from coday.edge.parameters import PageQuery
from runs.api.schema_commands import GivenCommandShape
from runs.events import StepKind
from runs.models import Run, RunFeedback, ToolCall
from threads.api.schema import MessageShape, Shape, ThreadShape


class RunCountsShape(Shape):
    """How many runs are under way, wait for the person, or wait for their turn."""

    running = serializers.IntegerField()
    waiting = serializers.IntegerField()
    queued = serializers.IntegerField()


class ThreadSummaryShape(ThreadShape):
    """A conversation in a list: whether a run is under way (or will be) or waits for the person, whether there is news, and
    whether the news is that the newest run failed."""

    running = serializers.BooleanField()
    waiting = serializers.BooleanField()
    failed = serializers.BooleanField()
    unread = serializers.BooleanField()
    counts = RunCountsShape()


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


class CauseShape(Shape):
    """The tool call of another run that brought a run about."""

    run_id = serializers.UUIDField()
    tool_call_id = serializers.CharField()


class OriginShape(Shape):
    """The run that another one was made from."""

    run_id = serializers.UUIDField()
    how = serializers.ChoiceField(choices=Run.Origin.choices)


class TemplateRefShape(Shape):
    """The version of a template that a run was made from."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()


class GivenFeedbackShape(Shape):
    """What the caller said of an answer."""

    rating = serializers.ChoiceField(choices=RunFeedback.Rating.choices)
    reason = serializers.CharField(required=False)


class RunShape(Shape):
    """One cycle from an input to its resolution. Fields that have no value are absent."""

    id = serializers.UUIDField()
    thread_id = serializers.UUIDField()
    number = serializers.IntegerField()
    parent = serializers.UUIDField(required=False)  # type: ignore[assignment]  # DRF takes fields out of the class
    lane = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Run.Kind.choices)
    trigger = serializers.ChoiceField(choices=Run.Trigger.choices)
    cause = CauseShape(required=False)
    status = serializers.ChoiceField(choices=Run.Status.choices)
    position = serializers.IntegerField(
        required=False, help_text="In the queue, 1 for the next one; while it is queued."
    )
    agent = serializers.CharField()
    model = serializers.CharField()
    title = serializers.CharField(required=False)
    tags = serializers.ListField(child=serializers.CharField())
    pinned = serializers.BooleanField()
    importance = serializers.IntegerField(min_value=0, max_value=100)
    importance_by = serializers.ChoiceField(choices=Run.ImportanceBy.choices)
    group = serializers.UUIDField(required=False)
    origin = OriginShape(required=False)
    batch = serializers.UUIDField(required=False, help_text="The same for runs that one input was given to at once.")
    commanded = serializers.BooleanField(required=False, help_text="Its input was more than one prompt.")
    template = TemplateRefShape(required=False)
    schedule = serializers.UUIDField(required=False, help_text="The schedule that started it.")
    feedback = GivenFeedbackShape(required=False)
    context = serializers.ChoiceField(choices=Run.Context.choices)  # type: ignore[assignment]
    summary = serializers.UUIDField(required=False, help_text="What stands for it in the model's view.")
    usage = UsageShape()
    error = FaultShape(required=False)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(required=False)
    first_token_at = serializers.DateTimeField(required=False, help_text="When a model began to speak.")
    finished_at = serializers.DateTimeField(required=False)
    deleted_at = serializers.DateTimeField(required=False, help_text="It was removed, which can be undone for a while.")
    pruned_at = serializers.DateTimeField(required=False, help_text="A retention policy removed what was said in it.")


class EventShape(Shape):
    """One durable event; `type` says which payload it has beside these fields."""

    type = serializers.ChoiceField(choices=["run", "message", "tool", "step", "thread", "error"])
    id = serializers.UUIDField()
    seq = serializers.IntegerField()
    thread_id = serializers.UUIDField()
    run_id = serializers.UUIDField(required=False)
    timestamp = serializers.DateTimeField()


class ToolCallShape(Shape):
    """A tool call as it stands. What it asks for is there while it waits."""

    tool_call_id = serializers.CharField()
    name = serializers.CharField()
    title = serializers.CharField(required=False)
    kind = serializers.ChoiceField(choices=["backend", "display", "client", "async", "mcp", "delegation"])
    status = serializers.ChoiceField(choices=ToolCall.Status.choices)
    arguments = serializers.JSONField(required=False)
    edited = serializers.BooleanField(required=False, help_text="A person changed the arguments.")
    asks = serializers.ChoiceField(choices=ToolCall.Asks.choices, required=False)
    question = serializers.CharField(required=False)
    schema = serializers.JSONField(required=False, help_text="JSON schema of the answer, or of the arguments.")
    expires_at = serializers.DateTimeField(required=False)
    child = serializers.UUIDField(required=False, help_text="The run that it was delegated to.")
    operation = serializers.UUIDField(required=False, help_text="What goes on after the run.")
    result = serializers.CharField(required=False, help_text="The beginning of the result.")
    details = serializers.JSONField(required=False)
    started_at = serializers.DateTimeField(required=False)
    finished_at = serializers.DateTimeField(required=False)


class WholeToolCallShape(ToolCallShape):
    """A tool call with its whole result."""

    content = serializers.CharField(allow_blank=True)
    is_error = serializers.BooleanField()


class StepShape(EventShape):
    """What a run decided or did beside messages and tools; `summary` is for people."""

    type = serializers.ChoiceField(choices=["step"])
    run_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=get_args(StepKind))
    status = serializers.CharField()
    summary = serializers.CharField()
    details = serializers.DictField()


class ToolEventShape(ToolCallShape, EventShape):
    """A tool call's newest event."""

    type = serializers.ChoiceField(choices=["tool"])
    run_id = serializers.UUIDField()


class MessagePageShape(Shape):
    """A page of messages, the runs that they belong to in the order of their branch, and each step and tool call of those, in
    the order of the journal."""

    results = MessageShape(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    runs = RunShape(many=True)
    steps = StepShape(many=True)
    tools = ToolEventShape(many=True)
    siblings = serializers.DictField(
        child=serializers.ListField(child=serializers.UUIDField()),
        help_text="Of runs that others stand beside: all attempts at the same turn, oldest first.",
    )


class UserInputShape(Shape):
    """What a person says."""

    type = serializers.ChoiceField(choices=["user"])
    text = serializers.CharField(required=False)
    images = serializers.ListField(child=serializers.UUIDField(), required=False)
    skill = serializers.CharField(max_length=60, required=False, help_text="Slug of a skill to activate with it.")
    commands = serializers.ListField(
        child=GivenCommandShape(), required=False, help_text="What to do before the text is asked, in order."
    )
    on_failure = serializers.ChoiceField(
        choices=["stop", "continue"], required=False, help_text="What becomes of the rest when a command fails."
    )


class CallAnswerShape(Shape):
    """What is said to one waiting call: `content` where it asks for an answer, otherwise `approved`."""

    tool_call_id = serializers.CharField()
    content = serializers.JSONField(required=False)
    approved = serializers.BooleanField(required=False)
    arguments = serializers.DictField(required=False, help_text="Instead of the model's, with an approval.")
    remember = serializers.ChoiceField(choices=["thread"], required=False)
    reason = serializers.CharField(required=False, max_length=2_000)


class ToolResultInputShape(Shape):
    """Answers to waiting calls."""

    type = serializers.ChoiceField(choices=["tool_result"])
    results = CallAnswerShape(many=True)


class AnswerShape(Shape):
    """The body of `POST runs/{id}/input/`, which `runs.inputs` checks."""

    input = ToolResultInputShape()


class ChoiceShape(Shape):
    """Who is asked: slugs, left out for the conversation's."""

    agent = serializers.CharField(required=False)
    model = serializers.CharField(required=False)


class NewRunShape(Shape):
    """The body of `POST threads/{id}/runs/`, which `runs.inputs` checks. `key` makes it idempotent in its thread."""

    input = UserInputShape()
    key = serializers.CharField(max_length=100, required=False)
    agent = serializers.CharField(required=False)
    model = serializers.CharField(required=False)
    parent = serializers.UUIDField(required=False)  # type: ignore[assignment]  # DRF takes fields out of the class
    when_busy = serializers.ChoiceField(choices=["queue", "reject", "interrupt", "steer"], default="queue")
    also = ChoiceShape(many=True, required=False, help_text="Others who are asked the same at once.")


# --- What is asked ------------------------------------------------------------------------------------------------


class MessageQuery(PageQuery):
    """The parameters of ``GET threads/{id}/messages/``."""

    cursor = serializers.UUIDField(required=False, help_text="Of another page's `next`.")
    run = serializers.UUIDField(
        required=False, help_text="The branch that ends with this run, instead of the shown one."
    )


class EventQuery(PageQuery):
    """The parameters of ``GET threads/{id}/events/``."""

    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, required=False, help_text="A `seq`.")
