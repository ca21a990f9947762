"""The JSON of agents, models and chat settings. Agents and models are named by slug, in and out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from agents.models import Agent, ChatSettings, LanguageModel
from coday.edge.serializers import LeanSerializer


class OwnModelField(serializers.CharField):
    """The slug of the model that an agent names, where it can be used."""

    def get_attribute(self, instance: Agent) -> str | None:
        """DRF's contract."""
        model = instance.language_model
        return model.slug if model and model.enabled and model.provider.enabled else None


class AgentJson(LeanSerializer):
    """An agent that can be chosen. ``model`` is its own, where it names one; ``is_default`` is for this caller."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    model = OwnModelField(required=False)
    suggestions = serializers.ListField(child=serializers.CharField())
    is_default = serializers.SerializerMethodField()

    def get_is_default(self, agent: Agent) -> bool:
        return bool(agent.slug == self.context.get("default"))


class CapabilitiesJson(serializers.Serializer[Any]):
    """What a model takes and does beside text."""

    vision = serializers.BooleanField()
    tools = serializers.BooleanField()
    reasoning = serializers.BooleanField()


class PricesJson(LeanSerializer):
    """Prices per million tokens, as decimal strings; absent where unknown."""

    currency = serializers.CharField()
    input = serializers.DecimalField(source="input_price", max_digits=12, decimal_places=6, required=False)
    cached_input = serializers.DecimalField(
        source="cached_input_price", max_digits=12, decimal_places=6, required=False
    )
    output = serializers.DecimalField(source="output_price", max_digits=12, decimal_places=6, required=False)


class ModelJson(LeanSerializer):
    """A model that can be chosen. Windows and limits are tokens."""

    slug = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF collects it; it is no attribute
    provider = serializers.CharField(source="provider.name")
    context_window = serializers.IntegerField()
    output_limit = serializers.IntegerField(required=False)
    capabilities = CapabilitiesJson(source="*")
    prices = PricesJson(source="*")
    is_default = serializers.SerializerMethodField()

    def get_is_default(self, model: LanguageModel) -> bool:
        return bool(model.slug == self.context.get("default"))


class ChatSettingsJson(LeanSerializer):
    """What the caller says to every agent, and what they chose for new threads; absent where they chose nothing."""

    system_prompt = serializers.CharField()
    agent = serializers.CharField(source="agent.slug", default=None)
    model = serializers.CharField(source="language_model.slug", default=None)


class ChatSettingsChange(serializers.Serializer[Any]):
    """What to change; an empty ``agent`` or ``model`` goes back to the site's choice."""

    system_prompt = serializers.CharField(
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        max_length=ChatSettings._meta.get_field("system_prompt").max_length,
    )
    agent = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=60)
    model = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=100)
