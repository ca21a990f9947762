"""What the serializers of all endpoints share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request


class LeanSerializer(serializers.Serializer[Any]):
    """Leaves out what has no value: absent rather than null."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """The object without its ``None`` values."""
        return {name: value for name, value in super().to_representation(instance).items() if value is not None}


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


def body_of(request: Request, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The request's body, checked.

    Raises:
        ValidationError: it breaks a rule; ``coday.edge.problems`` makes the document.
    """
    checked = serializer(data=request.data)
    checked.is_valid(raise_exception=True)
    values: dict[str, Any] = checked.validated_data
    return values
