"""Work that has to be finished although its caller is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def carry_through(work: Coroutine[Any, Any, T] | asyncio.Future[T]) -> T:
    """Await work to its end. A cancellation of the caller is raised afterwards, so that nothing is left half done."""
    future = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        if not future.cancelled():
            await asyncio.wait([future])
        raise


async def uninterrupted(work: Coroutine[Any, Any, T]) -> T:
    """Await work to its end; a cancellation of the caller is dropped.

    For the last words of a run, which have to be told exactly because it was cancelled.
    """
    task = asyncio.ensure_future(work)
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise
    return task.result()
