"""REST: agents, models, and the caller's chat settings and memory."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.layers import effective_settings
from agents.models import Agent, ChatSettings, Fact, LanguageModel
from agents.operations import add_fact, change_chat_settings, change_fact, delete_fact
from agents.queries import chat_settings_of, default_slugs, enabled_agents, enabled_models, facts_of, get_fact
from agents.serializers import (
    AgentJson,
    ChatSettingsChange,
    ChatSettingsJson,
    EffectiveSettingJson,
    FactJson,
    FactText,
    ModelJson,
)
from coday.accounts.authentication import caller_of
from coday.edge.pagination import WholeList


class Agents(generics.ListAPIView[Agent]):
    """The agents that the caller may choose."""

    serializer_class = AgentJson
    pagination_class = WholeList

    def get_queryset(self) -> QuerySet[Agent]:
        """In the admin's order."""
        return enabled_agents(user_id=caller_of(self.request).user.pk)

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
    """What the caller says to every agent, and chooses for their chats."""

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
        texts = {name: value or "" for name, value in change.validated_data.items() if name not in UNLIKE_TEXT}
        others = {name: value for name, value in change.validated_data.items() if name in UNLIKE_TEXT}
        row = change_chat_settings(user_id=caller_of(request).user.pk, **texts, **others)
        return Response(ChatSettingsJson(row).data)


UNLIKE_TEXT = frozenset({"tools_off", "memory", "anonymous"})


class EffectiveChatSettings(generics.GenericAPIView[Any]):
    """The chat settings as they hold for the caller, with the layers that they come from."""

    serializer_class = EffectiveSettingJson
    pagination_class = WholeList

    @extend_schema(responses=EffectiveSettingJson(many=True))
    def get(self, request: Request) -> Response:
        """Every setting: its value, where it comes from, and what each layer says."""
        found = self.paginate_queryset(effective_settings(user_id=caller_of(request).user.pk))
        return self.get_paginated_response(EffectiveSettingJson(found, many=True).data)


class Facts(generics.ListAPIView[Fact]):
    """The caller's memory: facts about them that agents are told."""

    serializer_class = FactJson
    pagination_class = WholeList

    def get_queryset(self) -> QuerySet[Fact]:
        """Oldest first."""
        return facts_of(user_id=caller_of(self.request).user.pk)

    @extend_schema(request=FactText, responses={200: FactJson, 201: FactJson})
    def post(self, request: Request) -> Response:
        """Note a fact. One that is known already is shown as it is, with 200."""
        text = _text_of(request)
        fact, is_new = add_fact(user_id=caller_of(request).user.pk, text=text)
        return Response(FactJson(fact).data, status=201 if is_new else 200)


class OneFact(APIView):
    """One fact about the caller."""

    @extend_schema(request=FactText, responses=FactJson)
    def patch(self, request: Request, fact_id: UUID) -> Response:
        """Let it say something else."""
        get_fact(
            user_id=caller_of(request).user.pk, fact_id=fact_id
        )  # to others no text says more than that it is not there
        fact = change_fact(user_id=caller_of(request).user.pk, fact_id=fact_id, text=_text_of(request))
        return Response(FactJson(fact).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, fact_id: UUID) -> Response:
        """Forget it."""
        delete_fact(user_id=caller_of(request).user.pk, fact_id=fact_id)
        return Response(status=204)


def _text_of(request: Request) -> str:
    given = FactText(data=request.data)
    given.is_valid(raise_exception=True)
    return str(given.validated_data["text"])
