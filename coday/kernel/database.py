"""The one bridge from async code to the ORM.

Async code calls ``await in_database(operation, …)`` with a synchronous, keyword-only operation or query. On SQLite all of
them share one thread: one writer that never waits for itself. On PostgreSQL they share a bounded pool of threads, and a
connection goes back to the pool after each call. See ``docs/decisions/0002-one-database-bridge.md``.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from coday.kernel.tasks import carry_through

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

DATABASE_AWAY = (OperationalError, InterfaceError)
"""What a call raises while the database cannot be reached, restarts or has cut the connection."""


@lru_cache(maxsize=1)
def _executor() -> ThreadPoolExecutor:
    threads = 1 if connection.vendor == "sqlite" else settings.DATABASE_THREADS
    return ThreadPoolExecutor(max_workers=threads, thread_name_prefix="database")


def _call(operation: Callable[[], T]) -> T:
    try:
        return operation()
    finally:
        if connection.vendor != "sqlite":
            connection.close()  # back to the pool: no run holds a connection while it waits for a provider


async def in_database(operation: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a synchronous database function on a database thread and return what it returns.

    A cancelled caller still waits for a call that is under way, so that no transaction outlives the code that asked for
    it; the cancellation is raised afterwards.
    """
    context = contextvars.copy_context()
    call = partial(context.run, _call, partial(operation, *args, **kwargs))
    return await carry_through(asyncio.get_running_loop().run_in_executor(_executor(), call))


async def until_done(operation: Callable[[], T], *, again: Callable[[], T] | None = None) -> T:
    """``in_database``, tried again while the database is away, for what must not be lost.

    An operation whose commit was not acknowledged may have been done all the same: it has to bear being repeated, or
    ``again`` does what is done from the second time on.

    Raises:
        OperationalError, InterfaceError: it was away for longer than ``CODAY_DATABASE_PATIENCE`` seconds.
    """
    clock = asyncio.get_running_loop().time
    deadline, wait = clock() + settings.CODAY_DATABASE_PATIENCE, 0.1
    while True:
        try:
            return await in_database(operation)
        except DATABASE_AWAY:
            if clock() >= deadline:
                raise
        logger.warning("The database is away; trying again in %.1f seconds.", wait)
        await asyncio.sleep(wait)
        wait = min(wait * 2, 2.0)
        operation = again or operation


def reserve(*names: str) -> None:
    """Take turns with whoever reserves one of these names, until the caller's transaction ends.

    For what no row stands for. A database with one writer (SQLite) has nothing to take.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for name in names:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Take turns with other processes that do the same thing. A database for one process has nothing to take."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def close_database_threads() -> None:
    """End the database threads and their connections (at shutdown)."""
    if _executor.cache_info().currsize:
        executor = _executor()
        executor.submit(connection.close)
        executor.shutdown(wait=True)
        _executor.cache_clear()
