"""How often a caller may ask: REST, event streams and frames of sockets come out of the same buckets."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from coday.edge.limits import RateLimit

BURST_SECONDS = 10  # worth of requests may come at once

_users, _tokens, _runs = RateLimit(), RateLimit(), RateLimit()


def count_request(*, user_id: UUID, token_id: UUID | None) -> None:
    """Count a request, a frame, or a socket that is opened.

    Raises:
        RateLimitedError: too many, of this user or with this token.
    """
    _take(_users, user_id, settings.CODAY_USER_REQUESTS_PER_SECOND)
    if token_id is not None:
        _take(_tokens, token_id, settings.CODAY_TOKEN_REQUESTS_PER_SECOND)


def count_run(*, user_id: UUID, runs: int = 1) -> None:
    """Count the runs that somebody wants to start, at whichever door.

    Raises:
        RateLimitedError: too many.
    """
    per_minute = settings.CODAY_RUNS_PER_MINUTE
    for _ in range(runs):
        _runs.take(user_id, per_second=per_minute / 60, burst=per_minute)


def _take(limit: RateLimit, key: UUID, per_second: float) -> None:
    limit.take(key, per_second=per_second, burst=per_second * BURST_SECONDS)
