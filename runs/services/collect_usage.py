"""What model calls cost: the entry for the ledger, and a way to write it beside the run and not in its way."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import Error as DatabaseError

from coday.kernel.database import in_database
from runs.context import RunContext
from runs.inference.base import UsageDelta
from usage import operations as usage

logger = logging.getLogger(__name__)

Bill = Callable[[], None]
"""Writes one usage record, in the transaction of whoever calls it."""


def bill_of(
    context: RunContext,
    spent: UsageDelta,
    *,
    purpose: str = "answer",
    estimated: bool,
    complete: bool,
    started_at: datetime | None = None,
    first_token_at: datetime | None = None,
) -> Bill:
    """The ledger's entry for one model call.

    Args:
        purpose: one of ``UsageRecord.Purpose``.
        estimated: the provider told no figures.
        complete: the call ran to its end; an interrupted one costs too.
        started_at, first_token_at: when it began, and the model to speak, where that is known.
    """
    run, model = context.run, context.agent.model
    return partial(
        usage.record,
        user_id=run.user_id,
        username=run.username,
        thread_id=run.thread_id,
        run_id=run.id,
        purpose=purpose,
        agent=run.agent,
        model=model.slug,
        provider=model.provider.slug,
        input_tokens=spent.input_tokens,
        output_tokens=spent.output_tokens,
        cached_tokens=spent.cached_tokens,
        reasoning_tokens=spent.reasoning_tokens,
        prices=usage.Prices(
            input_price=model.prices.input,
            cached_input_price=model.prices.cached_input,
            output_price=model.prices.output,
            currency=model.prices.currency,
        ),
        estimated=estimated,
        complete=complete,
        started_at=started_at,
        first_token_at=first_token_at,
    )


class CollectUsageAsyncService:
    """Collects usage records (fire and forget) of calls that left nothing to store them with. One that cannot be written
    is logged and stops nothing.

    Whoever needs the bill to be whole waits with ``settled``.
    """

    def __init__(self) -> None:
        self._pending: defaultdict[UUID, set[asyncio.Task[None]]] = defaultdict(set)

    def collect(self, run_id: UUID, bill: Bill) -> None:
        """Start writing what one model call of the run cost."""
        task = asyncio.create_task(self._record(run_id, bill))
        self._pending[run_id].add(task)
        task.add_done_callback(lambda done: self._forget(run_id, done))

    async def settled(self, run_id: UUID) -> None:
        """Wait until everything collected for the run so far is written."""
        pending = self._pending.get(run_id)
        if pending:
            await asyncio.wait(set(pending))

    def _forget(self, run_id: UUID, task: asyncio.Task[None]) -> None:
        self._pending[run_id].discard(task)
        if not self._pending[run_id]:
            del self._pending[run_id]

    async def _record(self, run_id: UUID, bill: Bill) -> None:
        try:
            await in_database(bill)
        except DatabaseError:
            logger.exception("The usage of run %s could not be recorded.", run_id)
