"""What becomes of runs whose process died: their bill, their answer, and whether they are repeated."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from agents.models import Agent
from coday.kernel.ids import new_id
from runs import capture, journal, lifecycle, runners
from runs.branching import repeat
from runs.events import RunSnapshot
from runs.execution.recovery import recover, repeat_interrupted
from runs.inputs import parse_request
from runs.lifecycle import Outcome
from runs.models import Run, Runner
from tests.runs.conversation import Cast, make_cast
from threads.content import TextPart, ToolUsePart
from threads.operations import save_message
from threads.snapshot import MessageSnapshot, MessageStatus
from usage.models import UsageRecord

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast(base_url="http://127.0.0.1:9/v1", model={"input_price": 3, "output_price": 15})


def running(cast: Cast, *, runner: UUID | None = None) -> RunSnapshot:
    """A run that some process has claimed."""
    request = parse_request({"input": {"type": "user", "text": "Tell me."}})
    created = capture.create(asker=cast.asker, thread_id=cast.thread_id, request=request)
    claimed = lifecycle.claim_next(lane=created.run.lane, runner=runner)
    assert claimed
    return claimed.run


def said(run: RunSnapshot, *content: TextPart | ToolUsePart, status: MessageStatus) -> None:
    """What its model had said when the process died."""
    message = MessageSnapshot(
        id=new_id(),
        thread_id=run.thread_id,
        run_id=run.id,
        role="assistant",
        status=status,
        content=content,
        created_at=datetime.now(UTC),
    )
    save_message(message)


class TestTheBill:
    def test_has_the_call_that_was_under_way(self, cast: Cast) -> None:
        run = running(cast)
        said(run, TextPart("Half an answer of some words"), status="streaming")
        recovered = recover(run_id=run.id)

        record = UsageRecord.objects.get(run_id=run.id)
        assert (record.estimated, record.complete) == (True, False)
        assert record.input_tokens > 0
        assert record.output_tokens > 0
        assert recovered
        assert recovered.run.usage.cost == record.cost
        assert recovered.run.usage.model_calls == 1

    def test_has_no_call_that_nobody_made(self, cast: Cast) -> None:
        run = running(cast)
        said(run, TextPart("All of it."), status="complete")
        recover(run_id=run.id)
        assert not UsageRecord.objects.exists()


class TestTheEnd:
    def test_is_interrupted_in_the_middle_of_an_answer(self, cast: Cast) -> None:
        run = running(cast)
        said(run, TextPart("Half"), status="streaming")
        recovered = recover(run_id=run.id)
        assert recovered
        assert recovered.run.status == "interrupted"

    def test_is_completed_behind_a_whole_answer(self, cast: Cast) -> None:
        run = running(cast)
        said(run, TextPart("All of it."), status="complete")
        recovered = recover(run_id=run.id)
        assert recovered
        assert recovered.run.status == "completed"

    def test_is_interrupted_behind_an_open_tool_call(self, cast: Cast) -> None:
        run = running(cast)
        said(run, ToolUsePart(id="call-1", name="look", arguments={}), status="complete")
        recovered = recover(run_id=run.id)
        assert recovered
        assert recovered.run.status == "interrupted"

    def test_is_cancelled_where_a_person_had_asked_for_it(self, cast: Cast) -> None:
        run = running(cast)
        said(run, TextPart("Half"), status="streaming")
        lifecycle.cancel(asker=cast.asker, run_id=run.id)
        recovered = recover(run_id=run.id)
        assert recovered
        assert recovered.run.status == "cancelled"

    def test_comes_once(self, cast: Cast) -> None:
        run = running(cast)
        assert recover(run_id=run.id)
        before = len(journal.read(thread_id=cast.thread_id, after=0))
        assert recover(run_id=run.id) is None
        assert len(journal.read(thread_id=cast.thread_id, after=0)) == before


class TestRepeating:
    @pytest.fixture(autouse=True)
    def _repeats(self, cast: Cast) -> None:
        agent = Agent.objects.get()
        agent.retry_interrupted = True
        agent.save()

    def test_makes_a_sibling_with_the_same_input(self, cast: Cast) -> None:
        run = running(cast)
        recover(run_id=run.id)
        again = Run.objects.exclude(pk=run.id).get()
        assert (again.status, again.parent_id, again.attempt) == ("queued", run.parent, 2)
        assert again.lane != run.lane

    def test_happens_once(self, cast: Cast) -> None:
        run = running(cast)
        recover(run_id=run.id)
        again = Run.objects.exclude(pk=run.id).get()
        assert lifecycle.claim_next(lane=again.lane)
        recover(run_id=again.pk)
        again.refresh_from_db()
        assert again.status == "interrupted"
        assert Run.objects.count() == 2

    def test_is_not_for_what_a_person_cancelled(self, cast: Cast) -> None:
        run = running(cast)
        lifecycle.cancel(asker=cast.asker, run_id=run.id)
        recover(run_id=run.id)
        assert Run.objects.count() == 1

    def test_is_not_for_runs_that_ended_otherwise(self, cast: Cast) -> None:
        run = running(cast)
        lifecycle.finish(run_id=run.id, outcome=Outcome(status="completed"))
        assert repeat_interrupted(run_id=run.id) == []

    def test_leaves_it_to_the_person_where_the_agent_is_gone(self, cast: Cast) -> None:
        run = running(cast)
        Agent.objects.get().delete()
        recovered = recover(run_id=run.id)
        assert recovered
        assert recovered.run.status == "interrupted"
        assert Run.objects.count() == 1

    def test_a_person_can_still_retry(self, cast: Cast) -> None:
        run = running(cast)
        recover(run_id=run.id)
        created = repeat.retry(asker=cast.asker, run_id=run.id)
        assert Run.objects.get(pk=created.run.id).attempt == 1


class TestLeases:
    def test_a_process_that_lives_keeps_its_runs(self, cast: Cast) -> None:
        runner = new_id()
        runners.register(runner_id=runner, kind="worker", name="here:1", capacity=5)
        running(cast, runner=runner)
        assert runners.abandoned() == []
        assert runners.alive(kind="worker") == 1

    def test_a_silent_process_loses_them(self, cast: Cast) -> None:
        runner = new_id()
        runners.register(runner_id=runner, kind="worker", name="here:1", capacity=5)
        run = running(cast, runner=runner)
        Runner.objects.update(heartbeat_at=datetime(2020, 1, 1, tzinfo=UTC))
        assert runners.abandoned() == [run.id]
        assert runners.alive(kind="worker") == 0
        runners.beat(runner_id=runner)
        assert runners.abandoned() == []

    def test_a_process_that_nobody_knows_has_none(self, cast: Cast) -> None:
        run = running(cast, runner=new_id())
        assert runners.abandoned() == [run.id]

    def test_a_process_hears_of_cancellations(self, cast: Cast) -> None:
        runner = new_id()
        run = running(cast, runner=runner)
        assert runners.runs_of(runner_id=runner) == {run.id: False}
        lifecycle.cancel(asker=cast.asker, run_id=run.id)
        assert runners.runs_of(runner_id=runner) == {run.id: True}
