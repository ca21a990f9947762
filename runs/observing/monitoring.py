"""What those who watch an installation are told over HTTP, and who may know: the same in web and worker processes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Thread
from typing import Final
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.utils.crypto import constant_time_compare
from django.utils.datastructures import CaseInsensitiveMapping
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from coday.kernel.probes import answer_to
from runs.observing import metrics
from runs.observing.health import is_ready, run_checks

PATIENCE: Final = 3.0  # seconds
_FORWARDED: Final = ("x-forwarded-for", "x-real-ip", "forwarded", "via")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, whoever sends it."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"


ALIVE: Final = Answer(b'{"status":"ok"}')
UNKNOWN: Final = Answer(b'{"status":"unknown address"}', status=404)


async def readiness(*, detailed: bool) -> Answer:
    """Each check by name and whether it passed; in detail for those who may know more."""
    checks = await run_checks()
    ready = is_ready(checks)
    told = [asdict(check) if detailed else {"name": check.name, "ok": check.ok} for check in checks]
    body = msgspec.json.encode({"status": "ok" if ready else "unavailable", "checks": told})
    return Answer(body, status=200 if ready else 503)


async def measurements(*, allowed: bool) -> Answer:
    """The metrics; for others there is no such address."""
    if not allowed:
        return UNKNOWN
    try:
        return Answer(await answer_to(metrics.page, within=PATIENCE), content_type=CONTENT_TYPE_PLAIN_0_0_4)
    except TimeoutError:
        return Answer(b'{"status":"unavailable"}', status=503)


def may_watch(*, headers: Mapping[str, str], address: str) -> bool:
    """Whether the caller may see more than whether all is well: with ``CODAY_METRICS_TOKEN`` as its bearer token or, where
    none is set, from this machine and not through a proxy. ``headers`` ignores case."""
    token = settings.CODAY_METRICS_TOKEN
    if not token:
        return _is_loopback(address) and not any(name in headers for name in _FORWARDED)
    scheme, _, sent = headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and constant_time_compare(sent.strip(), token)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False  # a Unix socket has no address: who is behind it is not known


# --- Where there is no web server -----------------------------------------------------------------------------------


@contextmanager
def monitoring_server(*, host: str, port: int) -> Iterator[int]:
    """Answer ``/healthz``, ``/readyz`` and ``/metrics`` of a worker on threads beside its event loop; the port.

    Raises:
        OSError: the address cannot be listened on.
    """
    with ThreadingHTTPServer((host, port), _Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=partial(server.serve_forever, poll_interval=0.1), name="monitoring", daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def worker_server() -> AbstractContextManager[int | None]:
    """The server that ``CODAY_METRICS_PORT`` asks for, if it does."""
    if not settings.CODAY_METRICS_PORT:
        return nullcontext()
    return monitoring_server(host=settings.CODAY_METRICS_HOST, port=settings.CODAY_METRICS_PORT)


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    timeout = 10.0  # seconds for a slow sender
    server_version = "Coday"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer it."""
        answer = asyncio.run(self._answer())
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Nothing: probes come every few seconds."""

    async def _answer(self) -> Answer:
        headers = CaseInsensitiveMapping(dict(self.headers))
        allowed = may_watch(headers=headers, address=self.client_address[0])
        match urlsplit(self.path).path:
            case "/healthz":
                return ALIVE
            case "/readyz":
                return await readiness(detailed=allowed)
            case "/metrics":
                return await measurements(allowed=allowed)
        return UNKNOWN
