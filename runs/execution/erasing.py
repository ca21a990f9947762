"""Ends what runs for a person who is erased, wherever it is executed, and then erases them."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from asgiref.sync import async_to_sync
from django.db import close_old_connections

from coday.accounts.audit import Actor
from coday.kernel.database import in_database
from runs.execution.driver import get_driver
from runs.models import Erasure
from runs.retention import erase

PATIENCE = 5.0  # seconds that runs get to end


def finish(erasure: Erasure, *, by: Actor | None = None) -> Erasure:
    """Stop what runs for the person, wait for it a while, and complete the erasure; for synchronous callers. ``by`` is who
    wanted it: nobody but the person themselves.

    Raises:
        ErasureHeldUpError: as ``erase.complete``; it goes on by itself.
    """
    if erase.running(erasure):
        close_old_connections()  # the driver may need this thread's
        async_to_sync(_end_runs)(erasure)
    return erase.complete(erasure, by=by)


async def _end_runs(erasure: Erasure) -> None:
    driver = await get_driver()
    going_on = await in_database(erase.running, erasure)
    for asker, run_id in going_on:
        await driver.cancel(asker=asker, run_id=run_id)
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            for _, run_id in going_on:
                await driver.ended(run_id)
