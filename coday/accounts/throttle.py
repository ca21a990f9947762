"""Slows down those who guess passwords, the same at each door that takes one: the page, the admin, ``POST tokens/``.

Attempts are counted per username and address, and per address. The first few cost nothing; after that each failure doubles
the wait for the next attempt, up to a limit. Nobody is counted by username alone: whoever guesses at a person's password
slows down their own address, and the person gets in from another one.

The counts are in the database and not in a cache: they hold for all processes, survive a restart, and need no second
service that could be down when it matters. They cost a few queries beside a password hash, which takes 100 ms. An attempt
is counted before the password is looked at, and forgiven if it was right: a thousand at once get no further than five.
"""

from __future__ import annotations

import ipaddress
import logging
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from coday.accounts.models import LoginFailures
from coday.kernel.errors import CodayError

logger = logging.getLogger(__name__)

FORGOTTEN_AFTER = timedelta(hours=1)
IPV6_NETWORK = 64  # bits: what one customer gets


class TooManyLoginsError(CodayError):
    """Too many attempts failed. ``details["retry_after"]`` says when the next one is looked at, in seconds."""

    code = "too_many_logins"
    message = "Too many attempts to log in. Wait a moment, then try again."
    status = 429
    retryable = True


@dataclass(frozen=True, slots=True)
class _Counter:
    """What is counted together: ``free`` failures cost nothing, and no wait is longer than ``longest`` seconds."""

    key: str
    free: int
    longest: float

    def wait(self, failures: LoginFailures, now: datetime) -> float:
        """Seconds until the next attempt is looked at."""
        over = failures.count - self.free
        if over < 0:
            return 0.0
        pause = min(2.0 ** min(over, 30), self.longest)
        return pause - (now - failures.last_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to log in, which counts as a failure until it is forgiven."""

    counters: tuple[_Counter, ...]

    @classmethod
    def of(cls, *, username: str, address: str) -> Self:
        """An attempt of this user, from this IP address."""
        network = _network_of(address)
        return cls(
            (
                _Counter(_key("pair", username.casefold(), network), settings.CODAY_LOGIN_TRIES, 900.0),
                _Counter(_key("address", network), settings.CODAY_LOGIN_ADDRESS_TRIES, 60.0),
            )
        )

    @transaction.atomic
    def count(self) -> None:
        """Count it, before the password is looked at.

        Raises:
            TooManyLoginsError: it is too early. Attempts that are refused are not counted: waiting always helps.
        """
        now = timezone.now()
        LoginFailures.objects.filter(last_at__lt=now - FORGOTTEN_AFTER).delete()
        known = self._lock(now)
        wait = max(counter.wait(known[counter.key], now) for counter in self.counters)
        if wait > 0:
            raise TooManyLoginsError(details={"retry_after": math.ceil(wait)})
        LoginFailures.objects.filter(key__in=known).update(count=F("count") + 1, last_at=now)

    @transaction.atomic
    def forgive(self) -> None:
        """It was right after all: the pair begins anew, and the address is as before."""
        pair, address = self.counters
        LoginFailures.objects.filter(key=pair.key).delete()
        LoginFailures.objects.filter(key=address.key, count__gt=0).update(count=F("count") - 1)

    def _lock(self, now: datetime) -> dict[str, LoginFailures]:
        """The rows of the counters, always taken in one order, so that no two attempts wait in a circle."""
        keys = sorted(counter.key for counter in self.counters)
        LoginFailures.objects.bulk_create([LoginFailures(key=key, last_at=now) for key in keys], ignore_conflicts=True)
        rows: Iterable[LoginFailures] = LoginFailures.objects.select_for_update().filter(key__in=keys).order_by("key")
        return {row.key: row for row in rows}


def admit(*, username: str, address: str) -> Attempt:
    """Count an attempt to log in; whoever finds the password right calls ``forgive``.

    Raises:
        TooManyLoginsError: there were too many.
    """
    attempt = Attempt.of(username=username, address=address)
    try:
        attempt.count()
    except TooManyLoginsError:
        logger.warning("Refused to look at a password from %s: too many failed attempts", address or "nowhere")
        raise
    return attempt


def _key(*parts: str) -> str:
    return salted_hmac("coday.logins", "\0".join(parts), algorithm="sha256").hexdigest()


def _network_of(address: str) -> str:
    """What counts as one address: one of IPv4, a network of IPv6."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, IPV6_NETWORK), strict=False))
