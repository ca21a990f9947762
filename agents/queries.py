"""Reads: which agent and model answer, what is said to every agent, and the lists that the doors show.

What is disabled does not exist here, and a model exists only while its provider is enabled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.db.models import Q, QuerySet

from agents.errors import AgentNotFoundError, ModelNotFoundError, NoModelError, ProviderKeyUnreadableError
from agents.models import Agent, ChatSettings, LanguageModel, Provider
from agents.snapshot import AgentSnapshot, ModelPrices, ModelSnapshot, ProviderKind, ProviderSnapshot
from coday.kernel.crypto import UnreadableSecretError
from coday.kernel.memory import Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatPrompts:
    """What the site and the person say to every agent; empty where they say nothing."""

    site: str = ""
    person: str = ""


_SOURCES = (Agent, LanguageModel, Provider, ChatSettings)
_resolved: Memory[AgentSnapshot] = Memory(seconds=1.0, models=_SOURCES)
_prompts: Memory[ChatPrompts] = Memory(seconds=1.0, models=_SOURCES)
_limits: Memory[int | None] = Memory(seconds=1.0, models=_SOURCES)


def resolve_agent(*, agent: str = "", model: str = "", user_id: UUID | None) -> AgentSnapshot:
    """The agent that answers, with the model that it uses. At most three queries.

    Without ``agent`` (a slug): the person's choice, the site's, the default agent, the first one. Without ``model`` (a
    slug): the agent's own, the person's choice, the site's, the default model, the first one. What another process
    changed is seen within a second.

    Raises:
        AgentNotFoundError: no such agent.
        ModelNotFoundError: no such model.
        NoModelError: there is no model at all.
        ProviderKeyUnreadableError: the provider's key needs to be entered again.
    """
    asked = (agent, model, None if agent and model else user_id)
    return _resolved.recall(asked, lambda: _resolve(agent=agent, model=model, user_id=user_id))


def _resolve(*, agent: str, model: str, user_id: UUID | None) -> AgentSnapshot:
    try:
        choices = _choices(user_id) if not (agent and model) else []
        row = _agent(agent, choices)
        return agent_snapshot(row, _model(model, row, choices))
    except UnreadableSecretError as error:
        raise ProviderKeyUnreadableError from error


def chat_prompts(*, user_id: UUID | None) -> ChatPrompts:
    """What the site and this person say to every agent. At most one query."""
    return _prompts.recall(user_id, lambda: _read_prompts(user_id))


def _read_prompts(user_id: UUID | None) -> ChatPrompts:
    texts: dict[UUID | None, str] = dict(
        ChatSettings.objects.filter(_of_person_or_site(user_id)).values_list("user_id", "system_prompt")
    )
    return ChatPrompts(site=texts.get(None, ""), person=texts.get(user_id, "") if user_id else "")


def max_runs_of_provider(*, slug: str) -> int | None:
    """How many runs may use a provider at once, ``None`` for any number. What another process changed is seen within a
    second."""
    return _limits.recall(slug, lambda: Provider.objects.filter(slug=slug).values_list("max_runs", flat=True).first())


def enabled_agents() -> QuerySet[Agent]:
    """The agents that people may choose, in their order, with the models that they name. Keys are not read."""
    agents = Agent.objects.filter(enabled=True).select_related("language_model__provider")
    return agents.defer("instructions", "language_model__provider__api_key")


def enabled_models() -> QuerySet[LanguageModel]:
    """The models that people may choose, with their providers. Keys are not read."""
    return _usable_models().defer("provider__api_key")


def chat_settings_of(*, user_id: UUID) -> ChatSettings | None:
    """A person's own chat settings, with agent and model; ``None`` as long as they changed nothing."""
    return ChatSettings.objects.filter(user_id=user_id).select_related("agent", "language_model").first()


def default_slugs(*, user_id: UUID) -> tuple[str, str]:
    """The agent and the model that answer this person where neither is named; empty where there is none.

    An agent with a model of its own uses that one. Three queries; keys are not read.
    """
    rows = ChatSettings.objects.filter(_of_person_or_site(user_id))
    choices = sorted(rows.values_list("user_id", "agent__slug", "language_model__slug"), key=lambda row: row[0] is None)
    agents = enabled_agents().order_by("-is_default", "position", "name").values_list("slug", flat=True)
    models = enabled_models().order_by("-is_default", "label").values_list("slug", flat=True)
    return (
        _first_choice([agent for _, agent, _ in choices], list(agents)),
        _first_choice([model for _, _, model in choices], list(models)),
    )


def _first_choice(chosen: list[str], available: list[str]) -> str:
    return next((slug for slug in (*chosen, *available) if slug in available), "")


# --- Rows to values -----------------------------------------------------------------------------------------------


def provider_snapshot(row: Provider) -> ProviderSnapshot:
    """A provider as a run sees it, its key in clear."""
    return ProviderSnapshot(
        slug=row.slug,
        kind=cast("ProviderKind", row.kind),
        name=row.name,
        base_url=row.base_url.rstrip("/"),
        api_key=row.api_key,
        max_runs=row.max_runs,
    )


def model_snapshot(row: LanguageModel) -> ModelSnapshot:
    """A model as a run sees it."""
    return ModelSnapshot(
        slug=row.slug,
        name=row.name,
        label=row.label,
        provider=provider_snapshot(row.provider),
        context_window=row.context_window,
        output_limit=row.output_limit,
        vision=row.vision,
        tools=row.tools,
        reasoning=row.reasoning,
        prices=ModelPrices(
            currency=row.currency,
            input=row.input_price,
            cached_input=row.cached_input_price,
            output=row.output_price,
        ),
        first_byte_timeout=row.first_byte_timeout,
        chunk_timeout=row.chunk_timeout,
    )


def agent_snapshot(row: Agent, model: LanguageModel) -> AgentSnapshot:
    """An agent as a run sees it, with the model that it uses there."""
    return AgentSnapshot(
        id=row.pk,
        slug=row.slug,
        name=row.name,
        instructions=row.instructions,
        model=model_snapshot(model),
        temperature=row.temperature,
        max_iterations=row.max_iterations,
        retry_interrupted=row.retry_interrupted,
    )


# --- Choosing -----------------------------------------------------------------------------------------------------


def _of_person_or_site(user_id: UUID | None) -> Q:
    site = Q(user__isnull=True)
    return site | Q(user_id=user_id) if user_id else site


def _choices(user_id: UUID | None) -> list[ChatSettings]:
    """Chat settings that have a say, the person's before the site's."""
    rows = ChatSettings.objects.filter(_of_person_or_site(user_id)).select_related(
        "agent__language_model__provider", "language_model__provider"
    )
    return sorted(rows, key=lambda row: row.user_id is None)


def _agent(slug: str, choices: list[ChatSettings]) -> Agent:
    if not slug:
        for choice in choices:
            if choice.agent is not None and choice.agent.enabled:
                return choice.agent
    agents = Agent.objects.filter(enabled=True).select_related("language_model__provider")
    found = agents.filter(slug=slug) if slug else agents.order_by("-is_default", "position", "name")
    row = found.first()
    if row is None:
        raise AgentNotFoundError(details={"field": "agent"})
    return row


def _model(slug: str, agent: Agent, choices: list[ChatSettings]) -> LanguageModel:
    if slug:
        row = _usable_models().filter(slug=slug).first()
        if row is None:
            raise ModelNotFoundError(details={"field": "model"})
        return row
    for chosen in (agent.language_model, *(choice.language_model for choice in choices)):
        if chosen is not None and chosen.enabled and chosen.provider.enabled:
            return chosen
    row = _usable_models().order_by("-is_default", "label").first()
    if row is None:
        raise NoModelError
    return row


def _usable_models() -> QuerySet[LanguageModel]:
    return LanguageModel.objects.filter(enabled=True, provider__enabled=True).select_related("provider")
