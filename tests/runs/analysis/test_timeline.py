"""The timeline of a run: what was written down while it went on, along its time."""

from __future__ import annotations

from typing import Any

from coday.kernel.database import in_database
from runs.analysis.timeline import Entry, Timeline, timeline
from runs.events import RunSnapshot
from runs.models import Run, RunEventRecord
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation
from tests.runs.notes import ASKS_FIRST, Asking, Notes
from tests.runs.test_delegation import task, team
from tests.support.mock_provider import Call, Gate, MockProvider, Reply, Tokens, openai_reply
from usage.models import UsageRecord

__all__ = ["team"]  # a fixture


async def shown(run: RunSnapshot) -> Timeline:
    """The run's timeline as it is now."""
    return await in_database(lambda: timeline(run=Run.objects.get(pk=run.id)))


def kinds(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.kind for entry in entries]


def in_order(found: Timeline) -> bool:
    """Whether every entry lies within the time of the whole, begins after the one before it, and ends after it began."""
    starts = [entry.started_at for entry in found.entries]
    ends = [entry.finished_at for entry in found.entries if entry.finished_at]
    sound = all(entry.finished_at is None or entry.finished_at >= entry.started_at for entry in found.entries)
    return (
        sound
        and starts == sorted(starts)
        and starts[0] >= found.started_at
        and max(ends) <= (found.finished_at or max(ends))
    )


async def test_model_calls_and_tools_stand_where_they_were(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(
        model={"tools": True, "input_price": 3, "output_price": 15},
        tools=(Notes(),),
    )
    provider.reply(
        openai_reply(Call("note", ('{"text": "x"}',)), tokens=Tokens(input=100, output=10)), openai_reply("Done.")
    )
    run = await talk.ask()

    found = await shown(run)
    assert kinds(found.entries) == ["queue", "model", "tool", "model"]
    assert in_order(found)
    queue, first, tool, second = found.entries
    assert (tool.label, tool.status, tool.details["kind"]) == ("note", "succeeded", "backend")
    assert (first.details["input_tokens"], first.details["purpose"], first.details["cost"]) == (
        100,
        "answer",
        "0.000450000",
    )
    for call in (first, second):
        assert call.started_at <= call.details["first_token_at"] <= call.finished_at
    assert queue.started_at == found.started_at == run.created_at


async def test_the_time_until_the_first_token_is_the_providers(talk: Conversation, provider: MockProvider) -> None:
    gate = Gate()
    provider.reply(openai_reply(gate, "Now."))
    run = await talk.say()
    await gate.reached
    before = (await in_database(Run.objects.get, pk=run.id)).started_at
    gate.open()
    await talk.idle()

    call = next(entry for entry in (await shown(run)).entries if entry.kind == "model")
    assert before is not None
    assert call.started_at >= before
    assert call.details["first_token_at"] > call.started_at


async def test_waiting_for_a_person_is_told_apart_from_work(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(model={"tools": True}, tools=(Notes(traits=ASKS_FIRST),))
    provider.reply(openai_reply(Call("note", ('{"text": "x"}',))), openai_reply("Done."))
    run = await talk.ask()
    waiting = await shown(run)
    assert (waiting.finished_at, waiting.entries[-1].kind, waiting.entries[-1].status) == (None, "wait", "running")

    await talk.respond(run, {"tool_call_id": "call_1", "approved": True})
    await talk.idle()
    found = await shown(run)
    assert kinds(found.entries) == ["queue", "model", "wait", "tool", "model"]
    wait = found.entries[2]
    assert (wait.details, wait.status, wait.label) == ({"for": ["approval"]}, "done", "Waits for a person")
    assert in_order(found)


async def test_what_was_handed_on_is_seen_inside(team: Any, provider: MockProvider) -> None:
    talk = await team()
    provider.reply(openai_reply(task()), openai_reply("It is 42."), openai_reply("They say 42."))
    run = await talk.ask()

    [delegation] = [entry for entry in (await shown(run)).entries if entry.kind == "delegation"]
    assert (delegation.label, delegation.status) == ("researcher", "completed")
    assert kinds(delegation.entries) == ["queue", "model"]
    wait = next(entry for entry in (await shown(run)).entries if entry.kind == "wait")
    assert (wait.label, wait.details) == ("Waits for another agent", {"for": ["run"]})


async def test_a_retry_is_a_decision_with_the_time_that_it_cost(talk: Conversation, provider: MockProvider) -> None:
    provider.reply(Reply(status=500, steps=(b"{}",)), openai_reply("Here."))
    run = await talk.ask()

    found = await shown(run)
    assert kinds(found.entries) == ["queue", "step", "model"]
    retry = found.entries[1]
    assert (retry.details, retry.status) == ({"kind": "retry"}, "waiting")
    assert retry.finished_at is not None
    assert retry.finished_at > retry.started_at


async def test_what_is_being_said_has_no_end_yet(talk: Conversation, provider: MockProvider) -> None:
    gate = Gate()
    provider.reply(openai_reply("Hel", gate, "lo"))
    run = await talk.say()
    await gate.reached
    found = await shown(run)
    assert found.finished_at is None
    assert (found.entries[-1].kind, found.entries[-1].status, found.entries[-1].finished_at) == (
        "model",
        "running",
        None,
    )
    gate.open()
    await talk.idle()
    ended = await shown(run)
    assert ended.finished_at is not None
    assert kinds(ended.entries) == kinds(found.entries)


async def test_a_call_from_before_its_times_were_noted_begins_with_its_message(talk: Conversation) -> None:
    run = await talk.ask()
    await in_database(UsageRecord.objects.update, started_at=None, first_token_at=None)
    [message] = [message for message in await talk.messages(run) if message.role == "assistant"]
    call = next(entry for entry in (await shown(run)).entries if entry.kind == "model")
    assert call.started_at == message.created_at
    assert "first_token_at" not in call.details


async def test_a_run_without_a_journal_has_its_beginning_and_its_end(talk: Conversation) -> None:
    run = await talk.ask()
    await in_database(RunEventRecord.objects.filter(run_id=run.id).delete)
    await in_database(UsageRecord.objects.all().delete)
    found = await shown(run)
    assert kinds(found.entries) == ["queue"]
    assert found.finished_at == run.finished_at


async def test_a_question_keeps_its_run_waiting(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(model={"tools": True}, tools=(Asking(),))
    provider.reply(openai_reply(Call("colour", ("{}",))), openai_reply("Done."))
    run = await talk.ask()
    [wait] = [entry for entry in (await shown(run)).entries if entry.kind == "wait"]
    assert (wait.details, wait.finished_at) == ({"for": ["answer"]}, None)
