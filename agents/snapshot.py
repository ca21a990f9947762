"""Frozen values of agents, models and providers: what crosses from the database into a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal
from uuid import UUID

ProviderKind = Literal["openai", "anthropic", "demo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSnapshot:
    """Where a model is reached. ``base_url`` has no trailing slash and includes the version path (``…/v1``).
    ``max_runs`` is how many runs may use it at once, ``None`` for any number."""

    slug: str
    kind: ProviderKind
    name: str
    base_url: str
    api_key: str = field(repr=False, default="")
    max_runs: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPrices:
    """Prices per million tokens in ``currency``; ``None`` where unknown (then nothing is charged)."""

    currency: str = "USD"
    input: Decimal | None = None
    cached_input: Decimal | None = None
    output: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSnapshot:
    """One language model at one provider.

    ``slug`` is ours and stable; ``name`` is the provider's id for it. ``context_window`` and ``output_limit`` are
    tokens; the time limits are seconds: until the first byte of an answer, and between two chunks of it.
    """

    slug: str
    name: str
    label: str
    provider: ProviderSnapshot
    context_window: int
    output_limit: int | None = None
    vision: bool = False
    tools: bool = False
    reasoning: bool = False
    prices: ModelPrices = ModelPrices()
    first_byte_timeout: float = 60.0
    chunk_timeout: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSnapshot:
    """Who answers: its instructions and limits. ``temperature`` is ``None`` for the model's own default."""

    id: UUID
    slug: str
    name: str
    instructions: str
    model: ModelSnapshot
    temperature: float | None = None
    max_iterations: int = 50
    retry_interrupted: bool = False
