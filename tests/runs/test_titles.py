"""The title: one metered model call after the first run that completes."""

from __future__ import annotations

import pytest

from agents.models import LanguageModel
from coday.kernel.database import in_database
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation, ends
from tests.support.mock_provider import Gate, Reply, Tokens, openai_reply
from threads.operations import update_thread
from usage.models import UsageRecord


@pytest.fixture
async def talk(converse: Converse) -> Conversation:
    """A conversation in a thread that nobody has named."""
    return await converse(title="", model={"input_price": 3, "output_price": 15})


async def test_the_first_completed_run_gives_the_thread_a_title(talk: Conversation) -> None:
    talk.provider.reply(openai_reply("Rain."), openai_reply('"Weather in Köln"'))
    async with talk.watch() as watcher:
        await talk.ask("How is the weather?")
        told = await watcher.frame(lambda frame: frame["type"] == "thread" and "title" in frame["changed"])

    assert told["changed"] == {"title": "Weather in Köln"}
    assert (await talk.thread()).title == "Weather in Köln"
    asked = talk.provider.requests[1].json["messages"][-1]["content"]
    assert "How is the weather?" in asked
    assert "Rain." in asked


async def test_it_is_asked_for_after_the_run_has_ended(talk: Conversation) -> None:
    gate = Gate()
    talk.provider.reply(openai_reply("Rain."), openai_reply(gate, "Weather"))
    async with talk.watch() as watcher:
        run = await talk.say()
        await gate.reached
        await watcher.ended(run)
        assert not (await talk.thread()).title
        gate.open()
        await talk.idle()

    terminal = next(i for i, frame in enumerate(watcher.frames) if ends(frame, run))
    later = [frame["type"] for frame in watcher.frames[terminal + 1 :]]
    assert sorted(later) == ["run", "thread"]


async def test_its_cost_is_added_to_the_run(talk: Conversation) -> None:
    talk.provider.reply(
        openai_reply("Rain.", tokens=Tokens(input=100, output=10)),
        openai_reply("Weather", tokens=Tokens(input=50, output=5)),
    )
    async with talk.watch() as watcher:
        run = await talk.ask()

    assert (run.usage.input_tokens, run.usage.output_tokens, run.usage.model_calls) == (150, 15, 2)
    records = await in_database(lambda: list(UsageRecord.objects.filter(run_id=run.id)))
    assert {record.purpose for record in records} == {"answer", "title"}
    assert run.usage.cost == sum(record.cost for record in records if record.cost)
    charged = await watcher.frame(lambda frame: frame.get("changed") == ["usage"])
    assert charged["run"]["usage"]["input_tokens"] == 150
    assert charged["run"]["status"] == "completed"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=500),
        openai_reply(""),
        openai_reply("I would be glad to help you with a title, but first I need to know more about it."),
    ],
    ids=["refused", "empty", "no title"],
)
async def test_the_persons_first_words_are_the_title_where_no_model_helps(talk: Conversation, reply: Reply) -> None:
    talk.provider.reply(openai_reply("Rain."), reply)
    run = await talk.ask("How is\nthe weather?")

    assert run.status == "completed"
    assert (await talk.thread()).title == "How is the weather?"


async def test_a_long_first_message_is_cut_at_a_word(talk: Conversation) -> None:
    talk.provider.reply(openai_reply("Well."), Reply(status=500))
    await talk.ask("word " * 100)

    title = (await talk.thread()).title
    assert title.endswith("word…")
    assert len(title) <= 80


async def test_the_first_words_are_the_title_where_the_model_was_disabled_meanwhile(talk: Conversation) -> None:
    gate = Gate()
    talk.provider.reply(openai_reply("Rain.", gate))
    run = await talk.say("How is the weather?")
    await gate.reached
    await in_database(_disable_models)
    gate.open()
    await talk.idle()

    assert (await talk.run(run)).status == "completed"
    assert (await talk.thread()).title == "How is the weather?"


async def test_a_persons_title_is_never_overwritten(talk: Conversation) -> None:
    gate = Gate()
    talk.provider.reply(openai_reply("Rain."), openai_reply(gate, "Weather"))
    await talk.say()
    await gate.reached
    await in_database(
        update_thread, user_id=talk.asker.user_id, thread_id=talk.thread_id, changes={"title": "My own title"}
    )
    gate.open()
    await talk.idle()

    assert (await talk.thread()).title == "My own title"
    assert await in_database(UsageRecord.objects.filter(purpose="title").count) == 1


async def test_a_thread_with_a_title_is_asked_for_none(converse: Converse) -> None:
    talk = await converse(title="Named")
    await talk.ask()

    assert len(talk.provider.requests) == 1


async def test_a_failed_run_gives_no_title_and_the_next_one_does(talk: Conversation) -> None:
    talk.provider.reply(Reply(status=401), openai_reply("Rain."), openai_reply("Weather"))
    await talk.ask("One?")
    assert not (await talk.thread()).title

    await talk.ask("Two?")
    assert (await talk.thread()).title == "Weather"


async def test_the_next_run_does_not_wait_for_the_title(talk: Conversation) -> None:
    gate = Gate()
    talk.provider.reply(openai_reply("Rain."), openai_reply(gate, "Weather"), openai_reply("Sun."))
    async with talk.watch() as watcher:
        await talk.say("One?")
        await gate.reached
        await watcher.ended(await talk.say("Two?"))
        gate.open()
        await talk.idle()


async def test_a_run_that_is_stopped_while_its_title_is_written_stays_completed(talk: Conversation) -> None:
    gate = Gate()
    talk.provider.reply(openai_reply("Rain."), openai_reply(gate, "Weather"))
    run = await talk.say("One?")
    await gate.reached
    assert (await talk.cancel(run)).status == "completed"
    gate.open()
    await talk.idle()

    assert (await talk.run(run)).status == "completed"
    assert (await talk.thread()).title == "Weather"


def _disable_models() -> None:
    for model in LanguageModel.objects.all():
        model.enabled = False
        model.save(update_fields=["enabled"])
