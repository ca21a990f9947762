"""What the doors of threads accept: bodies and parameters, checked for their form."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from coday.edge.parameters import CursorQuery
from coday.edge.serializers import StrictSerializer


class NewThread(StrictSerializer):
    """The body of ``POST threads/``; everything may be left out."""

    title = serializers.CharField(max_length=200, allow_blank=True, default="")
    agent = serializers.CharField(max_length=60, allow_blank=True, allow_null=True, default="")
    model = serializers.CharField(max_length=100, allow_blank=True, allow_null=True, default="")
    anonymous = serializers.BooleanField(
        allow_null=True, default=None, help_text="Without personal data. Left out: as the caller prefers."
    )


class ThreadChanges(StrictSerializer):
    """The body of ``PATCH threads/{id}/``. An empty agent or model stands for the default."""

    title = serializers.CharField(max_length=200, allow_blank=True, required=False)
    agent = serializers.CharField(max_length=60, allow_blank=True, allow_null=True, required=False)
    model = serializers.CharField(max_length=100, allow_blank=True, allow_null=True, required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=50), max_length=20, required=False)
    pinned = serializers.BooleanField(required=False)
    archived = serializers.BooleanField(required=False)
    folder = serializers.UUIDField(allow_null=True, required=False, help_text="Null: in none.")


class ImageUpload(serializers.Serializer[Any]):
    """The body of ``POST threads/{id}/images/``. What the file is, its content decides."""

    file = serializers.FileField(allow_empty_file=True)


class FolderField(serializers.CharField):
    """The id of a folder, or the word ``none``."""

    def to_internal_value(self, data: Any) -> Any:
        """DRF's contract: a UUID, or the word."""
        return data if data == "none" else serializers.UUIDField().to_internal_value(data)


class ThreadQuery(CursorQuery):
    """The parameters of ``GET threads/``."""

    q = serializers.CharField(
        max_length=200, allow_blank=True, default="", help_text="Words: all in the title, or in a run."
    )
    archived = serializers.BooleanField(default=False)
    folder = FolderField(required=False, help_text="In this folder, or `none` for those in no folder.")
    tag = serializers.CharField(max_length=50, required=False, help_text="A tag's name.")


class NewFolder(StrictSerializer):
    """The body of ``POST thread-folders/``."""

    name = serializers.CharField(max_length=100)


class FolderChanges(StrictSerializer):
    """The body of ``PATCH thread-folders/{id}/``."""

    name = serializers.CharField(max_length=100, required=False)
    position = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, required=False, help_text="Among the others, from 0; at most the end."
    )
