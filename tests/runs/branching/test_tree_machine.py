"""Any order of what makes branches keeps the promises of a tree: what was said, tried, edited, asked of several at once, gone
on with, forked, removed and brought back stays whole in every thread that came of it."""

from __future__ import annotations

from collections import Counter
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from coday.accounts.models import User
from coday.kernel.errors import CodayError
from runs import capture, journal, lifecycle
from runs.branching import continuation, removal, repeat
from runs.branching.fork import fork
from runs.branching.switch import switch_head
from runs.branching.tree import branches, siblings_of
from runs.capture import Created
from runs.errors import DeletionNotFoundError, NothingToContinueError, RunNotFoundError, RunStateError
from runs.events import RunChangedEvent, RunMessageEvent
from runs.inputs import Asker, parse_request, parse_rerun
from runs.models import ACTIVE, TERMINAL, Run
from tests.runs.branching.screens import paged, replayed, words
from tests.runs.conversation import make_cast
from threads.content import TextPart, ToolUsePart
from threads.models import Message, Thread
from threads.operations import add_message, create_thread

OUTCOMES = (
    lifecycle.Outcome("completed"),
    lifecycle.Outcome("failed", CodayError("No.")),
    lifecycle.Outcome("stopped"),
)
REFUSED = (RunStateError, RunNotFoundError, NothingToContinueError)


class Branches(RuleBasedStateMachine):
    """A person with a thread, and what is forked from it."""

    runs: Bundle[UUID] = Bundle("runs")
    deletions: Bundle[UUID] = Bundle("deletions")

    @initialize()
    def begin(self) -> None:
        user = User.objects.create_user(f"user {uuid4()}")
        self.asker = Asker(user_id=user.pk, username=user.username)
        self.threads = [create_thread(owner_id=user.pk, title="A title").id]
        self.ended: dict[UUID, str] = {}
        self.removed: set[UUID] = set()
        self.undone = False

    # --- What people do -----------------------------------------------------------------------------------------------

    @rule(target=runs, parent=st.none() | runs, others=st.integers(0, 2), thread=st.integers(0, 9))
    def say(self, parent: UUID | None, others: int, thread: int) -> UUID:
        behind = {"parent": str(parent)} if parent else {}
        body = {"input": {"type": "user", "text": f"Said {uuid4()}"}, "also": [{}] * others, **behind}
        thread_id = self.run(parent).thread_id if parent else self.threads[thread % len(self.threads)]
        try:
            created = capture.create(asker=self.asker, thread_id=thread_id, request=parse_request(body))
        except RunNotFoundError:
            assert parent in self.removed
            return multiple()  # type: ignore[return-value]
        batch = [created.run, *created.others]
        assert len({run.lane for run in batch}) == len({run.id for run in batch}) == 1 + others
        assert {run.parent for run in batch} == {created.run.parent}
        return multiple(*(run.id for run in batch))  # type: ignore[return-value]

    @rule(target=runs, run_id=runs, how=st.sampled_from(["retry", "rerun", "edit", "continue"]))
    def derive(self, run_id: UUID, how: str) -> UUID:
        before = self.run(run_id)
        try:
            made = self.make(run_id, how)
        except REFUSED:
            return multiple()  # type: ignore[return-value]
        run = self.run(made.run.id)
        assert before.status in TERMINAL
        assert (run.origin, run.origin_run, run.thread_id) == (how, run_id, before.thread_id)
        assert run.parent_id == (run_id if how == "continue" else before.parent_id)
        assert self.thread(run.thread_id).head == run.pk
        assert self.run(run_id).status == before.status
        return run.pk

    def make(self, run_id: UUID, how: str) -> Created:
        match how:
            case "retry":
                return repeat.retry(asker=self.asker, run_id=run_id)
            case "continue":
                return continuation.go_on(asker=self.asker, run_id=run_id)
        body = {"input": {"text": f"Edited {uuid4()}"}} if how == "edit" else {}
        return repeat.rerun(asker=self.asker, run_id=run_id, request=parse_rerun(body))

    @rule(target=runs, run_id=runs)
    def fork(self, run_id: UUID) -> UUID:
        line = self.line(run_id)
        try:
            copy = fork(user_id=self.asker.user_id, run_id=run_id).thread
        except (RunStateError, RunNotFoundError):
            assert run_id in self.removed or not {self.run(one).status for one in line} <= set(TERMINAL)
            return multiple()  # type: ignore[return-value]
        self.threads.append(copy.id)
        twins = self.line(copy.head)
        assert [self.run(twin).origin_run for twin in twins] == line
        said = [self.said(one) for one in line]
        assert [self.said(twin) for twin in twins] == said
        assert [text for _, text in words(paged(copy.id))] == [text for turn in said for text in turn]
        return multiple(*twins)  # type: ignore[return-value]

    @rule(run_id=runs)
    def show(self, run_id: UUID) -> None:
        thread_id = self.run(run_id).thread_id
        try:
            switch_head(user_id=self.asker.user_id, thread_id=thread_id, run_id=run_id)
        except RunNotFoundError:
            assert run_id in self.removed
            return
        head = self.thread(thread_id).head
        assert run_id in self.line(head)
        assert head == max(
            (one for one in self.shown(thread_id) if run_id in self.line(one)), key=self.numbers().__getitem__
        )

    @rule(target=deletions, run_id=runs, scope=st.sampled_from(removal.SCOPES))
    def remove(self, run_id: UUID, scope: removal.Scope) -> UUID:
        try:
            gone = removal.remove(user_id=self.asker.user_id, run_id=run_id, scope=scope)
        except RunNotFoundError:
            assert run_id in self.removed
            return multiple()  # type: ignore[return-value]
        self.removed |= set(gone.run_ids)
        return gone.deletion

    @rule(deletion=deletions)
    def undo(self, deletion: UUID) -> None:
        try:
            back = removal.undo(user_id=self.asker.user_id, deletion=deletion)
        except DeletionNotFoundError:
            return
        self.removed -= {run.id for run in back.runs}
        self.undone = True

    @rule(run_id=runs)
    def cancel(self, run_id: UUID) -> None:
        try:
            lifecycle.cancel(asker=self.asker, run_id=run_id)
        except RunNotFoundError:
            assert run_id in self.removed

    # --- What runs ----------------------------------------------------------------------------------------------------

    @rule(run_id=runs, calls=st.integers(0, 1), outcome=st.sampled_from(OUTCOMES))
    def carry_out(self, run_id: UUID, calls: int, outcome: lifecycle.Outcome) -> None:
        claimed = lifecycle.claim_next(lane=self.run(run_id).lane)
        if claimed is None:
            return
        run = self.run(claimed.run.id)
        uses = tuple(ToolUsePart(str(uuid4()), "note", {}) for _ in range(calls))
        message = lifecycle.new_message(run=run, role="assistant", content=(TextPart(f"Well, {uuid4()}."), *uses))
        add_message(message)
        journal.append([RunMessageEvent(thread_id=run.thread_id, run_id=run.pk, message=message)])
        lifecycle.finish(run_id=run.pk, outcome=outcome)

    @rule(run_id=runs)
    def start(self, run_id: UUID) -> None:
        lifecycle.claim_next(lane=self.run(run_id).lane)

    @rule(run_id=runs, outcome=st.sampled_from(OUTCOMES))
    def finish(self, run_id: UUID, outcome: lifecycle.Outcome) -> None:
        lifecycle.finish(run_id=run_id, outcome=outcome)

    # --- What is promised ---------------------------------------------------------------------------------------------

    @invariant()
    def nothing_but_removal_hides_a_run(self) -> None:
        for thread_id in self.threads:
            shown = {leaf.id for leaf in branches(thread_id=thread_id)}
            assert shown == self.shown(thread_id)
            assert shown == set(Run.objects.filter(thread_id=thread_id).values_list("pk", flat=True)) - self.removed

    @invariant()
    def the_shown_branch_is_a_chain_of_what_is_shown(self) -> None:
        for thread_id in self.threads:
            head, shown = self.thread(thread_id).head, self.shown(thread_id)
            assert (head is None) == (not shown)
            screen = paged(thread_id)
            assert screen["branch"] == [str(run_id) for run_id in self.line(head)]
            assert set(self.line(head)) <= shown

    @invariant()
    def the_journal_shows_what_pages_show(self) -> None:
        for thread_id in self.threads:
            assert replayed(thread_id) == paged(thread_id)
            seqs = [event.seq for event in journal.read(thread_id=thread_id, after=0, limit=100_000)]
            assert seqs == list(range(1, self.thread(thread_id).last_seq + 1))

    @invariant()
    def one_run_of_a_lane_is_active(self) -> None:
        active = Counter(
            Run.objects.filter(thread_id__in=self.threads, status__in=ACTIVE).values_list("lane", flat=True)
        )
        assert all(count == 1 for count in active.values())

    @invariant()
    def a_run_ends_once_and_says_so_once(self) -> None:
        now = dict(Run.objects.filter(thread_id__in=self.threads, status__in=TERMINAL).values_list("pk", "status"))
        assert {run_id: now.get(run_id) for run_id in self.ended} == self.ended
        self.ended = now
        events = [event for one in self.threads for event in journal.read(thread_id=one, after=0, limit=100_000)]
        ends = [event for event in events if isinstance(event, RunChangedEvent) and event.ends_run]
        assert Counter(event.run_id for event in ends) == Counter(now.keys())
        for end in ends:
            assert end.run.status == now[end.run.id]
            told = (e for e in events if e.run_id == end.run_id and not (isinstance(e, RunChangedEvent) and e.changed))
            assert end.seq == max(event.seq for event in told)

    @invariant()
    def numbers_are_given_once(self) -> None:
        for thread_id in self.threads:
            numbers = list(Run.objects.filter(thread_id=thread_id).order_by("number").values_list("number", flat=True))
            assert len(set(numbers)) == len(numbers)
            assert self.thread(thread_id).last_number >= max(numbers, default=0)
            if not self.undone:  # what comes back from a queue may be given another number
                assert numbers == list(range(1, self.thread(thread_id).last_number + 1))

    @invariant()
    def siblings_are_the_attempts_at_a_turn(self) -> None:
        parents, numbers = self.parents(), self.numbers()
        for thread_id in self.threads:
            shown = sorted(self.shown(thread_id), key=lambda one: numbers[one])
            families = {one: [other for other in shown if parents[other] == parents[one]] for one in shown}
            expected = {one: family for one, family in families.items() if len(family) > 1}
            assert siblings_of(thread_id=thread_id, run_ids=shown) == expected

    # --- How it is looked at ------------------------------------------------------------------------------------------

    def run(self, run_id: UUID) -> Run:
        return Run.objects.get(pk=run_id)

    def thread(self, thread_id: UUID) -> Thread:
        return Thread.objects.get(pk=thread_id)

    def numbers(self) -> dict[UUID, int]:
        return dict(Run.objects.filter(thread_id__in=self.threads).values_list("pk", "number"))

    def parents(self) -> dict[UUID, UUID | None]:
        return dict(Run.objects.filter(thread_id__in=self.threads).values_list("pk", "parent_id"))

    def shown(self, thread_id: UUID) -> set[UUID]:
        return set(Run.objects.filter(thread_id=thread_id, deleted_at__isnull=True).values_list("pk", flat=True))

    def line(self, run_id: UUID | None) -> list[UUID]:
        """From parent to parent, oldest first."""
        found: list[UUID] = []
        parents = self.parents()
        while run_id is not None:
            found.insert(0, run_id)
            run_id = parents[run_id]
        return found

    def said(self, run_id: UUID) -> list[str]:
        messages = Message.objects.filter(run_id=run_id).order_by("id")
        return ["".join(part.get("text", "") for part in message.content) for message in messages]


@pytest.mark.django_db
def test_any_order_of_branching_keeps_the_promises() -> None:
    make_cast(base_url="http://127.0.0.1:9/v1")
    run_state_machine_as_test(
        Branches,
        settings=settings(
            max_examples=6, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
