"""One model call: streams the answer, retries before anything was shown, stores the message and collects its usage."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

from django.db import transaction
from django.utils import timezone

from coday.kernel.database import DATABASE_AWAY, in_database, until_done
from coday.kernel.errors import CodayError
from coday.kernel.tasks import uninterrupted
from runs import journal, lifecycle
from runs.context import RunContext
from runs.errors import ProviderEmptyAnswerError, ProviderError, ProviderStalledError
from runs.events import DurableEvent, RunEvent, RunMessageEvent, RunStepEvent
from runs.inference.base import AliveDelta, FinishDelta, InferenceDelta, InferenceRequest, UsageDelta
from runs.inference.registry import ProviderRegistry
from runs.services.collect_usage import Bill, CollectUsageAsyncService, bill_of
from runs.services.message_draft import MessageDraft
from runs.services.token_estimate import estimate_messages, estimate_text
from runs.summarizing import calls
from runs.summarizing.calls import CallRecord
from threads import operations as threads
from threads.snapshot import MessageSnapshot

logger = logging.getLogger(__name__)

SAVE_EVERY = 1.0  # seconds between two stored states of a streaming message
LONGEST_WAIT = 30.0  # seconds; a provider that wants more is told to the person instead
FIRST_BACKOFF = 0.5  # seconds, doubled with each attempt
CUTS = {
    "length": "The answer ends here because it reached the model's output limit.",
    "content_filter": "The model's provider ended this answer with its content filter.",
}


@dataclass(slots=True)
class _Call:
    """One attempt's state."""

    draft: MessageDraft
    request: InferenceRequest
    record: CallRecord
    began: datetime
    spoke: datetime | None = None
    usage: UsageDelta | None = None
    finish: FinishDelta | None = None
    saved_at: float = 0.0
    announced: bool = False

    @property
    def was_cut(self) -> bool:
        """Whether the model was stopped by its output limit."""
        return self.finish is not None and self.finish.reason == "length"


class StreamingInferenceService:
    """Turns a provider's deltas into events, and what was said into a stored message."""

    def __init__(self, *, providers: ProviderRegistry, usage: CollectUsageAsyncService, attempts: int) -> None:
        self._providers = providers
        self._usage = usage
        self._attempts = attempts

    async def stream(
        self, context: RunContext, request: InferenceRequest, *, record: CallRecord
    ) -> AsyncGenerator[RunEvent, None]:
        """The call's events: the last one but for steps is the stored message, complete or partial, which ``record`` says the
        surroundings of.

        Raises:
            ProviderError: after the last attempt, or once something was shown; what was said is stored before.
        """
        for attempt in range(1, self._attempts + 1):
            began = timezone.now()
            call = _Call(MessageDraft(context, now=began), request, record, began)
            try:
                async with aclosing(self._attempt(context, call)) as events:
                    async for event in events:
                        yield event
            except ProviderError as error:
                wait = _wait_before_retry(error, attempt=attempt)
                if not call.draft.is_empty or wait is None or attempt == self._attempts:
                    raise
                yield await until_done(partial(_note_retry, context, error, attempt=attempt, wait=wait))
                await asyncio.sleep(wait)
            else:
                return

    async def _attempt(self, context: RunContext, call: _Call) -> AsyncGenerator[RunEvent, None]:
        try:
            async with aclosing(self._deltas(call.request)) as deltas:
                async for delta in deltas:
                    if not call.announced and not isinstance(delta, UsageDelta | FinishDelta | AliveDelta):
                        call.announced = True  # not before the model speaks: a retried call leaves no empty message
                        call.spoke = timezone.now()
                        yield call.draft.start()
                    event = await self._take(call, delta)
                    if event is not None:
                        yield event
            if call.draft.is_empty:
                raise ProviderEmptyAnswerError
        except (CodayError, asyncio.CancelledError):
            for event in await uninterrupted(self._keep_partial(context, call)):
                yield event
            raise
        for event in await self._store(context, call, "complete"):
            yield event

    async def _take(self, call: _Call, delta: InferenceDelta) -> RunEvent | None:
        match delta:
            case UsageDelta():
                call.usage = delta
                return None
            case FinishDelta():
                call.finish = delta
                return None
            case AliveDelta():
                return None
        event = call.draft.add(delta)
        now = asyncio.get_running_loop().time()
        call.saved_at = call.saved_at or now
        if now - call.saved_at >= SAVE_EVERY:
            call.saved_at = now
            await self._save(call.draft.snapshot("streaming", cut=True))
        return event

    async def _save(self, message: MessageSnapshot) -> None:
        """Store the text so far, for the case that this process dies. A database that is away does not stop the stream."""
        try:
            await in_database(_save, message)
        except DATABASE_AWAY:
            logger.warning("The partial answer of run %s could not be stored.", message.run_id)

    async def _deltas(self, request: InferenceRequest) -> AsyncGenerator[InferenceDelta, None]:
        """The provider's deltas, under the model's two time limits."""
        provider = self._providers.adapter_for(request.model.provider.kind)
        limit = request.model.first_byte_timeout
        async with aclosing(provider.stream(request)) as deltas:
            while True:
                try:
                    async with asyncio.timeout(limit):
                        delta = await anext(deltas)
                except StopAsyncIteration:
                    return
                except TimeoutError as error:
                    raise ProviderStalledError(details={"seconds": limit}) from error
                yield delta
                limit = request.model.chunk_timeout

    async def _keep_partial(self, context: RunContext, call: _Call) -> list[DurableEvent]:
        """Store what was said before the call ended badly. The provider may charge for it: so does the bill."""
        if not call.draft.is_empty:
            return await self._store(context, call, "partial")
        if call.usage:
            self._usage.collect(context.run.id, _bill(context, call, complete=False))
        return []

    async def _store(
        self, context: RunContext, call: _Call, status: Literal["complete", "partial"]
    ) -> list[DurableEvent]:
        """Store the message and its bill, in one transaction."""
        cut = status == "partial" or call.was_cut
        store = _Store(
            message=call.draft.snapshot(status, cut=cut),
            bill=_bill(context, call, complete=status == "complete"),
            record=call.record,
            finish=call.finish if status == "complete" else None,
        )
        return await until_done(store, again=store.again)


def _bill(context: RunContext, call: _Call, *, complete: bool) -> Bill:
    spent = call.usage or _estimated_usage(call)
    return bill_of(
        context,
        spent,
        estimated=call.usage is None,
        complete=complete,
        started_at=call.began,
        first_token_at=call.spoke,
    )


def _estimated_usage(call: _Call) -> UsageDelta:
    sent = estimate_text(call.request.system) + estimate_messages(call.request.messages)
    return UsageDelta(input_tokens=sent, output_tokens=call.draft.characters // 4 + 1)


def _wait_before_retry(error: ProviderError, *, attempt: int) -> float | None:
    """Seconds to wait before the next attempt, or ``None`` where there should be none."""
    if not error.retryable:
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= LONGEST_WAIT else None
    return FIRST_BACKOFF * 2.0 ** (attempt - 1) * random.uniform(0.8, 1.2)  # noqa: S311  # spreads load, keeps no secret


@transaction.atomic
def _save(message: MessageSnapshot) -> None:
    lifecycle.hold_running(run_id=message.run_id, thread_id=message.thread_id)
    threads.save_message(message)


@dataclass(frozen=True, slots=True)
class _Store:
    """Stores what was said, with its bill."""

    message: MessageSnapshot
    bill: Bill
    record: CallRecord
    finish: FinishDelta | None

    @transaction.atomic
    def __call__(self) -> list[DurableEvent]:
        message = self.message
        lifecycle.hold_running(run_id=message.run_id, thread_id=message.thread_id)
        threads.save_message(message)
        self.bill()
        calls.keep(self.record)
        told = RunMessageEvent(thread_id=message.thread_id, run_id=message.run_id, message=message)
        return journal.append([told, *self._cut()])

    def again(self) -> list[DurableEvent]:
        """Store it, unless it was stored already and only the database's word for it was lost."""
        stored = journal.read_message(message=self.message)
        return stored or self()

    def _cut(self) -> list[DurableEvent]:
        if self.finish is None or self.finish.reason not in CUTS:
            return []
        step = RunStepEvent(
            thread_id=self.message.thread_id,
            run_id=self.message.run_id,
            kind="decision",
            status=self.finish.reason,
            summary=CUTS[self.finish.reason],
            details={"message_id": str(self.message.id)},
        )
        return [step]


@transaction.atomic
def _note_retry(context: RunContext, error: ProviderError, *, attempt: int, wait: float) -> DurableEvent:
    lifecycle.hold_running(run_id=context.run.id, thread_id=context.thread_id)
    step = RunStepEvent(
        thread_id=context.thread_id,
        run_id=context.run.id,
        kind="retry",
        status="waiting",
        summary=f"{error.message} Trying again in {wait:.1f} s.",
        details={"attempt": attempt, "wait": round(wait, 1), "code": error.code},
    )
    return journal.append([step])[0]
