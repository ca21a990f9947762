"""What the serializers of all endpoints share."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class LeanSerializer(serializers.Serializer[Any]):
    """Leaves out what has no value: absent rather than null."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """The object without its ``None`` values."""
        return {name: value for name, value in super().to_representation(instance).items() if value is not None}


class QuerySerializer(serializers.Serializer[Any]):
    """The filters of a list: the fields of a subclass are all there are, and any other name is refused.

    What reaches the database is never a name that a client made up.
    """

    paging = frozenset({"cursor", "limit"})

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Refuse unknown names; then validate."""
        unknown = sorted(set(data) - set(self.fields) - self.paging)
        if unknown:
            raise serializers.ValidationError({name: ["There is no such filter."] for name in unknown})
        validated: dict[str, Any] = super().to_internal_value(data)
        return validated
