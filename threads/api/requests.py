"""What the doors of threads accept: bodies and parameters, checked for their form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from coday.edge.parameters import CursorQuery


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses the fields that it does not know: a misspelled one would otherwise be lost in silence."""

    def to_internal_value(self, data: Any) -> Any:
        """DRF's contract."""
        if isinstance(data, Mapping):
            unknown = data.keys() - self.fields.keys()
            if unknown:
                raise ValidationError({name: ["There is no such field."] for name in sorted(map(str, unknown))})
        return super().to_internal_value(data)


class EmptyBody(StrictSerializer):
    """``{}``, or nothing at all."""


class NewThread(StrictSerializer):
    """The body of ``POST threads/``; everything may be left out."""

    title = serializers.CharField(max_length=200, allow_blank=True, default="")
    agent = serializers.CharField(max_length=60, allow_blank=True, allow_null=True, default="")
    model = serializers.CharField(max_length=100, allow_blank=True, allow_null=True, default="")
    anonymous = serializers.BooleanField(default=False)


class ThreadChanges(StrictSerializer):
    """The body of ``PATCH threads/{id}/``. An empty agent or model stands for the default."""

    title = serializers.CharField(max_length=200, allow_blank=True, required=False)
    agent = serializers.CharField(max_length=60, allow_blank=True, allow_null=True, required=False)
    model = serializers.CharField(max_length=100, allow_blank=True, allow_null=True, required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=50), max_length=20, required=False)
    pinned = serializers.BooleanField(required=False)
    archived = serializers.BooleanField(required=False)


class ImageUpload(serializers.Serializer[Any]):
    """The body of ``POST threads/{id}/images/``. What the file is, its content decides."""

    file = serializers.FileField(allow_empty_file=True)


class ThreadQuery(CursorQuery):
    """The parameters of ``GET threads/``."""

    q = serializers.CharField(max_length=200, allow_blank=True, default="", help_text="Looked for in titles.")
    archived = serializers.BooleanField(default=False)


def body_of(request: Request, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The request's body, checked.

    Raises:
        ValidationError: it breaks a rule; ``coday.edge.problems`` makes the document.
    """
    checked = serializer(data=request.data)
    checked.is_valid(raise_exception=True)
    values: dict[str, Any] = checked.validated_data
    return values
