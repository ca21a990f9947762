"""A model call beside the answer: for a title, for a summary. Nobody watches it; it is metered as every call is."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from django.utils import timezone

from runs.context import RunContext
from runs.errors import ProviderStalledError
from runs.inference.base import InferenceRequest, TextDelta, UsageDelta
from runs.inference.registry import ProviderRegistry
from runs.services.collect_usage import CollectUsageAsyncService, bill_of
from runs.services.token_estimate import estimate_messages, estimate_text


class SideCallService:
    """Asks the run's model something, and has the run pay for it."""

    def __init__(self, *, providers: ProviderRegistry, usage: CollectUsageAsyncService) -> None:
        self._providers = providers
        self._usage = usage

    async def complete(self, context: RunContext, request: InferenceRequest, *, purpose: str, patience: float) -> str:
        """The text of the answer. What was said before a call broke off is charged, too.

        Args:
            purpose: one of ``UsageRecord.Purpose``.
            patience: seconds that it may take.

        Raises:
            ProviderError: the provider failed, or took too long.
        """
        try:
            async with asyncio.timeout(patience):
                return await self._collect(context, request, purpose=purpose)
        except TimeoutError as error:
            raise ProviderStalledError(details={"seconds": patience}) from error

    async def _collect(self, context: RunContext, request: InferenceRequest, *, purpose: str) -> str:
        provider = self._providers.adapter_for(request.model.provider.kind)
        pieces: list[str] = []
        spent: UsageDelta | None = None
        complete, began = False, timezone.now()
        try:
            async with aclosing(provider.stream(request)) as deltas:
                async for delta in deltas:
                    match delta:
                        case TextDelta(text):
                            pieces.append(text)
                        case UsageDelta():
                            spent = delta
            complete = True
        finally:
            if spent or pieces:
                counted = spent or _estimated(request, pieces)
                bill = bill_of(
                    context, counted, purpose=purpose, estimated=spent is None, complete=complete, started_at=began
                )
                self._usage.collect(context.run.id, bill)
        return "".join(pieces)


def _estimated(request: InferenceRequest, pieces: list[str]) -> UsageDelta:
    sent = estimate_text(request.system) + estimate_messages(request.messages)
    return UsageDelta(input_tokens=sent, output_tokens=estimate_text("".join(pieces)))
