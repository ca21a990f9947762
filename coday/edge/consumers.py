"""What every socket shares: JSON frames in, one handler per frame type, errors as frames, the socket stays open."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

import msgspec
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from uvicorn.protocols.utils import ClientDisconnected

from coday.edge.problems import InternalError
from coday.kernel.database import DATABASE_AWAY
from coday.kernel.errors import CodayError, InvalidInputError, TooLargeError, UnavailableError

logger = logging.getLogger(__name__)

Frame = dict[str, Any]
FrameHandler = Callable[[Any, Frame], Awaitable[None]]

MAX_REF_CHARS = 200
NO_CHANNEL_LAYER = ""  # or Channels would subscribe each socket to a channel of its own, which nobody sends to


class MalformedFrameError(InvalidInputError):
    """Not a JSON object in a text frame."""

    code = "malformed_frame"
    message = "A frame has to be a JSON object."


class UnknownFrameError(InvalidInputError):
    """A ``type`` that this socket does not know."""

    code = "unknown_frame"
    message = "This socket knows no such frame."


class FrameTooLargeError(TooLargeError):
    """Over ``CODAY_MAX_FRAME_BYTES``."""

    code = "frame_too_large"
    message = "The frame is too large."


def error_frame(error: CodayError, *, ref: str | None = None) -> Frame:
    """The answer to a frame that failed; ``ref`` says to which one, where it is known."""
    frame: Frame = {"type": "error"}
    if ref is not None:
        frame["ref"] = ref
    frame |= {"code": error.code, "message": error.message, "retryable": error.retryable}
    if error.details:
        frame["details"] = error.details
    return frame


class BaseConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """A socket that speaks JSON.

    A subclass names its handlers by frame type: ``handlers = {"run.cancel": cancel}`` with an ``async def cancel(self,
    frame)``. Frames are handled one after the other, so that their effects come in the order in which they were sent. A
    handler raises ``CodayError`` to answer with an ``error`` frame.
    """

    channel_layer_alias = NO_CHANNEL_LAYER
    handlers: ClassVar[Mapping[str, FrameHandler]] = {}

    async def dispatch(self, message: Frame) -> None:
        """Hand an ASGI message to its method.

        Channels looks for old database connections here, in another thread and for each message. Our connections live
        on the threads of ``coday.kernel.database``, so there is nothing to look for.
        """
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Decode one frame and let its handler answer it."""
        ref: str | None = None
        try:
            frame = _decode(text_data)
            ref = _ref_of(frame)
            handler = self._handler_of(frame)
        except CodayError as error:
            too_large = isinstance(error, FrameTooLargeError)
            await self.send_frame(error_frame(error, ref=glimpse_ref(text_data) if too_large else ref))
            return
        await self._handle(handler, frame, ref)

    async def send_frame(self, frame: Mapping[str, Any]) -> None:
        """Encode and send one frame."""
        await self.send(text_data=msgspec.json.encode(frame).decode())

    def _handler_of(self, frame: Frame) -> FrameHandler:
        handler = self.handlers.get(frame["type"]) if isinstance(frame.get("type"), str) else None
        if handler is None:
            raise UnknownFrameError
        return handler

    async def _handle(self, handler: FrameHandler, frame: Frame, ref: str | None) -> None:
        """Run a handler in a task of its own: whatever its failure is, it is a value here and ends no socket."""
        task = asyncio.ensure_future(handler(self, frame))
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()  # the socket ended first; on a task that is done this does nothing
        failure = None if task.cancelled() else task.exception()
        if failure is None or isinstance(failure, ClientDisconnected):
            return
        if isinstance(failure, DATABASE_AWAY):
            logger.warning("The database does not answer: %s", type(failure).__name__)
            failure = UnavailableError()
        if not isinstance(failure, CodayError):
            logger.error("The handler of %r failed", frame["type"], exc_info=failure)
            failure = InternalError()
        await self.send_frame(error_frame(failure, ref=ref))


class UnknownSocket(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """An address that has no socket: refused before it opens, like one that the caller may not see."""

    channel_layer_alias = NO_CHANNEL_LAYER

    async def connect(self) -> None:
        """Refuse."""
        await self.close()


def _decode(text: str | None) -> Frame:
    if text is None:
        raise MalformedFrameError
    limit = settings.CODAY_MAX_FRAME_BYTES
    # A character has one to four bytes: most frames need no encoding to know that they fit.
    if len(text) > limit or (len(text) * 4 > limit and len(text.encode()) > limit):
        raise FrameTooLargeError(details={"limit": limit})
    try:
        frame = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise MalformedFrameError from error
    if not isinstance(frame, dict):
        raise MalformedFrameError
    return frame


class _Referenced(msgspec.Struct):
    ref: str | None = None


def glimpse_ref(text: str | None) -> str | None:
    """The ``ref`` of a frame that is not taken, so that its sender learns which one it was."""
    try:
        ref = msgspec.json.decode(text or "", type=_Referenced).ref
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return ref if ref is not None and len(ref) <= MAX_REF_CHARS else None


def _ref_of(frame: Frame) -> str | None:
    ref = frame.get("ref")
    return ref if isinstance(ref, str) and len(ref) <= MAX_REF_CHARS else None
