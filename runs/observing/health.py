"""Whether this installation can do its work: one check for each thing that it needs, all asked at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from coday.kernel.probes import answer_to
from runs.backlog import read_backlog
from runs.runners import alive

logger = logging.getLogger(__name__)

PATIENCE: Final = 2.5  # seconds for all checks together


class NotReadyError(Exception):
    """A check that fails, in words that anyone may read: no host, no name, no exception's text."""


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found. Without a ``required`` one the installation does less, but it does its work."""

    name: str
    ok: bool
    detail: str
    required: bool = True


async def run_checks() -> list[Check]:
    """All checks, within ``PATIENCE`` seconds."""
    checks = [_check("database", _database), _check("migrations", _migrations), _check("queue", _queue)]
    if settings.REDIS_URL:
        checks.append(_check("redis", _redis))
    if settings.DISTRIBUTED:
        checks.append(_check("workers", _workers, required=False))
    return await asyncio.gather(*checks)


def is_ready(checks: list[Check]) -> bool:
    """Whether nothing that is required is missing."""
    return all(check.ok for check in checks if check.required)


async def _check(name: str, question: Callable[[], str], *, required: bool = True) -> Check:
    ok, detail = await _find_out(question)
    check = Check(name, ok=ok, detail=detail, required=required)
    _note(check)
    return check


async def _find_out(question: Callable[[], str]) -> tuple[bool, str]:
    try:
        return True, await answer_to(question, within=PATIENCE)
    except TimeoutError:
        return False, f"No answer within {PATIENCE:g} seconds."
    except NotReadyError as error:
        return False, str(error)
    except DatabaseError:
        return False, "The database does not answer."


_failing: set[str] = set()


def _note(check: Check) -> None:
    """Log a change once, and not at each look."""
    if check.ok and check.name in _failing:
        _failing.discard(check.name)
        logger.info("Check %s is passed again.", check.name)
    elif not check.ok and check.name not in _failing:
        _failing.add(check.name)
        logger.warning("Check %s failed: %s", check.name, check.detail)


# --- The questions --------------------------------------------------------------------------------------------------


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "The database answers."


def _migrations() -> str:
    applied = MigrationRecorder(connection).applied_migrations()
    missing = sum(migration not in applied for migration in _newest_migrations())
    if missing:
        raise NotReadyError(f"Migrations of {missing} apps are not applied.")
    return "All migrations are applied."


@cache
def _newest_migrations() -> tuple[tuple[str, str], ...]:
    """Each app's last migration that this version knows. A newer version's in the database are no fault."""
    return tuple(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())


def _queue() -> str:
    backlog = read_backlog()
    if backlog.lag > settings.CODAY_READY_QUEUE_LAG:
        raise NotReadyError(f"A run that could start has waited for {backlog.lag:.0f} seconds.")
    return f"{backlog.queued} queued, {backlog.active} active, {backlog.lag:.0f} seconds behind."


def _redis() -> str:
    redis: Any = import_module("redis")  # slow to import, and not everyone has one
    limits = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
    try:
        with redis.Redis.from_url(settings.REDIS_URL, **limits) as client:
            client.ping()
    except redis.RedisError as error:
        raise NotReadyError("Redis does not answer.") from error
    return "Redis answers."


def _workers() -> str:
    living = alive(kind="worker")
    if not living:
        raise NotReadyError("No worker is there: runs wait until one comes.")
    return f"{living} workers are there."
