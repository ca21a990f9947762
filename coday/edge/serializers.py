"""What the serializers of all endpoints share."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class LeanSerializer(serializers.Serializer[Any]):
    """Leaves out what has no value: absent rather than null."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """The object without its ``None`` values."""
        return {name: value for name, value in super().to_representation(instance).items() if value is not None}
