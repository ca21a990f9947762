"""Which agent and model answer."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from agents.errors import AgentNotFoundError, ModelNotFoundError, NoModelError, ProviderKeyUnreadableError
from agents.models import Agent, ChatSettings, LanguageModel, Provider
from agents.operations import change_chat_settings
from agents.queries import ChatPrompts, chat_prompts, default_slugs, resolve_agent
from coday.accounts.models import User


@pytest.fixture
def provider(db: None) -> Provider:
    return Provider.objects.create(
        slug="house", name="House", kind="openai", base_url="http://127.0.0.1:9/v1/", api_key="sk-1"
    )


def _model(provider: Provider, slug: str, **values: object) -> LanguageModel:
    return LanguageModel.objects.create(provider=provider, slug=slug, name=slug, label=slug, **values)


def _resolved(user: User | None = None, agent: str = "", model: str = "") -> tuple[str, str]:
    found = resolve_agent(agent=agent, model=model, user_id=user.pk if user else None)
    return found.slug, found.model.slug


def test_the_order_of_choices(provider: Provider, owner: User) -> None:
    """Explicit, the person's, the site's, the default, the first: each step is taken away in turn."""
    models = {slug: _model(provider, slug) for slug in ("a-first", "default", "site", "person", "named", "own")}
    LanguageModel.objects.filter(slug="default").update(is_default=True)
    agents = {
        slug: Agent.objects.create(slug=slug, name=slug, position=position, is_default=slug == "default")
        for position, slug in enumerate(("a-first", "default", "site", "person", "named"))
    }
    with_own = Agent.objects.create(slug="own", name="own", position=9, language_model=models["own"])
    ChatSettings.objects.create(user=None, agent=agents["site"], language_model=models["site"])
    ChatSettings.objects.create(user=owner, agent=agents["person"], language_model=models["person"])

    assert _resolved(owner, agent="named", model="named") == ("named", "named")
    assert _resolved(owner, agent=with_own.slug) == ("own", "own")
    for step in ("person", "site", "default", "a-first"):
        assert _resolved(owner) == (step, step)
        assert default_slugs(user_id=owner.pk) == (step, step)
        for row in (agents[step], models[step]):
            row.enabled = False
            row.save(update_fields=["enabled"])
    with pytest.raises(AgentNotFoundError):
        _resolved(owner, agent="person")


def test_another_persons_choice_does_not_count(provider: Provider, owner: User, stranger: User) -> None:
    _model(provider, "a-first")
    chosen = _model(provider, "chosen")
    Agent.objects.create(slug="agent", name="agent")
    ChatSettings.objects.create(user=owner, language_model=chosen)
    assert _resolved(owner) == ("agent", "chosen")
    assert _resolved(stranger) == ("agent", "a-first")
    assert _resolved() == ("agent", "a-first")


def test_what_is_disabled_or_missing_does_not_exist(provider: Provider) -> None:
    with pytest.raises(AgentNotFoundError):
        resolve_agent(user_id=None)
    agent = Agent.objects.create(slug="agent", name="agent")
    with pytest.raises(NoModelError):
        resolve_agent(user_id=None)
    model = _model(provider, "model")
    Agent.objects.update(language_model=model)
    for name, error in (("agent", AgentNotFoundError), ("model", ModelNotFoundError)):
        with pytest.raises(error) as caught:
            resolve_agent(user_id=None, **{name: "nothing"})
        assert caught.value.details == {"field": name}
    Provider.objects.update(enabled=False)
    with pytest.raises(ModelNotFoundError):
        _resolved(model="model")
    with pytest.raises(NoModelError):  # not the agent's own either
        _resolved(agent=agent.slug)


def test_everything_of_the_rows_arrives(provider: Provider) -> None:
    values = {"context_window": 1000, "output_limit": 100, "vision": True, "input_price": Decimal("2.5")}
    model = _model(provider, "model", **values)
    Agent.objects.create(slug="agent", name="Agent", instructions="Be kind.", language_model=model, temperature=0.5)
    found = resolve_agent(user_id=None)
    assert (found.name, found.instructions, found.temperature, found.limits.max_iterations) == (
        "Agent",
        "Be kind.",
        0.5,
        50,
    )
    assert (found.model.context_window, found.model.output_limit, found.model.vision) == (1000, 100, True)
    assert (found.model.prices.input, found.model.prices.output) == (Decimal("2.5"), None)
    assert found.model.provider.base_url == "http://127.0.0.1:9/v1"
    assert found.model.provider.api_key == "sk-1"
    assert "sk-1" not in repr(found)


def test_queries_are_bounded(
    provider: Provider, owner: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    _model(provider, "model")
    Agent.objects.create(slug="agent", name="agent")
    ChatSettings.objects.create(user=owner)
    for names in ({}, {"agent": "agent"}, {"agent": "agent", "model": "model"}):
        with django_assert_max_num_queries(6):
            resolve_agent(user_id=owner.pk, **names)


def test_who_was_found_is_known_by_name(
    provider: Provider, owner: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _model(provider, "model")
    Agent.objects.create(slug="agent", name="agent")
    found = resolve_agent(user_id=owner.pk)
    with django_assert_num_queries(0):
        assert resolve_agent(agent="agent", model="model", user_id=owner.pk) == found


def test_a_key_of_another_installation_is_told(provider: Provider, settings: Settings) -> None:
    _model(provider, "model")
    Agent.objects.create(slug="agent", name="agent")
    settings.ENCRYPTION_KEYS = ["another key"]
    with pytest.raises(ProviderKeyUnreadableError):
        resolve_agent(user_id=None)


def test_prompts_of_site_and_person(
    owner: User, stranger: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ChatSettings.objects.create(user=None, system_prompt="Site.")
    change_chat_settings(user_id=owner.pk, system_prompt="Person.")
    with django_assert_num_queries(2):
        assert chat_prompts(user_id=owner.pk) == ChatPrompts(site="Site.", person="Person.")
    assert chat_prompts(user_id=stranger.pk) == ChatPrompts(site="Site.", person="")
    assert chat_prompts(user_id=None) == ChatPrompts(site="Site.", person="")
