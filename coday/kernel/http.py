"""Shared HTTP clients for the addresses that the operator configured (model providers), one for each event loop.

The client is httpx over aiohttp's connection pool, which costs about a third of httpx's own transport per streamed
chunk and a tenth per request (``benchmarks/transports.py``). It follows no redirect, reads no proxy or credential from
the environment and keeps no cookies: a request goes to the address it names and nowhere else.
"""

from __future__ import annotations

import asyncio
import ssl
from contextvars import ContextVar
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import aiohttp
import certifi
import httpx
from aiohttp.client_proto import ResponseHandler
from aiohttp.tracing import Trace
from httpx_aiohttp import AiohttpTransport

CONNECT_TIMEOUT = 10.0
"""Seconds until a connection has to stand. There is no read timeout: whoever reads a stream watches over it."""

MAX_CONNECTIONS = 1000
KEEPALIVE_SECONDS = 60.0


class HttpClients:
    """Lends the running event loop's client, which it makes at the first call."""

    def __init__(self) -> None:
        self._clients: dict[asyncio.AbstractEventLoop, httpx.AsyncClient] = {}

    def get(self) -> httpx.AsyncClient:
        """The client of the running event loop. It is shared: whoever borrows it does not close it."""
        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None:
            self._forget_closed_loops()
            client = self._clients[loop] = _new_client()
        return client

    async def aclose(self) -> None:
        """Close the running loop's client and its connections; the next ``get`` makes a new one."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()

    def _forget_closed_loops(self) -> None:
        """Drop the clients that nobody can close any more."""
        for loop in [loop for loop in self._clients if loop.is_closed()]:
            del self._clients[loop]


_connected: ContextVar[bool] = ContextVar("_connected", default=False)
"""Whether the request under way got a connection made for it, and not one from the pool."""


class _Transport(AiohttpTransport):
    """aiohttp's transport, with every failure before the answer told as httpx's."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request.

        A pooled connection may be one that the server is just closing (llama.cpp does so after each stream, having
        promised to keep it). Such a request was not heard, and is sent once more.
        """
        _connected.set(False)
        try:
            return await self._send(request)
        except httpx.TransportError as error:
            if _connected.get() or not _is_hangup(error.__cause__):
                raise
        return await self._send(request)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except aiohttp.ClientError as error:
            # httpx-aiohttp lets ClientResponseError through: bytes that are no HTTP answer.
            raise httpx.RemoteProtocolError(str(error), request=request) from error


def _is_hangup(error: BaseException | None) -> bool:
    """Whether the server ended a standing connection without a word."""
    hangups = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)
    return isinstance(error, hangups) and not isinstance(error, aiohttp.ClientConnectorError)


class _Connector(aiohttp.TCPConnector):
    """aiohttp's pool, which tells when it makes a connection; its tracing would cost 100 µs for each request."""

    async def _create_connection(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  # aiohttp's signature
    ) -> ResponseHandler:
        _connected.set(True)
        return await super()._create_connection(req, traces, timeout)


def _new_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=_Transport(client=_new_session, verify=trusted_authorities()),
        timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT, pool=2 * CONNECT_TIMEOUT),
        follow_redirects=False,
        trust_env=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        headers={"User-Agent": "Coday", "Accept-Encoding": "identity"},
    )


def _new_session() -> aiohttp.ClientSession:
    connector = _Connector(limit=MAX_CONNECTIONS, keepalive_timeout=KEEPALIVE_SECONDS, ssl=trusted_authorities())
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)


@cache
def trusted_authorities() -> ssl.SSLContext:
    """The system's certificate authorities (an operator's own ones among them), and Mozilla's where it has none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
