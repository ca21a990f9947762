"""The size of request bodies: what is over the limit is refused while it arrives, before any of it is stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from django.conf import settings

from coday.edge.headers import with_security_headers
from coday.edge.problems import problem_response
from coday.kernel.errors import TooLargeError

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

FORM_MARGIN = 64 * 1024  # bytes that a form adds to its file
DISCONNECT: Message = {"type": "http.disconnect"}


class LimitedBodies:
    """An ASGI application around another one, which reads a whole body into a file before it looks at it.

    A form with a file may be as large as an image, every other body as large as a frame.

    Args:
        app: gets only requests whose bodies fit.
        form_error: how a form that is too large is refused.
    """

    def __init__(self, app: Application, *, form_error: type[TooLargeError] = TooLargeError) -> None:
        self._app = app
        self._form_error = form_error

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""
        pairs = [(name.lower(), value) for name, value in scope.get("headers", ())]
        headers = dict(pairs)
        error, limit = self._refusal_of(headers.get(b"content-type", b""))
        body = _CountedBody(receive, headers=pairs, limit=limit)
        if _announced(headers) > limit:
            body.too_large = True
        else:
            await self._app({**scope, "headers": pairs}, body.receive, send)
        if body.too_large:
            await body.discard()
            await _send_problem(error, send)

    def _refusal_of(self, media_type: bytes) -> tuple[TooLargeError, int]:
        """What is said when the body is too large, and the number of bytes that it may have."""
        if media_type.lower().startswith(b"multipart/form-data"):
            limit = settings.CODAY_MAX_IMAGE_BYTES
            return self._form_error(details={"limit": limit, "unit": "bytes"}), limit + FORM_MARGIN
        limit = settings.CODAY_MAX_FRAME_BYTES
        return TooLargeError("The request's body is too large.", details={"limit": limit}), limit


class _CountedBody:
    """A body that ends, as if its client had gone, when it is too large: nothing is made of it then."""

    def __init__(self, receive: Receive, *, headers: list[tuple[bytes, bytes]], limit: int) -> None:
        self._receive = receive
        self._headers = headers
        self._limit = limit
        self._size = 0
        self._whole = False
        self.too_large = False

    async def receive(self) -> Message:
        """The next message, for the application."""
        if self.too_large:
            return DISCONNECT
        arriving = not self._whole
        message = await self._next()
        self.too_large = self._size > self._limit
        if arriving and self._whole:
            self._tell_length()
        return DISCONNECT if self.too_large else message

    def _tell_length(self) -> None:
        """Add the length that the client did not announce: REST framework reads no body without one."""
        if self._size and all(name != b"content-length" for name, _ in self._headers):
            self._headers.append((b"content-length", str(self._size).encode()))

    async def discard(self) -> None:
        """Take off the line what else arrives, as much as the limit again: a client that sends listens only afterwards."""
        while not self._whole and self._size <= 2 * self._limit:
            await self._next()

    async def _next(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        return message


def _announced(headers: MutableMapping[bytes, bytes]) -> int:
    length = headers.get(b"content-length", b"")
    return int(length) if length.isdigit() else 0


async def _send_problem(error: TooLargeError, send: Send) -> None:
    response = with_security_headers(problem_response(error))
    headers = [(name.lower().encode(), value.encode()) for name, value in response.items()]
    headers.append((b"connection", b"close"))  # the rest of the body is not waited for
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})
