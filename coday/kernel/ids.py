"""UUIDv7 keys: unique everywhere, sorted by time of creation."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7 (RFC 9562), monotonic within this process."""
    return uuid7()
