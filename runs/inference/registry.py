"""Which adapter speaks to which kind of provider. Adapters know nothing of this module."""

from __future__ import annotations

from collections.abc import Mapping

from agents.snapshot import ProviderKind
from coday.kernel.http import HttpClients
from runs.errors import ProviderNotFoundError
from runs.inference.anthropic import AnthropicProvider
from runs.inference.base import InferenceProvider
from runs.inference.demo import DemoProvider
from runs.inference.observed import ObservedProvider
from runs.inference.openai import OpenAIProvider


class ProviderRegistry:
    """One adapter of each kind over shared HTTP clients."""

    def __init__(self, clients: HttpClients) -> None:
        self._adapters: Mapping[ProviderKind, InferenceProvider] = {
            "openai": ObservedProvider(OpenAIProvider(clients)),
            "anthropic": ObservedProvider(AnthropicProvider(clients)),
            "demo": ObservedProvider(DemoProvider()),
        }

    def adapter_for(self, kind: ProviderKind) -> InferenceProvider:
        """The adapter for a provider's ``kind``.

        Raises:
            ProviderNotFoundError: there is none: a row written by a version that knew more.
        """
        adapter = self._adapters.get(kind)
        if adapter is None:
            raise ProviderNotFoundError(details={"kind": kind})
        return adapter
