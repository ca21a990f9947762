"""The state machine: what may be captured, when a run may start, and how it ends."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from agents.models import LanguageModel
from coday.kernel.errors import CodayError
from runs import journal, lifecycle
from runs.branching import repeat
from runs.capture import Created, create
from runs.errors import (
    EmptyMessageError,
    KeyReusedError,
    LaneBusyError,
    MessageTooLongError,
    QueueFullError,
    RunNotFoundError,
    RunStateError,
    TooManyImagesError,
    UnsupportedInputError,
)
from runs.events import RunSnapshot
from runs.inputs import Asker, parse_request
from runs.lifecycle import Outcome
from runs.models import Run
from tests.runs.conversation import Cast, make_cast
from threads.content import ToolUsePart
from threads.errors import ImageNotFoundError, ThreadNotFoundError
from threads.models import ImageAttachment, Message, Thread
from threads.operations import add_message, create_thread

COMPLETED, FAILED, STOPPED = Outcome("completed"), Outcome("failed", CodayError("No.")), Outcome("stopped")


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast(base_url="http://127.0.0.1:9/v1")


def capture(cast: Cast, text: str = "Hello?", **body: Any) -> Created:
    """Capture what the person says."""
    images = body.pop("images", [])
    request = parse_request({"input": {"type": "user", "text": text, "images": images}, **body})
    return create(asker=cast.asker, thread_id=cast.thread_id, request=request)


def claim(run: RunSnapshot) -> RunSnapshot | None:
    """Start the next run of its lane."""
    claimed = lifecycle.claim_next(lane=run.lane)
    return claimed.run if claimed else None


def status(run: RunSnapshot) -> str:
    return Run.objects.get(pk=run.id).status


def add_images(cast: Cast, count: int) -> list[str]:
    """Attachments of the thread; their files do not matter here."""
    rows = [
        ImageAttachment(thread_id=cast.thread_id, name=f"{n}.png", media_type="image/png", size=1, width=1, height=1)
        for n in range(count)
    ]
    return [str(row.pk) for row in ImageAttachment.objects.bulk_create(rows)]


class TestWhatMayBeSaid:
    @pytest.mark.parametrize("text", ["", "   ", "\n\t\u2003"])
    def test_nothing_is_refused(self, cast: Cast, text: str) -> None:
        with pytest.raises(EmptyMessageError) as refused:
            capture(cast, text)

        assert refused.value.details == {"field": "text"}
        assert not Run.objects.exists()

    def test_the_longest_message_is_taken_and_a_longer_one_is_not(self, cast: Cast, settings: Settings) -> None:
        settings.CODAY_MAX_MESSAGE_CHARS = 5
        capture(cast, "größe")
        with pytest.raises(MessageTooLongError) as refused:
            capture(cast, "größer")

        assert refused.value.details == {"field": "text", "limit": 5}
        assert refused.value.status == 413

    def test_eleven_images_are_too_many(self, cast: Cast) -> None:
        LanguageModel.objects.update(vision=True)
        images = add_images(cast, 11)
        capture(cast, "Look.", images=images[:10])
        with pytest.raises(TooManyImagesError) as refused:
            capture(cast, "Look.", images=images)

        assert refused.value.details == {"field": "images", "limit": 10}

    def test_an_image_alone_is_a_message(self, cast: Cast) -> None:
        LanguageModel.objects.update(vision=True)
        [image] = add_images(cast, 1)
        run = capture(cast, "", images=[image]).run

        assert [part["type"] for part in Message.objects.get(run_id=run.id).content] == ["image"]

    def test_a_model_without_vision_is_given_no_image(self, cast: Cast) -> None:
        with pytest.raises(UnsupportedInputError) as refused:
            capture(cast, "Look.", images=add_images(cast, 1))

        assert refused.value.code == "model_without_vision"
        assert refused.value.details == {"field": "images"}

    def test_an_image_of_another_thread_does_not_exist(self, cast: Cast) -> None:
        LanguageModel.objects.update(vision=True)
        other = create_thread(owner_id=cast.asker.user_id)
        images = add_images(Cast(cast.asker, other.id), 1)
        with pytest.raises(ImageNotFoundError):
            capture(cast, "Look.", images=images)

    @pytest.mark.parametrize("field", ["agent", "model"])
    def test_an_unknown_agent_or_model_is_refused(self, cast: Cast, field: str) -> None:
        with pytest.raises(CodayError) as refused:
            capture(cast, **{field: "nobody"})

        assert refused.value.code == f"{field}_not_found"
        assert not Run.objects.exists()

    def test_an_unknown_thread_is_refused(self, cast: Cast) -> None:
        with pytest.raises(ThreadNotFoundError):
            capture(Cast(cast.asker, uuid4()))

    def test_somebody_elses_thread_does_not_exist(self, cast: Cast) -> None:
        stranger = Asker(user_id=uuid4(), username="stranger")
        with pytest.raises(ThreadNotFoundError):
            capture(Cast(stranger, cast.thread_id))

    def test_a_parent_in_another_thread_does_not_exist(self, cast: Cast) -> None:
        other = create_thread(owner_id=cast.asker.user_id)
        run = capture(Cast(cast.asker, other.id)).run
        with pytest.raises(RunNotFoundError) as refused:
            capture(cast, parent=str(run.id))

        assert refused.value.details == {"field": "parent"}

    def test_what_is_refused_leaves_no_trace(self, cast: Cast) -> None:
        with pytest.raises(CodayError):
            capture(cast, "")

        thread = Thread.objects.get()
        assert (thread.last_seq, thread.last_number, thread.head) == (0, 0, None)
        assert not Message.objects.exists()


class TestKey:
    def test_the_same_request_is_the_same_run(self, cast: Cast) -> None:
        first, second = capture(cast, key="k"), capture(cast, key="k")

        assert second.run.id == first.run.id
        assert (second.repeated, second.events) == (True, [])
        assert Run.objects.count() == Message.objects.count() == 1

    def test_it_is_the_same_run_after_it_has_ended(self, cast: Cast) -> None:
        run = capture(cast, key="k").run
        claim(run)
        lifecycle.finish(run_id=run.id, outcome=COMPLETED)

        assert capture(cast, key="k").run.status == "completed"

    @pytest.mark.parametrize(
        "other", [{"text": "Other."}, {"agent": "helper"}, {"model": "mock-1"}], ids=["text", "agent", "model"]
    )
    def test_with_other_content_it_is_a_conflict(self, cast: Cast, other: dict[str, str]) -> None:
        run = capture(cast, key="k").run
        with pytest.raises(KeyReusedError) as refused:
            capture(cast, **{"key": "k", **other})

        assert (refused.value.status, refused.value.code) == (409, "key_reused")
        assert refused.value.details["run_id"] == str(run.id)

    def test_it_belongs_to_its_thread(self, cast: Cast) -> None:
        other = Cast(cast.asker, create_thread(owner_id=cast.asker.user_id).id)

        assert capture(cast, key="k").run.id != capture(other, key="k").run.id

    def test_without_one_every_request_is_new(self, cast: Cast) -> None:
        assert capture(cast).run.id != capture(cast).run.id

    def test_a_full_queue_does_not_refuse_what_it_holds(self, cast: Cast, settings: Settings) -> None:
        settings.CODAY_MAX_QUEUED_RUNS = 1
        capture(cast, key="k")
        capture(cast)
        with pytest.raises(QueueFullError):
            capture(cast)

        assert capture(cast, key="k").repeated


class TestWhenBusy:
    def test_reject_refuses(self, cast: Cast) -> None:
        capture(cast)
        with pytest.raises(LaneBusyError) as refused:
            capture(cast, when_busy="reject")

        assert (refused.value.status, refused.value.code) == (409, "lane_busy")

    def test_reject_takes_it_where_nothing_runs(self, cast: Cast) -> None:
        run = capture(cast).run
        claim(run)
        lifecycle.finish(run_id=run.id, outcome=FAILED)

        assert capture(cast, when_busy="reject").run.status == "queued"

    def test_interrupt_names_the_run_that_is_in_the_way(self, cast: Cast) -> None:
        run = capture(cast).run
        claim(run)

        assert capture(cast, when_busy="interrupt").interrupts == run.id
        assert capture(cast, when_busy="queue").interrupts is None


class TestClaim:
    def test_the_oldest_goes_first_and_alone(self, cast: Cast) -> None:
        first, second = capture(cast, "One?").run, capture(cast, "Two?").run
        claimed = claim(first)

        assert claimed
        assert (claimed.id, claimed.status) == (first.id, "running")
        assert claimed.started_at
        assert claim(first) is None
        assert status(second) == "queued"

    def test_an_empty_lane_has_nothing(self, db: None) -> None:
        assert lifecycle.claim_next(lane=uuid4()) is None

    def test_the_database_allows_one_active_run_in_a_lane(self, cast: Cast) -> None:
        first, second = capture(cast).run, capture(cast).run
        claim(first)
        for forbidden in ("running", "waiting"):
            with pytest.raises(IntegrityError), transaction.atomic():
                Run.objects.filter(pk=second.id).update(status=forbidden)

        assert status(second) == "queued"

    def test_a_waiting_run_keeps_its_lane(self, cast: Cast) -> None:
        first = capture(cast).run
        claim(first)
        Run.objects.filter(pk=first.id).update(status="waiting")
        capture(cast)

        assert claim(first) is None


class TestEnd:
    @pytest.mark.parametrize(
        ("outcome", "expected"), [(COMPLETED, "completed"), (FAILED, "failed"), (STOPPED, "interrupted")]
    )
    def test_it_is_written_once(self, cast: Cast, outcome: Outcome, expected: str) -> None:
        run = capture(cast).run
        claim(run)
        events = lifecycle.finish(run_id=run.id, outcome=outcome)
        assert status(run) == expected

        for later in (COMPLETED, FAILED, STOPPED):
            assert lifecycle.finish(run_id=run.id, outcome=later) == []
        assert status(run) == expected
        assert events[-1].seq == Thread.objects.get().last_seq

    def test_a_queued_run_cannot_end_without_being_cancelled(self, cast: Cast) -> None:
        run = capture(cast).run

        assert lifecycle.finish(run_id=run.id, outcome=COMPLETED) == []
        assert status(run) == "queued"

    def test_stopped_is_cancelled_where_a_person_asked_for_it(self, cast: Cast) -> None:
        run = capture(cast).run
        claim(run)
        noted, events = lifecycle.cancel(asker=cast.asker, run_id=run.id)
        assert (noted.status, noted.cancel_requested, events) == ("running", True, [])
        lifecycle.finish(run_id=run.id, outcome=STOPPED)

        assert status(run) == "cancelled"

    def test_every_open_call_gets_a_result(self, cast: Cast) -> None:
        run = capture(cast).run
        claim(run)
        row = Run.objects.get(pk=run.id)
        calls = (ToolUsePart("c1", "note", {}), ToolUsePart("c2", "note", {}))
        add_message(lifecycle.new_message(run=row, role="assistant", content=calls))
        lifecycle.finish(run_id=run.id, outcome=STOPPED)

        message = Message.objects.get(run_id=run.id, role="tool")
        assert [(part["tool_call_id"], part["is_error"]) for part in message.content] == [("c1", True), ("c2", True)]
        assert Run.objects.get(pk=run.id).tool_calls == 2

    def test_an_error_is_told_before_the_end(self, cast: Cast) -> None:
        run = capture(cast).run
        claim(run)
        lifecycle.finish(run_id=run.id, outcome=FAILED)

        told = journal.read(thread_id=cast.thread_id, after=0)
        assert [type(event).__name__ for event in told[-2:]] == ["RunErrorEvent", "RunChangedEvent"]


class TestCancel:
    def test_a_queued_run_ends_at_once(self, cast: Cast) -> None:
        run = capture(cast).run
        cancelled, events = lifecycle.cancel(asker=cast.asker, run_id=run.id)

        assert cancelled.status == "cancelled"
        assert len(events) == 1
        assert claim(run) is None

    def test_a_stranger_cannot(self, cast: Cast) -> None:
        run = capture(cast).run
        with pytest.raises(RunNotFoundError):
            lifecycle.cancel(asker=Asker(user_id=uuid4(), username="eve"), run_id=run.id)

        assert status(run) == "queued"

    def test_a_run_of_another_thread_does_not_exist_here(self, cast: Cast) -> None:
        run = capture(cast).run
        with pytest.raises(RunNotFoundError):
            lifecycle.cancel(asker=cast.asker, run_id=run.id, thread_id=uuid4())

        assert status(run) == "queued"


class TestAgain:
    def test_what_completed_is_rerun_and_not_retried(self, cast: Cast) -> None:
        run = capture(cast).run
        claim(run)
        lifecycle.finish(run_id=run.id, outcome=COMPLETED)
        with pytest.raises(RunStateError):
            repeat.retry(asker=cast.asker, run_id=run.id)

        assert repeat.rerun(asker=cast.asker, run_id=run.id).run.status == "queued"

    @pytest.mark.parametrize("again", [repeat.retry, repeat.rerun])
    def test_what_has_not_ended_is_neither(self, cast: Cast, again: Any) -> None:
        run = capture(cast).run
        for _ in range(2):
            with pytest.raises(RunStateError):
                again(asker=cast.asker, run_id=run.id)
            claim(run)

    @pytest.mark.parametrize("again", [repeat.retry, repeat.rerun])
    def test_a_stranger_cannot(self, cast: Cast, again: Any) -> None:
        run = capture(cast).run
        lifecycle.cancel(asker=cast.asker, run_id=run.id)
        with pytest.raises(RunNotFoundError):
            again(asker=Asker(user_id=uuid4(), username="eve"), run_id=run.id)
