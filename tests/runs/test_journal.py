"""The journal: numbers without gaps whoever writes, and events that come back as they were."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from django.db import connection, transaction

from coday.kernel.database import in_database
from coday.kernel.ids import new_id
from runs import journal, wire
from runs.events import (
    DurableEvent,
    RunChangedEvent,
    RunErrorEvent,
    RunFault,
    RunSnapshot,
    RunStepEvent,
    RunThreadEvent,
    RunUsage,
)
from runs.models import RunEventRecord
from tests.runs.conversation import Cast, Conversation, make_cast
from threads.errors import ThreadNotFoundError
from threads.models import Thread
from threads.operations import update_thread


def changes(thread_id: UUID, count: int) -> list[DurableEvent]:
    """So many events of a thread."""
    return [RunThreadEvent(thread_id=thread_id, changed={"title": str(number)}) for number in range(count)]


def numbers(thread_id: UUID) -> list[int]:
    """The journal's numbers."""
    return list(RunEventRecord.objects.filter(thread_id=thread_id).order_by("seq").values_list("seq", flat=True))


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast(base_url="http://127.0.0.1:9/v1")


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gaps_under_writers_at_the_same_time() -> None:
    thread_id = make_cast(base_url="http://127.0.0.1:9/v1").thread_id

    def write(writer: int) -> list[int]:
        try:
            with transaction.atomic():
                return [event.seq for event in journal.append(changes(thread_id, 1 + writer % 3))]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(write, range(60)))

    assert numbers(thread_id) == list(range(1, 121))
    assert all(block == list(range(block[0], block[0] + len(block))) for block in given)
    assert Thread.objects.get(pk=thread_id).last_seq == 120


async def test_numbers_have_no_gaps_while_a_run_answers_and_its_person_changes_the_thread(talk: Conversation) -> None:
    def rename(number: int) -> None:
        update_thread(user_id=talk.asker.user_id, thread_id=talk.thread_id, changes={"title": f"Title {number}"})

    runs = [await talk.say(f"{number}?") for number in range(3)]
    await asyncio.gather(*(in_database(rename, number) for number in range(20)))
    await talk.idle()

    told = await talk.journal()
    assert [frame["seq"] for frame in told] == list(range(1, len(told) + 1))
    assert len(told) == 20 + 6 * len(runs)


def test_a_write_that_fails_leaves_no_number(cast: Cast) -> None:
    with transaction.atomic():
        journal.append(changes(cast.thread_id, 2))
        transaction.set_rollback(True)
    journal.append(changes(cast.thread_id, 1))

    assert numbers(cast.thread_id) == [1]


def test_a_thread_that_is_gone_has_no_journal(db: None) -> None:
    with pytest.raises(ThreadNotFoundError):
        journal.append(changes(uuid4(), 1))


def test_reading_stays_within_its_bounds(cast: Cast) -> None:
    journal.append(changes(cast.thread_id, 10))

    def read(**bounds: int) -> list[int]:
        return [event.seq for event in journal.read(thread_id=cast.thread_id, **{"after": 0, **bounds})]

    assert read() == list(range(1, 11))
    assert read(after=7) == [8, 9, 10]
    assert read(after=2, until=4) == [3, 4]
    assert read(after=2, limit=3) == [3, 4, 5]
    assert read(after=10) == []


def test_threads_have_numbers_of_their_own(cast: Cast) -> None:
    other = Thread.objects.create(owner_id=cast.asker.user_id)
    journal.append(changes(cast.thread_id, 2))
    journal.append(changes(other.pk, 3))

    assert (numbers(cast.thread_id), numbers(other.pk)) == ([1, 2], [1, 2, 3])


NOW = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
USAGE = RunUsage(
    input_tokens=3, output_tokens=2, cached_tokens=1, reasoning_tokens=1, model_calls=1, cost=Decimal("0.000000123")
)


def test_events_come_back_as_they_were(cast: Cast) -> None:
    run = RunSnapshot(
        id=new_id(), thread_id=cast.thread_id, number=1, parent=new_id(), lane=new_id(), kind="user", trigger="user",
        status="failed", user_id=new_id(), username="ann", agent="helper", model="mock-1", title="Größe 😀", usage=USAGE,
        error=RunFault(code="c", message="m", retryable=True), created_at=NOW, started_at=NOW, finished_at=NOW,
    )  # fmt: skip
    place: dict[str, Any] = {"thread_id": cast.thread_id, "run_id": run.id}
    events: list[DurableEvent] = [
        RunChangedEvent(**place, run=run),
        RunChangedEvent(**place, run=run, changed=("usage", "title")),
        RunStepEvent(**place, kind="retry", status="waiting", summary="s", details={"wait": 0.5, "deep": {"a": [1, None]}}),
        RunThreadEvent(thread_id=cast.thread_id, changed={"title": "Größe 😀", "pinned": True, "tags": ["a"]}),
        RunErrorEvent(**place, code="c", message="m", details={"limit": 5}, retryable=True),
    ]  # fmt: skip
    written = journal.append(events)
    read = journal.read(thread_id=cast.thread_id, after=0)

    assert read == written
    assert [wire.frame(event) for event in read] == [wire.frame(event) for event in written]


def test_a_frame_has_nothing_that_is_null(cast: Cast) -> None:
    [event] = journal.append(changes(cast.thread_id, 1))
    frame = msgspec.json.decode(wire.encode(event))

    assert set(frame) == {"type", "id", "seq", "thread_id", "timestamp", "changed"}
    assert frame["timestamp"].endswith("Z")
