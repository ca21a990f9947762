"""The JSON of agents, models and chat settings. Agents and models are named by slug, in and out."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agents.layers import LAYERS, EffectiveSetting
from agents.models import Agent, ChatSettings, Fact, LanguageModel
from agents.operations import MAX_FACT_CHARS
from agents.validators import MAX_TOOLS_OFF, TOOL_NAME, validate_language
from coday.edge.serializers import LeanSerializer


class OwnModelField(serializers.CharField):
    """The slug of the model that an agent names, where it can be used."""

    def get_attribute(self, instance: Agent) -> str | None:
        """DRF's contract."""
        model = instance.language_model
        return model.slug if model and model.enabled and model.provider.enabled else None


class IconField(serializers.CharField):
    """An icon, where there is one."""

    def get_attribute(self, instance: Agent) -> str | None:
        """DRF's contract."""
        return instance.icon or None


class AgentJson(LeanSerializer):
    """An agent that can be chosen. ``model`` is its own, where it names one; ``is_default`` is for this caller. ``tools`` are
    the names of those that it may call, at once or after asking."""

    slug = serializers.CharField()
    name = serializers.CharField()
    icon = IconField(required=False)
    description = serializers.CharField()
    model = OwnModelField(required=False)
    suggestions = serializers.ListField(child=serializers.CharField())
    tools = serializers.SerializerMethodField()
    is_default = serializers.SerializerMethodField()

    def get_tools(self, agent: Agent) -> list[str]:
        return sorted(name for name, policy in agent.tools.items() if policy != "off")

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
    anonymous_only = serializers.BooleanField(help_text="Reached in anonymous conversations alone.")
    is_default = serializers.SerializerMethodField()

    def get_is_default(self, model: LanguageModel) -> bool:
        return bool(model.slug == self.context.get("default"))


class ChatSettingsJson(LeanSerializer):
    """What the caller says to every agent, and what they chose for their chats; absent where they chose nothing.

    ``tools_off`` are the tools that no agent may call for them.
    """

    system_prompt = serializers.CharField()
    agent = serializers.CharField(source="agent.slug", default=None)
    model = serializers.CharField(source="language_model.slug", default=None)
    tools_off = serializers.ListField(child=serializers.CharField())
    language = serializers.CharField(required=False)
    send_key = serializers.ChoiceField(ChatSettings.SendKey.choices, required=False)
    theme = serializers.ChoiceField(ChatSettings.Theme.choices, required=False)
    memory = serializers.BooleanField(required=False)
    anonymous = serializers.BooleanField(required=False)

    def to_representation(self, instance: ChatSettings) -> dict[str, Any]:
        """The object without what is left to the site."""
        shown = super().to_representation(instance)
        return {name: value for name, value in shown.items() if value != "" or name == "system_prompt"}


class ChatSettingsChange(serializers.Serializer[Any]):
    """What to change; null, or an empty text, goes back to the site's choice."""

    system_prompt = serializers.CharField(
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        max_length=ChatSettings._meta.get_field("system_prompt").max_length,
    )
    agent = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=60)
    model = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=100)
    tools_off = serializers.ListField(
        required=False,
        max_length=MAX_TOOLS_OFF,
        child=serializers.RegexField(rf"\A{TOOL_NAME.pattern}\Z"),
        help_text="Names of tools; the list replaces the earlier one.",
    )
    language = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=35, validators=[validate_language]
    )
    send_key = serializers.ChoiceField(ChatSettings.SendKey.choices, required=False, allow_blank=True, allow_null=True)
    theme = serializers.ChoiceField(ChatSettings.Theme.choices, required=False, allow_blank=True, allow_null=True)
    memory = serializers.BooleanField(required=False, allow_null=True)
    anonymous = serializers.BooleanField(required=False, allow_null=True)


class LayerJson(serializers.Serializer[Any]):
    """What one layer says."""

    layer = serializers.ChoiceField(LAYERS)
    value = serializers.JSONField()


class EffectiveSettingJson(LeanSerializer):
    """A setting as it holds for the caller. ``value`` is absent where there is none; ``layers`` say something, the weakest
    first; ``adds_up``: all of them hold together."""

    name = serializers.CharField()
    value = serializers.JSONField(required=False)
    layer = serializers.ChoiceField(LAYERS)
    layers = serializers.SerializerMethodField()
    adds_up = serializers.BooleanField()

    @extend_schema_field(LayerJson(many=True))
    def get_layers(self, setting: EffectiveSetting) -> list[dict[str, Any]]:
        return [{"layer": layer, "value": value} for layer, value in setting.layers.items()]


class FactJson(LeanSerializer):
    """Something about the caller that agents are told. ``run_id`` is the run in which a model noted it."""

    id = serializers.UUIDField()
    text = serializers.CharField()
    source = serializers.ChoiceField(Fact.Source.choices)  # type: ignore[assignment]  # DRF collects it; it is no attribute
    run_id = serializers.UUIDField(required=False)
    created_at = serializers.DateTimeField()


class FactText(serializers.Serializer[Any]):
    """What a fact says, on one line."""

    text = serializers.CharField(max_length=4 * MAX_FACT_CHARS)
