"""Which providers and agents the environment asks for. Values only: ``agents.provisioning`` makes the rows follow them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from agents.models import Provider

OLLAMA = "ollama"
OPENAI_URL = "https://api.openai.com/v1"
ANTHROPIC_URL = "https://api.anthropic.com/v1"
OLLAMA_PORT = 11434

LISTING_SECONDS = 2.0
PROBE_SECONDS = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedProvider:
    """A provider that the environment asks for.

    ``default_model`` is its name for the site's default model, where it is the one that has it; ``patience`` is how many
    seconds it has to say which models there are.
    """

    slug: str
    name: str
    kind: Provider.Kind
    base_url: str
    api_key: str = ""
    default_model: str = ""
    patience: float = LISTING_SECONDS


def providers_in(environment: Mapping[str, str]) -> list[WantedProvider]:
    """The providers that these variables ask for; a base URL alone is enough.

    ``CODAY_DEFAULT_MODEL`` belongs to Anthropic if it is a Claude model and Anthropic is there, else to the first one.
    """
    found = [provider for provider in (_openai(environment), _anthropic(environment)) if provider]
    return _with_default_model(found, _value(environment, "CODAY_DEFAULT_MODEL"))


def ollama_in(environment: Mapping[str, str]) -> WantedProvider:
    """The Ollama server that may be running: at ``OLLAMA_HOST``, else at its usual port on this machine."""
    host = _value(environment, "OLLAMA_HOST")
    address = urlsplit(host if "://" in host else f"http://{host}")
    # What a server binds may be "every address": it is reached by one of them.
    name = "127.0.0.1" if address.hostname in {None, "", "0.0.0.0", "::"} else address.hostname  # noqa: S104
    return WantedProvider(
        slug=OLLAMA,
        name="Ollama",
        kind=Provider.Kind.OPENAI,
        base_url=f"{address.scheme}://{name}:{address.port or OLLAMA_PORT}/v1",
        default_model=_value(environment, "CODAY_DEFAULT_MODEL"),
        patience=PROBE_SECONDS,
    )


def local_model_allowed(environment: Mapping[str, str]) -> bool:
    """Whether the embedded model may run where there is nothing better."""
    return _value(environment, "CODAY_LOCAL_MODEL").lower() not in {"off", "0", "no", "false"}


def agents_folder(environment: Mapping[str, str]) -> Path | None:
    """The folder of agent files, where there is one."""
    path = _value(environment, "CODAY_AGENTS_DIR")
    return Path(path).expanduser() if path else None


def _openai(environment: Mapping[str, str]) -> WantedProvider | None:
    key, url = _value(environment, "OPENAI_API_KEY"), _value(environment, "OPENAI_BASE_URL")
    if not key and not url:
        return None
    base_url = url.rstrip("/") or OPENAI_URL
    return WantedProvider(
        slug="openai",
        name="OpenAI" if base_url == OPENAI_URL else f"OpenAI-compatible at {urlsplit(base_url).netloc}"[:100],
        kind=Provider.Kind.OPENAI,
        base_url=base_url if urlsplit(base_url).path else f"{base_url}/v1",
        api_key=key,
    )


def _anthropic(environment: Mapping[str, str]) -> WantedProvider | None:
    key, url = _value(environment, "ANTHROPIC_API_KEY"), _value(environment, "ANTHROPIC_BASE_URL")
    if not key and not url:
        return None
    base_url = url.rstrip("/") or ANTHROPIC_URL
    # By Anthropic's own convention the variable leaves the version out.
    base_url = base_url if re.search(r"/v\d+$", base_url) else f"{base_url}/v1"
    return WantedProvider(
        slug="anthropic", name="Anthropic", kind=Provider.Kind.ANTHROPIC, base_url=base_url, api_key=key
    )


def _with_default_model(providers: Sequence[WantedProvider], model: str) -> list[WantedProvider]:
    if not model or not providers:
        return list(providers)
    is_claude = model.lower().startswith("claude")
    home = next((it for it in providers if is_claude and it.kind == Provider.Kind.ANTHROPIC), providers[0])
    return [replace(provider, default_model=model) if provider is home else provider for provider in providers]


def _value(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name, "").strip()
