"""The shapes of summaries, of what fills a model's window, and of what model calls saw."""

from __future__ import annotations

from typing import get_args

from django.conf import settings
from rest_framework import serializers

from coday.edge.parameters import ListQuery
from coday.edge.serializers import StrictSerializer
from runs.models import RunSummary
from runs.services.fitting import Form
from runs.summarizing.summaries import LONGEST
from threads.api.schema import PartShape, Shape


class SummaryShape(Shape):
    """A text that stands for runs in the model's view. One that was made to fit a window (`automatic`) stands for what would
    be left out up to the run `upto`. `stale`: its runs are not what they were."""

    id = serializers.UUIDField()
    thread_id = serializers.UUIDField()
    runs = serializers.ListField(child=serializers.UUIDField())
    upto = serializers.UUIDField(required=False)
    text = serializers.CharField()
    written_by = serializers.ChoiceField(choices=RunSummary.By.choices)
    automatic = serializers.BooleanField()
    model = serializers.CharField(required=False)
    made_by_run = serializers.UUIDField(required=False)
    stale = serializers.BooleanField()
    tokens = serializers.IntegerField(help_text="Estimated.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class Summarizing(StrictSerializer):
    """The body of ``POST runs/{id}/summarize/``."""

    instructions = serializers.CharField(
        max_length=2_000, required=False, allow_blank=True, default="", help_text="What matters to you."
    )
    model = serializers.CharField(max_length=100, required=False, allow_blank=True, default="", help_text="Slug.")
    key = serializers.CharField(max_length=100, required=False, allow_blank=True, default="", help_text="Idempotency.")


class NewSummary(Summarizing):
    """The body of ``POST threads/{id}/summaries/``."""

    runs = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=1_000)


class SummaryText(StrictSerializer):
    """The body of ``PATCH run-summaries/{id}/``."""

    text = serializers.CharField(max_length=LONGEST)


class ContextQuery(ListQuery):
    """The parameters of ``GET threads/{id}/context/``."""

    agent = serializers.CharField(max_length=60, required=False, default="", help_text="Slug; the thread's otherwise.")
    model = serializers.CharField(max_length=100, required=False, default="", help_text="Slug; the thread's otherwise.")
    text = serializers.CharField(
        max_length=settings.CODAY_MAX_MESSAGE_CHARS, required=False, default="", help_text="What would be said."
    )


class ContextEntryShape(Shape):
    """An earlier run in the model's view, and about how many tokens it takes there. `remembered`: a summary that was made to
    fit the window speaks of it."""

    run_id = serializers.UUIDField()
    number = serializers.IntegerField()
    title = serializers.CharField()
    tokens = serializers.IntegerField()
    shown = serializers.ChoiceField(choices=get_args(Form))
    summary = serializers.UUIDField(required=False)
    pinned = serializers.BooleanField()
    importance = serializers.IntegerField()


class WindowShape(Shape):
    """What fills the model's window, in tokens, estimated. `answer` is kept for it; `free` is below zero where the message
    alone is too long."""

    agent = serializers.CharField()
    model = serializers.CharField()
    window = serializers.IntegerField()
    answer = serializers.IntegerField()
    system = serializers.IntegerField()
    tools = serializers.IntegerField()
    history = serializers.IntegerField()
    message = serializers.IntegerField()
    free = serializers.IntegerField()
    entries = ContextEntryShape(many=True)
    notices = serializers.ListField(child=serializers.CharField())
    truncated = serializers.BooleanField(help_text="There are older runs, which are out of reach.")
    memory = serializers.UUIDField(required=False, help_text="The summary that stands for what had to leave.")


class ModelCallShape(Shape):
    """A model call of which is kept what it saw."""

    position = serializers.IntegerField()
    model = serializers.CharField()
    tokens = serializers.IntegerField(help_text="Estimated.")
    created_at = serializers.DateTimeField()


class SeenSectionShape(Shape):
    """A part of the system prompt."""

    name = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    tokens = serializers.IntegerField()


class SeenToolShape(Shape):
    """A tool that the model was told of."""

    name = serializers.CharField()
    description = serializers.CharField()
    schema = serializers.DictField()


class SeenMessageShape(Shape):
    """A message as the model saw it; one that stands for several runs has no run."""

    role = serializers.ChoiceField(choices=["user", "assistant", "tool"])
    run_id = serializers.UUIDField(required=False)
    number = serializers.IntegerField(required=False)
    form = serializers.ChoiceField(choices=["whole", "shortened", "summary"])
    content = PartShape(many=True)


class SeenCallShape(ModelCallShape):
    """What a model call saw. `complete` is false where something of it has been removed since."""

    sections = SeenSectionShape(many=True)
    tools = SeenToolShape(many=True)
    messages = SeenMessageShape(many=True)
    left_out = serializers.ListField(child=serializers.IntegerField())
    complete = serializers.BooleanField()
