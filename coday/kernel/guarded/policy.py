"""What may be fetched: public addresses on a few ports, and what the operator allows beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from django.conf import settings

from coday.kernel.guarded.addresses import is_public, literal
from coday.kernel.guarded.errors import AddressRefusedError

Place = tuple[str, int | None]

INSIDE_NAMES = frozenset({"localhost", "metadata", "metadata.google.internal", "metadata.goog", "instance-data"})
INSIDE_SUFFIXES = (".localhost", ".internal", ".local", ".home.arpa")


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPolicy:
    """The rules and limits of one client.

    Attributes:
        allow: places that the operator trusts although they are not public; without a port, all of a host's ports.
        ports: what may be asked on other hosts.
        seconds: for everything together: names, redirects, the whole body.
        size: bytes of a body.
        redirects: how many are followed.
    """

    allow: frozenset[Place] = frozenset()
    ports: frozenset[int] = frozenset({80, 443})
    seconds: float = 20.0
    size: int = 10 * 1024 * 1024
    redirects: int = 5

    @classmethod
    def from_settings(cls) -> Self:
        """What the operator configured."""
        return cls(
            allow=places(settings.CODAY_FETCH_ALLOW),
            ports=frozenset(settings.CODAY_FETCH_PORTS),
            seconds=settings.CODAY_FETCH_SECONDS,
            size=settings.CODAY_FETCH_BYTES,
        )

    def trusts(self, host: str, port: int) -> bool:
        """Whether the operator named this place."""
        return (host, None) in self.allow or (host, port) in self.allow

    def check_place(self, host: str, port: int) -> None:
        """Check what can be known without a look at the network.

        Raises:
            AddressRefusedError: the port is closed, or the host is a name or an address of the inside.
        """
        if self.trusts(host, port):
            return
        if port not in self.ports or host in INSIDE_NAMES or host.endswith(INSIDE_SUFFIXES):
            raise AddressRefusedError
        if literal(host) is not None:
            self.check_addresses(host, port, [host])

    def check_addresses(self, host: str, port: int, addresses: Iterable[str]) -> None:
        """Check where a host really is. One address that is not public condemns its name.

        Raises:
            AddressRefusedError: it is not public.
        """
        if self.trusts(host, port):
            return
        for text in addresses:
            address = literal(text)
            if address is None or not is_public(address):
                raise AddressRefusedError


def places(entries: Iterable[str]) -> frozenset[Place]:
    """Hosts, ``host:port`` and ``[address]:port`` as places.

    Raises:
        ValueError: an entry is none of them.
    """
    return frozenset(_place(entry.strip().lower()) for entry in entries if entry.strip())


def _place(entry: str) -> Place:
    bare = literal(entry)
    if bare is not None:
        return str(bare), None
    parts = urlsplit(f"//{entry}")
    if not parts.hostname or parts.netloc != entry or "@" in entry:
        raise ValueError(f"{entry!r} is no host and no host:port.")
    address = literal(parts.hostname)
    return str(address or parts.hostname), parts.port
