"""Another agent in the middle of a thread: it is remembered, and finds no tool call without its result."""

from __future__ import annotations

from typing import Any

import pytest

from agents.errors import AgentNotFoundError
from agents.models import Agent
from coday.kernel.database import in_database
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation
from tests.runs.notes import Gated, Notes
from tests.support.mock_provider import Call, MockProvider, openai_reply


async def _add_agent(slug: str, **values: Any) -> None:
    await in_database(lambda: Agent.objects.create(slug=slug, name=slug.title(), **values))


async def test_the_thread_remembers_who_was_named(talk: Conversation) -> None:
    await _add_agent("other")
    await talk.ask("Hello?", agent="other")
    again = await talk.ask("And now?")
    assert (again.agent, (await talk.thread()).agent) == ("other", "other")
    told = [
        frame["changed"] for frame in await talk.journal() if frame["type"] == "thread" and "agent" in frame["changed"]
    ]
    assert [change["agent"] for change in told] == ["other"]


async def test_a_model_is_for_the_message_that_names_it(talk: Conversation) -> None:
    await talk.ask("Hello?", model="mock-1")
    assert ((await talk.thread()).agent, (await talk.thread()).model) == ("", "")


async def test_a_refused_message_changes_nothing(talk: Conversation) -> None:
    await _add_agent("hidden", everyone=False)
    for named in ("hidden", "no-such-agent"):
        with pytest.raises(AgentNotFoundError):
            await talk.say("Hello?", agent=named)
    assert (await talk.thread()).agent == ""


async def test_the_next_agent_sees_whole_calls_alone(converse: Converse, provider: MockProvider) -> None:
    """One call was answered, one was cut off with its run: what the next agent is shown pairs every call with a result."""
    gated = Gated("slow")
    talk = await converse(model={"tools": True}, tools=(Notes(), gated))
    await _add_agent("plain")
    provider.reply(openai_reply(Call("note", id="c1")), openai_reply("Noted."), openai_reply(Call("slow", id="c2")))
    await talk.ask("Note it.")
    cut = await talk.say("And this, slowly.")
    await gated.gate.reached
    await talk.cancel(cut)
    await talk.idle()
    provider.reply(openai_reply("Hello from me."))
    run = await talk.ask("Who are you?", agent="plain")

    assert (run.status, run.agent) == ("completed", "plain")
    shown = talk.sent[-1]
    called = {call["id"] for message in shown for call in message.get("tool_calls", ())}
    answered = {message["tool_call_id"] for message in shown if message["role"] == "tool"}
    assert called == answered
    assert "c1" in called
