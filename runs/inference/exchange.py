"""One HTTP exchange with a provider: JSON out, server-sent events (or one document) in, every failure one of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import lru_cache
from types import TracebackType
from typing import Any, Final, Self

import httpx
import msgspec

from agents.snapshot import ProviderSnapshot
from runs.errors import (
    ProviderAuthError,
    ProviderDisconnectedError,
    ProviderNotFoundError,
    ProviderProtocolError,
    ProviderUnavailableError,
)
from runs.inference.failures import refusal
from runs.inference.sse import SseDecoder

MAX_DOCUMENT_BYTES: Final = 32 * 1024 * 1024
MAX_ERROR_BYTES: Final = 64 * 1024
ERROR_BODY_SECONDS: Final = 1.0
DRAIN_SECONDS: Final = 0.5


class Answer:
    """A provider's successful answer, open: iterate for the events of each network read.

    One JSON document where a stream was asked for counts as one event. Leaving the context closes the exchange; a
    connection whose answer was read to its end is kept for the next one.
    """

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._decoder = SseDecoder()
        encoded = "content-encoding" in response.headers
        self._chunks = response.aiter_bytes() if encoded else response.aiter_raw()
        self._is_document = _media_type(response) == "application/json"

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> list[bytes]:
        """The events that the next network read completes: none where it brought a part of one, or a comment.

        Raises:
            ProviderDisconnectedError: the connection ended before HTTP says that the answer does.
            ProviderProtocolError: an event is too large to be one.
        """
        if self._is_document:
            self._is_document = False
            return [await self.read()]
        feed = self._decoder.feed
        try:
            return feed(await anext(self._chunks))
        except httpx.DecodingError as error:
            raise ProviderProtocolError from error
        except httpx.HTTPError as error:
            raise ProviderDisconnectedError from error

    async def read(self, limit: int = MAX_DOCUMENT_BYTES) -> bytes:
        """The whole body, at most ``limit`` bytes of it."""
        body = bytearray()
        try:
            async for chunk in self._chunks:
                body += chunk
                if len(body) >= limit:
                    break
        except httpx.HTTPError as error:
            raise ProviderDisconnectedError from error
        return bytes(body[:limit])

    async def drain(self) -> None:
        """Wait a moment for the end of a finished stream, so that its connection can be used again."""
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                async for _ in self._chunks:
                    pass
        except (TimeoutError, httpx.HTTPError):
            pass  # the answer is complete: only the connection is lost

    async def aclose(self) -> None:
        """Close the exchange, and the connection unless the answer was read to its end."""
        await self._response.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


async def post(
    client: httpx.AsyncClient, provider: ProviderSnapshot, path: str, *, headers: Mapping[str, str], body: Any
) -> Answer:
    """Send ``body`` as JSON to ``path`` under the provider's base URL and open its answer.

    Raises:
        RunError: the provider cannot be reached, or refused (see ``failures``), or answered with a web page.
    """
    content = msgspec.json.encode(body)
    json_headers = {"Content-Type": "application/json", "Accept": "text/event-stream, application/json", **headers}
    return await _send(client, provider, "POST", path, headers=json_headers, content=content)


async def get_document(
    client: httpx.AsyncClient,
    provider: ProviderSnapshot,
    path: str,
    *,
    headers: Mapping[str, str],
    params: Mapping[str, str] | None = None,
) -> bytes:
    """The document at ``path`` under the provider's base URL. Raises as ``post`` does."""
    accept = {"Accept": "application/json", **headers}
    async with await _send(client, provider, "GET", path, headers=accept, params=params) as answer:
        return await answer.read()


async def _send(
    client: httpx.AsyncClient,
    provider: ProviderSnapshot,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str],
    content: bytes | None = None,
    params: Mapping[str, str] | None = None,
) -> Answer:
    if not (provider.api_key.isascii() and provider.api_key.isprintable()):
        raise ProviderAuthError(details={"provider": provider.slug})  # it cannot be put into a header
    try:
        url = _url(provider.base_url, path)
        if params:
            url = url.copy_merge_params(params)
        request = client.build_request(method, url, headers=headers, content=content)
        response = await client.send(request, stream=True)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise ProviderNotFoundError(details={"provider": provider.slug}) from error
    except httpx.RemoteProtocolError as error:
        raise ProviderProtocolError(details={"provider": provider.slug}) from error
    except httpx.HTTPError as error:
        raise ProviderUnavailableError(details={"provider": provider.slug}) from error
    answer = Answer(response)
    async with AsyncExitStack() as unaccepted:
        unaccepted.push_async_callback(answer.aclose)
        await _accept(provider, response, answer)
        unaccepted.pop_all()  # from here on whoever reads it closes it
    return answer


async def _accept(provider: ProviderSnapshot, response: httpx.Response, answer: Answer) -> None:
    """Let a success pass that may be an answer of the protocol."""
    if response.status_code != 200:
        try:
            async with asyncio.timeout(ERROR_BODY_SECONDS):
                body = await answer.read(MAX_ERROR_BYTES)
        except (ProviderDisconnectedError, TimeoutError):
            body = b""  # the status says enough
        raise refusal(provider, response.status_code, response.headers, body)
    if _media_type(response) == "text/html":
        raise ProviderProtocolError(details={"provider": provider.slug})


@lru_cache
def _url(base_url: str, path: str) -> httpx.URL:
    """``path`` under the base URL, whose query (Azure's ``api-version``) is kept."""
    base = httpx.URL(base_url)
    return base.copy_with(path=f"{base.path.rstrip('/')}/{path}")


def _media_type(response: httpx.Response) -> str:
    media_type: str = response.headers.get("content-type", "")
    return media_type.partition(";")[0].strip().lower()
