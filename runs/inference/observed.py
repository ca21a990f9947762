"""An adapter whose calls are traced and whose tokens are counted; what it says is left as it is."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from agents.snapshot import ProviderSnapshot
from runs.inference.base import FinishDelta, InferenceDelta, InferenceProvider, InferenceRequest, UsageDelta
from runs.observing import metrics
from runs.observing.tracing import Attribute, model_call_span


class ObservedProvider:
    """Any adapter, observed."""

    def __init__(self, provider: InferenceProvider) -> None:
        self._provider = provider

    async def stream(self, request: InferenceRequest) -> AsyncGenerator[InferenceDelta, None]:
        """The adapter's deltas."""
        spent: UsageDelta | None = None
        with model_call_span(
            request.model, max_tokens=request.max_output_tokens, temperature=request.temperature
        ) as span:
            try:
                async with aclosing(self._provider.stream(request)) as deltas:
                    async for delta in deltas:
                        match delta:
                            case UsageDelta():
                                spent = delta
                            case FinishDelta(reason):
                                span.set({"gen_ai.response.finish_reasons": (reason,)})
                        yield delta
            finally:
                if spent:
                    span.set(_usage(spent))
                    _count(request, spent)

    async def list_models(self, provider: ProviderSnapshot) -> tuple[str, ...]:
        """The adapter's list."""
        return await self._provider.list_models(provider)


def _usage(spent: UsageDelta) -> dict[str, Attribute | None]:
    return {
        "gen_ai.usage.input_tokens": spent.input_tokens,
        "gen_ai.usage.output_tokens": spent.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": spent.cached_tokens,
        "gen_ai.usage.reasoning.output_tokens": spent.reasoning_tokens,
    }


def _count(request: InferenceRequest, spent: UsageDelta) -> None:
    metrics.tokens_used(
        provider=request.model.provider.slug,
        model=request.model.slug,
        input=spent.input_tokens - spent.cached_tokens,
        cached=spent.cached_tokens,
        output=spent.output_tokens - spent.reasoning_tokens,
        reasoning=spent.reasoning_tokens,
    )
