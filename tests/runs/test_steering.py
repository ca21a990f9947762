"""Words for a run that is under way: accepted, applied before its next model call, or returned."""

from __future__ import annotations

from typing import Any

import pytest

from agents.models import Agent
from coday.kernel.database import in_database
from runs import steering
from runs.errors import KeyReusedError, RunStateError, UnsupportedInputError
from runs.events import RunSnapshot
from runs.execution.clock import return_unheard
from runs.models import Run, RunCommand
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation, words
from tests.runs.notes import Asking, Gated
from tests.support.mock_provider import Call, MockProvider, openai_reply
from tests.support.replies import Gate

TOOLS = {"tools": True}


async def steers(talk: Conversation, run: RunSnapshot) -> list[str]:
    """What became of what was said to the run."""
    frames = await talk.journal(run)
    return [frame["status"] for frame in frames if frame["type"] == "step" and frame["kind"] == "steer"]


async def test_words_join_a_run_before_its_next_model_call(converse: Converse, provider: MockProvider) -> None:
    tool = Gated()
    talk = await converse(model=TOOLS, tools=(tool,))
    provider.reply(openai_reply(Call("note")), openai_reply("In French, then."))
    run = await talk.say("Write it down.")
    await tool.gate.reached
    joined = await talk.say("In French!", when_busy="steer")
    assert joined.id == run.id
    assert await steers(talk, run) == ["accepted"]
    tool.gate.open()
    await talk.idle()

    assert await steers(talk, run) == ["accepted", "applied"]
    assert [message.role for message in await talk.messages(run)] == ["user", "assistant", "tool", "user", "assistant"]
    assert talk.sent[1][-1] == {"role": "user", "content": "In French!"}
    assert await in_database(Run.objects.count) == 1


async def test_what_a_run_did_not_hear_becomes_a_message_of_its_own(converse: Converse, provider: MockProvider) -> None:
    talk = await converse()
    gate = Gate()
    provider.reply(openai_reply("Yes", gate, "."), openai_reply("Of course."))
    run = await talk.say("Hello?")
    await gate.reached
    await talk.say("In French!", when_busy="steer", key="k")
    gate.open()
    await talk.idle()

    assert await steers(talk, run) == ["accepted", "returned"]
    returned = await in_database(Run.objects.get, number=2)
    assert (returned.status, returned.parent_id, returned.lane) == ("completed", run.id, run.lane)
    assert [message["content"] for message in talk.sent[1]] == ["Hello?", "Yes.", "In French!"]
    again = await talk.say("In French!", when_busy="steer", key="k")
    assert again.id == returned.pk


async def test_what_was_said_to_a_run_that_was_stopped_is_not_lost(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(model=TOOLS, tools=(Asking(),))
    provider.reply(openai_reply(Call("colour")), openai_reply("Of course."))
    run = await talk.ask("Paint.")
    await talk.say("Blue!", when_busy="steer")
    await talk.cancel(run)  # it waits: no process has it, so the clock sees to the words
    assert await steers(talk, run) == ["accepted", "returned"]
    created = list(await return_unheard())
    assert [each.run.status for each in created] == ["queued"]
    assert list(await return_unheard()) == []


async def test_a_run_that_waits_hears_it_when_it_goes_on(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(model=TOOLS, tools=(Asking(),))
    provider.reply(openai_reply(Call("colour")), openai_reply("Done."))
    run = await talk.ask("Paint.")
    await talk.say("And quickly.", when_busy="steer")
    await talk.respond(run, {"tool_call_id": "call_1", "content": "red"})
    await talk.idle()

    assert await steers(talk, run) == ["accepted", "applied"]
    assert talk.sent[1][-1]["content"] == "And quickly."


async def test_where_nothing_is_under_way_it_is_a_message(converse: Converse, provider: MockProvider) -> None:
    talk = await converse()
    provider.reply(openai_reply("Hi."))
    run = await talk.ask("Hello?", when_busy="steer")

    assert (run.status, run.commanded) == ("completed", False)
    assert words(await talk.answer(run)) == "Hi."


async def test_the_same_words_under_the_same_key_count_once(converse: Converse, provider: MockProvider) -> None:
    tool = Gated()
    talk = await converse(model=TOOLS, tools=(tool,))
    provider.reply(openai_reply(Call("note")), openai_reply("Fine."))
    run = await talk.say("Write it down.")
    await tool.gate.reached
    for _ in range(2):
        assert (await talk.say("In French!", when_busy="steer", key="k")).id == run.id
    with pytest.raises(KeyReusedError):
        await talk.say("In Danish!", when_busy="steer", key="k")
    tool.gate.open()
    await talk.idle()

    assert [words(message) for message in await talk.messages(run) if message.role == "user"][1:] == ["In French!"]


async def test_only_words_and_images_can_join(converse: Converse, provider: MockProvider) -> None:
    tool = Gated()
    talk = await converse(model=TOOLS, tools=(tool,))
    provider.reply(openai_reply(Call("note")), openai_reply("Fine."))
    await talk.say("Write it down.")
    await tool.gate.reached
    command: dict[str, Any] = {"type": "user", "text": "x", "commands": [{"type": "pin"}]}
    with pytest.raises(UnsupportedInputError):
        await talk.say(input=command, when_busy="steer")
    tool.gate.open()
    await talk.idle()


async def test_a_queued_message_may_join(converse: Converse, provider: MockProvider) -> None:
    tool = Gated()
    talk = await converse(model=TOOLS, tools=(tool,))
    provider.reply(openai_reply(Call("note")), openai_reply("Fine."), openai_reply("Second."))
    run = await talk.say("Write it down.")
    await tool.gate.reached
    queued = await talk.say("In French!")
    running, events = await in_database(steering.steer_queued, asker=talk.asker, run_id=queued.id)
    assert (running.pk, len(events)) == (run.id, 1)
    with pytest.raises(RunStateError):
        await in_database(steering.steer_queued, asker=talk.asker, run_id=run.id)
    tool.gate.open()
    await talk.idle()

    assert talk.sent[1][-1]["content"] == "In French!"


async def test_what_cannot_be_a_message_any_more_says_why(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(model=TOOLS, tools=(Asking(),))
    provider.reply(openai_reply(Call("colour")))
    run = await talk.ask("Paint.")
    await talk.say("Blue!", when_busy="steer")
    helper = await in_database(Agent.objects.get, slug="helper")
    helper.enabled = False
    await in_database(helper.save)
    await talk.cancel(run)
    [told] = await return_unheard()

    assert told.repeated
    assert told.events[0].changed == ("commands",)  # type: ignore[union-attr]
    row = await in_database(RunCommand.objects.get, run_id=run.id)
    assert (row.status, bool(row.result)) == ("returned", True)
    assert list(await return_unheard()) == []
