"""An answer that was cut goes on where it stopped."""

from __future__ import annotations

import pytest

from coday.kernel.errors import CodayError
from runs.branching import continuation
from runs.events import RunOrigin, RunSnapshot
from tests.runs.conversation import Conversation, words
from tests.support.mock_provider import CUT, HANG, MockProvider, Reply, openai_reply


async def go_on(talk: Conversation, run: RunSnapshot) -> RunSnapshot:
    made = await talk.driver.capture(continuation.go_on, asker=talk.asker, run_id=run.id)
    await talk.idle()
    return await talk.run(made)


async def test_a_broken_answer_goes_on_behind_its_run(talk: Conversation, provider: MockProvider) -> None:
    provider.reply(openai_reply("One, two", CUT), openai_reply(", three."))
    cut = await talk.ask("Count.")
    assert cut.status == "failed"
    more = await go_on(talk, cut)

    assert (more.parent, more.lane, more.origin) == (cut.id, cut.lane, RunOrigin(run_id=cut.id, how="continue"))
    assert [message["content"] for message in talk.sent[-1]] == ["Count.", "One, two", continuation.WORDS]
    assert words(await talk.answer(more)) == ", three."
    assert (await talk.thread()).head == more.id


async def test_a_stopped_answer_goes_on(talk: Conversation, provider: MockProvider) -> None:
    provider.reply(openai_reply("One, two", HANG), openai_reply(", three."))
    async with talk.watch() as watcher:
        run = await talk.say("Count.")
        await watcher.said("two")
        await talk.cancel(run)
        await talk.idle()
    assert (await go_on(talk, run)).status == "completed"


async def test_an_answer_that_reached_the_limit_goes_on(talk: Conversation, provider: MockProvider) -> None:
    provider.reply(openai_reply("One, two", finish="length"), openai_reply(", three."))
    run = await talk.ask("Count.")
    assert run.status == "completed"
    assert (await go_on(talk, run)).parent == run.id


async def test_it_begins_a_branch_where_somebody_went_on_already(talk: Conversation, provider: MockProvider) -> None:
    provider.reply(openai_reply("One, two", CUT))
    cut = await talk.ask("Count.")
    await talk.ask("Never mind.")
    more = await go_on(talk, cut)
    assert more.parent == cut.id
    assert more.lane != cut.lane


async def test_a_whole_answer_and_silence_do_not_go_on(talk: Conversation, provider: MockProvider) -> None:
    provider.reply(openai_reply("One, two, three."), Reply(status=401))
    for run in (await talk.ask("Count."), await talk.ask("Count.")):
        with pytest.raises(CodayError) as refused:
            await go_on(talk, run)
        assert refused.value.code == "nothing_to_continue"


async def test_what_runs_does_not_go_on(talk: Conversation, provider: MockProvider) -> None:
    provider.reply(openai_reply("One", HANG))
    async with talk.watch() as watcher:
        run = await talk.say("Count.")
        await watcher.said("One")
        with pytest.raises(CodayError) as refused:
            await go_on(talk, run)
        assert refused.value.code == "run_state"
        await talk.cancel(run)
        await talk.idle()
