"""Any order of what people do with the runs of a thread, and of what runs in it meanwhile, keeps the tree, its queues and its
journal whole; and an undo brings back what there was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings as django_settings
from django.db.models import F
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from coday.accounts.models import User
from coday.kernel.errors import CodayError
from runs import capture, journal, lifecycle, queueing
from runs.branching import removal, repeat
from runs.branching.purge import purge
from runs.branching.switch import switch_head
from runs.errors import DeletionNotFoundError, RunNotFoundError, RunStateError
from runs.events import RunChangedEvent, RunSnapshot, RunThreadEvent
from runs.inputs import Asker, parse_request
from runs.models import ACTIVE, Run
from runs.queries import branch, branch_messages, unfinished_of_lane
from tests.runs.conversation import make_cast
from threads.models import Message, Thread
from threads.operations import create_thread

OUTCOMES = (
    lifecycle.Outcome("completed"),
    lifecycle.Outcome("failed", CodayError("No.")),
    lifecycle.Outcome("stopped"),
)


@dataclass(frozen=True)
class Shown:
    """What is shown of a run. What is under way may be stopped, which no undo takes back."""

    parent: UUID | None
    lane: UUID
    number: int
    status: str


class Conversation(RuleBasedStateMachine):
    """One thread and its person."""

    runs: Bundle[UUID] = Bundle("runs")
    deletions: Bundle[UUID] = Bundle("deletions")

    @initialize()
    def begin(self) -> None:
        user = User.objects.create_user(f"user {uuid4()}")
        self.asker = Asker(user_id=user.pk, username=user.username)
        self.thread_id = create_thread(owner_id=user.pk, title="A title").id
        self.purged: set[UUID] = set()
        self.removed_at: dict[UUID, int] = {}  # deletion → how many runs there had been

    # --- What people do -----------------------------------------------------------------------------------------------

    @rule(target=runs, parent=st.none() | runs)
    def say(self, parent: UUID | None) -> UUID:
        behind = {"parent": str(parent)} if parent else {}
        request = parse_request({"input": {"type": "user", "text": f"Said {uuid4()}"}, **behind})
        try:
            return capture.create(asker=self.asker, thread_id=self.thread_id, request=request).run.id
        except RunNotFoundError:
            assert parent not in self.shown()
            return multiple()  # type: ignore[return-value]

    @rule(target=runs, run_id=runs)
    def rerun(self, run_id: UUID) -> UUID:
        try:
            return repeat.rerun(asker=self.asker, run_id=run_id).run.id
        except (RunStateError, RunNotFoundError):
            return multiple()  # type: ignore[return-value]

    @rule(run_id=runs)
    def show(self, run_id: UUID) -> None:
        there = run_id in self.shown()
        try:
            switch_head(user_id=self.asker.user_id, thread_id=self.thread_id, run_id=run_id)
        except RunNotFoundError:
            assert not there

    @rule(target=deletions, run_id=runs, scope=st.sampled_from(removal.SCOPES))
    def remove(self, run_id: UUID, scope: removal.Scope) -> UUID:
        before = self.shown()
        if run_id not in before:
            with pytest.raises(RunNotFoundError):
                removal.remove(user_id=self.asker.user_id, run_id=run_id, scope=scope)
            return multiple()  # type: ignore[return-value]
        told = removal.preview(user_id=self.asker.user_id, run_id=run_id, scope=scope)
        removed = removal.remove(user_id=self.asker.user_id, run_id=run_id, scope=scope)
        after = self.shown()
        assert before.keys() - after.keys() == set(removed.run_ids)
        assert told.runs == len(removed.run_ids)
        assert told.head_after == self.thread().head
        below = {one for one in before if run_id in self.walk(one, before)}
        assert set(removed.run_ids) == (below if scope == "branch" else {run_id})
        self.removed_at[removed.deletion] = self.thread().last_number
        return removed.deletion

    @rule(deletion=consumes(deletions))
    def undo(self, deletion: UUID) -> None:
        before = self.shown()
        coming = set(Run.objects.filter(deletion=deletion).values_list("pk", flat=True))
        try:
            restored = removal.undo(user_id=self.asker.user_id, deletion=deletion)
        except DeletionNotFoundError:
            assert not coming
            return
        after = self.shown()
        assert {run.id for run in restored.runs} == coming == after.keys() - before.keys()
        for run_id, run in before.items():
            said_since = run.number > self.removed_at[deletion]
            if said_since and run.status != "queued":
                assert after[run_id] == run, "it came back into the middle of what was said since"

    @rule(run_id=runs, scope=st.sampled_from(removal.SCOPES))
    def remove_and_undo(self, run_id: UUID, scope: removal.Scope) -> None:
        before, head = self.shown(), self.thread().head
        if run_id not in before:
            return
        said = self.said()
        removed = removal.remove(user_id=self.asker.user_id, run_id=run_id, scope=scope)
        for running in removed.running:
            lifecycle.finish(run_id=running, outcome=lifecycle.Outcome("stopped"))
        removal.undo(user_id=self.asker.user_id, deletion=removed.deletion)
        stopped = {one: run for one, run in before.items() if run.status in ACTIVE and one in removed.run_ids}
        expected = {
            **before,
            **{one: Shown(run.parent, run.lane, run.number, "cancelled") for one, run in stopped.items()},
        }
        assert self.shown() == expected
        assert self.thread().head == head
        assert self.said() == said

    @rule(run_id=runs, data=st.data())
    def reorder(self, run_id: UUID, data: st.DataObject) -> None:
        run = Run.objects.filter(pk=run_id).first()
        queue = self.queue(run.lane) if run else []
        if not queue:
            return
        order = data.draw(st.permutations(queue))
        queueing.reorder(user_id=self.asker.user_id, thread_id=self.thread_id, run_ids=order)
        assert self.queue(Run.objects.get(pk=run_id).lane) == order

    @rule(run_id=runs)
    def send_now(self, run_id: UUID) -> None:
        run = self.shown().get(run_id)
        if run is None or run.status != "queued":
            with pytest.raises((RunStateError, RunNotFoundError)):
                queueing.send_now(asker=self.asker, run_id=run_id)
            return
        others = [one for one in self.queue(run.lane) if one != run_id]
        active = [one.pk for one in unfinished_of_lane(lane=run.lane) if one.status in ACTIVE]
        created = queueing.send_now(asker=self.asker, run_id=run_id)
        assert self.queue(run.lane) == [run_id, *others]
        assert created.interrupts == active[0] if active else True

    @rule(run_id=runs)
    def edit(self, run_id: UUID) -> None:
        run, text = self.shown().get(run_id), f"Edited {uuid4()}"
        try:
            queueing.edit(asker=self.asker, run_id=run_id, text=text)
        except (RunStateError, RunNotFoundError):
            assert run is None or run.status != "queued"
        else:
            assert Message.objects.get(run_id=run_id).content == [{"type": "text", "text": text}]

    # --- What happens meanwhile -----------------------------------------------------------------------------------------

    @rule(run_id=runs)
    def claim(self, run_id: UUID) -> None:
        run = Run.objects.filter(pk=run_id).first()
        if run is None:
            return
        queue, busy = self.queue(run.lane), Run.objects.filter(lane=run.lane, status__in=ACTIVE).exists()
        claimed = lifecycle.claim_next(lane=run.lane)
        waits = bool(queue) and Run.objects.filter(children=queue[0], finished_at__isnull=True).exists()
        assert (claimed.run.id if claimed else None) == (queue[0] if queue and not busy and not waits else None)

    @rule(run_id=runs, outcome=st.sampled_from(OUTCOMES))
    def finish(self, run_id: UUID, outcome: lifecycle.Outcome) -> None:
        lifecycle.finish(run_id=run_id, outcome=outcome)

    @rule(run_id=runs)
    def cancel(self, run_id: UUID) -> None:
        if run_id in self.shown():
            lifecycle.cancel(asker=self.asker, run_id=run_id)

    @rule(deletion=consumes(deletions))
    def forget(self, deletion: UUID) -> None:
        late = timedelta(seconds=django_settings.CODAY_UNDO_SECONDS + 1)
        gone = Run.objects.filter(deletion=deletion)
        run_ids, active = set(gone.values_list("pk", flat=True)), gone.filter(status__in=ACTIVE).exists()
        gone.update(deleted_at=F("deleted_at") - late)
        purge()
        assert gone.exists() is active
        if not active:
            self.purged |= run_ids
            assert not Message.objects.filter(run_id__in=run_ids).exists()

    # --- What always holds ----------------------------------------------------------------------------------------------

    @invariant()
    def one_run_of_a_lane_is_active(self) -> None:
        lanes = Run.objects.filter(thread_id=self.thread_id, status__in=ACTIVE).values_list("lane", flat=True)
        assert all(count == 1 for count in Counter(lanes).values())

    @invariant()
    def what_is_shown_is_a_tree_of_its_own(self) -> None:
        shown = self.shown()
        assert all(run.parent is None or run.parent in shown for run in shown.values())
        for run_id in shown:
            walked = list(self.walk(run_id, shown))
            assert [run.pk for runs in branch(run=Run.objects.get(pk=run_id), size=3) for run in runs] == walked

    @invariant()
    def the_head_is_shown(self) -> None:
        head, shown = self.thread().head, self.shown()
        assert head in shown if shown else head is None

    @invariant()
    def a_queue_is_a_line(self) -> None:
        shown = self.shown()
        for lane in {run.lane for run in shown.values()}:
            queue = self.queue(lane)
            for one, following in pairwise(queue):
                behind = list(self.walk(following, shown))[1:]
                assert next(before for before in behind if shown[before].status == "queued") == one
            assert all(shown[one].status == "queued" for one in queue)

    @invariant()
    def the_journal_tells_what_is_shown(self) -> None:
        events = journal.read(thread_id=self.thread_id, after=0, limit=100_000)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        told: dict[UUID, RunSnapshot] = {}
        head = None
        for event in events:
            assert event.run_id not in self.purged
            if isinstance(event, RunChangedEvent):
                told[event.run.id] = event.run
            elif isinstance(event, RunThreadEvent) and "head" in event.changed:
                head = event.changed["head"]
        shown = {
            run.id: Shown(run.parent, run.lane, run.number, run.status) for run in told.values() if not run.deleted_at
        }
        assert shown == self.shown()
        assert head == (str(self.thread().head) if self.thread().head else None)

    @invariant()
    def messages_know_that_they_are_removed(self) -> None:
        shown = self.shown()
        for run_id, removed in Message.objects.filter(thread_id=self.thread_id).values_list("run_id", "removed"):
            assert removed is (run_id not in shown)

    # --- Looking ----------------------------------------------------------------------------------------------------------

    def thread(self) -> Thread:
        return Thread.objects.get(pk=self.thread_id)

    def shown(self) -> dict[UUID, Shown]:
        rows = Run.objects.filter(thread_id=self.thread_id, deleted_at__isnull=True)
        return {row.pk: Shown(row.parent_id, row.lane, row.number, row.status) for row in rows}

    def said(self) -> list[Any]:
        head = self.thread().head
        found = branch_messages(head=Run.objects.get(pk=head), size=1_000) if head else []
        return [(message.id, message.content) for message in found]

    def queue(self, lane: UUID) -> list[UUID]:
        return [run.pk for run in unfinished_of_lane(lane=lane) if run.status == "queued"]

    def walk(self, run_id: UUID | None, shown: dict[UUID, Shown]) -> Iterator[UUID]:
        while run_id is not None:
            yield run_id
            run_id = shown[run_id].parent


@pytest.mark.django_db
def test_any_order_of_acts_keeps_the_promises() -> None:
    make_cast(base_url="http://127.0.0.1:9/v1")
    run_state_machine_as_test(
        Conversation,
        settings=settings(
            max_examples=6, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
