"""An assistant message while it streams: deltas go in, events and states of the message come out."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from coday.kernel.ids import new_id
from runs.context import RunContext
from runs.events import RunDeltaEvent, RunMessageStartEvent
from runs.inference.base import TextDelta, ThinkingDelta, ToolCallDelta
from threads.content import ContentPart, TextPart, ThinkingPart, ToolUsePart
from threads.snapshot import MessageSnapshot, MessageStatus

PartKind = Literal["text", "thinking", "tool_use"]

LABEL_LIMIT = 200
"""Characters of a call's id and name: more than any provider makes or takes."""


@dataclass(slots=True)
class _Part:
    kind: PartKind
    pieces: list[str] = field(default_factory=list)
    length: int = 0  # code points
    place: int = -1  # among the parts that were told: those with nothing to show have none
    signature: str = ""
    redacted: bool = False
    call_index: int = -1
    call_id: str = ""
    name: str = ""

    @property
    def text(self) -> str:
        if len(self.pieces) > 1:
            self.pieces = ["".join(self.pieces)]
        return self.pieces[0] if self.pieces else ""


NUL_ESCAPE = "\\u0000"  # PostgreSQL stores no string with it: such arguments are malformed


class MessageDraft:
    """Accumulates one assistant message of a run."""

    def __init__(self, context: RunContext, *, now: datetime) -> None:
        self.id: UUID = new_id(after=context.messages[-1].id if context.messages else None)
        self._run = context.run
        self._provider = context.agent.model.provider.slug
        self._created_at = now
        self._parts: list[_Part] = []
        self._told = 0
        self._used_ids = context.call_ids

    @property
    def is_empty(self) -> bool:
        """Whether the model has said nothing yet."""
        return not any(part.length or part.signature or part.name for part in self._parts)

    @property
    def characters(self) -> int:
        """Code points of everything said so far."""
        return sum(part.length for part in self._parts)

    def start(self) -> RunMessageStartEvent:
        """The event that announces the message."""
        run = self._run
        return RunMessageStartEvent(thread_id=run.thread_id, run_id=run.id, message=self.snapshot("streaming"))

    def add(self, delta: TextDelta | ThinkingDelta | ToolCallDelta) -> RunDeltaEvent | None:
        """Take in what the model says; the event tells it, unless there is nothing to show."""
        match delta:
            case TextDelta(text):
                return self._extend(self._open("text"), text)
            case ThinkingDelta(text, signature, redacted):
                part = self._open("thinking", fresh=redacted)
                part.signature += _storable(signature)
                part.redacted = redacted
                return self._extend(part, text)
            case ToolCallDelta():
                return self._extend_call(delta)

    def snapshot(self, status: MessageStatus, *, cut: bool = False) -> MessageSnapshot:
        """The message as it stands. ``cut``: the model was stopped in the middle, so its last call may lack arguments."""
        run = self._run
        said = [part for part in self._parts if part.length or part.signature or part.name]
        content = [self._content(part, cut=cut and part is said[-1]) for part in said]
        return MessageSnapshot(
            id=self.id,
            thread_id=run.thread_id,
            run_id=run.id,
            role="assistant",
            status=status,
            content=tuple(content),
            agent=run.agent,
            model=run.model,
            created_at=self._created_at,
        )

    def _open(self, kind: PartKind, *, fresh: bool = False) -> _Part:
        """The part that is being said; a signed thinking part is closed."""
        last = self._parts[-1] if self._parts else None
        if last is None or last.kind != kind or fresh or last.redacted or (kind == "thinking" and last.signature):
            last = _Part(kind)
            self._parts.append(last)
        return last

    def _extend_call(self, delta: ToolCallDelta) -> RunDeltaEvent | None:
        part = next((part for part in self._parts if part.call_index == delta.index), None)
        first = part is None
        if part is None:
            part = _Part("tool_use", call_index=delta.index, call_id=self._call_id(_storable(delta.id)[:LABEL_LIMIT]))
            self._parts.append(part)
        part.name = part.name or _storable(delta.name)[:LABEL_LIMIT]
        event = self._extend(part, delta.arguments, always=first)
        return msgspec.structs.replace(event, call_id=part.call_id, name=part.name) if event and first else event

    def _call_id(self, given: str) -> str:
        """The provider's id, or one of our own where it is missing or was used before: some servers count from 0 again."""
        used = self._used_ids | {part.call_id for part in self._parts}
        return given if given and given not in used else f"call_{new_id().hex}"

    def _extend(self, part: _Part, text: str, *, always: bool = False) -> RunDeltaEvent | None:
        text = _storable(text)
        if not text and not always:
            return None
        if part.place < 0:
            part.place, self._told = self._told, self._told + 1
        offset = part.length
        part.pieces.append(text)
        part.length += len(text)
        run = self._run
        return RunDeltaEvent(
            thread_id=run.thread_id,
            run_id=run.id,
            message_id=self.id,
            part=part.place,
            kind=part.kind,
            offset=offset,
            text=text,
        )

    def _content(self, part: _Part, *, cut: bool) -> ContentPart:
        match part.kind:
            case "text":
                return TextPart(text=part.text)
            case "thinking":
                return ThinkingPart(
                    text=part.text, signature=part.signature, provider=self._provider, redacted=part.redacted
                )
            case "tool_use":
                return _tool_use(part, cut=cut)


def _storable(text: str) -> str:
    """The text without NULs: PostgreSQL cannot store them, and nobody can see them."""
    return text.replace("\x00", "")


def _tool_use(part: _Part, *, cut: bool) -> ToolUsePart:
    """The call with its arguments, or with the model's text where that is no JSON object: then it is never executed.

    No text at all means no arguments, unless the call was cut: then nobody knows what was to come.
    """
    arguments: dict[str, object] | None = None
    with suppress(msgspec.DecodeError, msgspec.ValidationError):
        arguments = msgspec.json.decode(part.text or ("" if cut else "{}"), type=dict[str, object])
    if arguments is None or NUL_ESCAPE in part.text:
        return ToolUsePart(id=part.call_id, name=part.name, arguments=None, arguments_text=part.text)
    return ToolUsePart(id=part.call_id, name=part.name, arguments=arguments)
