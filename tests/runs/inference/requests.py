"""Requests for adapters, and what came of them in one value."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from dataclasses import dataclass, field
from typing import Any

from agents.snapshot import ModelSnapshot, ProviderKind, ProviderSnapshot
from runs.inference.base import (
    FinishDelta,
    FinishReason,
    InferenceDelta,
    InferenceRequest,
    ModelMessage,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolDefinition,
    UsageDelta,
)
from threads.content import TextPart

KEY = "sk-test-4f9a1c77e0b2d3"

WEATHER = ToolDefinition(
    name="weather",
    description="The weather of a place.",
    parameters={"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
)


def snapshot(kind: ProviderKind, base_url: str, *, api_key: str = KEY, **model: Any) -> ModelSnapshot:
    """A model at a provider at that address."""
    provider = ProviderSnapshot(slug="mock", kind=kind, name="Mock", base_url=base_url, api_key=api_key)
    values = {"slug": "mock", "name": "mock-1", "label": "Mock 1", "context_window": 8192, **model}
    return ModelSnapshot(provider=provider, **values)


def ask(model: ModelSnapshot, text: str = "Hello?", **values: Any) -> InferenceRequest:
    """One question of a user."""
    messages = values.pop("messages", (ModelMessage("user", (TextPart(text),)),))
    return InferenceRequest(model=model, system=values.pop("system", "Be kind."), messages=messages, **values)


@dataclass
class Outcome:
    """An answer, put together the way a run does it."""

    text: str = ""
    thinking: str = ""
    signatures: list[str] = field(default_factory=list)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    """Id, name and JSON arguments."""
    usage: UsageDelta | None = None
    finish: FinishReason | None = None

    def add(self, delta: InferenceDelta) -> None:
        assert self.finish is None, "something came after the finish"
        match delta:
            case TextDelta():
                self.text += delta.text
            case ThinkingDelta():
                self.thinking += delta.text
                self.signatures += [delta.signature] if delta.signature else []
            case ToolCallDelta():
                self._add_call(delta)
            case UsageDelta():
                self.usage = delta
            case FinishDelta():
                self.finish = delta.reason

    def _add_call(self, delta: ToolCallDelta) -> None:
        if delta.index == len(self.calls):
            assert delta.id
            assert delta.name
            self.calls.append((delta.id, delta.name, ""))
        call_id, name, arguments = self.calls[delta.index]
        self.calls[delta.index] = (call_id, name, arguments + delta.arguments)


def outcome_of(deltas: Iterable[InferenceDelta]) -> Outcome:
    """The answer that these deltas are."""
    result = Outcome()
    for delta in deltas:
        result.add(delta)
    return result


async def add_all(result: Outcome, deltas: AsyncIterable[InferenceDelta]) -> None:
    """Read to the end, or to the error, after which ``result`` holds what came before it."""
    async for delta in deltas:
        result.add(delta)


async def outcome(deltas: AsyncIterable[InferenceDelta]) -> Outcome:
    """Read to the end."""
    result = Outcome()
    await add_all(result, deltas)
    return result
