"""Writers at the same time, each on a connection of its own: one run for a key, one start for a lane, and no deadlock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connection

from runs import journal, lifecycle
from runs.events import RunSnapshot
from runs.models import Run
from tests.runs.conversation import make_cast
from tests.runs.test_lifecycle import COMPLETED, capture, claim, status
from threads.models import Message


@pytest.mark.django_db(transaction=True)
def test_one_key_at_the_same_time_is_one_run() -> None:
    cast = make_cast(base_url="http://127.0.0.1:9/v1")

    def attempt(_: int) -> UUID:
        try:
            return capture(cast, key="k").run.id
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(attempt, range(16)))

    assert len(ids) == Run.objects.count() == Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_lane_that_many_look_at_starts_one_run() -> None:
    cast = make_cast(base_url="http://127.0.0.1:9/v1")
    runs = [capture(cast).run for _ in range(4)]

    def attempt(_: int) -> RunSnapshot | None:
        try:
            return claim(runs[0])
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        claimed = [run for run in pool.map(attempt, range(16)) if run]

    assert [run.id for run in claimed] == [runs[0].id]
    assert [status(run) for run in runs] == ["running", "queued", "queued", "queued"]


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_never_wait_in_a_circle() -> None:
    """Captures, claims, ends and cancels of one lane, each on a connection of its own."""
    cast = make_cast(base_url="http://127.0.0.1:9/v1")
    lane = capture(cast).run.lane

    def write(turn: int) -> None:
        try:
            match turn % 4:
                case 0:
                    capture(cast)
                case 1:
                    lifecycle.claim_next(lane=lane)
                case 2:
                    for run_id in Run.objects.filter(lane=lane, status="running").values_list("pk", flat=True):
                        lifecycle.finish(run_id=run_id, outcome=COMPLETED)
                case 3:
                    queued = Run.objects.filter(lane=lane, status="queued").order_by("-number").first()
                    if queued and turn % 8 == 3:
                        lifecycle.cancel(asker=cast.asker, run_id=queued.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(80)))  # what a writer raised is raised here

    events = journal.read(thread_id=cast.thread_id, after=0, limit=1_000)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert Run.objects.filter(lane=lane).count() == 21
    assert Run.objects.filter(lane=lane, status="completed").exists()
