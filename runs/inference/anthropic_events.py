"""Reads the events of Anthropic's Messages stream, and its whole answer, which holds the same blocks at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from agents.snapshot import ProviderSnapshot
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
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_use",
    "refusal": "content_filter",
}


class _Block(msgspec.Struct):
    """A content block: at its start in a stream, whole in a document."""

    type: str
    text: str = ""
    thinking: str = ""
    signature: str = ""
    data: str = ""
    id: str = ""
    name: str = ""
    input: Any = None


class _Delta(msgspec.Struct):
    type: str = ""
    text: str = ""
    thinking: str = ""
    signature: str = ""
    partial_json: str = ""
    stop_reason: str | None = None


class _OutputDetails(msgspec.Struct):
    thinking_tokens: int | None = None


class _Usage(msgspec.Struct):
    input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens: int | None = None
    output_tokens_details: _OutputDetails | None = None


class _Message(msgspec.Struct):
    usage: _Usage | None = None


class _Event(msgspec.Struct):
    type: str = ""
    index: int = 0
    message: _Message | None = None
    content_block: _Block | None = None
    delta: _Delta | None = None
    usage: _Usage | None = None
    error: Any = None
    # Of a whole answer, which is a "message":
    content: list[_Block] | None = None
    stop_reason: str | None = None


_decode = msgspec.json.Decoder(_Event, strict=False).decode


class EventReader:
    """Turns the events of one answer into deltas."""

    def __init__(self, provider: ProviderSnapshot) -> None:
        self._provider = provider
        self._calls: dict[int, int] = {}  # a tool_use block's index to the number of its call
        self._has_arguments: set[int] = set()
        self._usage = _Usage()
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
            ProviderProtocolError: an event is none of the protocol's.
            RunError: an event is the provider's error object.
        """
        return joined(delta for event in events for delta in self._read(event))

    def finish(self) -> Iterator[InferenceDelta]:
        """What is due when the stream has ended.

        Raises:
            ProviderDisconnectedError: it ended before the model had finished.
            ProviderProtocolError: there was no answer in it at all.
        """
        if self._reason is None:
            kind = ProviderDisconnectedError if self._has_begun else ProviderProtocolError
            raise kind(details={"provider": self._provider.slug})
        if self._reason == "tool_use":
            # A finished call that got no arguments is a call with none.
            yield from (ToolCallDelta(call, "{}") for call in self._calls.values() if call not in self._has_arguments)
        yield FinishDelta(self._reason)

    def _read(self, data: bytes) -> Iterator[InferenceDelta]:
        try:
            event = _decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ProviderProtocolError(details={"provider": self._provider.slug}) from error
        match event.type:
            case "content_block_delta" if event.delta:
                yield from self._delta(event.index, event.delta)
            case "content_block_start" if event.content_block:
                yield from self._block(event.index, event.content_block)
            case "message_start":
                self._has_begun = True
                yield from self._count(event.message.usage if event.message else None)
            case "message_delta":
                self._stop(event.delta.stop_reason if event.delta else None)
                yield from self._count(event.usage)
            case "message_stop":
                self.is_done = True
            case "message":
                yield from self._document(event)
            case "error":
                raise mid_stream_failure(self._provider, event.error)

    def _delta(self, index: int, delta: _Delta) -> Iterator[InferenceDelta]:
        match delta.type:
            case "text_delta":
                yield TextDelta(delta.text)
            case "thinking_delta":
                yield ThinkingDelta(delta.thinking)
            case "signature_delta":
                yield ThinkingDelta("", delta.signature)
            case "input_json_delta" if delta.partial_json and index in self._calls:
                call = self._calls[index]
                self._has_arguments.add(call)
                yield ToolCallDelta(call, delta.partial_json)

    def _block(self, index: int, block: _Block) -> Iterator[InferenceDelta]:
        match block.type:
            case "text" if block.text:
                yield TextDelta(block.text)
            case "thinking" if block.thinking or block.signature:
                yield ThinkingDelta(block.thinking, block.signature)
            case "redacted_thinking":
                yield ThinkingDelta("", block.data, redacted=True)
            case "tool_use":
                call = self._calls[index] = len(self._calls)
                yield ToolCallDelta(call, id=block.id, name=block.name)

    def _document(self, message: _Event) -> Iterator[InferenceDelta]:
        """A whole answer, as if its blocks had been streamed."""
        for index, block in enumerate(message.content or ()):
            yield from self._block(index, block)
            if block.type == "tool_use" and block.input:
                yield from self._delta(index, _Delta("input_json_delta", partial_json=_json(block.input)))
        self._stop(message.stop_reason or "end_turn")
        yield from self._count(message.usage)

    def _stop(self, reason: str | None) -> None:
        if reason:
            self._reason = _FINISH_REASONS.get(reason, "other")

    def _count(self, usage: _Usage | None) -> Iterator[UsageDelta]:
        """The usage so far: later events repeat only what has changed, and cached tokens are counted apart here."""
        if usage is None:
            return
        for name in _Usage.__struct_fields__:
            if (value := getattr(usage, name)) is not None:
                setattr(self._usage, name, value)
        cached = self._usage.cache_read_input_tokens or 0
        written = self._usage.cache_creation_input_tokens or 0
        details = self._usage.output_tokens_details
        yield UsageDelta(
            input_tokens=(self._usage.input_tokens or 0) + cached + written,
            output_tokens=self._usage.output_tokens or 0,
            cached_tokens=cached,
            reasoning_tokens=(details.thinking_tokens or 0) if details else 0,
        )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
