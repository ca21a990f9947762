"""Operations: each ends once, whoever comes first, and its end brings a system run into the conversation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from agents.models import Agent
from coday.accounts.models import User
from coday.kernel.errors import CodayError
from runs import background, journal, lifecycle
from runs.branching import repeat
from runs.capture import Created
from runs.errors import (
    CallbackNotFoundError,
    OperationEndedError,
    OperationNotFoundError,
    TooManyOperationsError,
)
from runs.events import RunSnapshot, RunStepEvent, RunToolEvent
from runs.models import Run, RunEventRecord, ToolCall, ToolOperation
from tests.runs.conversation import Cast, make_cast
from tests.runs.test_lifecycle import COMPLETED, capture, claim
from threads.content import text_of
from threads.models import Thread
from threads.operations import delete_thread
from threads.queries import messages_of_run

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)


@dataclass
class Scene:
    """A run that has made a call which goes on."""

    cast: Cast
    run: RunSnapshot

    def start(self, **values: Any) -> background.Started:
        """Start an operation, of which the call says that it is in progress."""
        started = background.start(
            **{
                "run": self.run,
                "call_id": "c1",
                "tool": "http_job",
                "summary": "Job: Nightly build",
                "deadline_at": timezone.now() + HOUR,
                "callback": True,
                **values,
            }
        )
        ToolCall.objects.update_or_create(
            run_id=self.run.id,
            call_id=values.get("call_id", "c1"),
            defaults={"name": "http_job", "kind": "async", "status": "in_progress", "operation": started.id},
        )
        return started

    def complete(self) -> None:
        """End the run, as it does while its operations go on."""
        lifecycle.finish(run_id=self.run.id, outcome=COMPLETED)

    def row(self) -> ToolOperation:
        return ToolOperation.objects.get()

    def late(self, **times: Any) -> None:
        """Let time pass."""
        past = timezone.now() - timedelta(seconds=1)
        ToolOperation.objects.update(**dict.fromkeys(times or ("deadline_at",), past))


@pytest.fixture
def scene() -> Scene:
    cast = make_cast(base_url="http://127.0.0.1:9/v1")
    run = claim(capture(cast).run)
    assert run
    return Scene(cast, run)


def system_runs() -> list[Run]:
    return list(Run.objects.filter(kind="system").order_by("number"))


def said(run: Run | RunSnapshot) -> list[str]:
    """The texts of a run's first message."""
    run_id = run.id if isinstance(run, RunSnapshot) else run.pk
    return [getattr(part, "text", "") for part in messages_of_run(run_id=run_id)[0].content]


# --- Its end ------------------------------------------------------------------------------------------------------


def test_an_end_brings_the_result_with_a_run_of_its_own(scene: Scene) -> None:
    started = scene.start()
    scene.complete()
    created = background.end(operation_id=started.id, status="succeeded", result="All green.")

    run, operation = created.run, scene.row()
    assert (run.kind, run.trigger, run.status) == ("system", "tool", "queued")
    assert run.cause
    assert (run.cause.run_id, run.cause.tool_call_id) == (scene.run.id, "c1")
    assert (run.parent, run.lane, run.agent, run.model) == (scene.run.id, scene.run.lane, "helper", "mock-1")
    assert (operation.status, operation.ended_by_run, operation.callback_digest) == ("succeeded", run.id, "")
    assert messages_of_run(run_id=run.id)[0].role == "system"
    assert said(run) == ["What http_job started in run 1 has succeeded.", "Job: Nightly build\n\nAll green."]
    assert Thread.objects.get().head == run.id


def test_the_call_that_started_it_is_told_its_result(scene: Scene) -> None:
    started = scene.start()
    created = background.end(operation_id=started.id, status="failed", result="Two tests fail.")

    [told] = [event for event in created.events if isinstance(event, RunToolEvent)]
    assert (told.run_id, told.tool_call_id, told.status, told.operation) == (scene.run.id, "c1", "failed", started.id)
    row = ToolCall.objects.get()
    assert (row.status, row.content, row.is_error) == ("failed", "Two tests fail.", True)


def test_all_that_is_written_is_told_in_the_order_of_the_journal(scene: Scene) -> None:
    before = Thread.objects.get().last_seq
    created = background.end(operation_id=scene.start().id, status="succeeded", result="x")

    stored = journal.read(thread_id=scene.cast.thread_id, after=before)
    assert [event.seq for event in created.events] == [event.seq for event in stored]
    assert [record.type for record in RunEventRecord.objects.filter(seq__gt=before)] == [
        "tool", "run", "message", "thread",
    ]  # fmt: skip


def test_it_is_queued_behind_what_runs(scene: Scene) -> None:
    started = scene.start()
    waiting = capture(scene.cast).run
    created = background.end(operation_id=started.id, status="succeeded", result="x")

    assert (created.run.parent, created.run.lane, created.run.position) == (waiting.id, scene.run.lane, 2)
    assert claim(created.run) is None  # the first one still runs


def test_a_long_result_stays_whole_with_its_call(scene: Scene) -> None:
    result = "x" * 50_000
    created = background.end(operation_id=scene.start().id, status="succeeded", result=result)

    content = said(created.run)[1]
    assert len(content) < 20_200
    assert "30000 more characters" in content
    assert "read_result, call c1, offset 20000" in content
    assert ToolCall.objects.get().content == result


def test_a_result_that_comes_before_its_run_has_ended_changes_nothing_else(scene: Scene) -> None:
    """A quick server calls back before the run that started the job has noted that it goes on."""
    started = scene.start()
    ToolCall.objects.update(status="running")
    background.end(operation_id=started.id, status="succeeded", result="quick")
    scene.complete()

    assert ToolCall.objects.get().status == "succeeded"
    assert len(system_runs()) == 1


def test_it_ends_once(scene: Scene) -> None:
    started = scene.start()
    background.end(operation_id=started.id, status="succeeded", result="first")
    with pytest.raises(OperationEndedError):
        background.end(operation_id=started.id, status="failed", result="second")

    assert (len(system_runs()), scene.row().result) == (1, "first")


def test_it_ends_once_whatever_races(scene: Scene) -> None:
    """Callbacks, the deadline and its person, all at the same moment, each on a connection of its own."""
    started = scene.start()
    scene.complete()

    def attempt(turn: int) -> Created | None:
        try:
            match turn % 3:
                case 0:
                    return background.receive(token=started.token, status="succeeded", result="called back")
                case 1:
                    return background.end(operation_id=started.id, status="timed_out", result="too late")
                case _:
                    background.cancel(user_id=scene.cast.asker.user_id, operation_id=started.id)
        except (CallbackNotFoundError, OperationEndedError):
            pass
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(8) as pool:
        created = [one for one in pool.map(attempt, range(24)) if one]

    expected = 0 if scene.row().status == "cancelled" else 1
    assert len(created) == len(system_runs()) == expected
    told = RunEventRecord.objects.filter(type="tool").count()
    assert told == 1


# --- Who can answer -----------------------------------------------------------------------------------------------


def test_an_agent_that_is_gone_is_stood_in_for(scene: Scene) -> None:
    started = scene.start()
    Agent.objects.update(enabled=False)
    Agent.objects.create(slug="other", name="Other")
    created = background.end(operation_id=started.id, status="succeeded", result="x")

    assert created.run.agent == "other"


def _suspend() -> None:
    User.objects.update(is_active=False)


def _switch_off_agents() -> None:
    for agent in Agent.objects.all():
        agent.enabled = False
        agent.save()


@pytest.mark.parametrize("end", [_suspend, _switch_off_agents])
def test_where_nobody_can_answer_the_thread_says_so(scene: Scene, end: Any) -> None:
    started = scene.start()
    scene.complete()
    end()
    created = background.end(operation_id=started.id, status="succeeded", result="x")

    assert (created.run.id, created.repeated, system_runs()) == (scene.run.id, True, [])
    step = created.events[-1]
    assert isinstance(step, RunStepEvent)
    assert (step.kind, step.seq) == ("operation", Thread.objects.get().last_seq)
    assert "Nightly build" in step.summary
    assert scene.row().status == "succeeded"
    assert ToolCall.objects.get().content == "x"


# --- Callbacks ----------------------------------------------------------------------------------------------------


def test_a_token_is_stored_as_its_digest_alone(scene: Scene) -> None:
    started = scene.start()
    assert len(started.token) >= 43
    assert started.token not in repr(started)
    assert started.token not in repr(vars(scene.row()))


def test_a_callback_works_once(scene: Scene) -> None:
    started = scene.start()
    background.receive(token=started.token, status="succeeded", result="x")
    with pytest.raises(CallbackNotFoundError):
        background.receive(token=started.token, status="succeeded", result="y")
    assert len(system_runs()) == 1


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "\udcff", "\0"])
def test_a_forged_token_ends_nothing(scene: Scene, token: str) -> None:
    scene.start()
    scene.start(callback=False, call_id="c2")
    with pytest.raises(CallbackNotFoundError):
        background.receive(token=token, status="succeeded", result="x")
    assert ToolOperation.objects.filter(ended_at__isnull=True).count() == 2


def test_a_late_callback_ends_nothing(scene: Scene) -> None:
    started = scene.start()
    scene.late()
    with pytest.raises(CallbackNotFoundError):
        background.receive(token=started.token, status="succeeded", result="x")
    assert scene.row().status == "in_progress"


def test_a_callback_for_a_deleted_thread_finds_nothing(scene: Scene) -> None:
    started = scene.start()
    delete_thread(user_id=scene.cast.asker.user_id, thread_id=scene.cast.thread_id)
    with pytest.raises(CallbackNotFoundError):
        background.receive(token=started.token, status="succeeded", result="x")
    with pytest.raises(OperationNotFoundError):
        background.end(operation_id=started.id, status="timed_out", result="x")


# --- What is due --------------------------------------------------------------------------------------------------


def test_a_timer_that_is_due_brings_its_text(scene: Scene) -> None:
    scene.start(due_at=timezone.now() - timedelta(seconds=1), state={"text": "Water the plants"}, tool="remind_me")
    [created] = background.end_due()
    assert said(created.run) == ["A timer that remind_me set in run 1 is due.", "Water the plants"]
    assert background.end_due() == []


def test_a_timer_is_not_early_and_has_no_deadline(scene: Scene) -> None:
    scene.start(due_at=timezone.now() + HOUR)
    scene.late()
    assert (background.end_due(), background.end_late()) == ([], [])


def test_what_has_not_ended_by_its_deadline_has_timed_out(scene: Scene) -> None:
    scene.start()
    assert background.end_late() == []
    scene.late()
    [created] = background.end_late()

    assert scene.row().status == "timed_out"
    assert said(created.run)[0] == "What http_job started in run 1 did not end in time."
    assert ToolCall.objects.get().is_error


def test_processes_that_tick_at_once_end_a_timer_once(scene: Scene) -> None:
    for number in range(4):
        scene.start(due_at=timezone.now() - timedelta(seconds=1), call_id=f"c{number}")

    def tick(_: int) -> list[UUID]:
        try:
            return [created.run.id for created in background.end_due()]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        told = [run_id for ids in pool.map(tick, range(4)) for run_id in ids]

    assert len(told) == len(set(told)) == len(system_runs()) == 4


def test_a_tool_is_asked_by_one_process_at_a_time(scene: Scene) -> None:
    started = scene.start()
    assert background.claim_polls() == []
    background.watch(operation_id=started.id, state={"job_id": "7"})
    scene.late(poll_at=None)

    def claim_them(_: int) -> list[background.Poll]:
        try:
            return background.claim_polls()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        polls = [poll for found in pool.map(claim_them, range(4)) for poll in found]

    assert [(poll.id, poll.tool, poll.state) for poll in polls] == [(started.id, "http_job", {"job_id": "7"})]


# --- Its person ---------------------------------------------------------------------------------------------------


def test_a_person_cancels_it(scene: Scene) -> None:
    started = scene.start()
    operation, events = background.cancel(user_id=scene.cast.asker.user_id, operation_id=started.id)

    assert (operation.status, system_runs()) == ("cancelled", [])
    assert [event.status for event in events if isinstance(event, RunToolEvent)] == ["cancelled"]
    for again in (background.cancel, lambda **_: background.receive(token=started.token, status="failed", result="")):
        with pytest.raises(CodayError):
            again(user_id=scene.cast.asker.user_id, operation_id=started.id)


def test_to_others_it_is_not_there(scene: Scene) -> None:
    started = scene.start()
    stranger = User.objects.create_user("stranger")
    with pytest.raises(OperationNotFoundError):
        background.cancel(user_id=stranger.pk, operation_id=started.id)
    assert not background.visible_operations(user_id=stranger.pk).exists()


def test_a_person_has_as_many_as_they_may(scene: Scene, settings: Settings) -> None:
    settings.CODAY_MAX_OPERATIONS = 2
    scene.start(call_id="c1")
    second = scene.start(call_id="c2")
    with pytest.raises(TooManyOperationsError):
        scene.start(call_id="c3")
    background.settle(operation_id=second.id, status="succeeded")
    scene.start(call_id="c3")


def test_a_retry_of_a_system_run_is_one(scene: Scene) -> None:
    created = background.end(operation_id=scene.start().id, status="succeeded", result="x")
    scene.complete()
    claim(created.run)
    lifecycle.finish(run_id=created.run.id, outcome=lifecycle.Outcome("failed"))
    again = repeat.retry(asker=scene.cast.asker, run_id=created.run.id).run

    assert (again.kind, again.trigger, again.cause) == ("system", "tool", created.run.cause)
    [first] = messages_of_run(run_id=again.id)
    assert (first.role, text_of(first.content)) == ("system", "\n\n".join(said(created.run)))
