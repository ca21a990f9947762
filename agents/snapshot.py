"""Frozen values of agents, models and providers: what crosses from the database into a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal
from uuid import UUID

from skills.snapshot import McpServerSnapshot, SkillReference

ProviderKind = Literal["openai", "anthropic", "demo"]
ToolPolicy = Literal["allow", "ask", "off"]
"""Whether a tool may be called: at once, after the person was asked, or not at all."""


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
    anonymous_only: bool = False
    trusted: bool = False
    reasoning: bool = False
    prices: ModelPrices = ModelPrices()
    first_byte_timeout: float = 60.0
    chunk_timeout: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegateReference:
    """An agent that another one may hand a task to, as the model is told of it."""

    slug: str
    name: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLimits:
    """What one run of the agent may take: model calls, seconds of work, cost (in the models' currency), and tasks that it
    hands to others, ``max_depth`` levels deep. ``None``: no limit."""

    max_iterations: int = 50
    max_seconds: float | None = None
    max_cost: Decimal | None = None
    max_delegations: int = 10
    max_depth: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSnapshot:
    """Who answers: its instructions, means and limits.

    ``temperature`` and ``top_p`` are ``None`` for the model's own default, ``max_output_tokens`` for the model's limit.
    ``tools`` holds the policy of each tool that the agent may call, by the tool's name; a tool that is not named is off. The
    name of an MCP tool is ``server__tool``; one that is not named follows its server. ``always_skills`` and
    ``available_skills`` are slugs and references of the skills that are on from the start, or on demand.
    """

    id: UUID
    slug: str
    name: str
    instructions: str
    model: ModelSnapshot
    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    limits: AgentLimits = AgentLimits()
    retry_interrupted: bool = False
    tools: Mapping[str, ToolPolicy] = field(default_factory=dict)
    always_skills: tuple[str, ...] = ()
    available_skills: tuple[SkillReference, ...] = ()
    mcp_servers: tuple[McpServerSnapshot, ...] = ()
    delegates: tuple[DelegateReference, ...] = ()
