"""Fits the branch's history to the model's real window: whole turns only, the newest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import msgspec

from coday.kernel.database import in_database
from runs.context import RunContext
from runs.errors import ContextTooLongError
from runs.inference.base import ImageData, InferenceRequest, ModelMessage, ToolDefinition
from runs.services.message_cleanup import MessageCleanupService
from runs.tools.base import Toolset
from threads.content import ContentPart, ImagePart, TextPart, ThinkingPart, ToolResultPart, ToolUsePart
from threads.queries import images_of_thread

# Estimates. English runs at about four bytes of UTF-8 a token; a little less leaves room for other languages and code.
BYTES_PER_TOKEN = 3.5
TOKENS_PER_MESSAGE = 6
TOKENS_PER_IMAGE = 1_500
# What the answer may take of the window where the model's row gives no output limit.
ANSWER_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class FittedContext:
    """The request that fits, and how many earlier turns had to stay out of it (``truncated``: at least so many)."""

    request: InferenceRequest
    left_out: int
    truncated: bool


class ContextWindowService:
    """Chooses what the model is shown."""

    def __init__(self, *, cleanup: MessageCleanupService) -> None:
        self._cleanup = cleanup

    async def fit(self, context: RunContext, *, system: str, toolset: Toolset) -> FittedContext:
        """The next model call's request.

        Raises:
            ContextTooLongError: the present turn alone is too long.
        """
        model = context.agent.model
        room = model.context_window - answer_tokens(model.context_window, model.output_limit)
        room -= estimate_text(system) + sum(estimate_tool(tool) for tool in toolset.definitions)
        current = self._cleanup.current(context)
        room -= estimate_messages(current)
        if room < 0:
            raise ContextTooLongError
        earlier, left_out = self._earlier(context, room=room)
        messages = (*earlier, *current)
        request = InferenceRequest(
            model=model,
            system=system,
            messages=messages,
            tools=toolset.definitions,
            images=await _images(context.thread_id, messages),
            max_output_tokens=model.output_limit,
            temperature=context.agent.temperature,
        )
        return FittedContext(request, left_out=left_out, truncated=context.history_truncated)

    def _earlier(self, context: RunContext, *, room: int) -> tuple[tuple[ModelMessage, ...], int]:
        kept: list[tuple[ModelMessage, ...]] = []
        shown = (self._visible(self._cleanup.view(turn), context=context) for turn in context.history)
        views = [view for view in shown if view]
        for view in reversed(views):
            room -= estimate_messages(view)
            if room < 0:
                break
            kept.append(view)
        ordered = tuple(message for view in reversed(kept) for message in view)
        return ordered, len(views) - len(kept)

    def _visible(self, view: tuple[ModelMessage, ...], *, context: RunContext) -> tuple[ModelMessage, ...]:
        """Without images for a model that cannot see: an earlier turn may have been another model's."""
        if context.agent.model.vision:
            return view
        return tuple(ModelMessage(message.role, _described(message.content)) for message in view)


def _described(content: tuple[ContentPart, ...]) -> tuple[ContentPart, ...]:
    return tuple(
        TextPart(text=f"[image: {part.alt or 'without a name'}]") if isinstance(part, ImagePart) else part
        for part in content
    )


def answer_tokens(window: int, output_limit: int | None) -> int:
    """How much of the window is kept free for the answer, never more than half of it."""
    return min(output_limit or int(window * ANSWER_SHARE), window // 2)


def estimate_text(text: str) -> int:
    """About how many tokens a text is."""
    return int(len(text.encode()) / BYTES_PER_TOKEN) + 1 if text else 0


def estimate_tool(tool: ToolDefinition) -> int:
    """About how many tokens a tool's definition is."""
    return estimate_text(tool.description) + estimate_text(msgspec.json.encode(tool.parameters).decode()) + 8


def estimate_messages(messages: Iterable[ModelMessage]) -> int:
    """About how many tokens messages are, images included."""
    return sum(TOKENS_PER_MESSAGE + sum(_estimate_part(part) for part in message.content) for message in messages)


def _estimate_part(part: ContentPart) -> int:
    match part:
        case TextPart() | ThinkingPart():
            return estimate_text(part.text)
        case ImagePart():
            return TOKENS_PER_IMAGE
        case ToolUsePart():
            arguments = part.arguments_text or msgspec.json.encode(part.arguments).decode()
            return estimate_text(part.name) + estimate_text(arguments)
        case ToolResultPart():
            return estimate_text(part.content)


async def _images(thread_id: UUID, messages: Iterable[ModelMessage]) -> dict[UUID, ImageData]:
    ids = [part.id for message in messages for part in message.content if isinstance(part, ImagePart)]
    return await in_database(_read_images, thread_id, ids) if ids else {}


def _read_images(thread_id: UUID, ids: list[UUID]) -> dict[UUID, ImageData]:
    found: dict[UUID, ImageData] = {}
    for image_id, image in images_of_thread(thread_id=thread_id, ids=ids).items():
        with image.file.open("rb") as file:
            found[image_id] = ImageData(media_type=image.media_type, data=file.read())
    return found
