"""Connections to checked addresses: a name is resolved once, and only what that answer said is connected to."""

from __future__ import annotations

import socket

import aiohttp
from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

from coday.kernel.guarded.policy import FetchPolicy
from coday.kernel.http import trusted_authorities


class CheckedResolver(AbstractResolver):
    """Resolves names by another resolver, and refuses answers that the policy does not allow."""

    def __init__(self, policy: FetchPolicy, resolver: AbstractResolver) -> None:
        self._policy = policy
        self._resolver = resolver
        self.checked: set[tuple[str, int]] = set()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name.

        Raises:
            AddressRefusedError: one of them may not be connected to.
        """
        found = await self._resolver.resolve(host, port, family)
        self._policy.check_addresses(host, port, [entry["host"] for entry in found])
        self.checked.update((entry["host"], port) for entry in found)
        return found

    async def close(self) -> None:
        """Close the other resolver."""
        await self._resolver.close()


def new_connector(policy: FetchPolicy, resolver: AbstractResolver) -> aiohttp.TCPConnector:
    """A connector that reaches what the policy allows and nothing else, whatever it is asked for.

    The name stays what TLS verifies and the ``Host`` header says; its address is never looked up again.
    """
    checked = CheckedResolver(policy, resolver)

    def open_socket(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        host, port = str(address[0]), int(address[1])
        if (host, port) not in checked.checked:  # an address in place of a name is not resolved
            policy.check_addresses(host, port, [host])
        return socket.socket(family=family, type=kind, proto=protocol)

    return aiohttp.TCPConnector(
        resolver=checked,
        use_dns_cache=False,
        socket_factory=open_socket,
        happy_eyeballs_delay=None,  # with it, an error of ours would be lost between two attempts
        ssl=trusted_authorities(),
    )
