"""HTTP for the ``mcp`` SDK over the guarded connections: one origin, only addresses that the policy allows.

What goes wrong here is answered in the server's place with a JSON-RPC error of ours: raised inside the SDK it would end the
whole connection, with all calls that are under way on it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

import aiohttp
import httpx2
from aiohttp.abc import AbstractResolver
from msgspec import json

from coday.kernel.errors import CodayError
from coday.kernel.guarded.connections import new_connector
from coday.kernel.guarded.errors import AnswerTooLargeError, EncodedAnswerError
from coday.kernel.guarded.policy import FetchPolicy
from coday.kernel.guarded.targets import parse_target

UNSENT = -31_801
"""The request did not reach the server, or it said that it does not know our session any more."""
UNANSWERED = -31_802
"""The request was sent; what came back cannot be used."""
DENIED = -31_803
"""The server does not accept our credentials."""

OUR_CODES = frozenset({UNSENT, UNANSWERED, DENIED})
SESSION_HEADER = "mcp-session-id"
EVENT_STREAM = "text/event-stream"
LIST_BYTES = 1024 * 1024  # of a list of tools
LIST_WORDS = 100  # bytes of a request that say whether it is for one
EXCUSE_BYTES = 4_096  # of an error's body, to see whether it speaks of the session

_OWN = frozenset({"host", "content-length", "transfer-encoding", "accept-encoding", "connection"})


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Sends requests to one origin. It belongs to the event loop that it was made in."""

    def __init__(self, *, url: str, policy: FetchPolicy, resolver: AbstractResolver | None = None) -> None:
        self._origin = parse_target(url).origin
        self._policy = policy
        self._session = aiohttp.ClientSession(
            connector=new_connector(policy, resolver or aiohttp.ThreadedResolver()),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=policy.seconds / 4),
            auto_decompress=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; a failure is a response, too."""
        try:
            return await self._send(request)
        except CodayError as error:
            return _failure(UNSENT, error.message)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return _failure(UNSENT, "Nothing answers at its address.")
        except (aiohttp.ClientError, TimeoutError):
            return _failure(UNANSWERED, "The connection broke before an answer came.")

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        target = parse_target(str(request.url))
        if target.origin != self._origin:
            return _failure(UNSENT, "It leads to another place than the one that was entered.")
        self._policy.check_place(target.host, target.port)
        body = await request.aread()
        answer = await self._session.request(
            request.method,
            target.url,
            headers=[*_sent(request.headers), ("Accept-Encoding", "identity")],
            data=body or None,
            allow_redirects=False,
        )
        limit = self._limit(body, is_stream=answer.content_type == EVENT_STREAM)
        return await self._received(request, answer, limit)

    async def _received(
        self, request: httpx2.Request, answer: aiohttp.ClientResponse, limit: int | None
    ) -> httpx2.Response:
        if (refusal := self._refusal(answer, limit)) is not None:
            answer.close()
            return refusal
        if SESSION_HEADER in request.headers and answer.status in {400, 404}:
            return await _without_session(answer)
        return httpx2.Response(answer.status, headers=list(answer.raw_headers), stream=_Body(answer, limit))

    def _limit(self, body: bytes, *, is_stream: bool) -> int | None:
        """Bytes of an answer: of a list fewer, because reading it holds up everybody."""
        if b'"tools/list"' in body[:LIST_WORDS]:
            return min(LIST_BYTES, self._policy.size)
        return None if is_stream else self._policy.size  # of a stream, each event is limited by the SDK

    def _refusal(self, answer: aiohttp.ClientResponse, limit: int | None) -> httpx2.Response | None:
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            return _failure(UNANSWERED, EncodedAnswerError.message)
        if limit is not None and (answer.content_length or 0) > limit:
            return _failure(UNANSWERED, AnswerTooLargeError.message)
        if answer.status in {401, 403, 407}:
            return _failure(DENIED, f"It refuses access (HTTP {answer.status}): are its headers right?")
        return None


class _Body(httpx2.AsyncByteStream):
    """What the server sends, as it arrives."""

    def __init__(self, answer: aiohttp.ClientResponse, limit: int | None) -> None:
        self._answer = answer
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        try:
            async for chunk in self._answer.content.iter_any():
                size += len(chunk)
                if self._limit is not None and size > self._limit:
                    raise httpx2.StreamError(AnswerTooLargeError.message)
                yield chunk
        except aiohttp.ClientError as error:  # the SDK survives this kind of error, and tells the waiting call
            raise httpx2.StreamError("The connection broke in the middle of an answer.") from error

    async def aclose(self) -> None:
        """Give the connection back, or close it where not all was read."""
        self._answer.close()


def _sent(headers: httpx2.Headers) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers.multi_items() if name.lower() not in _OWN]


async def _without_session(answer: aiohttp.ClientResponse) -> httpx2.Response:
    """A server that forgot our session says 404 by the protocol; others say 400, and why."""
    body = await answer.content.read(EXCUSE_BYTES)
    answer.close()
    if answer.status == 404 or b"session" in body.lower():
        return _failure(UNSENT, "It does not know the session any more.")
    return httpx2.Response(answer.status, headers={"content-type": answer.content_type}, content=body)


def _failure(code: int, message: str) -> httpx2.Response:
    body = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}}
    return httpx2.Response(502, headers={"content-type": "application/json"}, content=json.encode(body))
