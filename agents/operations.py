"""Writes: a person's chat settings, and the site's defaults."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from agents.errors import AgentNotFoundError, ModelNotFoundError
from agents.models import Agent, ChatSettings, LanguageModel
from agents.queries import enabled_agents, enabled_models


@transaction.atomic
def change_chat_settings(
    *, user_id: UUID, system_prompt: str | None = None, agent: str | None = None, model: str | None = None
) -> ChatSettings:
    """Change a person's own chat settings. ``None`` changes nothing; an empty slug goes back to the site's choice.

    Raises:
        AgentNotFoundError: no such agent.
        ModelNotFoundError: no such model.
    """
    row, _ = ChatSettings.objects.select_for_update().get_or_create(user_id=user_id)
    if system_prompt is not None:
        row.system_prompt = system_prompt
    if agent is not None:
        row.agent = enabled_agents().filter(slug=agent).first() if agent else None
        if agent and row.agent is None:
            raise AgentNotFoundError(details={"field": "agent"})
    if model is not None:
        row.language_model = enabled_models().filter(slug=model).first() if model else None
        if model and row.language_model is None:
            raise ModelNotFoundError(details={"field": "model"})
    row.save()
    return row


@transaction.atomic
def make_default_model(*, model: LanguageModel) -> None:
    """Make this the one default model."""
    LanguageModel.objects.filter(is_default=True).exclude(pk=model.pk).update(is_default=False)
    LanguageModel.objects.filter(pk=model.pk).update(is_default=True)


@transaction.atomic
def make_default_agent(*, agent: Agent) -> None:
    """Make this the one default agent."""
    Agent.objects.filter(is_default=True).exclude(pk=agent.pk).update(is_default=False)
    Agent.objects.filter(pk=agent.pk).update(is_default=True)
