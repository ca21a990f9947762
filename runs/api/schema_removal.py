"""The shapes of removal and of the queue, and what is asked there."""

from __future__ import annotations

from rest_framework import serializers

from coday.edge.parameters import ListQuery
from coday.edge.serializers import StrictSerializer
from runs.api.schema import RunShape
from runs.branching.removal import SCOPES
from threads.api.schema import Shape

MOST_RUNS = 500  # of one queue


class DeletionQuery(ListQuery):
    """The parameter of a removal and of its preview."""

    scope = serializers.ChoiceField(
        choices=SCOPES, default="run", help_text="`branch`: the run and everything behind it, on all branches."
    )


class DeletionPreviewShape(Shape):
    """What a removal takes. `messages` are those that people and agents said; `unfinished` runs are stopped, or leave the
    queue. `head_after` is the run that is shown then, absent where nothing is left."""

    scope = serializers.ChoiceField(choices=SCOPES)
    runs = serializers.IntegerField()
    messages = serializers.IntegerField()
    unfinished = serializers.IntegerField()
    head_after = serializers.UUIDField(required=False)


class DeletionShape(Shape):
    """What was removed, delegated runs included, and until when it can be brought back."""

    deletion = serializers.UUIDField()
    runs = serializers.ListField(child=serializers.UUIDField())
    undo_until = serializers.DateTimeField()


class RunsShape(Shape):
    """Some runs."""

    runs = RunShape(many=True)


class QueuedInput(StrictSerializer):
    """The body of ``PATCH runs/{id}/input/``. Its length and images are checked as those of a new input."""

    text = serializers.CharField(allow_blank=True, trim_whitespace=False)
    images = serializers.ListField(child=serializers.UUIDField(), required=False)


class QueueOrder(StrictSerializer):
    """The body of ``PUT threads/{id}/queue/``: all that is queued in one lane, the next one first."""

    runs = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_RUNS)
