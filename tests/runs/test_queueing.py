"""What a person does with messages that wait, while claims go on: on a connection each, as processes do it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from uuid import UUID

import pytest
from django.db import connection

from runs import lifecycle, queueing
from runs.branching import removal
from runs.errors import RunNotFoundError, RunStateError
from runs.models import Run
from runs.queries import unfinished_of_lane
from tests.runs.conversation import Cast, make_cast
from tests.runs.test_lifecycle import COMPLETED, capture
from threads.models import Message, Thread


def line(lane: UUID) -> list[tuple[int, UUID | None, UUID]]:
    """The lane's runs: number, parent, id."""
    rows = Run.objects.filter(lane=lane, deleted_at__isnull=True).order_by("number")
    return list(rows.values_list("number", "parent_id", "pk"))


def test_an_order_is_that_of_numbers_and_of_parents(db: None) -> None:
    cast = make_cast(base_url="http://127.0.0.1:9/v1")
    first, *queued = [capture(cast).run for _ in range(4)]
    lifecycle.claim_next(lane=first.lane)
    wanted = [queued[2].id, queued[0].id, queued[1].id]
    runs, events = queueing.reorder(user_id=cast.asker.user_id, thread_id=cast.thread_id, run_ids=wanted)

    assert [run.id for run in runs] == wanted
    assert [run.position for run in runs] == [1, 2, 3]
    assert line(first.lane) == [(1, None, first.id), *zip([2, 3, 4], [first.id, *wanted[:2]], wanted, strict=True)]
    assert Thread.objects.get(pk=cast.thread_id).head == wanted[-1]
    assert [event.__struct_config__.tag for event in events] == ["run", "run", "run", "thread"]


def test_the_same_order_changes_nothing(db: None) -> None:
    cast = make_cast(base_url="http://127.0.0.1:9/v1")
    wanted = [capture(cast).run.id for _ in range(3)]
    _, events = queueing.reorder(user_id=cast.asker.user_id, thread_id=cast.thread_id, run_ids=wanted)
    assert events == []


def test_another_queue_is_refused(db: None) -> None:
    cast = make_cast(base_url="http://127.0.0.1:9/v1")
    runs = [capture(cast).run for _ in range(3)]
    other = Cast(cast.asker, Thread.objects.create(owner_id=cast.asker.user_id).pk)
    elsewhere = capture(other).run
    before = line(runs[0].lane)
    for wanted in ([runs[0].id], [runs[1].id, runs[1].id, runs[2].id]):
        with pytest.raises(RunStateError):
            queueing.reorder(user_id=cast.asker.user_id, thread_id=cast.thread_id, run_ids=wanted)
    lifecycle.claim_next(lane=runs[0].lane)
    with pytest.raises(RunStateError):
        queueing.reorder(user_id=cast.asker.user_id, thread_id=cast.thread_id, run_ids=[run.id for run in runs])
    with pytest.raises(RunNotFoundError):
        queueing.reorder(user_id=cast.asker.user_id, thread_id=cast.thread_id, run_ids=[elsewhere.id])
    assert line(runs[0].lane) == before


def test_what_is_sent_now_interrupts_what_is_in_its_way(db: None) -> None:
    cast = make_cast(base_url="http://127.0.0.1:9/v1")
    running, second, third = [capture(cast).run for _ in range(3)]
    lifecycle.claim_next(lane=running.lane)
    created = queueing.send_now(asker=cast.asker, run_id=third.id)
    assert (created.interrupts, created.run.position) == (running.id, 1)
    assert [run.pk for run in unfinished_of_lane(lane=running.lane)] == [running.id, third.id, second.id]


def act(cast: Cast, turn: int, *, run_id: UUID, lane: UUID, started: list[UUID]) -> None:
    """What a worker or the person does in its turn."""
    match turn % 4:
        case 0:
            if claimed := lifecycle.claim_next(lane=lane):
                started.append(claimed.run.id)
                lifecycle.finish(run_id=claimed.run.id, outcome=COMPLETED)
        case 1:
            first, *rest = [run.pk for run in unfinished_of_lane(lane=lane) if run.status == "queued"] or [run_id]
            queueing.reorder(user_id=cast.asker.user_id, thread_id=cast.thread_id, run_ids=[*reversed(rest), first])
        case 2:
            queueing.edit(asker=cast.asker, run_id=run_id, text=f"Edited {turn}")
        case 3 if Run.objects.get(pk=run_id).status == "queued":
            removed = removal.remove(user_id=cast.asker.user_id, run_id=run_id, scope="run")
            removal.undo(user_id=cast.asker.user_id, deletion=removed.deletion)


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_is_put_in_order_while_it_is_worked_on_stays_a_line() -> None:
    """Orders, edits, removals and undos against claims: each is refused or holds, and nothing is lost or comes twice."""
    cast = make_cast(base_url="http://127.0.0.1:9/v1")
    runs = [capture(cast, text=f"Said {number}").run for number in range(8)]
    lane = runs[0].lane
    started: list[UUID] = []

    def work(turn: int) -> None:
        try:
            with suppress(RunStateError, RunNotFoundError):
                act(cast, turn, run_id=runs[turn % len(runs)].id, lane=lane, started=started)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(48)))  # what one raised is raised here

    while claimed := lifecycle.claim_next(lane=lane):
        started.append(claimed.run.id)
        lifecycle.finish(run_id=claimed.run.id, outcome=COMPLETED)
    assert sorted(started) == sorted(run.id for run in runs)
    rows = Run.objects.filter(thread_id=cast.thread_id)
    assert set(rows.values_list("status", "deleted_at")) == {("completed", None)}
    told = list(rows.order_by("number").values_list("pk", "parent_id", "lane"))
    assert [parent for _, parent, _ in told] == [None, *(pk for pk, _, _ in told[:-1])]
    assert Message.objects.filter(run_id__in=started, removed=False).count() == 8
    assert {lane for _, _, lane in told} == {lane}
