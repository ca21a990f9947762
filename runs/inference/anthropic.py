"""Messages: Anthropic's own protocol, and the compatible doors of others.

Thinking is asked for where the model can reason: in the adaptive form that current models take, or with a budget for
older ones; some models take ``temperature`` or ``top_p`` but not both, the newest ones neither: the adapter learns that from
refusals (``dialects``). The protocol wants
the thinking of the turn in progress back; where the history has none (another model began the turn), the call goes
without.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Self

from agents.snapshot import ModelSnapshot, ProviderSnapshot
from coday.kernel.http import HttpClients
from runs.inference import anthropic_messages
from runs.inference.anthropic_events import EventReader
from runs.inference.base import InferenceDelta, InferenceRequest
from runs.inference.dialects import Dialects
from runs.inference.exchange import Answer, post
from runs.inference.listing import list_models
from runs.inference.reading import read_answer

API_VERSION: Final = "2023-06-01"
"""The version that every model and every compatible door takes."""

DEFAULT_OUTPUT_LIMIT: Final = 4096
MIN_THINKING_BUDGET: Final = 1024
MAX_THINKING_BUDGET: Final = 16_000


@dataclass(frozen=True, slots=True)
class _Dialect:
    """The request fields in which models differ."""

    thinking_budget: bool = False
    sampling: bool = True
    both: bool = True

    def without(self, refused: str) -> Self:
        """See ``Dialect.without``."""
        if "adaptive" in refused:
            return replace(self, thinking_budget=True)
        if "temperature" in refused and "top_p" in refused:
            return replace(self, both=False)
        if "temperature" in refused or "top_p" in refused:
            return replace(self, sampling=False)
        return self


class AnthropicProvider:
    """The adapter. It holds no state but what it learned of the models' dialects."""

    def __init__(self, clients: HttpClients) -> None:
        self._clients = clients
        self._dialects = Dialects(lambda _: _Dialect(), self._post)

    def stream(self, request: InferenceRequest) -> AsyncGenerator[InferenceDelta, None]:
        """See ``InferenceProvider.stream``."""
        return read_answer(partial(self._dialects.open, request), EventReader(request.model.provider))

    async def list_models(self, provider: ProviderSnapshot) -> tuple[str, ...]:
        """See ``InferenceProvider.list_models``."""
        return await list_models(self._clients.get(), provider, headers=_headers(provider), params={"limit": "1000"})

    async def _post(self, request: InferenceRequest, dialect: _Dialect) -> Answer:
        provider = request.model.provider
        body = _body(request, dialect)
        return await post(self._clients.get(), provider, "messages", headers=_headers(provider), body=body)


def _body(request: InferenceRequest, dialect: _Dialect) -> dict[str, Any]:
    limit = request.max_output_tokens or request.model.output_limit or DEFAULT_OUTPUT_LIMIT
    body: dict[str, Any] = {
        "model": request.model.name,
        "max_tokens": limit,
        "messages": anthropic_messages.messages(request),
        "stream": True,
    }
    if request.system:
        body["system"] = anthropic_messages.system(request.system)
    if request.tools:
        body["tools"] = anthropic_messages.tools(request.tools)
    thinking = _thinking(request.model, limit, dialect)
    if thinking and anthropic_messages.may_think(request):
        body["thinking"] = thinking  # and no sampling settings: the protocol takes only its defaults beside thinking
    elif dialect.sampling:
        body |= _sampling(request, dialect)
    return body


def _sampling(request: InferenceRequest, dialect: _Dialect) -> dict[str, float]:
    settings: dict[str, float] = {}
    if request.temperature is not None:
        settings["temperature"] = min(request.temperature, 1.0)
    if request.top_p is not None and (dialect.both or not settings):
        settings["top_p"] = request.top_p
    return settings


def _thinking(model: ModelSnapshot, limit: int, dialect: _Dialect) -> dict[str, Any] | None:
    if not model.reasoning:
        return None
    if not dialect.thinking_budget:
        return {"type": "adaptive", "display": "summarized"}
    budget = min(limit // 2, MAX_THINKING_BUDGET)
    return {"type": "enabled", "budget_tokens": budget} if budget >= MIN_THINKING_BUDGET else None


def _headers(provider: ProviderSnapshot) -> dict[str, str]:
    key = {"x-api-key": provider.api_key} if provider.api_key else {}
    return {"anthropic-version": API_VERSION, **key}
