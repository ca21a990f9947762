"""The JSON of API tokens."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from coday.edge.serializers import LeanSerializer


class TokenRequest(serializers.Serializer[Any]):
    """What is asked for: by password, or (without one) by whoever is logged in."""

    username = serializers.CharField(max_length=150, required=False)
    password = serializers.CharField(max_length=4096, required=False, trim_whitespace=False, write_only=True)
    name = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Username and password come together."""
        for given, missing in (("username", "password"), ("password", "username")):
            if given in attrs and missing not in attrs:
                raise serializers.ValidationError({missing: ["This field is required."]}, code="required")
        return attrs


class NewToken(serializers.Serializer[Any]):
    """A token that was just made: the only time that ``token`` is told."""

    id = serializers.UUIDField()
    token = serializers.CharField()
    name = serializers.CharField()


class Token(LeanSerializer):
    """A token as it can be told later: by its first characters."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(required=False)
    expires_at = serializers.DateTimeField(required=False)


class TokenPage(serializers.Serializer[Any]):
    """A page of tokens."""

    results = Token(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
