"""Reads: which agent and model answer, what is said to every agent, and the lists that the doors show.

What is disabled does not exist here, a model exists only while its provider is enabled, and an agent only for those who may
choose it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.contrib.auth.models import Group
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from agents.errors import (
    AgentNotFoundError,
    FactNotFoundError,
    ModelNotFoundError,
    NoModelError,
    ProviderKeyUnreadableError,
)
from agents.means import means_of
from agents.models import Agent, AgentSkill, ChatSettings, Fact, LanguageModel, Provider
from agents.snapshot import AgentLimits, AgentSnapshot, ModelPrices, ModelSnapshot, ProviderKind, ProviderSnapshot
from coday.accounts.models import User
from coday.kernel.crypto import UnreadableSecretError
from coday.kernel.memory import Memory
from skills.models import McpServer, Skill


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatPrompts:
    """What the site and the person say to every agent; empty where they say nothing.

    ``facts`` are about the person, oldest first, none where they are switched off. ``language`` is the tag of the one to
    answer in. ``tools_off`` are the tools that no agent may call.
    """

    site: str = ""
    person: str = ""
    facts: tuple[str, ...] = ()
    language: str = ""
    tools_off: frozenset[str] = frozenset()


_SOURCES = (Agent, AgentSkill, LanguageModel, Provider, ChatSettings, Skill, McpServer, Group)
_RELATIONS = (
    Agent.skills.through, Agent.mcp_servers.through, Agent.delegates.through, Agent.groups.through,
    Skill.groups.through, User.groups.through,
)  # fmt: skip
_resolved: Memory[AgentSnapshot] = Memory(seconds=1.0, models=_SOURCES, relations=_RELATIONS)
_prompts: Memory[ChatPrompts] = Memory(seconds=1.0, models=(ChatSettings, Fact))
_limits: Memory[int | None] = Memory(seconds=1.0, models=(Provider,))


def resolve_agent(*, agent: str = "", model: str = "", user_id: UUID | None) -> AgentSnapshot:
    """The agent that answers this person, with the model that it uses and its means. At most six queries.

    Without ``agent`` (a slug): the person's choice, the site's, the default agent, the first one. Without ``model`` (a
    slug): the agent's own, the person's choice, the site's, the default model, the first one. What another process
    changed is seen within a second.

    Raises:
        AgentNotFoundError: no such agent, or not for this person.
        ModelNotFoundError: no such model.
        NoModelError: there is no model at all.
        ProviderKeyUnreadableError: the provider's key needs to be entered again.
    """
    found = _resolved.recall((agent, model, user_id), lambda: _resolve(agent=agent, model=model, user_id=user_id))
    # A run that is captured without names is read by its names a moment later.
    return _resolved.recall((found.slug, found.model.slug, user_id), lambda: found)


def _resolve(*, agent: str, model: str, user_id: UUID | None) -> AgentSnapshot:
    try:
        choices = _choices(user_id) if not (agent and model) else []
        row = _agent(agent, choices, user_id)
        return agent_snapshot(row, _model(model, row, choices), user_id=user_id)
    except UnreadableSecretError as error:
        raise ProviderKeyUnreadableError from error


def chat_prompts(*, user_id: UUID | None) -> ChatPrompts:
    """What the site and this person say to every agent. At most two queries."""
    return _prompts.recall(user_id, lambda: _read_prompts(user_id))


def _read_prompts(user_id: UUID | None) -> ChatPrompts:
    site, person = site_and_person(user_id=user_id)
    told = user_id is not None and memory_is_on(site=site, person=person)
    return ChatPrompts(
        site=site.system_prompt,
        person=person.system_prompt,
        facts=tuple(facts_of(user_id=user_id).values_list("text", flat=True)) if user_id and told else (),
        language=person.language or site.language,
        tools_off=frozenset((*site.tools_off, *person.tools_off)),
    )


def site_and_person(*, user_id: UUID | None) -> tuple[ChatSettings, ChatSettings]:
    """The site's chat settings and this person's, with agents and models; empty ones where there are none. One query."""
    rows = ChatSettings.objects.filter(_of_person_or_site(user_id)).select_related("agent", "language_model")
    found = {row.user_id: row for row in rows}
    return found.get(None) or ChatSettings(), (user_id and found.get(user_id)) or ChatSettings()


def prefers_anonymity(*, user_id: UUID) -> bool:
    """Whether this person's new conversations are anonymous where they say nothing else."""
    site, person = site_and_person(user_id=user_id)
    return bool(site.anonymous if person.anonymous is None else person.anonymous)


def memory_is_on(*, site: ChatSettings, person: ChatSettings) -> bool:
    """Whether agents are told facts about the person: unless the site or the person is against it."""
    return site.memory is not False and person.memory is not False


def facts_of(*, user_id: UUID) -> QuerySet[Fact]:
    """The facts about a person, oldest first."""
    return Fact.objects.filter(user_id=user_id).order_by("id")


def get_fact(*, user_id: UUID, fact_id: UUID) -> Fact:
    """One fact about a person.

    Raises:
        FactNotFoundError: it does not exist for this person.
    """
    fact = facts_of(user_id=user_id).filter(pk=fact_id).first()
    if fact is None:
        raise FactNotFoundError
    return fact


def max_runs_of_provider(*, slug: str) -> int | None:
    """How many runs may use a provider at once, ``None`` for any number. What another process changed is seen within a
    second."""
    return _limits.recall(slug, lambda: Provider.objects.filter(slug=slug).values_list("max_runs", flat=True).first())


def enabled_agents(*, user_id: UUID | None) -> QuerySet[Agent]:
    """The agents that this person may choose, in their order, with the models that they name. Keys are not read."""
    agents = visible_agents(user_id=user_id).select_related("language_model__provider")
    return agents.defer("instructions", "language_model__provider__api_key")


def visible_agents(*, user_id: UUID | None) -> QuerySet[Agent]:
    """Enabled agents that are there for everyone, or for a group of this person's."""
    theirs = Agent.groups.through.objects.filter(agent_id=OuterRef("pk"), group__user=user_id)
    seen = Q(everyone=True) | Exists(theirs) if user_id else Q(everyone=True)
    return Agent.objects.filter(seen, enabled=True)


def names_of_agents() -> dict[str, str]:
    """What all agents are called, by slug."""
    return dict(Agent.objects.values_list("slug", "name"))


def names_of_models() -> dict[str, str]:
    """What all models are called, by slug."""
    return {slug: label or slug for slug, label in LanguageModel.objects.values_list("slug", "label")}


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
    agents = enabled_agents(user_id=user_id).order_by("-is_default", "position", "name").values_list("slug", flat=True)
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
        anonymous_only=row.anonymous_only,
        trusted=row.trusted,
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


def agent_snapshot(row: Agent, model: LanguageModel, *, user_id: UUID | None) -> AgentSnapshot:
    """An agent as a run of this person's sees it, with the model that it uses there. Three queries."""
    means = means_of(row, user_id=user_id, delegates=visible_agents(user_id=user_id))
    return AgentSnapshot(
        id=row.pk,
        slug=row.slug,
        name=row.name,
        instructions=row.instructions,
        model=model_snapshot(model),
        temperature=row.temperature,
        top_p=row.top_p,
        max_output_tokens=row.max_output_tokens,
        limits=AgentLimits(
            max_iterations=row.max_iterations,
            max_seconds=row.max_seconds,
            max_cost=row.max_cost,
            max_delegations=row.max_delegations,
            max_depth=row.max_depth,
        ),
        retry_interrupted=row.retry_interrupted,
        tools=dict(row.tools),
        always_skills=means.always_skills,
        available_skills=means.available_skills,
        mcp_servers=means.mcp_servers,
        delegates=means.delegates,
    )


# --- Choosing -----------------------------------------------------------------------------------------------------


def _of_person_or_site(user_id: UUID | None) -> Q:
    site = Q(user__isnull=True)
    return site | Q(user_id=user_id) if user_id else site


def _choices(user_id: UUID | None) -> list[ChatSettings]:
    """Chat settings that have a say, the person's before the site's."""
    rows = ChatSettings.objects.filter(_of_person_or_site(user_id)).select_related("language_model__provider")
    return sorted(rows, key=lambda row: row.user_id is None)


def _agent(slug: str, choices: list[ChatSettings], user_id: UUID | None) -> Agent:
    agents = visible_agents(user_id=user_id).select_related("language_model__provider")
    if slug:
        row = agents.filter(slug=slug).first()
    else:
        chosen = [
            When(pk=choice.agent_id, then=Value(place)) for place, choice in enumerate(choices) if choice.agent_id
        ]
        # Without a choice there is no rank: a number alone would order by the column of that number.
        rank = [Case(*chosen, default=Value(len(choices)), output_field=IntegerField())] if chosen else []
        row = agents.order_by(*rank, "-is_default", "position", "name").first()
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
