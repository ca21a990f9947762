"""Work that outlives its caller: carried through although the caller is cancelled, or not awaited at all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

logger = logging.getLogger(__name__)

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


class Tasks:
    """Tasks that nobody awaits: held here, so that none is lost, and its failure is logged."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Let work go on beside its caller."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def idle(self, *, patience: float | None = None) -> None:
        """Wait until nothing is going on any more, at most ``patience`` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while self._running:
                    await asyncio.wait(set(self._running))

    @property
    def busy(self) -> bool:
        """Whether anything is going on."""
        return bool(self._running)

    def cancel(self) -> None:
        """Ask everything that is going on to end."""
        for task in set(self._running):
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("A task failed.", exc_info=error)
