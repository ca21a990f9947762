"""An address, parsed once: what was checked is what is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from yarl import URL

from coday.kernel.guarded.addresses import literal
from coday.kernel.guarded.errors import InvalidAddressError

MAX_CHARS = 8_000
MAX_HOST_CHARS = 253

_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")  # other parsers trim, split or translate at these
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"([0-9]+|0x[0-9a-f]*)")


@dataclass(frozen=True, slots=True)
class Target:
    """A place and what is asked there. ``url`` is in normal form, without a fragment."""

    url: URL
    host: str
    port: int

    @property
    def origin(self) -> tuple[str, str, int]:
        """Whom the answer comes from: a secret meant for one origin is not for another."""
        return self.url.scheme, self.host, self.port


def parse_target(text: str) -> Target:
    """Parse an absolute http or https address.

    Raises:
        InvalidAddressError: it is none, has a username, or its host could be read in two ways.
    """
    if len(text) > MAX_CHARS or _AMBIGUOUS.search(text):
        raise InvalidAddressError
    try:
        url = URL(text)
        host, port = _host(url), url.port
        normal = url.with_host(host).with_fragment(None)
    except ValueError as error:  # also of a port, and of a name that IDNA does not know
        raise InvalidAddressError from error
    if url.scheme not in {"http", "https"} or port is None or url.user is not None or url.password is not None:
        raise InvalidAddressError
    return Target(normal, host, port)


def _host(url: URL) -> str:
    """The host in its one form: a name without a last dot, or a canonical address."""
    host = (url.raw_host or "").lower().removesuffix(".")
    address = literal(host)
    if address is not None and "%" not in host:
        return str(address)
    last = host.rpartition(".")[2]
    if len(host) > MAX_HOST_CHARS or not _NAME.fullmatch(host) or _NUMBER.fullmatch(last):
        raise InvalidAddressError  # "127.1" and "0x7f.1" are addresses to some, names to others
    return host
