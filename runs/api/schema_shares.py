"""The shapes of shares: what is asked for, and what is answered."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from coday.edge.serializers import StrictSerializer
from threads.api.schema import Shape

MOST_READERS = 100


class NewShareBody(StrictSerializer):
    """The body of ``POST threads/{id}/shares/``: what, and with whom."""

    run = serializers.UUIDField(required=False, help_text="This run alone. Left out: the branch that is shown.")
    link = serializers.BooleanField(default=False, help_text="Whoever has the link may read it.")
    people = serializers.ListField(
        child=serializers.CharField(max_length=150), max_length=MOST_READERS, required=False, help_text="Usernames."
    )
    groups = serializers.ListField(
        child=serializers.CharField(max_length=150), max_length=MOST_READERS, required=False,
        help_text="Names of groups that the caller is in.",
    )  # fmt: skip
    expires_at = serializers.DateTimeField(
        required=False, help_text="Left out: never; a link always does, by itself after 30 days."
    )
    reveal = serializers.BooleanField(default=False, help_text="Show real values in place of masks.")
    show_name = serializers.BooleanField(
        required=False, help_text="Tell whose it is. Left out: yes, but not where there is a link."
    )


class ShareShape(Shape):
    """A share, as its owner sees it. Fields that have no value are absent."""

    id = serializers.UUIDField()
    thread_id = serializers.UUIDField()
    run = serializers.UUIDField(required=False)
    title = serializers.CharField(required=False)
    state = serializers.ChoiceField(choices=["live", "expired", "revoked"])
    link = serializers.CharField(
        required=False, help_text="The link's address, in the answer that made it and never again."
    )
    has_link = serializers.BooleanField()
    people = serializers.ListField(child=serializers.CharField())
    groups = serializers.ListField(child=serializers.CharField())
    reveals = serializers.BooleanField()
    shows_name = serializers.BooleanField()
    views = serializers.IntegerField(help_text="How often the link was opened.")
    viewed_at = serializers.DateTimeField(required=False)
    taken_at = serializers.DateTimeField(help_text="Nothing later is in it.")
    expires_at = serializers.DateTimeField(required=False)
    revoked_at = serializers.DateTimeField(required=False)
    created_at = serializers.DateTimeField()


class ReceivedShareShape(Shape):
    """A share, as whoever received it sees it."""

    id = serializers.UUIDField()
    title = serializers.CharField(required=False)
    owner = serializers.CharField(required=False, help_text="Their username, where they show it.")
    reveals = serializers.BooleanField()
    is_one_run = serializers.BooleanField()
    taken_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(required=False)


class SharedMaskShape(Shape):
    """A token, and what it stands for where the owner shows that."""

    token = serializers.CharField()
    category = serializers.CharField()
    value = serializers.CharField(required=False)


class SharedPartShape(Shape):
    """A part of a shared message; `type` says which of the other fields it has."""

    type = serializers.ChoiceField(choices=["text", "image", "tool_use", "tool_result"])
    text = serializers.CharField(required=False)
    id = serializers.CharField(required=False)
    url = serializers.CharField(required=False)
    alt = serializers.CharField(required=False)
    name = serializers.CharField(required=False)
    tool_call_id = serializers.CharField(required=False)
    content = serializers.CharField(required=False)
    is_error = serializers.BooleanField(required=False)


class SharedMessageShape(Shape):
    """What was said at once."""

    role = serializers.ChoiceField(choices=["user", "assistant", "system", "tool"])
    status = serializers.ChoiceField(choices=["streaming", "complete", "partial"])
    content = SharedPartShape(many=True)
    agent = serializers.CharField(required=False)


class SharedCallShape(Shape):
    """A tool that was used; `arguments` only of those that show something to people."""

    tool_call_id = serializers.CharField()
    name = serializers.CharField()
    title = serializers.CharField(required=False)
    kind = serializers.ChoiceField(choices=["backend", "display"])
    status = serializers.CharField()
    arguments = serializers.DictField(required=False)
    started_at = serializers.DateTimeField(required=False)
    finished_at = serializers.DateTimeField(required=False)


class SharedRunShape(Shape):
    """A run of a snapshot, by its number in it."""

    number = serializers.IntegerField()
    title = serializers.CharField(required=False)
    kind = serializers.CharField()
    status = serializers.CharField()
    agent = serializers.CharField(required=False)
    model = serializers.CharField(required=False)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(required=False)
    finished_at = serializers.DateTimeField(required=False)
    messages = SharedMessageShape(many=True)
    calls = SharedCallShape(many=True)


class SnapshotShape(Shape):
    """What a share shows. `agents` and `models` are names by slug, as far as they are still there."""

    title = serializers.CharField(required=False)
    anonymous = serializers.BooleanField()
    masks = SharedMaskShape(many=True)
    agents: Any = serializers.DictField(child=serializers.CharField())
    models: Any = serializers.DictField(child=serializers.CharField())
    runs = SharedRunShape(many=True)


class ReceivedSnapshotShape(ReceivedShareShape):
    """A share with what it shows."""

    snapshot = SnapshotShape()
