"""The guarded client against real servers: redirects, names that change their answer, sizes, slow servers (line 13)."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from pytest_django import Settings

from coday.kernel.guarded.client import GuardedClient
from coday.kernel.guarded.connections import CheckedResolver, new_connector
from coday.kernel.guarded.errors import (
    AddressRefusedError,
    AnswerTooLargeError,
    EncodedAnswerError,
    FetchTimeoutError,
    InvalidAddressError,
    InvalidHeaderError,
    RedirectRefusedError,
    UnreachableError,
)
from coday.kernel.guarded.policy import FetchPolicy, places

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SECRETS = {"Authorization": "Bearer planted", "X-Api-Key": "planted", "Accept": "text/plain"}


class Names(AbstractResolver):
    """Answers with one address after the other, as a rebinding name server does; the last one for ever."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        address = self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0),
        ]

    async def close(self) -> None:
        """Nothing is open."""


class Server:
    """What a server was asked."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.requests: list[web.BaseRequest] = []
        self.bodies: list[bytes] = []

    def at(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@asynccontextmanager
async def serving(handler: Handler, *, address: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Server]:
    async def note(request: web.Request) -> web.StreamResponse:
        server.requests.append(request)
        server.bodies.append(await request.read())
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", note)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, address, port)
    await site.start()
    server = Server(runner.addresses[0][1])
    try:
        yield server
    finally:
        await runner.cleanup()


async def hello(_request: web.Request) -> web.StreamResponse:
    return web.Response(text="hello")


def allowing(*servers: Server, host: str = "127.0.0.1", **limits: float) -> FetchPolicy:
    return FetchPolicy(allow=places(f"{host}:{server.port}" for server in servers), **limits)  # type: ignore[arg-type]


# --- What is reached ----------------------------------------------------------------------------------------------


async def test_an_allowed_place_answers() -> None:
    async with serving(hello) as server:
        answer = await GuardedClient(policy=allowing(server)).fetch(server.at("/a?b=c#d"))
        refused = GuardedClient(policy=FetchPolicy())
        with pytest.raises(AddressRefusedError):
            await refused.fetch(server.at("/"))
    assert (answer.status, answer.body, answer.url) == (200, b"hello", server.at("/a?b=c"))
    assert len(server.requests) == 1


async def test_the_name_stays_the_host_and_its_address_is_looked_up_once() -> None:
    """Line 13: whoever answers next time differently has no say."""
    names = Names("127.0.0.1", "127.0.0.2")
    async with serving(hello) as server:
        policy = allowing(server, host="app.example")
        await GuardedClient(policy=policy, resolver=names).fetch(server.at("/", host="App.Example."))
    assert [request.headers["Host"] for request in server.requests] == [f"app.example:{server.port}"]
    assert names.asked == ["app.example"]


async def test_a_name_that_leads_inside_is_refused() -> None:
    """Line 13: rebinding; every answer of a name server is checked, not the first one."""
    for inside in ("127.0.0.1", "169.254.169.254", "10.0.0.1"):
        with pytest.raises(AddressRefusedError):
            await GuardedClient(policy=FetchPolicy(), resolver=Names(inside)).fetch("http://evil.example/")
    names = CheckedResolver(FetchPolicy(), Names("8.8.8.8", "127.0.0.1"))
    assert [entry["host"] for entry in await names.resolve("evil.example", 80)] == ["8.8.8.8"]
    with pytest.raises(AddressRefusedError):
        await names.resolve("evil.example", 80)


async def test_no_socket_is_opened_to_an_address_that_was_not_checked() -> None:
    """Line 13: below every parser; an address in place of a name passes no resolver."""
    async with serving(hello) as server:
        connector = new_connector(FetchPolicy(), Names("8.8.8.8"))
        async with aiohttp.ClientSession(connector=connector) as session:
            with pytest.raises(AddressRefusedError):
                await session.get(server.at("/"))
    assert server.requests == []


async def test_the_environment_has_no_proxy_and_no_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(hello) as server, serving(hello) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.at(""))
        await GuardedClient(policy=allowing(server)).fetch(server.at("/"))
    assert (len(server.requests), proxy.requests) == (1, [])


# --- Redirects ----------------------------------------------------------------------------------------------------


def redirecting(to: Callable[[], str], *, status: int = 302) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        if request.path != "/from":
            return web.Response(text="arrived")
        return web.Response(status=status, headers={"Location": to(), "Set-Cookie": "planted=1"})

    return handler


async def test_a_redirect_to_the_inside_is_refused() -> None:
    """Line 13: each hop by the same rules as the first."""
    async with serving(hello) as inside, serving(redirecting(lambda: inside.at("/"))) as server:
        with pytest.raises(AddressRefusedError):
            await GuardedClient(policy=allowing(server)).fetch(server.at("/from"))
    assert inside.requests == []


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://user:x@127.0.0.1/", "http://127.1/", "//[::1"])
async def test_a_redirect_to_what_is_no_address_is_refused(location: str) -> None:
    """Line 13."""
    async with serving(redirecting(lambda: location)) as server:
        with pytest.raises((InvalidAddressError, RedirectRefusedError)):
            await GuardedClient(policy=allowing(server)).fetch(server.at("/from"))


async def test_a_name_is_resolved_again_for_each_hop() -> None:
    """Line 13: the second answer of a rebinding name is checked as the first one was."""
    names = Names("127.0.0.1")
    async with serving(redirecting(lambda: "http://evil.example/")) as server:
        policy = allowing(server, host="app.example")
        with pytest.raises(AddressRefusedError):
            await GuardedClient(policy=policy, resolver=names).fetch(server.at("/from", host="app.example"))
    assert names.asked == ["app.example", "evil.example"]


async def test_secrets_stay_with_their_origin() -> None:
    """Line 14: no credential and no cookie goes to another host."""
    async with serving(hello) as other, serving(redirecting(lambda: other.at("/to"))) as server:
        await GuardedClient(policy=allowing(server, other)).fetch(server.at("/from"), headers=SECRETS)
    [received] = other.requests
    assert "planted" not in str(received.headers)
    assert received.headers["Accept"] == "text/plain"
    assert "planted" in str(server.requests[0].headers)


async def test_a_redirect_on_the_same_origin_keeps_the_headers_and_no_cookie() -> None:
    async with serving(redirecting(lambda: "/to")) as server:
        answer = await GuardedClient(policy=allowing(server)).fetch(server.at("/from"), headers=SECRETS)
    assert (answer.url, answer.body) == (server.at("/to"), b"arrived")
    assert server.requests[1].headers["X-Api-Key"] == "planted"
    assert "Cookie" not in server.requests[1].headers


@pytest.mark.parametrize(("status", "method", "body"), [(302, "GET", b""), (303, "GET", b""), (307, "POST", b"data")])
async def test_what_a_redirect_does_to_a_post(status: int, method: str, body: bytes) -> None:
    async with serving(redirecting(lambda: "/to", status=status)) as server:
        await GuardedClient(policy=allowing(server)).fetch(server.at("/from"), method="post", body=b"data")
    assert [request.method for request in server.requests] == ["POST", method]
    assert server.bodies == [b"data", body]


async def test_a_body_is_not_carried_to_another_origin() -> None:
    """Line 14."""
    async with serving(hello) as other, serving(redirecting(lambda: other.at("/to"), status=307)) as server:
        with pytest.raises(RedirectRefusedError):
            await GuardedClient(policy=allowing(server, other)).fetch(server.at("/from"), method="POST", body=b"data")
    assert other.requests == []


async def test_redirects_end() -> None:
    async with serving(redirecting(lambda: "/from")) as server:
        with pytest.raises(RedirectRefusedError):
            await GuardedClient(policy=allowing(server, redirects=3)).fetch(server.at("/from"))
    assert len(server.requests) == 4


# --- Sizes and times ----------------------------------------------------------------------------------------------


async def test_an_announced_body_over_the_limit_is_not_read() -> None:
    async def large(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x" * 1001)

    async with serving(large) as server:
        client = GuardedClient(policy=allowing(server, size=1000))
        with pytest.raises(AnswerTooLargeError) as refused:
            await client.fetch(server.at("/"))
        assert (await client.fetch(server.at("/"), method="HEAD")).body == b""
    assert refused.value.details == {"limit": 1000}


async def test_an_endless_body_ends_at_the_limit() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b"x" * 4096)

    async with serving(endless) as server:
        policy = allowing(server, size=100_000)
        with pytest.raises(AnswerTooLargeError):
            await GuardedClient(policy=policy).fetch(server.at("/"))
        received: list[bytes] = []
        with pytest.raises(AnswerTooLargeError):
            await _collect(GuardedClient(policy=policy), server.at("/"), received)
    assert sum(map(len, received)) <= 100_000


async def _collect(client: GuardedClient, address: str, received: list[bytes]) -> None:
    async with client.stream(address) as answer:
        async for chunk in answer.chunks():
            received.append(chunk)  # noqa: PERF401  # what came before the error counts, too


async def test_a_compressed_body_is_not_unfolded() -> None:
    async def bomb(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=gzip.compress(b"x" * 1_000_000), headers={"Content-Encoding": "gzip"})

    async with serving(bomb) as server:
        with pytest.raises(EncodedAnswerError):
            await GuardedClient(policy=allowing(server)).fetch(server.at("/"))
    assert server.requests[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("begun", [False, True])
async def test_a_slow_server_is_given_up(begun: bool) -> None:
    over = asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        if begun:
            await answer.prepare(request)
            await answer.write(b"x")
        await over.wait()
        return answer

    async with serving(slow) as server:
        with pytest.raises(FetchTimeoutError):
            await GuardedClient(policy=allowing(server, seconds=0.2)).fetch(server.at("/"))
        over.set()


async def test_a_time_limit_of_the_caller_stays_the_callers() -> None:
    async with serving(hello) as server:
        with pytest.raises(TimeoutError, match="mine"):
            async with GuardedClient(policy=allowing(server)).stream(server.at("/")):
                raise TimeoutError("mine")


# --- What goes wrong ----------------------------------------------------------------------------------------------


async def test_nobody_there_and_no_http() -> None:
    async def rude(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(rude, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = GuardedClient(policy=FetchPolicy(allow=places([f"127.0.0.1:{port}"])))
    with pytest.raises(UnreachableError):
        await client.fetch(f"http://127.0.0.1:{port}/")
    server.close()
    await server.wait_closed()
    with pytest.raises(UnreachableError) as refused:
        await client.fetch(f"http://127.0.0.1:{port}/")
    assert str(port) not in refused.value.message


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "inside"}, {"content-length": "0"}, {"Transfer-Encoding": "chunked"}, {"Cookie": "a=b"},
        {"X": "a\r\nHost: inside"}, {"X\r\nHost": "inside"}, {"": "x"}, {"X": "\x00"}, {"X Y": "z"}, {"X": "€"},
    ],
)  # fmt: skip
async def test_headers_that_are_not_the_callers(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidHeaderError):
        await GuardedClient(policy=FetchPolicy()).fetch("http://example.org/", headers=headers)


def test_the_operators_settings_are_the_policy(settings: Settings) -> None:
    settings.CODAY_FETCH_ALLOW = ["127.0.0.1:8080"]
    settings.CODAY_FETCH_PORTS = [443]
    policy = FetchPolicy.from_settings()
    assert policy.trusts("127.0.0.1", 8080)
    assert policy.ports == {443}
