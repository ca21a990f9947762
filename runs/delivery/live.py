"""The messages that are being streamed, for whoever joins in the middle."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

import msgspec

from runs.events import RunChangedEvent, RunDeltaEvent, RunEvent, RunMessageEvent, RunMessageStartEvent
from threads.content import ContentPart, TextPart, ThinkingPart, ToolUsePart
from threads.snapshot import MessageSnapshot

REMEMBERED = 200


class StreamGapError(Exception):
    """A delta does not begin where the known text ends: something was missed on the way."""


@dataclass(slots=True)
class _LivePart:
    kind: Literal["text", "thinking", "tool_use"]
    pieces: list[str] = field(default_factory=list)
    length: int = 0  # code points
    call_id: str = ""
    name: str = ""

    def extend(self, text: str) -> None:
        self.pieces.append(text)
        self.length += len(text)

    def shown(self) -> ContentPart:
        text = "".join(self.pieces)
        self.pieces = [text]
        match self.kind:
            case "tool_use":
                return ToolUsePart(id=self.call_id, name=self.name, arguments_text=text)
            case "thinking":
                return ThinkingPart(text=text)
            case "text":
                return TextPart(text=text)


class LiveMessage:
    """One message in the middle of its stream."""

    def __init__(self, message: MessageSnapshot) -> None:
        self._message = message
        self._parts: dict[int, _LivePart] = {}
        for index, part in enumerate(message.content):
            self._parts[index] = _part_of(part)

    @property
    def run_id(self) -> UUID:
        """The run it belongs to."""
        return self._message.run_id

    @property
    def lengths(self) -> dict[int, int]:
        """How long each part is, in code points."""
        return {index: part.length for index, part in self._parts.items()}

    def length(self, part: int) -> int:
        """How long one part is, in code points."""
        return self._parts[part].length if part in self._parts else 0

    def add(self, delta: RunDeltaEvent) -> None:
        """Take in more text."""
        part = self._parts.get(delta.part)
        if part is None:
            part = self._parts[delta.part] = _LivePart(delta.kind, call_id=delta.call_id, name=delta.name)
        part.extend(delta.text)

    def start(self) -> RunMessageStartEvent:
        """The event that tells it with the content that it has so far."""
        content = tuple(part.shown() for _, part in sorted(self._parts.items()))
        message = msgspec.structs.replace(self._message, content=content)
        return RunMessageStartEvent(thread_id=message.thread_id, run_id=message.run_id, message=message)


def _part_of(part: ContentPart) -> _LivePart:
    match part:
        case ToolUsePart():
            live = _LivePart("tool_use", call_id=part.id, name=part.name)
            live.extend(part.arguments_text)
        case ThinkingPart():
            live = _LivePart("thinking")
            live.extend(part.text)
        case TextPart():
            live = _LivePart("text")
            live.extend(part.text)
        case _:
            raise TypeError(f"{type(part).__name__} is nothing that streams")
    return live


class LiveMessages:
    """What is being streamed in each thread, as far as this process knows."""

    def __init__(self) -> None:
        self._threads: defaultdict[UUID, dict[UUID, LiveMessage]] = defaultdict(dict)
        self._settled: deque[UUID] = deque(
            maxlen=REMEMBERED
        )  # messages that were told as whole: late news of them is old

    def of(self, thread_id: UUID) -> list[RunMessageStartEvent]:
        """The events that tell what is being streamed in a thread."""
        return [message.start() for message in self._threads.get(thread_id, {}).values()]

    def add(self, event: RunEvent) -> None:
        """Take in an event of a run of this process."""
        match event:
            case RunMessageStartEvent():
                self._threads[event.thread_id][event.message.id] = LiveMessage(event.message)
            case RunDeltaEvent():
                message = self._threads.get(event.thread_id, {}).get(event.message_id)
                if message:
                    message.add(event)
            case RunMessageEvent():
                self._drop(event.thread_id, {event.message.id})

    def merge(self, event: RunEvent) -> RunEvent | None:
        """Take in an event that came from another process: what of it is new, if anything is.

        Raises:
            StreamGapError: a delta of a message that is not known, or not so far.
        """
        match event:
            case RunMessageStartEvent():
                return self._merge_start(event)
            case RunDeltaEvent():
                return self._merge_delta(event)
            case _:
                self.settle(event)
        return event

    def settle(self, event: RunEvent) -> None:
        """Take in what the journal tells, which may be news here: what it tells as over streams no more."""
        match event:
            case RunMessageEvent():
                self._drop(event.thread_id, {event.message.id})
                if event.message.role == "assistant":
                    self._settled.append(event.message.id)
            case RunChangedEvent() if event.ends_run:
                self.forget(thread_id=event.thread_id, run_id=event.run.id)

    def forget(self, *, thread_id: UUID, run_id: UUID | None = None) -> None:
        """Drop what is known of a thread, or of one run in it."""
        live = self._threads.get(thread_id, {})
        self._drop(thread_id, {key for key, message in live.items() if run_id in (None, message.run_id)})

    def _merge_start(self, event: RunMessageStartEvent) -> RunEvent | None:
        if event.message.id in self._settled:
            return None
        told = LiveMessage(event.message)
        known = self._threads.get(event.thread_id, {}).get(event.message.id)
        if known and known.lengths == told.lengths:
            return None
        self._threads[event.thread_id][event.message.id] = told
        return event

    def _merge_delta(self, event: RunDeltaEvent) -> RunEvent | None:
        message = self._threads.get(event.thread_id, {}).get(event.message_id)
        if message is None and event.message_id in self._settled:
            return None
        if message is None or message.length(event.part) < event.offset:
            raise StreamGapError
        known = message.length(event.part) - event.offset
        if known >= len(event.text) > 0:
            return None
        news = msgspec.structs.replace(event, offset=event.offset + known, text=event.text[known:]) if known else event
        message.add(news)
        return news

    def _drop(self, thread_id: UUID, message_ids: set[UUID]) -> None:
        live = self._threads.get(thread_id)
        if live is None:
            return
        for message_id in message_ids:
            live.pop(message_id, None)
        if not live:
            del self._threads[thread_id]
