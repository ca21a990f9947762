"""What a model was not given is told in the journal, once for each run."""

from __future__ import annotations

from pytest_django import Settings

from runs.events import RunSnapshot
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation
from tests.runs.notes import Notes
from tests.support.mock_provider import Call, MockProvider, openai_reply

LONG = "The answer is long. " * 300


async def told(talk: Conversation, run: RunSnapshot) -> list[str]:
    """What the run told of its context."""
    frames = await talk.journal(run)
    return [frame["summary"] for frame in frames if frame["type"] == "step" and frame["kind"] == "context"]


async def test_a_long_result_of_an_earlier_run_is_sent_short_and_stays_whole(
    converse: Converse, provider: MockProvider
) -> None:
    talk = await converse(model={"tools": True, "context_window": 3_000}, tools=(Notes(answer=LONG),))
    provider.reply(openai_reply(Call("note")), openai_reply("Noted."), openai_reply("As I said."))
    first = await talk.ask()
    second = await talk.ask("And now? " * 200)

    assert await told(talk, first) == []
    assert await told(talk, second) == ["1 long tool result was shortened, because the model's window is full."]
    assert len(talk.sent[1][2]["content"]) == len(LONG)
    assert len(talk.sent[2][2]["content"]) < 1_200
    (kept,) = [message for message in await talk.messages(first) if message.role == "tool"]
    assert len(str(kept.content)) > len(LONG)


async def test_runs_that_are_left_out_are_told_once(
    converse: Converse, provider: MockProvider, settings: Settings
) -> None:
    settings.CODAY_AUTO_SUMMARY = False
    talk = await converse(model={"tools": True, "context_window": 3_000}, tools=(Notes(),))
    provider.reply(openai_reply(LONG), openai_reply(Call("note")), openai_reply("Noted."))
    await talk.ask("x" * 1_500)
    run = await talk.ask("And now?")

    assert await told(talk, run) == ["1 earlier run was left out, because the model's window is full."]
    assert [[message["role"] for message in sent] for sent in talk.sent[1:]] == [
        ["user"],
        ["user", "assistant", "tool"],
    ]


async def test_a_prompt_that_is_too_long_is_told(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(model={"context_window": 3_000}, agent={"instructions": LONG * 3})
    run = await talk.ask()

    assert run.status == "completed"
    assert await told(talk, run) == ["“Instructions of the agent” was cut in the prompt: it is too long."]
