"""UUIDv7 keys: unique everywhere, sorted by time of creation."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

MILLISECOND = 1_000_000  # nanoseconds


def new_id(*, after: UUID | None = None) -> UUID:
    """A fresh UUIDv7 (RFC 9562), monotonic within this process.

    Args:
        after: an id that another process may have made. The new one sorts behind it, whatever the two clocks say.
    """
    fresh: UUID = uuid7()
    if after is None or fresh > after:
        return fresh
    following: UUID = uuid7(nanoseconds=(milliseconds_of(after) + 1) * MILLISECOND)
    return following


def milliseconds_of(made: UUID) -> int:
    """When a UUIDv7 was made, in milliseconds since 1970."""
    return made.int >> 80


def first_id_of(moment: datetime) -> UUID:
    """What sorts before every UUIDv7 that was made at this moment or later, and is none itself."""
    return UUID(int=int(moment.timestamp() * 1_000) << 80)
