"""Ids of what was made in the past: they sort as it was made, beside ids that were given then."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final
from uuid import UUID

_COUNTED: Final = 0xFFF  # that one millisecond has room for


class PastIds:
    """UUIDv7 keys (RFC 9562) for a row of moments: each sorts behind the one before, whatever its moment says."""

    def __init__(self) -> None:
        self._millisecond = 0
        self._count = 0

    def at(self, moment: datetime) -> UUID:
        """The next id, of this moment or of the one before, where that was later."""
        millisecond = int(moment.timestamp() * 1_000)
        if millisecond > self._millisecond:
            self._millisecond, self._count = millisecond, 0
        elif self._count < _COUNTED:
            self._count += 1
        else:
            self._millisecond, self._count = self._millisecond + 1, 0
        stamp = self._millisecond << 80 | 7 << 76 | self._count << 64
        return UUID(int=stamp | 2 << 62 | secrets.randbits(62))
