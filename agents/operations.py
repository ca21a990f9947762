"""Writes: what a person says to every agent, and chooses for new threads."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from agents.errors import AgentNotFoundError, ModelNotFoundError
from agents.models import ChatSettings
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
