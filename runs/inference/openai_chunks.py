"""Reads the chunks of a Chat Completions stream, and its whole answer, which has the same parts under ``message``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from agents.snapshot import ProviderSnapshot
from coday.kernel.ids import new_id
from runs.errors import ProviderDisconnectedError, ProviderProtocolError
from runs.inference.base import (
    FinishDelta,
    FinishReason,
    InferenceDelta,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    UsageDelta,
)
from runs.inference.failures import mid_stream_failure
from runs.inference.reading import joined

_FINISH_REASONS: Final[Mapping[str, FinishReason]] = {
    "stop": "stop",
    "eos": "stop",
    "length": "length",
    "model_length": "length",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "content_filter",
}


class _ContentPart(msgspec.Struct):
    """A part of a content list (Mistral's): text, or thinking, which is a list of parts again."""

    type: str = "text"
    text: str | None = None
    thinking: str | list[_ContentPart] | None = None


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class _ToolCall(msgspec.Struct):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: str | list[_ContentPart] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: str | None = None


class _PromptDetails(msgspec.Struct):
    cached_tokens: int | None = None


class _CompletionDetails(msgspec.Struct):
    reasoning_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: Any = None
    object: str | None = None


_decode = msgspec.json.Decoder(_Chunk, strict=False).decode


class ChunkReader:
    """Turns the chunks of one answer into deltas. The finish is held back until the usage after it has come."""

    def __init__(self, provider: ProviderSnapshot) -> None:
        self._provider = provider
        self._calls = _ToolCalls()
        self._reason: FinishReason | None = None
        self._has_begun = False
        self.is_done = False

    @property
    def has_finished(self) -> bool:
        """Whether the model has said why it stopped."""
        return self._reason is not None

    def read(self, events: Iterable[bytes]) -> Iterator[InferenceDelta]:
        """The deltas of the events of one network read, up to the one that fails.

        Raises:
            ProviderProtocolError: an event is not a chunk.
            RunError: an event is the provider's error object.
        """
        return joined(delta for event in events for delta in self._read(event))

    def finish(self) -> Iterator[InferenceDelta]:
        """What is due when the stream has ended.

        Raises:
            ProviderDisconnectedError: it ended before the model had finished.
            ProviderProtocolError: there was no answer in it at all.
        """
        if self._reason is None and not self.is_done:
            kind = ProviderDisconnectedError if self._has_begun else ProviderProtocolError
            raise kind(details={"provider": self._provider.slug})
        reason = self._reason or "other"
        if self._calls.count and reason == "stop":
            reason = "tool_use"  # Ollama and Gemini say "stop" after a call, too
        if reason == "tool_use":
            yield from self._calls.without_arguments()
        yield FinishDelta(reason)

    def _read(self, event: bytes) -> Iterator[InferenceDelta]:
        if event == b"[DONE]":
            self.is_done = True
            return
        if not event:
            return
        try:
            chunk = _decode(event)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ProviderProtocolError(details={"provider": self._provider.slug}) from error
        if chunk.error or chunk.object == "error":
            raise mid_stream_failure(self._provider, chunk.error or msgspec.json.decode(event))
        if chunk.choices:
            self._has_begun = True
            yield from self._choice(chunk.choices[0])
        if chunk.usage:
            yield _usage(chunk.usage)

    def _choice(self, choice: _Choice) -> Iterator[InferenceDelta]:
        delta = choice.delta or choice.message
        if delta:
            if thinking := delta.reasoning_content or delta.reasoning:
                yield ThinkingDelta(thinking)
            if content := delta.content or delta.refusal:
                yield from [TextDelta(content)] if isinstance(content, str) else _content(content)
            for call in delta.tool_calls or ():
                yield self._calls.fragment(call)
        if choice.finish_reason:
            self._reason = _FINISH_REASONS.get(choice.finish_reason, "other")
        elif choice.message:
            self._reason = "other"  # a whole answer needs no reason to be whole


class _ToolCalls:
    """Numbers the calls of one answer: most servers number them, Gemini's door gives all of them the index 0."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._ours: dict[int, int] = {}  # the server's index to ours
        self._has_arguments: set[int] = set()

    @property
    def count(self) -> int:
        return len(self._ids)

    def fragment(self, call: _ToolCall) -> ToolCallDelta:
        function = call.function or _Function()
        number = -1 if call.index is None else call.index
        index = self._ours.get(number)
        arguments = _arguments(function.arguments)
        if index is None or (function.name and self._is_another(call, index)):
            index = self._begin(call, number)
            delta = ToolCallDelta(index, arguments, self._ids[index], function.name or "")
        else:
            delta = ToolCallDelta(index, arguments)
        if arguments:
            self._has_arguments.add(index)
        return delta

    def _is_another(self, call: _ToolCall, index: int) -> bool:
        """Whether a named fragment begins a new call although its server gave it the number of an earlier one."""
        return call.id != self._ids[index] if call.id else call.index is None

    def _begin(self, call: _ToolCall, number: int) -> int:
        index = self._ours[number] = len(self._ids)
        self._ids.append(call.id or f"call_{new_id().hex}")
        return index

    def without_arguments(self) -> Iterator[ToolCallDelta]:
        """An empty object for each finished call that got no arguments: that is what its tool is called with."""
        for index in range(self.count):
            if index not in self._has_arguments:
                yield ToolCallDelta(index, "{}")


def _arguments(arguments: str | dict[str, Any] | None) -> str:
    return msgspec.json.encode(arguments).decode() if isinstance(arguments, dict) else arguments or ""


def _content(parts: Iterable[_ContentPart]) -> Iterator[InferenceDelta]:
    for part in parts:
        if text := _thinking(part.thinking):
            yield ThinkingDelta(text)
        if part.text:
            yield TextDelta(part.text)


def _thinking(thinking: str | list[_ContentPart] | None) -> str:
    return thinking if isinstance(thinking, str) else "".join(part.text or "" for part in thinking or ())


def _usage(usage: _Usage) -> UsageDelta:
    prompt = usage.prompt_tokens or 0
    completion = usage.completion_tokens or 0
    cached = usage.prompt_tokens_details and usage.prompt_tokens_details.cached_tokens
    reasoning = usage.completion_tokens_details and usage.completion_tokens_details.reasoning_tokens
    # xAI and Gemini's door leave the reasoning out of the completion's tokens, but not out of the total.
    output = max(completion, (usage.total_tokens or 0) - prompt)
    return UsageDelta(
        input_tokens=prompt, output_tokens=output, cached_tokens=cached or 0, reasoning_tokens=reasoning or 0
    )
