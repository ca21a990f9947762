"""Makes the rows of a new or restarted installation: the demo, what the environment asks for, the embedded model, agents.

The environment owns a provider's address and key, and whether it is there at all. Everything else is set when a row is
made and belongs to the admin from then on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx
import msgspec
from django.db.models import QuerySet

from agents import local_model
from agents.catalog import describe, worth_offering
from agents.environment import OLLAMA, WantedProvider, agents_folder, local_model_allowed, ollama_in, providers_in
from agents.folder import load_folder
from agents.models import Agent, ChatSettings, LanguageModel, Provider
from agents.operations import make_default_model
from agents.seeds import DEMO, SMALL_MODEL, create_agent, seed_agents

PLACEHOLDERS = (local_model.SLUG, DEMO.slug)  # the better one first; used only as long as there is nothing real
MAX_LISTED_MODELS = 30


class _ListedModel(msgspec.Struct):
    """One entry of ``GET /models``, with the window where a server tells it (vLLM and OpenRouter do)."""

    id: str
    max_model_len: int | None = None
    context_length: int | None = None


class _Listing(msgspec.Struct):
    data: list[_ListedModel] | None = None


def provision(environment: Mapping[str, str]) -> list[str]:
    """Make everything that an installation needs to answer. Idempotent.

    Returns:
        What there is to tell the operator, a line each.
    """
    ChatSettings.objects.get_or_create(user=None)
    _provide_demo()
    notes = [note for wanted in providers_in(environment) for note in _provide(wanted)]
    _withdraw(_from_environment().exclude(slug__in=[OLLAMA, *(it.slug for it in providers_in(environment))]))
    _provide_ollama(ollama_in(environment))
    _switch_local_model(on=local_model_allowed(environment) and local_model.is_installed() and not _real().exists())
    choose_default_model()
    notes += load_folder(agents_folder(environment))  # before the seeds: who brings agents along gets no others
    seed_agents()
    return notes


def choose_default_model() -> None:
    """Set the default model where none is usable, or where only a placeholder is and something better has come."""
    usable = LanguageModel.objects.filter(enabled=True, provider__enabled=True).select_related("provider")
    models = sorted(usable.defer("provider__api_key").order_by("created_at", "id"), key=_rank)
    current = next((model for model in models if model.is_default), None)
    if models and (current is None or _rank(models[0]) < _rank(current)):
        make_default_model(model=models[0])


def set_local_model(*, port: int, key: str) -> None:
    """Say where the embedded model listens from now on, and the key that it asks for."""
    Provider.objects.filter(slug=local_model.SLUG).update(base_url=f"http://127.0.0.1:{port}/v1", api_key=key)


def local_model_wanted() -> bool:
    """Whether the server has to start the embedded model."""
    return Provider.objects.filter(slug=local_model.SLUG, enabled=True).exists() and local_model.is_installed()


# --- Providers from the environment -------------------------------------------------------------------------------


def _provide(wanted: WantedProvider) -> list[str]:
    """Make the provider's row say what the environment says, and give it models where it has none."""
    provider = _follow(wanted)
    if provider is None:
        return [f"The provider “{wanted.slug}” was made in the admin, so the environment does not change it."]
    if wanted.default_model:
        make_default_model(model=_model(provider, _ListedModel(id=wanted.default_model)))
    elif not provider.language_models.exists() and not _add_listed_models(provider, wanted):
        return [f"{provider.name} named no models. Set CODAY_DEFAULT_MODEL, or add a model in the admin."]
    return []


def _provide_ollama(wanted: WantedProvider) -> None:
    """Use an Ollama server that is running here, as long as nobody set up something else."""
    others = _real().exclude(slug=OLLAMA)
    listed = [] if others.exists() else list_models(wanted)
    provider = _follow(wanted) if listed else None
    if provider is None:
        _withdraw(_from_environment().filter(slug=OLLAMA))
        return
    offered = worth_offering([entry.id for entry in listed], base_url=wanted.base_url, limit=MAX_LISTED_MODELS)
    for entry in listed:
        if entry.id == wanted.default_model:
            make_default_model(model=_model(provider, entry))
        elif entry.id in offered:
            _model(provider, entry)


def _follow(wanted: WantedProvider) -> Provider | None:
    """The provider's row with this address and key, or ``None`` where the slug belongs to the admin."""
    provider, created = Provider.objects.get_or_create(
        slug=wanted.slug,
        defaults={"name": wanted.name, "kind": wanted.kind, "source": Provider.Source.ENVIRONMENT},
    )
    if provider.source != Provider.Source.ENVIRONMENT:
        return None
    if created or (provider.base_url, provider.api_key) != (wanted.base_url, wanted.api_key):
        # New or changed, so it is wanted now. An unchanged one that an admin switched off stays off.
        provider.base_url, provider.api_key, provider.enabled = wanted.base_url, wanted.api_key, True
        provider.save(update_fields=["base_url", "api_key", "enabled"])
    return provider


def _withdraw(providers: QuerySet[Provider]) -> None:
    """Switch off, and forget address and key, so that their return is seen as a change."""
    providers.update(enabled=False, base_url="", api_key="")


def _from_environment() -> QuerySet[Provider]:
    return Provider.objects.filter(source=Provider.Source.ENVIRONMENT).exclude(slug__in=PLACEHOLDERS)


def _real() -> QuerySet[Provider]:
    """Providers that can answer and are no placeholders."""
    return Provider.objects.filter(enabled=True, language_models__enabled=True).exclude(slug__in=PLACEHOLDERS)


# --- Models -------------------------------------------------------------------------------------------------------


def list_models(wanted: WantedProvider) -> list[_ListedModel]:
    """The models that the server lists; none if it does not answer in time, or not as such a server does."""
    headers = {"Authorization": f"Bearer {wanted.api_key}"} if wanted.api_key else {}
    if wanted.kind == Provider.Kind.ANTHROPIC:
        headers = {"x-api-key": wanted.api_key, "anthropic-version": "2023-06-01"}
    try:
        with httpx.Client(timeout=wanted.patience, trust_env=False, headers=headers) as client:
            answer = client.get(f"{wanted.base_url}/models").raise_for_status()
        return msgspec.json.decode(answer.content, type=_Listing).data or []
    except (httpx.HTTPError, httpx.InvalidURL, msgspec.DecodeError):
        return []


def _add_listed_models(provider: Provider, wanted: WantedProvider) -> bool:
    listed = {entry.id: entry for entry in list_models(wanted)}
    names = worth_offering(list(listed), base_url=wanted.base_url, limit=MAX_LISTED_MODELS)
    for name in names:
        _model(provider, listed.get(name) or _ListedModel(id=name))
    return bool(names)


def _model(provider: Provider, listed: _ListedModel) -> LanguageModel:
    """The provider's model of this name, made with what is known about it where it is new."""
    existing = provider.language_models.filter(name=listed.id).first()
    if existing is not None:
        return existing
    window = listed.max_model_len or listed.context_length
    facts = describe(listed.id, base_url=provider.base_url, context_window=window)
    return LanguageModel.objects.create(
        provider=provider,
        slug=_free_slug(listed.id, provider),
        name=listed.id,
        label=facts.label,
        context_window=facts.context_window,
        output_limit=facts.abilities.output_limit,
        vision=facts.abilities.vision,
        tools=facts.abilities.tools,
        reasoning=facts.abilities.reasoning,
        input_price=facts.input_price,
        cached_input_price=facts.cached_input_price,
        output_price=facts.output_price,
    )


def _free_slug(name: str, provider: Provider) -> str:
    slug = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")[:100] or provider.slug
    taken = LanguageModel.objects.filter(slug=slug).exists()
    return f"{provider.slug}-{slug}"[:100] if taken else slug


def _rank(model: LanguageModel) -> int:
    slug = model.provider.slug
    return PLACEHOLDERS.index(slug) + 1 if slug in PLACEHOLDERS else 0


# --- Placeholders -------------------------------------------------------------------------------------------------


def _provide_demo() -> None:
    provider, created = Provider.objects.get_or_create(
        slug=DEMO.slug,
        defaults={"name": "Demo", "kind": Provider.Kind.DEMO, "source": Provider.Source.ENVIRONMENT},
    )
    if created:
        model = LanguageModel.objects.create(
            provider=provider,
            slug=DEMO.slug,
            name=DEMO.slug,
            label="Demo (no real model)",
            context_window=32_768,
            vision=True,
            tools=True,
            reasoning=True,
        )
        create_agent(DEMO, model=model)


def _switch_local_model(*, on: bool) -> None:
    """Switch the embedded model and its agent, together."""
    provider = Provider.objects.filter(slug=local_model.SLUG).first()
    if provider is None and on:
        _create_local_model()
    elif provider is not None and provider.enabled != on:
        provider.enabled = on
        provider.save(update_fields=["enabled"])
        Agent.objects.filter(slug=SMALL_MODEL.slug).update(enabled=on)


def _create_local_model() -> None:
    provider = Provider.objects.create(
        slug=local_model.SLUG,
        name="This computer",
        kind=Provider.Kind.OPENAI,
        source=Provider.Source.ENVIRONMENT,
    )
    model = LanguageModel.objects.create(
        provider=provider,
        slug=local_model.MODEL,
        name=local_model.MODEL,
        label="SmolLM2 135M (small local model)",
        context_window=local_model.CONTEXT_WINDOW,
        output_limit=local_model.OUTPUT_LIMIT,
    )
    create_agent(SMALL_MODEL, model=model)
