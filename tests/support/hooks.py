"""A receiver of webhooks: keeps what it is told, and answers as the test says.

It checks signatures by its own reading of Standard Webhooks, with OpenSSL's HMAC by way of ``cryptography``.
"""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

TOLERANCE = 300  # seconds that a message may be old


@dataclass
class Receiver:
    """A server for webhooks: gives one status after the other, the last one for ever; ``None`` is no answer at all."""

    statuses: list[int | None] = field(default_factory=lambda: [204])
    location: str = ""
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)  # then whoever was not answered goes

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Keep the request, and answer."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((headers, await request.read()))
        self.arrived.set()
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if status is None:
            await self.over.wait()
        return web.Response(status=status or 204, headers={"Location": self.location} if self.location else {})

    @property
    def told(self) -> list[dict[str, Any]]:
        """What it was told, in order."""
        return [msgspec.json.decode(body) for _, body in self.requests]

    @property
    def kinds(self) -> list[str]:
        """The types of what it was told."""
        return [message["type"] for message in self.told]


def verify(secret: str, headers: dict[str, str], body: bytes) -> None:
    """Check a message as a receiver does.

    Raises:
        InvalidSignature, ValueError: it is not ours, or too old.
    """
    if abs(time.time() - int(headers["webhook-timestamp"])) > TOLERANCE:
        raise ValueError("The message is too old.")
    mac = HMAC(base64.b64decode(secret.split("_", 1)[1]), SHA256())
    mac.update(b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body)))
    for signature in headers["webhook-signature"].split(" "):
        version, _, value = signature.partition(",")
        if version == "v1":
            mac.verify(base64.b64decode(value))
            return
    raise InvalidSignature
