"""Long tool results, shortened for the model: their beginning stays, with a note of where the rest is."""

from __future__ import annotations

import msgspec

from runs.inference.base import ModelMessage
from threads.content import ContentPart, ToolResultPart

LONG_RESULT = 2_000
"""Characters: a result that is longer can be shortened."""
SHORT_RESULT = 1_000
"""Characters of it that stay."""
READING_TOOL = "read_result"
"""The tool that reads the rest, where a run has it."""
LONGEST_CALL_ID = 200
"""Characters: a longer one is not told, or the note could be longer than what it stands for."""


class ResultShortener:
    """Shortens what is long. ``readable``: the run has the tool that reads the rest."""

    def __init__(self, *, readable: bool) -> None:
        self._readable = readable

    def shorten(self, messages: tuple[ModelMessage, ...]) -> tuple[ModelMessage, ...]:
        """The messages, their long results shortened; the same value where there is none."""
        return tuple(map(self._message, messages)) if any(map(long_results, messages)) else messages

    def _message(self, message: ModelMessage) -> ModelMessage:
        if not long_results(message):
            return message
        return ModelMessage(message.role, tuple(map(self._part, message.content)))

    def _part(self, part: ContentPart) -> ContentPart:
        if not isinstance(part, ToolResultPart) or not _is_long(part):
            return part
        told = self._readable and len(part.tool_call_id) <= LONGEST_CALL_ID
        rest = f'; {READING_TOOL}(call_id="{part.tool_call_id}", offset={SHORT_RESULT}) has them' if told else ""
        left_out = len(part.content) - SHORT_RESULT
        content = f"{part.content[:SHORT_RESULT]}\n[… {left_out} more characters were left out here{rest}]"
        return msgspec.structs.replace(part, content=content)


def long_results(message: ModelMessage) -> int:
    """How many of a message's results can be shortened."""
    return sum(map(_is_long, message.content)) if message.role == "tool" else 0


def _is_long(part: ContentPart) -> bool:
    return isinstance(part, ToolResultPart) and len(part.content) > LONG_RESULT
