"""Where a chat setting comes from: the value that holds for a person, and what each layer says.

From the weakest to the strongest: ``default`` (what Coday does by itself), ``site``, ``person``, ``agent``. A stronger layer
wins, but for what adds up (prompts, tools that are off) and for the memory, which anybody can switch off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from uuid import UUID

from agents.models import Agent, ChatSettings
from agents.queries import enabled_agents, enabled_models, memory_is_on, site_and_person

Layer = Literal["default", "site", "person", "agent"]
LAYERS: tuple[Layer, ...] = get_args(Layer)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveSetting:
    """A setting as it holds for a person.

    ``value`` is ``None`` where there is none; ``layer`` is the strongest one that it comes from. ``layers`` are those that
    say something, the weakest first. ``adds_up``: all of them hold together.
    """

    name: str
    value: Any
    layer: Layer
    layers: Mapping[Layer, Any] = field(default_factory=dict)
    adds_up: bool = False


def effective_settings(*, user_id: UUID) -> tuple[EffectiveSetting, ...]:
    """Every chat setting of this person. Three queries."""
    site, person = site_and_person(user_id=user_id)
    agents = {agent.slug: agent for agent in enabled_agents(user_id=user_id)}
    ranked = sorted(agents.values(), key=lambda agent: not agent.is_default)
    answering = _strongest(
        "agent",
        default=ranked[0].slug if ranked else None,
        site=_usable(site.agent, agents),
        person=_usable(person.agent, agents),
    )
    return (
        _sum_of_texts("system_prompt", site=site.system_prompt, person=person.system_prompt),
        answering,
        _model(site, person, agents.get(answering.value or "")),
        _strongest("language", site=site.language, person=person.language),
        _strongest("send_key", default=ChatSettings.SendKey.ENTER.value, site=site.send_key, person=person.send_key),
        _strongest("theme", default=ChatSettings.Theme.SYSTEM.value, site=site.theme, person=person.theme),
        _memory(site, person),
        _strongest("anonymous", default=False, site=site.anonymous, person=person.anonymous),
        _sum_of_names("tools_off", site=site.tools_off, person=person.tools_off),
    )


def _strongest(name: str, **layers: Any) -> EffectiveSetting:
    """The last layer that says something; empty texts say nothing."""
    said: dict[Layer, Any] = {layer: layers[layer] for layer in LAYERS if layers.get(layer) not in (None, "")}
    strongest: Layer = list(said)[-1] if said else "default"
    return EffectiveSetting(name=name, value=said.get(strongest), layer=strongest, layers=said)


def _model(site: ChatSettings, person: ChatSettings, agent: Agent | None) -> EffectiveSetting:
    models = {model.slug: model for model in enabled_models()}
    ranked = sorted(models.values(), key=lambda model: not model.is_default)
    return _strongest(
        "model",
        default=ranked[0].slug if ranked else None,
        site=_usable(site.language_model, models),
        person=_usable(person.language_model, models),
        agent=_usable(agent.language_model if agent else None, models),
    )


def _usable(chosen: Any, available: Mapping[str, Any]) -> str | None:
    """The slug of what was chosen, as long as it is there."""
    return chosen.slug if chosen is not None and chosen.slug in available else None


def _memory(site: ChatSettings, person: ChatSettings) -> EffectiveSetting:
    found = _strongest("memory", default=True, site=site.memory, person=person.memory)
    on = memory_is_on(site=site, person=person)
    against: Layer = "site" if site.memory is False else "person"
    return EffectiveSetting(name="memory", value=on, layer=found.layer if on else against, layers=found.layers)


def _sum_of_texts(name: str, **layers: str) -> EffectiveSetting:
    found = _strongest(name, **layers)
    text = "\n\n".join(found.layers.values())
    return EffectiveSetting(name=name, value=text, layer=found.layer, layers=found.layers, adds_up=True)


def _sum_of_names(name: str, **layers: list[str]) -> EffectiveSetting:
    found = _strongest(name, **{layer: names or None for layer, names in layers.items()})
    names = sorted({one for names in found.layers.values() for one in names})
    return EffectiveSetting(name=name, value=names, layer=found.layer, layers=found.layers, adds_up=True)
