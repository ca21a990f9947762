"""Any order of transitions keeps the promises of the state machine."""

from __future__ import annotations

from collections import Counter
from uuid import UUID, uuid4

import pytest
from django.db.models import QuerySet
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
from runs import capture, journal, lifecycle
from runs.branching import repeat
from runs.capture import Created
from runs.errors import LaneBusyError, RunStateError
from runs.events import DurableEvent, RunChangedEvent
from runs.execution.recovery import recover
from runs.inputs import Asker, parse_request
from runs.models import ACTIVE, TERMINAL, Run
from tests.runs.conversation import make_cast
from threads.content import ContentPart, TextPart, ToolUsePart
from threads.models import Message, Thread
from threads.operations import add_message, create_thread

OUTCOMES = (
    lifecycle.Outcome("completed"),
    lifecycle.Outcome("failed", CodayError("No.")),
    lifecycle.Outcome("stopped"),
    lifecycle.Outcome("interrupted"),
)


class LifecycleMachine(RuleBasedStateMachine):
    """One thread, whose runs are captured, claimed, ended, stopped, repeated and swept in any order."""

    runs: Bundle[UUID] = Bundle("runs")

    @initialize()
    def begin(self) -> None:
        user = User.objects.create_user(f"user {uuid4()}")
        self.asker = Asker(user_id=user.pk, username=user.username)
        self.thread_id = create_thread(owner_id=user.pk, title="A title").id
        self.ended: dict[UUID, str] = {}
        self.newest: UUID | None = None

    @rule(target=runs, parent=st.none() | runs, when_busy=st.sampled_from(["queue", "reject", "interrupt"]))
    def capture(self, parent: UUID | None, when_busy: str) -> UUID:
        body = {"input": {"type": "user", "text": "Hi"}, "when_busy": when_busy}
        request = parse_request({**body, **({"parent": str(parent)} if parent else {})})
        try:
            created = capture.create(asker=self.asker, thread_id=self.thread_id, request=request)
        except LaneBusyError:
            assert when_busy == "reject"
            return multiple()  # type: ignore[return-value]
        return self._captured(created)

    @rule(target=runs, run_id=runs)
    def retry(self, run_id: UUID) -> UUID:
        try:
            return self._captured(repeat.retry(asker=self.asker, run_id=run_id))
        except RunStateError:
            assert self._status(run_id) not in repeat.RETRYABLE
            return multiple()  # type: ignore[return-value]

    @rule(target=runs, run_id=runs)
    def rerun(self, run_id: UUID) -> UUID:
        try:
            return self._captured(repeat.rerun(asker=self.asker, run_id=run_id))
        except RunStateError:
            assert self._status(run_id) not in TERMINAL
            return multiple()  # type: ignore[return-value]

    @rule(run_id=runs)
    def claim(self, run_id: UUID) -> None:
        lane = Run.objects.get(pk=run_id).lane
        line = list(Run.objects.filter(lane=lane).order_by("number").values_list("pk", "status"))
        queued = [pk for pk, status in line if status == "queued"]
        busy = any(status in ACTIVE for _, status in line)
        waits = bool(queued) and Run.objects.filter(children=queued[0], finished_at__isnull=True).exists()
        claimed = lifecycle.claim_next(lane=lane)
        assert (claimed.run.id if claimed else None) == (queued[0] if queued and not busy and not waits else None)

    @rule(run_id=runs, calls=st.integers(0, 2))
    def speak(self, run_id: UUID, calls: int) -> None:
        run = Run.objects.get(pk=run_id)
        if run.status == "running":
            said: list[ContentPart] = [
                TextPart("Well."),
                *(ToolUsePart(str(uuid4()), "note", {}) for _ in range(calls)),
            ]
            add_message(lifecycle.new_message(run=run, role="assistant", content=tuple(said)))

    @rule(run_id=runs, outcome=st.sampled_from(OUTCOMES))
    def finish(self, run_id: UUID, outcome: lifecycle.Outcome) -> None:
        active = self._status(run_id) in ACTIVE
        assert bool(lifecycle.finish(run_id=run_id, outcome=outcome)) is active

    @rule(run_id=runs)
    def cancel(self, run_id: UUID) -> None:
        before = self._status(run_id)
        lifecycle.cancel(asker=self.asker, run_id=run_id)
        assert self._status(run_id) == ("cancelled" if before == "queued" else before)

    @rule(run_id=runs)
    def charge(self, run_id: UUID) -> None:
        lifecycle.charge(run_id=run_id)

    @rule(run_id=consumes(runs))
    def sweep(self, run_id: UUID) -> None:
        recover(run_id=run_id)
        assert self._status(run_id) != "running"

    @invariant()
    def one_active_run_in_a_lane(self) -> None:
        active = Counter(Run.objects.filter(thread_id=self.thread_id, status__in=ACTIVE).values_list("lane", flat=True))
        assert all(count == 1 for count in active.values())

    @invariant()
    def terminal_states_never_change(self) -> None:
        now = self._ended()
        assert {pk: now.get(pk) for pk in self.ended} == self.ended
        self.ended = now

    @invariant()
    def numbers_count_the_runs(self) -> None:
        numbers = list(self._runs().order_by("number").values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
        assert Thread.objects.get(pk=self.thread_id).head == self.newest

    @invariant()
    def the_journal_has_no_gaps(self) -> None:
        seqs = [event.seq for event in self._events()]
        assert seqs == list(range(1, len(seqs) + 1))
        assert Thread.objects.get(pk=self.thread_id).last_seq == len(seqs)

    @invariant()
    def every_terminal_run_says_so_once_and_last(self) -> None:
        events = [event for event in self._events() if not (isinstance(event, RunChangedEvent) and event.changed)]
        ends = [event for event in events if isinstance(event, RunChangedEvent) and event.ends_run]
        assert Counter(event.run_id for event in ends) == Counter(self._ended().keys())
        for end in ends:
            assert end.run.status == self._status(end.run.id)
            assert end.seq == max(event.seq for event in events if event.run_id == end.run_id)

    @invariant()
    def every_call_of_an_ended_run_has_one_result(self) -> None:
        parts = [
            part
            for message in Message.objects.filter(run_id__in=self._ended())
            for part in ({**part, "run": message.run_id} for part in message.content)
        ]
        calls = {(part["run"], part["id"]) for part in parts if part["type"] == "tool_use"}
        results = [(part["run"], part["tool_call_id"]) for part in parts if part["type"] == "tool_result"]
        assert Counter(results) == Counter(calls)

    def _captured(self, created: Created) -> UUID:
        self.newest = created.run.id
        return created.run.id

    def _runs(self) -> QuerySet[Run]:
        return Run.objects.filter(thread_id=self.thread_id)

    def _ended(self) -> dict[UUID, str]:
        return dict(self._runs().filter(status__in=TERMINAL).values_list("pk", "status"))

    def _events(self) -> list[DurableEvent]:
        return journal.read(thread_id=self.thread_id, after=0, limit=100_000)

    def _status(self, run_id: UUID) -> str:
        return Run.objects.get(pk=run_id).status


@pytest.mark.django_db
def test_any_order_of_transitions_keeps_the_promises() -> None:
    make_cast(base_url="http://127.0.0.1:9/v1")
    run_state_machine_as_test(
        LifecycleMachine,
        settings=settings(
            max_examples=8, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
