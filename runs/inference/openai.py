"""Chat Completions: OpenAI, Azure, Mistral, Ollama, vLLM, llama.cpp, OpenRouter, Gemini's compatible door and others.

They agree on the shape and differ in three request fields. OpenAI and Azure want ``max_completion_tokens`` where others
know ``max_tokens`` only; some servers refuse ``stream_options``, without which others tell no usage; some models take no
``temperature`` or ``top_p``. The adapter starts with what the host is known to take and learns from refusals (``dialects``).
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Self
from urllib.parse import urlsplit

from agents.snapshot import ProviderSnapshot
from coday.kernel.http import HttpClients
from runs.inference import openai_messages
from runs.inference.base import InferenceDelta, InferenceRequest
from runs.inference.dialects import Dialects
from runs.inference.exchange import Answer, post
from runs.inference.listing import list_models
from runs.inference.openai_chunks import ChunkReader
from runs.inference.reading import read_answer

_AZURE_HOSTS: Final = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
_OPENAI_HOSTS: Final = ("api.openai.com", *_AZURE_HOSTS)


# Of all tools, by the model, or by a server without a parser for its calls; not of what is wrong with one of them.
_NO_TOOLS = re.compile(
    r"(not|n't) support[^.]{0,40}\btools?\b|\btools?\b[^.]{0,40}\bnot (supported|enabled)|enable-auto-tool-choice",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Dialect:
    """The request fields in which servers differ."""

    limit_field: str = "max_tokens"
    usage_in_stream: bool = True
    sampling: bool = True
    tools: bool = True

    def without(self, refused: str) -> Self:
        """See ``Dialect.without``."""
        if "stream_options" in refused:
            return replace(self, usage_in_stream=False)
        if "max_completion_tokens" in refused:  # unknown, or named as the one to use
            other = "max_tokens" if self.limit_field == "max_completion_tokens" else "max_completion_tokens"
            return replace(self, limit_field=other)
        if "temperature" in refused or "top_p" in refused:  # a model that refuses one refuses the other
            return replace(self, sampling=False)
        if _NO_TOOLS.search(refused):
            return replace(self, tools=False)
        return self


class OpenAIProvider:
    """The adapter. It holds no state but what it learned of the servers' dialects."""

    def __init__(self, clients: HttpClients) -> None:
        self._clients = clients
        self._dialects = Dialects(_dialect_of, self._post)

    def stream(self, request: InferenceRequest) -> AsyncGenerator[InferenceDelta, None]:
        """See ``InferenceProvider.stream``."""
        return read_answer(partial(self._dialects.open, request), ChunkReader(request.model.provider))

    async def list_models(self, provider: ProviderSnapshot) -> tuple[str, ...]:
        """See ``InferenceProvider.list_models``."""
        return await list_models(self._clients.get(), provider, headers=_headers(provider))

    async def _post(self, request: InferenceRequest, dialect: _Dialect) -> Answer:
        provider = request.model.provider
        body = _body(request, dialect)
        return await post(self._clients.get(), provider, "chat/completions", headers=_headers(provider), body=body)


def _body(request: InferenceRequest, dialect: _Dialect) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": request.model.name,
        "messages": openai_messages.messages(request),
        "stream": True,
    }
    if dialect.usage_in_stream:
        body["stream_options"] = {"include_usage": True}
    if request.tools and dialect.tools:
        body["tools"] = openai_messages.tools(request.tools)
    if request.max_output_tokens is not None:
        body[dialect.limit_field] = request.max_output_tokens
    if dialect.sampling:
        body |= _sampling(request)
    return body


def _sampling(request: InferenceRequest) -> dict[str, float]:
    settings = {"temperature": request.temperature, "top_p": request.top_p}
    return {name: value for name, value in settings.items() if value is not None}


def _dialect_of(provider: ProviderSnapshot) -> _Dialect:
    return _Dialect("max_completion_tokens") if _host(provider).endswith(_OPENAI_HOSTS) else _Dialect()


def _headers(provider: ProviderSnapshot) -> dict[str, str]:
    if not provider.api_key:  # a model server on the operator's own machine
        return {}
    if _host(provider).endswith(_AZURE_HOSTS):
        return {"api-key": provider.api_key}
    return {"Authorization": f"Bearer {provider.api_key}"}


def _host(provider: ProviderSnapshot) -> str:
    try:
        return urlsplit(provider.base_url).hostname or ""
    except ValueError:
        return ""  # no address at all, as the exchange is going to say
