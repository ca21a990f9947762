"""Built-in tools in whole runs: called by a model, shown, asked, answered, and told as failures where they fail."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import json

from coday.kernel.database import in_database
from runs.models import ToolCall
from runs.tools.registry import BUILTIN
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation
from tests.support.mock_provider import Call, openai_reply

CHART = {"type": "pie", "title": "Cake", "labels": ["Ann", "Ben"], "series": [{"name": "Pieces", "values": [3, 1]}]}
CHOICE = {"question": "Tea?", "options": [{"value": "y", "label": "Yes"}, {"value": "n", "label": "No"}]}


@pytest.fixture
async def talk(converse: Converse) -> Conversation:
    """A conversation whose agent has all built-in tools."""
    return await converse(model={"tools": True}, agent={"tools": dict.fromkeys(BUILTIN, "allow")})


def calling(name: str, arguments: dict[str, Any], *, id: str = "call_1") -> Call:  # noqa: A002  # the mock's word
    return Call(name, (json.encode(arguments).decode(),), id=id)


async def rows() -> dict[str, ToolCall]:
    """All calls, by their ids."""
    return await in_database(lambda: {call.call_id: call for call in ToolCall.objects.all()})


async def test_calls_side_by_side_are_answered_each(talk: Conversation) -> None:
    calls = [
        calling("calculate", {"expression": "6*7"}, id="c1"),
        calling("calculate", {"expression": "9**9**9"}, id="c2"),
        calling("show_chart", CHART, id="c3"),
        calling("show_chart", {**CHART, "labels": ["Ann"]}, id="c4"),
        calling("show_chart", {**CHART, "colour": "red"}, id="c5"),
        calling("fetch_page", {"url": "http://169.254.169.254/"}, id="c6"),
        calling("read_result", {"call_id": "nobody"}, id="c7"),
    ]
    talk.provider.reply(openai_reply(*calls), openai_reply("Done."))
    run = await talk.ask()
    found = await rows()
    assert run.status == "completed"
    assert {name: call.status for name, call in found.items()} == {
        "c1": "succeeded", "c2": "failed", "c3": "succeeded", "c4": "failed", "c5": "failed", "c6": "failed",
        "c7": "failed",
    }  # fmt: skip
    assert found["c1"].content == "6*7 = 42"
    assert (found["c3"].kind, found["c3"].arguments) == ("display", CHART)
    assert "2 values for 1 labels" in found["c4"].content
    assert "has no 'colour'" in found["c5"].content
    assert "not public" in found["c6"].content


async def test_a_choice_waits_for_the_person_and_goes_on_with_the_answer(talk: Conversation) -> None:
    talk.provider.reply(openai_reply(calling("ask_choice", CHOICE)), openai_reply("Then tea."))
    run = await talk.ask()
    assert run.status == "waiting"
    asked = (await rows())["call_1"]
    assert (asked.status, asked.asks, asked.question) == ("waiting", "answer", "Tea?")
    await talk.respond(run, {"tool_call_id": "call_1", "content": "y"})
    await talk.idle()
    assert (await talk.run(run)).status == "completed"
    assert (await rows())["call_1"].content == "The person chose: Yes (y)."
    assert "The person chose: Yes (y)." in str(talk.provider.requests[-1].json["messages"][-1])


async def test_a_question_does_not_find_itself(talk: Conversation) -> None:
    talk.provider.reply(
        openai_reply(calling("search_threads", {"query": "unicorns"})), openai_reply("Nothing about unicorns.")
    )
    await talk.ask("Did we talk about unicorns?")
    assert (await rows())["call_1"].content.startswith("No earlier conversation")
