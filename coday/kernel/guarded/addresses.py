"""Which IP addresses are public: reachable by anyone, and therefore no way into a network of ours."""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

NAT64 = IPv6Network("64:ff9b::/96")
"""An IPv4 address in its last 32 bits (RFC 6052); in a network without IPv4 every IPv4 host looks like this."""

_REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's platform, a public address that every machine there reaches
        "192.0.0.0/24",  # protocols between neighbours; a cloud's metadata, too
        "192.88.99.0/24",  # 6to4 relays, gone
        "64:ff9b:1::/48",  # NAT64 for local use: whatever the operator maps there
        "2001::/32",  # Teredo and 6to4 hold an IPv4 address; nobody serves anything there
        "2002::/16",
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fec0::/10",  # site-local, before fc00::/7
    )
)
# Older versions of Python know fewer networks; what is listed here does not depend on them.


def literal(host: str) -> Address | None:
    """The address that a host is written as, in the one canonical way; ``None`` for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Whether packets for this address leave for the public Internet."""
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        inner = _inner(address)
        if inner is not None:
            return is_public(inner)
    special = address.is_multicast or address.is_reserved or address.is_unspecified
    return address.is_global and not special and not any(address in network for network in _REFUSED)


def _inner(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that this one stands for."""
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped
