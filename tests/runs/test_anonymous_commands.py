"""Commands and steering in anonymous threads: what they say is masked as everything is."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from coday.kernel.database import in_database
from runs.commands import command_object
from runs.models import RunCommand
from runs.summarizing import summaries
from tests.runs.notes import Gated
from tests.runs.test_anonymous import ERIKA, JANE, MAX, analyzer, hidden, sent, stored
from tests.support.mock_provider import Call, MockProvider, openai_reply
from threads.covering import covering
from threads.errors import PersonalTagError

__all__ = ["analyzer", "hidden"]  # fixtures

TOKENS = ["{{pii:PERSON_1}}", "{{pii:PERSON_2}}", "{{pii:PERSON_3}}"]


async def test_the_words_of_commands_are_masked(hidden: Any, provider: MockProvider) -> None:
    talk = await hidden()
    provider.reply(openai_reply("One."), openai_reply("Two."))
    commands = [
        {"type": "prompt", "text": f"Who is {MAX}?"},
        {"type": "title", "title": f"About {ERIKA}"},
        {"type": "sequence", "commands": [{"type": "title", "title": f"{JANE}", "of": "run"}]},
    ]
    run = await talk.ask(input={"type": "user", "text": f"And {MAX} again?", "commands": commands})

    assert run.status == "completed"
    kept = await in_database(stored)
    for value in (MAX, ERIKA, JANE):
        assert value not in sent(provider)
        assert value not in kept
    assert [message["content"] for message in talk.sent[1]] == [
        f"Who is {TOKENS[0]}?",
        "One.",
        f"And {TOKENS[0]} again?",
    ]
    assert (await talk.thread()).title == f"About {TOKENS[1]}"
    assert (await talk.run(run)).title == TOKENS[2]


async def test_a_tag_that_names_somebody_is_refused_before_anything_is_kept(
    hidden: Any, provider: MockProvider
) -> None:
    talk = await hidden()
    with pytest.raises(PersonalTagError):
        await talk.say(input={"type": "user", "text": "Hm?", "commands": [{"type": "tag", "tags": ["work", MAX]}]})

    assert MAX not in await in_database(stored)
    assert talk.sent == []


async def test_what_is_said_to_a_run_is_masked(hidden: Any, provider: MockProvider) -> None:
    tool = Gated()
    talk = await hidden(model={"tools": True}, tools=(tool,))
    provider.reply(openai_reply(Call("note")), openai_reply("Fine."))
    run = await talk.say("Write it down.")
    await tool.gate.reached
    await talk.say(f"For {MAX}!", when_busy="steer")
    tool.gate.open()
    await talk.idle()

    assert talk.sent[1][-1]["content"] == f"For {TOKENS[0]}!"
    assert MAX not in await in_database(stored)
    row = await in_database(RunCommand.objects.get, run_id=run.id)
    assert command_object(row)["arguments"] == {"text": f"For {TOKENS[0]}!"}


async def test_a_summary_is_made_of_masks_and_kept_with_masks(hidden: Any, provider: MockProvider) -> None:
    talk = await hidden()
    provider.reply(openai_reply("Hello."), openai_reply(f"{TOKENS[0]} likes tea."), openai_reply("Tea."))
    run = await talk.ask(f"I am {MAX} and I like tea.")
    command = {"type": "summarize", "runs": [str(run.id)], "instructions": f"Mind {ERIKA}."}
    await talk.ask(input={"type": "user", "commands": [command]})
    await talk.ask("What do I like?")
    [summary] = await in_database(lambda: summaries.of_thread(user_id=run.user_id, thread_id=run.thread_id))
    edit = partial(summaries.edit, user_id=run.user_id, summary_id=summary.id, text=f"{JANE} and {MAX} like tea.")
    edited = await covering(partial(in_database, edit))

    for value in (MAX, ERIKA, JANE):
        assert value not in sent(provider)
        assert value not in await in_database(stored)
    assert f"Mind {TOKENS[1]}." in talk.sent[1][0]["content"]
    assert f"{TOKENS[0]} likes tea." in talk.sent[2][0]["content"]
    assert edited.text == f"{TOKENS[2]} and {TOKENS[0]} like tea."
