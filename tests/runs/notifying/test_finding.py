"""What targets are told: each thing once, found in the journal, whatever happened to the server meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from coday.accounts.models import User
from coday.kernel.database import in_database
from runs.branching.fork import fork
from runs.inputs import parse_answer
from runs.models import NotificationTarget, Run
from runs.notifying.finding import OVERLAP, note_happenings
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation
from tests.runs.notes import Asking
from tests.runs.notifying.conftest import Hook, notifications, target_now, tick
from tests.runs.test_delegation import child_of, make_researcher, task
from tests.support.hooks import verify
from tests.support.mock_provider import Call, MockProvider, openai_reply
from tests.support.replies import Gate, json_reply

RED = parse_answer({"input": {"type": "tool_result", "results": [{"tool_call_id": "call_2", "content": "red"}]}})


async def test_a_run_that_ends_is_told_once_and_signed(talk: Conversation, hook: Hook) -> None:
    target = await hook.add(talk)
    run = await talk.ask("My secret words")
    for _ in range(3):
        await tick()
    [message] = hook.receiver.told
    assert message["type"] == "run.completed"
    assert message["data"]["run"] == {
        "id": str(run.id), "thread_id": str(talk.thread_id), "number": 1, "status": "completed", "agent": "helper",
        "model": "mock-1", "title": "A title",
    }  # fmt: skip
    assert message["data"]["url"].endswith(f"/threads/{talk.thread_id}/?run={run.id}")
    assert run.finished_at is not None
    told_at = msgspec.convert(message["timestamp"], type(run.finished_at))
    assert abs(told_at - run.finished_at) < timedelta(seconds=5)
    [(headers, body)] = hook.receiver.requests
    verify(hook.secret, headers, body)
    assert b"secret words" not in body
    [delivery] = await notifications()
    assert (delivery.target_id, str(delivery.pk), delivery.attempts) == (target.pk, headers["webhook-id"], 1)
    assert delivery.delivered_at is not None
    assert delivery.next_at is None


@pytest.mark.parametrize(("status", "events"), [("failed", ["failed"]), ("failed", ["completed"])])
async def test_only_the_chosen_events_are_told(talk: Conversation, hook: Hook, status: str, events: list[str]) -> None:
    await hook.add(talk, events=events)
    talk.provider.reply(json_reply({"error": {"message": "No."}}, status=401))
    assert (await talk.ask()).status == status
    await tick()
    assert hook.receiver.kinds == [f"run.{event}" for event in events if event == status]


async def test_a_cancelled_run_is_told(talk: Conversation, hook: Hook) -> None:
    await hook.add(talk)
    gate = Gate()
    talk.provider.reply(openai_reply("He", gate, "llo"))
    run = await talk.say()
    await gate.reached
    await talk.cancel(run)
    await talk.idle()
    await tick()
    assert hook.receiver.kinds == ["run.cancelled"]


async def test_each_wait_for_the_person_is_told_once(converse: Converse, provider: MockProvider, hook: Hook) -> None:
    talk = await converse(model={"tools": True}, tools=(Asking(),))
    await hook.add(talk)
    provider.reply(
        *(openai_reply(Call("colour", id=call_id)) for call_id in ("call_1", "call_2")), openai_reply("Thanks.")
    )
    run = await talk.ask()
    for waits in (1, 2):
        await tick()
        await tick()
        assert hook.receiver.kinds == ["run.waiting"] * waits
        await talk.respond(run, {"tool_call_id": f"call_{waits}", "content": "red"})
        await talk.idle()
    await tick()
    assert hook.receiver.kinds == ["run.waiting", "run.waiting", "run.completed"]


async def test_what_was_delegated_is_told_of_by_the_run_that_did(
    converse: Converse, provider: MockProvider, hook: Hook
) -> None:
    """A person knows of the run that they asked for: its part asks on its behalf, and its end is nobody's news."""
    talk = await converse(model={"tools": True}, tools=(Asking(),))
    await in_database(make_researcher, tools={"colour": "allow"})
    await hook.add(talk)
    provider.reply(
        openai_reply(task()), openai_reply(Call("colour", id="call_2")), *map(openai_reply, ("Red.", "Done."))
    )
    run = await talk.ask()
    child = await child_of(talk)
    assert (run.status, child.status) == ("waiting", "waiting")
    await tick()
    await talk.driver.answer(asker=talk.asker, run_id=child.pk, given=RED)
    await talk.idle()
    await tick()
    assert hook.receiver.kinds == ["run.waiting", "run.completed"]
    assert {message["data"]["run"]["id"] for message in hook.receiver.told} == {str(run.id)}


async def test_a_title_that_comes_later_is_no_news(converse: Converse, hook: Hook) -> None:
    talk = await converse(title="")
    await hook.add(talk)
    talk.provider.reply(openai_reply("Hello."), openai_reply("A greeting"))
    await talk.ask()
    await tick()
    assert hook.receiver.kinds == ["run.completed"]


async def test_what_was_before_the_target_is_not_told(talk: Conversation, hook: Hook) -> None:
    await talk.ask()
    await hook.add(talk)
    await tick()
    assert hook.receiver.told == []


async def test_what_others_run_is_not_told(talk: Conversation, hook: Hook) -> None:
    other = await in_database(User.objects.create_user, "other")
    talk_of_other = {"name": "Hook", "url": hook.url, "events": ["completed"], "secret": "whsec_AAAA"}
    await in_database(NotificationTarget.objects.create, owner=other, since=timezone.now(), **talk_of_other)
    await talk.ask()
    await tick()
    assert hook.receiver.told == []


async def test_a_copy_is_no_run_that_has_ended(talk: Conversation, hook: Hook) -> None:
    await hook.add(talk)
    run = await talk.ask()
    await in_database(fork, user_id=talk.asker.user_id, run_id=run.id, title="")
    await tick()
    assert len(hook.receiver.told) == 1


async def test_what_happened_while_nobody_looked_is_told(talk: Conversation, hook: Hook) -> None:
    """The server was down for longer than a look goes back."""
    await hook.add(talk)
    await talk.ask()
    long_ago = timezone.now() - 100 * OVERLAP
    await in_database(NotificationTarget.objects.update, since=long_ago)
    await tick()
    assert hook.receiver.kinds == ["run.completed"]
    assert (await target_now()).since > timezone.now() - 2 * OVERLAP
    await tick()
    assert hook.receiver.kinds == ["run.completed"]


async def test_whoever_dies_before_it_is_noted_leaves_it_to_the_next(talk: Conversation, hook: Hook) -> None:
    """How far the looks have come is written with what they found, or not at all."""
    await hook.add(talk)
    await talk.ask()
    long_ago = timezone.now() - 100 * OVERLAP
    await in_database(NotificationTarget.objects.update, since=long_ago)

    def die() -> None:
        with transaction.atomic():
            assert note_happenings() == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await in_database(die)
    assert (await target_now()).since == long_ago
    await tick()
    assert hook.receiver.kinds == ["run.completed"]


async def test_an_anonymous_conversation_does_not_tell_its_title(talk: Conversation, hook: Hook) -> None:
    await hook.add(talk)
    run = await talk.ask()
    await in_database(Run.objects.filter(pk=run.id).update, anonymous=True, title="About {{pii:PERSON_1}}")
    await tick()
    [message] = hook.receiver.told
    assert "title" not in message["data"]["run"]
    assert b"pii" not in hook.receiver.requests[0][1]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has one database thread to watch")
async def test_a_run_asks_nothing_for_it(talk: Conversation, hook: Hook) -> None:
    """Targets cost the run that is told nothing: no query of it names their tables."""
    await hook.add(talk)
    asked: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest)

    await in_database(lambda: connection.execute_wrappers.append(note))
    try:
        await talk.ask()
    finally:
        await in_database(lambda: connection.execute_wrappers.remove(note))
    assert len(asked) > 10
    assert not [sql for sql in asked if "notification" in sql]


async def test_without_targets_a_look_is_one_query(talk: Conversation) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            note_happenings()
        return len([query for query in queries if "SELECT" in query["sql"]])

    await talk.ask()
    assert await in_database(count) == 1
