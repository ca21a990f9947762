"""Providers and models that come from the environment: they appear at start, and are switched off when they leave it.

The environment owns a provider's address and key, and whether it is there at all. Everything else is set when a row is made
and belongs to the admin from then on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import httpx
import msgspec
from django.db import transaction
from django.db.models import Q

from agents import local_model
from agents.catalog import describe, worth_offering
from agents.models import Agent, LanguageModel, Provider

DEMO = "demo"
OLLAMA = "ollama"
PLACEHOLDERS = (DEMO, local_model.SLUG)  # used only as long as there is nothing real

MAX_LISTED_MODELS = 30
LISTING_SECONDS = 2.0
PROBE_SECONDS = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A provider that the environment asks for. ``default_model`` is its name for the site's default model, if it has it."""

    slug: str
    name: str
    kind: str
    base_url: str
    api_key: str = ""
    default_model: str = ""
    patience: float = LISTING_SECONDS


class _ListedModel(msgspec.Struct):
    id: str
    max_model_len: int | None = None  # vLLM
    context_length: int | None = None  # OpenRouter


class _Listing(msgspec.Struct):
    data: list[_ListedModel] | None = None


def providers_in(environment: Mapping[str, str]) -> list[Wanted]:
    """The providers that these variables ask for; a base URL alone is enough.

    ``CODAY_DEFAULT_MODEL`` belongs to Anthropic if it is a Claude model and Anthropic is there, else to the first one.
    """
    value = {name: content.strip() for name, content in environment.items()}
    wanted = []
    if value.get("OPENAI_API_KEY") or value.get("OPENAI_BASE_URL"):
        wanted.append(
            Wanted(
                slug="openai",
                name="OpenAI" if not value.get("OPENAI_BASE_URL") else urlsplit(value["OPENAI_BASE_URL"]).netloc,
                kind=Provider.Kind.OPENAI,
                base_url=_versioned(value.get("OPENAI_BASE_URL") or "https://api.openai.com/v1", only_bare=True),
                api_key=value.get("OPENAI_API_KEY", ""),
            )
        )
    if value.get("ANTHROPIC_API_KEY") or value.get("ANTHROPIC_BASE_URL"):
        wanted.append(
            Wanted(
                slug="anthropic",
                name="Anthropic",
                kind=Provider.Kind.ANTHROPIC,
                base_url=_versioned(value.get("ANTHROPIC_BASE_URL") or "https://api.anthropic.com"),
                api_key=value.get("ANTHROPIC_API_KEY", ""),
            )
        )
    return _with_default(wanted, value.get("CODAY_DEFAULT_MODEL", ""))


def ollama_in(environment: Mapping[str, str]) -> Wanted:
    """The Ollama server that may be running here (``OLLAMA_HOST``, else its usual port on this machine)."""
    host = environment.get("OLLAMA_HOST", "").strip() or "127.0.0.1:11434"
    address = urlsplit(host if "://" in host else f"http://{host}")
    name = "127.0.0.1" if address.hostname in {None, "0.0.0.0", "::"} else address.hostname  # noqa: S104 - what it binds
    base_url = f"{address.scheme}://{name}:{address.port or 11434}/v1"
    default = environment.get("CODAY_DEFAULT_MODEL", "").strip()
    return Wanted(
        slug=OLLAMA,
        name="Ollama",
        kind=Provider.Kind.OPENAI,
        base_url=base_url,
        default_model=default,
        patience=PROBE_SECONDS,
    )


def synchronise(environment: Mapping[str, str]) -> list[str]:
    """Make the rows follow the environment. Returns what there is to tell the operator, a line each."""
    wanted = providers_in(environment)
    notes = [note for provider in wanted for note in _apply(provider)]
    _withdraw_except({provider.slug for provider in wanted} | {OLLAMA, local_model.SLUG})
    if not _real_providers().exclude(slug=OLLAMA).exists():
        notes += _look_for_ollama(ollama_in(environment))
    else:
        _withdraw(Q(slug=OLLAMA))
    _switch_local_model(environment)
    ensure_default_model()
    return notes


def ensure_default_model() -> None:
    """Choose a default model where there is none that works, or only a placeholder beside a real one."""
    usable = LanguageModel.objects.filter(enabled=True, provider__enabled=True)
    real = usable.exclude(provider__slug__in=PLACEHOLDERS)
    current = usable.filter(is_default=True).select_related("provider").first()
    if current is not None and (current.provider.slug not in PLACEHOLDERS or not real.exists()):
        if current.provider.slug != DEMO or not usable.filter(provider__slug=local_model.SLUG).exists():
            return
    chosen = (
        real.order_by("created_at").first()
        or usable.filter(provider__slug=local_model.SLUG).first()
        or usable.order_by("created_at").first()
    )
    if chosen is not None:
        make_default(chosen)


@transaction.atomic
def make_default(model: LanguageModel) -> None:
    """Make this the one default model."""
    LanguageModel.objects.filter(is_default=True).exclude(pk=model.pk).update(is_default=False)
    LanguageModel.objects.filter(pk=model.pk).update(is_default=True)


# --- One provider -------------------------------------------------------------------------------------------------


def _apply(wanted: Wanted) -> list[str]:
    """Make the provider's row say what the environment says, and give it models where it has none."""
    provider, created = Provider.objects.get_or_create(
        slug=wanted.slug,
        defaults={"name": wanted.name, "kind": wanted.kind, "source": Provider.Source.ENVIRONMENT, "enabled": False},
    )
    if provider.source != Provider.Source.ENVIRONMENT:
        return [f"The provider {wanted.slug!r} was made in the admin: the environment does not change it."]
    if created or (provider.base_url, provider.api_key) != (wanted.base_url, wanted.api_key):
        # New or changed, so it is wanted now; an unchanged one that an admin switched off stays off.
        provider.base_url, provider.api_key, provider.enabled = wanted.base_url, wanted.api_key, True
        provider.save(update_fields=["base_url", "api_key", "enabled"])
    if wanted.default_model:
        make_default(_model(provider, _ListedModel(id=wanted.default_model)))
        return []
    return [] if provider.language_models.exists() else _add_listed_models(provider, wanted)


def _add_listed_models(provider: Provider, wanted: Wanted) -> list[str]:
    listed = {model.id: model for model in list_models(wanted) or []}
    names = worth_offering(list(listed), base_url=wanted.base_url, limit=MAX_LISTED_MODELS)
    for name in names:
        _model(provider, listed[name])
    if names:
        return []
    return [f"{provider.name} named no models. Set CODAY_DEFAULT_MODEL, or add one in the admin."]


def _model(provider: Provider, listed: _ListedModel) -> LanguageModel:
    """The provider's model of this name, made with what is known about it where it is new."""
    existing = provider.language_models.filter(name=listed.id).first()
    if existing is not None:
        return existing
    facts = describe(
        listed.id, base_url=provider.base_url, context_window=listed.max_model_len or listed.context_length
    )
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


def list_models(wanted: Wanted) -> list[_ListedModel] | None:
    """What the server says it has, or ``None`` if it does not answer in time or not as such a server does."""
    headers = {"Authorization": f"Bearer {wanted.api_key}"} if wanted.api_key else {}
    if wanted.kind == Provider.Kind.ANTHROPIC:
        headers = {"x-api-key": wanted.api_key, "anthropic-version": "2023-06-01"}
    try:
        with httpx.Client(timeout=wanted.patience, trust_env=False, headers=headers) as client:
            answer = client.get(f"{wanted.base_url}/models").raise_for_status()
        return msgspec.json.decode(answer.content, type=_Listing).data
    except (httpx.HTTPError, httpx.InvalidURL, msgspec.DecodeError):
        return None


# --- What is switched on and off ----------------------------------------------------------------------------------


def _real_providers() -> "QuerySetOfProviders":
    return Provider.objects.filter(enabled=True, language_models__enabled=True).exclude(slug__in=PLACEHOLDERS)


def _withdraw_except(slugs: set[str]) -> None:
    _withdraw(~Q(slug__in=slugs))


def _withdraw(which: Q) -> None:
    """Switch off, and forget address and key, so that a return of the same ones is seen as a change."""
    from_environment = Provider.objects.filter(source=Provider.Source.ENVIRONMENT).exclude(slug__in=PLACEHOLDERS)
    from_environment.filter(which).update(enabled=False, base_url="", api_key="")


def _look_for_ollama(wanted: Wanted) -> list[str]:
    listed = list_models(wanted)
    if not listed:
        _withdraw(Q(slug=OLLAMA))
        return []
    notes = _apply(replace(wanted, default_model="")) 
    return notes
