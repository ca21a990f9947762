"""The seam to model providers: one request value in, a stream of small typed deltas out.

An adapter is a module that knows one wire format and nothing else: not the database, not the run, not the other
adapters. It raises the ``Provider*Error`` classes of ``runs.errors`` and lets ``asyncio.CancelledError`` pass, closing
the connection on its way out.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias
from uuid import UUID

from agents.snapshot import ModelSnapshot, ProviderSnapshot
from threads.content import ContentPart

Role = Literal["user", "assistant", "tool"]
FinishReason = Literal["stop", "length", "tool_use", "content_filter", "other"]

MAX_TOKENS = 20_000_000
"""Of one call: more than any model takes."""


@dataclass(frozen=True, slots=True)
class ModelMessage:
    """One message of the model's view of the thread. The system prompt is not one of them."""

    role: Role
    content: tuple[ContentPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDefinition:
    """A tool as the model is told of it. ``parameters`` is a JSON Schema object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ImageData:
    """The bytes behind an image part."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceRequest:
    """Everything one model call needs.

    ``images`` holds the bytes of every ``ImagePart`` in ``messages``, by id. ``max_output_tokens`` is ``None`` for the
    provider's default (Anthropic's adapter, whose protocol demands a number, then uses the model's ``output_limit``);
    ``temperature`` (0 to 2) and ``top_p`` (0 to 1) are ``None`` for the model's own. A model that takes neither gets neither.
    """

    model: ModelSnapshot
    system: str
    messages: tuple[ModelMessage, ...]
    tools: tuple[ToolDefinition, ...] = ()
    images: Mapping[UUID, ImageData] = field(default_factory=dict)
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More text of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    """More thinking. ``signature`` closes the thinking block; ``redacted`` marks one that holds opaque data only."""

    text: str
    signature: str = ""
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A fragment of a tool call: the first of an ``index`` carries ``id`` and ``name``, later ones more JSON text."""

    index: int
    arguments: str = ""
    id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageDelta:
    """What the call cost so far, in tokens; a later one replaces an earlier one.

    ``input_tokens`` includes the cached ones, ``output_tokens`` the reasoning ones. A provider only claims them: none is less
    than nothing or over ``MAX_TOKENS``, and no part is larger than its whole, or a bill could become negative.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    def __post_init__(self) -> None:
        for whole, part in (("input_tokens", "cached_tokens"), ("output_tokens", "reasoning_tokens")):
            total = min(max(getattr(self, whole), 0), MAX_TOKENS)
            object.__setattr__(self, whole, total)
            object.__setattr__(self, part, min(max(getattr(self, part), 0), total))


@dataclass(frozen=True, slots=True)
class FinishDelta:
    """Why the model stopped. Without one, the stream was cut: the adapter raises ``ProviderDisconnectedError``."""

    reason: FinishReason


@dataclass(frozen=True, slots=True)
class AliveDelta:
    """The provider sent something that says nothing (a ping, a comment, half an event): it is slow, not silent."""


ALIVE = AliveDelta()

InferenceDelta: TypeAlias = TextDelta | ThinkingDelta | ToolCallDelta | UsageDelta | FinishDelta | AliveDelta


class InferenceProvider(Protocol):
    """One provider's wire format."""

    def stream(self, request: InferenceRequest) -> AsyncGenerator[InferenceDelta, None]:
        """Call the model and yield what it says, as it says it.

        Text that arrives in one network read leaves as one delta. Closing the generator closes the connection.

        Raises:
            ProviderError: one of its subclasses; ``retry_after`` is set where the provider gave one.
            ContextTooLongError: the provider says that the request does not fit the model.
        """
        ...

    async def list_models(self, provider: ProviderSnapshot) -> tuple[str, ...]:
        """The names of the models that the provider offers to this key, sorted: a connection test, too.

        Raises:
            ProviderError: one of its subclasses.
        """
        ...
