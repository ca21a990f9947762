"""The model's view of the thread: it always ends an earlier turn with the assistant, and pairs every call with a result.

Nothing is deleted: what is left out of the view stays in the thread, marked as it ended.
"""

from __future__ import annotations

from runs.context import RunContext, Turn
from runs.inference.base import ModelMessage
from threads.content import ContentPart, ToolResultPart, ToolUsePart
from threads.snapshot import MessageSnapshot


class MessageCleanupService:
    """Turns stored messages into those that a model is shown."""

    def view(self, turn: Turn) -> tuple[ModelMessage, ...]:
        """An earlier turn up to its last answer; empty where nothing was answered."""
        messages = turn.messages
        while messages:
            shown = self.paired(messages)
            if shown and shown[-1].role == "assistant":
                return shown
            messages = messages[:-1]
        return ()

    def current(self, context: RunContext) -> tuple[ModelMessage, ...]:
        """The turn that is under way, which may end with an input or a tool's results."""
        return self.paired(context.messages)

    def paired(self, messages: tuple[MessageSnapshot, ...]) -> tuple[ModelMessage, ...]:
        """The messages without empty ones and without calls or results that lack their other half."""
        parts = [part for message in messages for part in message.content]
        called = {part.id for part in parts if isinstance(part, ToolUsePart)}
        answered = {part.tool_call_id for part in parts if isinstance(part, ToolResultPart)}
        whole = called & answered
        shown = [(message.role, _kept(message.content, whole)) for message in messages]
        return tuple(ModelMessage(role, content) for role, content in shown if role != "system" and content)


def _kept(content: tuple[ContentPart, ...], whole: set[str]) -> tuple[ContentPart, ...]:
    return tuple(part for part in content if _call_id(part) is None or _call_id(part) in whole)


def _call_id(part: ContentPart) -> str | None:
    match part:
        case ToolUsePart():
            return part.id
        case ToolResultPart():
            return part.tool_call_id
    return None
