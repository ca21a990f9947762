"""What a start finds of the process before it, and what an orderly stop leaves."""

from __future__ import annotations

from datetime import UTC, datetime

from coday.kernel.database import in_database
from coday.kernel.ids import new_id
from runs import capture, lifecycle
from runs.events import RunSnapshot
from runs.inputs import parse_request
from tests.runs.conversation import Conversation, words
from tests.support.mock_provider import HANG, openai_reply
from threads.content import TextPart
from threads.operations import save_message
from threads.snapshot import MessageSnapshot


def _leave_a_run_behind(talk: Conversation, text: str, *, said: str) -> RunSnapshot:
    """The rows of a process that was killed: one run under way, part of its answer stored."""
    request = parse_request({"input": {"type": "user", "text": text}})
    created = capture.create(asker=talk.asker, thread_id=talk.thread_id, request=request)
    claimed = lifecycle.claim_next(lane=created.run.lane)
    assert claimed
    message = MessageSnapshot(
        id=new_id(),
        thread_id=talk.thread_id,
        run_id=created.run.id,
        role="assistant",
        status="streaming",
        content=(TextPart(said),) if said else (),
        created_at=datetime.now(UTC),
    )
    save_message(message)
    return claimed.run


class TestRestart:
    async def test_the_run_in_flight_is_interrupted_and_keeps_its_text(self, talk: Conversation) -> None:
        left = await in_database(_leave_a_run_behind, talk, "One?", said="Half an")
        await talk.driver.start()
        await talk.idle()

        assert (await talk.run(left)).status == "interrupted"
        answer = await talk.answer(left)
        assert (answer.status, words(answer)) == ("partial", "Half an")
        assert [frame["type"] for frame in (await talk.journal(left))[-2:]] == ["message", "run"]
        assert talk.provider.requests == []

    async def test_an_empty_answer_is_removed(self, talk: Conversation) -> None:
        left = await in_database(_leave_a_run_behind, talk, "One?", said="")
        await talk.driver.start()

        assert [message.role for message in await talk.messages(left)] == ["user"]

    async def test_what_was_queued_starts(self, talk: Conversation) -> None:
        await in_database(_leave_a_run_behind, talk, "One?", said="Half an")
        request = parse_request({"input": {"type": "user", "text": "Two?"}})
        created = await in_database(capture.create, asker=talk.asker, thread_id=talk.thread_id, request=request)
        await talk.driver.start()
        await talk.idle()

        assert (await talk.run(created.run)).status == "completed"
        assert [message["content"] for message in talk.sent[0]] == ["One?", "Half an", "Two?"]

    async def test_the_interrupted_run_can_be_retried(self, talk: Conversation) -> None:
        left = await in_database(_leave_a_run_behind, talk, "One?", said="Half an")
        await talk.driver.start()
        again = await talk.retry(left)
        await talk.idle()

        assert (await talk.run(again)).status == "completed"
        assert [message["content"] for message in talk.sent[0]] == ["One?"]

    async def test_a_run_that_was_to_be_stopped_is_cancelled(self, talk: Conversation) -> None:
        left = await in_database(_leave_a_run_behind, talk, "One?", said="Half an")
        await in_database(lifecycle.cancel, asker=talk.asker, run_id=left.id)
        await talk.driver.start()

        assert (await talk.run(left)).status == "cancelled"

    async def test_a_second_restart_changes_nothing(self, talk: Conversation) -> None:
        await in_database(_leave_a_run_behind, talk, "One?", said="Half an")
        await talk.driver.start()
        told = await talk.journal()
        await talk.driver.start()

        assert await talk.journal() == told


class TestShutdown:
    async def test_interrupts_what_runs_and_keeps_its_text(self, talk: Conversation) -> None:
        talk.provider.reply(openai_reply("Half an", HANG))
        async with talk.watch() as watcher:
            run = await talk.say()
            await watcher.said("Half an")
            await talk.driver.stop()
            await watcher.ended(run)

        assert (await talk.run(run)).status == "interrupted"
        answer = await talk.answer(run)
        assert (answer.status, words(answer)) == ("partial", "Half an")

    async def test_leaves_what_is_queued_for_the_next_start(self, talk: Conversation) -> None:
        talk.provider.reply(openai_reply("Half an", HANG))
        async with talk.watch() as watcher:
            await talk.say("One?")
            await watcher.said("Half an")
        second = await talk.say("Two?")
        await talk.driver.stop()

        assert (await talk.run(second)).status == "queued"
