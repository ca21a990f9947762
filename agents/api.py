"""REST: agents, models, and the caller's chat settings."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.models import Agent, ChatSettings, LanguageModel
from agents.operations import change_chat_settings
from agents.queries import chat_settings_of, default_slugs, enabled_agents, enabled_models
from agents.serializers import AgentJson, ChatSettingsChange, ChatSettingsJson, ModelJson
from coday.accounts.authentication import caller_of
from coday.edge.pagination import WholeList


class Agents(generics.ListAPIView[Agent]):
    """The agents that the caller may choose."""

    serializer_class = AgentJson
    pagination_class = WholeList

    def get_queryset(self) -> QuerySet[Agent]:
        """In the admin's order."""
        return enabled_agents()

    def get_serializer_context(self) -> dict[str, Any]:
        """Adds the caller's default."""
        return {
            **super().get_serializer_context(),
            "default": default_slugs(user_id=caller_of(self.request).user.pk)[0],
        }


class Models(generics.ListAPIView[LanguageModel]):
    """The models that the caller may choose."""

    serializer_class = ModelJson
    pagination_class = WholeList

    def get_queryset(self) -> QuerySet[LanguageModel]:
        """By label."""
        return enabled_models()

    def get_serializer_context(self) -> dict[str, Any]:
        """Adds the caller's default."""
        return {
            **super().get_serializer_context(),
            "default": default_slugs(user_id=caller_of(self.request).user.pk)[1],
        }


class OwnChatSettings(APIView):
    """What the caller says to every agent, and chooses for new threads."""

    @extend_schema(responses=ChatSettingsJson)
    def get(self, request: Request) -> Response:
        """Your chat settings."""
        row = chat_settings_of(user_id=caller_of(request).user.pk)
        return Response(ChatSettingsJson(row or ChatSettings()).data)

    @extend_schema(request=ChatSettingsChange, responses=ChatSettingsJson)
    def patch(self, request: Request) -> Response:
        """Change your chat settings: the fields that you send."""
        change = ChatSettingsChange(data=request.data)
        change.is_valid(raise_exception=True)
        fields = {name: value or "" for name, value in change.validated_data.items()}
        row = change_chat_settings(user_id=caller_of(request).user.pk, **fields)
        return Response(ChatSettingsJson(row).data)
