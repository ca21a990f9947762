"""What is due at certain times: once in the whole installation, however many processes it has.

A server that works alone ticks by itself; beside workers the queue's one periodic job does. Ticks are at multiples of
``TICK`` seconds, so a chore is due at multiples of its period, whoever ticks.

A chore may bring something into conversations (a reminder, a job that has ended). It is told as it comes, and its lane woken,
by whoever ticks.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeAlias
from uuid import UUID

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from coday.kernel.database import in_database
from coday.kernel.errors import CodayError
from runs import answers, background, steering, steers
from runs.branching.purge import purge
from runs.capture import Created
from runs.errors import OperationEndedError, OperationNotFoundError
from runs.exchange import sharing
from runs.notifying.finding import note_happenings
from runs.notifying.sending import forget_old, send_due
from runs.retention import erase
from runs.retention.errors import ErasureHeldUpError
from runs.retention.prune import Pruned, apply_due
from runs.reuse import slots
from runs.search.compaction import compact
from runs.search.indexing import index_pending
from runs.tools.background import POLLERS
from threads.covering import covering

logger = logging.getLogger(__name__)

TICK = 5  # seconds
INDEXING = 1.0  # seconds of a tick
PRUNING = 2.0

Work: TypeAlias = Callable[[], Awaitable[Iterable[Created]]]


@dataclass(frozen=True, slots=True)
class Chore:
    """Work that is due every so many seconds (a multiple of ``TICK``). It bears being late or repeated, and takes less time
    than a tick."""

    name: str
    every: int
    work: Work


async def clear_sessions() -> Iterable[Created]:
    """Forget the sessions that have expired."""
    await in_database(SessionStore.clear_expired)
    return ()


async def return_unheard() -> Iterable[Created]:
    """What was said to runs that ended before they heard it, where the process that ran them did not see to it."""
    left = await in_database(steers.unheard)
    return [created for run_id in left for created in await in_database(steering.give_back, run_id=run_id)]


async def index_runs() -> Iterable[Created]:
    """Bring runs into the index of the search, batch by batch: others come in between."""
    until = time.monotonic() + INDEXING
    while await in_database(index_pending) and time.monotonic() < until:
        pass
    return ()


async def forget_removed() -> Iterable[Created]:
    """Delete for good what was removed too long ago to be brought back."""
    purged = await in_database(purge)
    await in_database(compact, anew=purged > 0)
    return ()


async def forget_expired_shares() -> Iterable[Created]:
    """Delete what shares showed that have expired."""
    await in_database(sharing.forget_expired)
    return ()


async def notify() -> Iterable[Created]:
    """Tell people's targets what has happened."""
    await in_database(note_happenings)
    await send_due()
    return ()


async def forget_told() -> Iterable[Created]:
    """Delete what targets were told long ago."""
    await in_database(forget_old)
    return ()


async def start_scheduled() -> Iterable[Created]:
    """Start what people have put on a schedule, as them. What cannot be looked through for personal data is not started."""
    now = timezone.now()
    found = [await _start_scheduled(one, now) for one in await in_database(slots.due, now=now)]
    return [created for created in found if created]


async def _start_scheduled(schedule_id: UUID, now: datetime) -> Created | None:
    fire = partial(slots.fire, schedule_id=schedule_id, now=now)
    try:
        return await covering(partial(in_database, fire))
    except CodayError as error:
        return await in_database(fire, refused=error)


async def ask_how_it_goes() -> Iterable[Created]:
    """Ask the tools whose operations nobody calls back for; an operation that has ended brings its result."""
    polls = await in_database(background.claim_polls)
    found = await asyncio.gather(*(_ask(poll) for poll in polls))
    return [created for created in found if created]


async def _ask(poll: background.Poll) -> Created | None:
    ask = POLLERS.get(poll.tool)
    outcome = await ask(poll.state) if ask else None
    if outcome is None:
        return None
    try:
        end = partial(background.end, operation_id=poll.id, status=outcome.status, result=outcome.result)
        return await covering(partial(in_database, end))
    except (OperationNotFoundError, OperationEndedError):  # its callback was quicker
        return None


async def prune_by_policy() -> Iterable[Created]:
    """Take the words out of runs that are not kept for ever, step by step: others come in between."""
    until, steps = time.monotonic() + PRUNING, apply_due()
    pruned: list[Pruned] = []
    while time.monotonic() < until and (step := await in_database(next, steps, None)) is not None:
        pruned += step
    await in_database(steps.close)
    if pruned:
        await in_database(compact, anew=True)
    return [Created(run=one.runs[0], events=one.events) for one in pruned]


async def go_on_erasing() -> Iterable[Created]:
    """Go on with erasing people where whoever did it was killed."""
    for erasure in await in_database(erase.abandoned):
        try:
            await in_database(erase.stop, erasure)
            await in_database(erase.complete, erasure)
        except ErasureHeldUpError as error:
            logger.warning("Erasing %s is held up: %s %s", erasure, error.message, error.details)
    return ()


CHORES = (
    Chore("timers", every=TICK, work=partial(in_database, background.end_due)),
    Chore("deadlines", every=TICK, work=partial(covering, partial(in_database, background.end_late))),
    Chore("unanswered questions", every=TICK, work=partial(in_database, answers.expire)),
    Chore("unheard words", every=TICK, work=return_unheard),
    Chore("schedules", every=TICK, work=start_scheduled),
    Chore("search index", every=TICK, work=index_runs),
    Chore("polls", every=TICK, work=ask_how_it_goes),
    Chore("notifications", every=TICK, work=notify),
    Chore("removed runs", every=300, work=forget_removed),
    Chore("expired shares", every=300, work=forget_expired_shares),
    Chore("retention", every=300, work=prune_by_policy),
    Chore("erasures", every=300, work=go_on_erasing),
    Chore("old notifications", every=3_600, work=forget_told),
    Chore("expired sessions", every=3_600, work=clear_sessions),
)


async def ticks() -> AsyncGenerator[int, None]:
    """The times of the ticks from now on, as they come."""
    while True:
        now = time.time()
        coming = (int(now) // TICK + 1) * TICK
        await asyncio.sleep(coming - now)
        yield coming


async def do_chores(timestamp: int, *, tell: Callable[[Created], None] | None = None) -> None:
    """Do what is due at this tick, and tell what it brought, each as soon as it is written."""
    for chore in CHORES:
        if timestamp % chore.every:
            continue
        if chore.every > TICK:
            logger.info("Due: %s.", chore.name)
        for created in await chore.work():
            if tell:
                tell(created)
