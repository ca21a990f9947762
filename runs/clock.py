"""What is due at certain times: once in the whole installation, however many processes it has.

A server that works alone ticks by itself; beside workers the queue's one periodic job does. Ticks are at multiples of
``TICK`` seconds, so a chore is due at multiples of its period, whoever ticks.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from django.contrib.sessions.backends.db import SessionStore

from coday.kernel.database import in_database

logger = logging.getLogger(__name__)

TICK = 5  # seconds


@dataclass(frozen=True, slots=True)
class Chore:
    """Work on the database that is due every so many seconds (a multiple of ``TICK``). It bears being late or repeated."""

    name: str
    every: int
    work: Callable[[], None]


CHORES = (Chore("expired sessions", every=3_600, work=SessionStore.clear_expired),)


async def ticks() -> AsyncGenerator[int, None]:
    """The times of the ticks from now on, as they come."""
    while True:
        now = time.time()
        coming = (int(now) // TICK + 1) * TICK
        await asyncio.sleep(coming - now)
        yield coming


async def do_chores(timestamp: int) -> None:
    """Do what is due at this tick."""
    for chore in CHORES:
        if timestamp % chore.every == 0:
            logger.info("Due: %s.", chore.name)
            await in_database(chore.work)
