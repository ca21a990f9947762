"""The journal: appends durable events with their numbers, and reads them again.

An event is appended inside the transaction that writes the fact it tells, so neither exists without the other. A message
event is stored as the message's id alone: the text is stored once, in its message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.utils import timezone

from coday.kernel.crypto import encrypt
from coday.kernel.ids import new_id
from coday.kernel.prepared import PreparedInsert
from runs.events import (
    DurableEvent,
    RunChangedEvent,
    RunErrorEvent,
    RunMasksEvent,
    RunMessageEvent,
    RunStepEvent,
    RunThreadEvent,
    RunToolEvent,
    SealedMask,
)
from runs.models import RunEventRecord
from threads import operations as threads
from threads.masks import MaskSnapshot, masks_by_id
from threads.queries import messages_by_id
from threads.snapshot import MessageSnapshot

_TYPES: dict[str, type[DurableEvent]] = {
    "run": RunChangedEvent,
    "message": RunMessageEvent,
    "tool": RunToolEvent,
    "step": RunStepEvent,
    "thread": RunThreadEvent,
    "error": RunErrorEvent,
}
_ENVELOPE = frozenset({"type", "id", "seq", "thread_id", "run_id", "timestamp"})
E = TypeVar("E", bound=DurableEvent)
_insert = PreparedInsert(RunEventRecord)


def append(
    events: Sequence[DurableEvent],
    *,
    head: UUID | None = None,
    number: int | None = None,
    touched: bool = False,
    seen: bool = False,
) -> list[DurableEvent]:
    """Number and store events of one thread, as part of the caller's transaction, and return them numbered.

    ``head``, ``number`` and ``touched`` change the thread's head, newest run number and time of change in the same write.
    ``seen``: it is its owner who puts things in order, which is no news to them.

    Raises:
        ThreadNotFoundError: the thread is gone.
    """
    now = timezone.now()
    thread_id = events[0].thread_id
    last = threads.advance(
        thread_id=thread_id, events=len(events), head=head, number=number, at=now if touched else None, seen=seen
    )
    first = last - len(events) + 1
    numbered = [_numbered(event, seq=first + index, now=now) for index, event in enumerate(events)]
    _insert(*(_record(event, now=now) for event in numbered))
    return numbered


def take_over(entries: Sequence[RunEventRecord]) -> None:
    """Number and store entries that tell, in this order, in one thread what happened in another one: their times stay.

    Part of the caller's transaction. Nobody watches a thread before it is there, so nothing is returned for publishing.
    """
    thread_id = entries[0].thread_id
    first = threads.advance(thread_id=thread_id, events=len(entries)) - len(entries) + 1
    for seq, entry in enumerate(entries, start=first):
        entry.seq = seq
    _insert.many(entries)


def entry_of(event: DurableEvent) -> RunEventRecord:
    """How the journal keeps an event that has an id; its number is not given yet."""
    return _record(event, now=event.timestamp or timezone.now())


def _numbered(event: E, *, seq: int, now: datetime) -> E:
    return msgspec.structs.replace(event, id=new_id(), seq=seq, timestamp=now)


def _record(event: DurableEvent, *, now: datetime) -> RunEventRecord:
    return RunEventRecord(
        id=event.id,
        thread_id=event.thread_id,
        run_id=event.run_id,
        seq=event.seq,
        type=str(event.__struct_config__.tag),
        payload=_payload(event),
        created_at=now,
    )


def _payload(event: DurableEvent) -> dict[str, Any]:
    if isinstance(event, RunMessageEvent):
        return {"message_id": str(event.message.id)}
    if isinstance(event, RunMasksEvent):
        return {"mask_ids": [str(mask.id) for mask in event.masks]}
    stored: dict[str, Any] = msgspec.to_builtins(event)
    return {name: value for name, value in stored.items() if name not in _ENVELOPE}


def read(*, thread_id: UUID, after: int, until: int | None = None, limit: int = 200) -> list[DurableEvent]:
    """The events after ``after`` (and up to ``until``), ascending, at most ``limit`` of them.

    The caller has checked that the thread may be seen.
    """
    records = RunEventRecord.objects.filter(thread_id=thread_id, seq__gt=after).order_by("seq")
    if until is not None:
        records = records.filter(seq__lte=until)
    return _load(list(records[:limit]))


def read_message(*, message: MessageSnapshot) -> list[DurableEvent]:
    """What the journal tells of a message: empty while it is not complete or finally partial."""
    told = RunEventRecord.objects.filter(thread_id=message.thread_id, run_id=message.run_id, type="message")
    return _load([record for record in told if record.payload["message_id"] == str(message.id)])


def _load(records: Sequence[RunEventRecord]) -> list[DurableEvent]:
    messages = messages_by_id(ids=_message_ids(records))
    masks = _sealed(records)
    return [_event(record, messages, masks) for record in records]


def _sealed(records: Iterable[RunEventRecord]) -> dict[str, SealedMask]:
    ids = [mask_id for record in records if record.type == "masks" for mask_id in record.payload["mask_ids"]]
    return {str(mask.id): seal(mask) for mask in masks_by_id(ids=ids)} if ids else {}


def seal(mask: MaskSnapshot) -> SealedMask:
    """A mask as events carry it."""
    return SealedMask(id=mask.id, token=mask.token, category=mask.category, sealed=encrypt(mask.value))


def _message_ids(records: Iterable[RunEventRecord]) -> list[UUID]:
    return [UUID(record.payload["message_id"]) for record in records if record.type == "message"]


def _event(record: RunEventRecord, messages: dict[UUID, MessageSnapshot], masks: dict[str, SealedMask]) -> DurableEvent:
    envelope = {
        "type": record.type,
        "id": record.pk,
        "seq": record.seq,
        "thread_id": record.thread_id,
        "run_id": record.run_id,
        "timestamp": record.created_at,
    }
    if record.type == "message":
        message = messages[UUID(record.payload["message_id"])]
        return RunMessageEvent(
            id=record.pk,
            seq=record.seq,
            thread_id=record.thread_id,
            run_id=record.run_id,
            timestamp=record.created_at,
            message=message,
        )
    if record.type == "masks":
        known = tuple(masks[mask_id] for mask_id in record.payload["mask_ids"] if mask_id in masks)
        return RunMasksEvent(
            id=record.pk, seq=record.seq, thread_id=record.thread_id, timestamp=record.created_at, masks=known
        )
    return msgspec.convert({**record.payload, **envelope}, _TYPES[record.type])
