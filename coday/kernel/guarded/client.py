"""Fetches from addresses that others gave: only public places, each redirect checked again, bounded in bytes and seconds.

    fetched = await GuardedClient().fetch("https://example.org/page")

It reads no proxy and no credential from the environment, keeps no cookies and no connection, and asks for no compression.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import aiohttp
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from coday.kernel.guarded.connections import new_connector
from coday.kernel.guarded.errors import (
    AnswerTooLargeError,
    EncodedAnswerError,
    FetchTimeoutError,
    InvalidHeaderError,
    RedirectRefusedError,
    UnreachableError,
)
from coday.kernel.guarded.policy import FetchPolicy
from coday.kernel.guarded.targets import Target, parse_target

CHUNK_BYTES = 64 * 1024
OWN_HEADERS = {"User-Agent": "Coday", "Accept-Encoding": "identity"}
FORBIDDEN_HEADERS = frozenset(
    {
        "accept-encoding", "connection", "content-length", "cookie", "expect", "host", "keep-alive", "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
HARMLESS_HEADERS = frozenset({"accept", "accept-language", "content-type", "user-agent"})
"""All that another origin gets to see: a secret may be in any header that we do not know."""

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A whole answer. ``url`` is where it came from, after all redirects."""

    url: str
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class GuardedResponse:
    """An answer whose body is still to be read, inside the client's ``stream``."""

    url: str
    status: int
    headers: CIMultiDictProxy[str]
    _content: aiohttp.StreamReader = field(repr=False)
    _limit: int

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives.

        Raises:
            AnswerTooLargeError: it is over the limit. Nothing over the limit was given out.
        """
        size = 0
        async for chunk in self._content.iter_chunked(CHUNK_BYTES):
            size += len(chunk)
            if size > self._limit:
                raise AnswerTooLargeError(details={"limit": self._limit})
            yield chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    method: str
    target: Target
    headers: CIMultiDict[str]
    body: bytes

    def redirected(self, *, status: int, location: str) -> _Request:
        """The request that follows this answer.

        Raises:
            RedirectRefusedError: it would carry the body to another origin, or go from https to http.
            InvalidAddressError: there is no such place.
        """
        target = parse_target(_joined(self.target.url, location))
        request = replace(self, target=target)
        if status == 303 or (status in {301, 302} and self.method == "POST"):
            kept = CIMultiDict({k: v for k, v in self.headers.items() if k.lower() != "content-type"})
            request = replace(request, method="HEAD" if self.method == "HEAD" else "GET", body=b"", headers=kept)
        if target.origin == self.target.origin:
            return request
        if request.body or (self.target.url.scheme == "https" and target.url.scheme == "http"):
            raise RedirectRefusedError
        return replace(
            request, headers=CIMultiDict({k: v for k, v in request.headers.items() if k.lower() in HARMLESS_HEADERS})
        )


class GuardedClient:
    """Fetches by a policy: the operator's, where none is given."""

    def __init__(self, *, policy: FetchPolicy | None = None, resolver: AbstractResolver | None = None) -> None:
        self._policy = policy or FetchPolicy.from_settings()
        self._resolver = resolver

    async def fetch(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Fetched:
        """Fetch a whole answer, whatever its status is.

        Raises:
            InvalidAddressError: the address, or that of a redirect, cannot be read.
            InvalidHeaderError: one of the headers cannot be sent.
            FetchError: why it was not fetched; see ``errors``.
        """
        async with self.stream(url, method=method, headers=headers, body=body) as answer:
            content = b"".join([chunk async for chunk in answer.chunks()])
            return Fetched(url=answer.url, status=answer.status, headers=answer.headers, body=content)

    @asynccontextmanager
    async def stream(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> AsyncIterator[GuardedResponse]:
        """Lend an answer, to be read in pieces; the policy's seconds go on until the block ends.

        Raises:
            see ``fetch``.
        """
        request = _Request(method=method.upper(), target=parse_target(url), headers=_checked(headers or {}), body=body)
        clock = asyncio.timeout(self._policy.seconds)
        try:
            async with clock, self._session() as session, await self._follow(session, request) as answer:
                yield self._lent(answer)
        except aiohttp.ClientError as error:
            raise UnreachableError from error
        except TimeoutError as error:
            if not clock.expired():
                raise
            raise FetchTimeoutError(details={"limit": self._policy.seconds}) from error

    async def _follow(self, session: aiohttp.ClientSession, request: _Request) -> aiohttp.ClientResponse:
        """Ask, and ask again where the answer sends us, each time by the same rules."""
        for _ in range(self._policy.redirects + 1):
            self._policy.check_place(request.target.host, request.target.port)
            answer = await session.request(
                request.method,
                request.target.url,
                headers=request.headers,
                data=request.body or None,
                allow_redirects=False,
            )
            location = answer.headers.get("Location")
            if answer.status not in _REDIRECTS or location is None:
                return answer
            answer.close()
            request = request.redirected(status=answer.status, location=location)
        raise RedirectRefusedError

    def _lent(self, answer: aiohttp.ClientResponse) -> GuardedResponse:
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise EncodedAnswerError
        if answer.method != "HEAD" and (answer.content_length or 0) > self._policy.size:
            raise AnswerTooLargeError(details={"limit": self._policy.size})
        return GuardedResponse(str(answer.url), answer.status, answer.headers, answer.content, self._policy.size)

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=new_connector(self._policy, self._resolver or aiohttp.ThreadedResolver()),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=OWN_HEADERS,
            timeout=aiohttp.ClientTimeout(sock_connect=self._policy.seconds / 4),
            auto_decompress=False,
            trust_env=False,
        )


def _checked(headers: Mapping[str, str]) -> CIMultiDict[str]:
    for name, value in headers.items():
        if name.lower() in FORBIDDEN_HEADERS or not (_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)):
            raise InvalidHeaderError(details={"field": name[:100]})
    return CIMultiDict(headers)


def _joined(base: URL, location: str) -> str:
    try:
        return str(base.join(URL(location)))
    except ValueError as error:
        raise RedirectRefusedError from error
