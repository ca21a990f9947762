"""Rate limits: how often one caller may ask, in this process.

Each process counts for itself, in memory: a look at a shared store would cost each frame more than its work does. Behind
N web processes a caller may therefore ask up to N times as often; the limits protect a process, and are no price list.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Hashable
from threading import Lock

from coday.kernel.errors import CodayError

MAX_KEYS = 20_000  # callers that are remembered
ROUNDING = 1e-6  # seconds: a bucket that is full gives its last one, too


class RateLimitedError(CodayError):
    """The caller asks too often. ``details["retry_after"]`` says when to ask again, in seconds."""

    code = "rate_limited"
    message = "Too many requests. Wait a moment, then go on."
    status = 429
    retryable = True


class RateLimit:
    """Token buckets, one per key: so many at once, and refilled at a constant rate.

    All that is stored of a bucket is the time at which it will be full again.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full_at: dict[Hashable, float] = {}
        self._lock = Lock()

    def take(self, key: Hashable, *, per_second: float, burst: float) -> None:
        """Take one from this key's bucket.

        Raises:
            RateLimitedError: it is empty. Nothing is taken then.
        """
        now = self._clock()
        with self._lock:
            full_at = max(self._full_at.get(key, now), now) + 1 / per_second
            wait = full_at - now - burst / per_second
            if wait <= ROUNDING:
                self._full_at[key] = full_at
                if len(self._full_at) > MAX_KEYS:
                    self._forget(now)
                return
        raise RateLimitedError(details={"retry_after": max(1, math.ceil(wait))})

    def _forget(self, now: float) -> None:
        """Drop the buckets that are full, and the oldest ones where that is not enough."""
        self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > now}
        while len(self._full_at) > MAX_KEYS:
            del self._full_at[next(iter(self._full_at))]
