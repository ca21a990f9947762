"""Token buckets: a burst, then a constant rate, and a bounded memory."""

from __future__ import annotations

import pytest

from coday.edge import limits
from coday.edge.limits import RateLimit, RateLimitedError


class Clock:
    """Time that stands still until it is told otherwise."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _taken(limit: RateLimit, key: str, tries: int = 100) -> int:
    """How many of so many tries were let through."""
    taken = 0
    for _ in range(tries):
        try:
            limit.take(key, per_second=2, burst=5)
        except RateLimitedError:
            continue
        taken += 1
    return taken


def test_a_burst_and_then_a_rate(clock: Clock) -> None:
    limit = RateLimit(clock=clock)
    assert _taken(limit, "a") == 5
    assert _taken(limit, "b") == 5
    clock.now += 1
    assert _taken(limit, "a") == 2
    clock.now += 3600
    assert _taken(limit, "a") == 5


@pytest.mark.parametrize("burst", range(1, 20))
@pytest.mark.parametrize("now", [0.0, 0.1, 12345.678, 9876543.21])
def test_the_last_one_is_given_whatever_the_clock_says(clock: Clock, burst: int, now: float) -> None:
    clock.now = now
    limit = RateLimit(clock=clock)
    for _ in range(burst):
        limit.take("a", per_second=0.3, burst=burst)
    with pytest.raises(RateLimitedError):
        limit.take("a", per_second=0.3, burst=burst)


def test_it_says_when_to_come_back(clock: Clock) -> None:
    limit = RateLimit(clock=clock)
    for _ in range(3):
        limit.take("a", per_second=0.1, burst=3)
    with pytest.raises(RateLimitedError) as refused:
        limit.take("a", per_second=0.1, burst=3)
    assert refused.value.details == {"retry_after": 10}
    assert refused.value.retryable
    clock.now += 10
    limit.take("a", per_second=0.1, burst=3)


def test_it_remembers_a_bounded_number_of_callers(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_KEYS", 10)
    limit = RateLimit(clock=clock)
    for number in range(100):
        limit.take(str(number), per_second=1, burst=1)
    assert len(limit._full_at) == 10
    with pytest.raises(RateLimitedError):
        limit.take("99", per_second=1, burst=1)
    clock.now += 1
    limit.take("another", per_second=1, burst=1)
    assert list(limit._full_at) == ["another"]  # the others are full again: nothing to remember
