"""A whole run, from what a person says to its last event."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytest_django import Settings

from agents.models import Agent, LanguageModel, Provider
from coday.kernel.database import in_database
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation, ends, statuses, words
from tests.support.mock_provider import (
    CUT,
    HANG,
    Gate,
    MockProvider,
    Reply,
    Silence,
    Thought,
    Tokens,
    anthropic_reply,
    openai_reply,
)
from threads.content import TextPart, ThinkingPart
from usage.models import UsageRecord


async def test_tells_a_run_from_its_capture_to_its_end(talk: Conversation) -> None:
    talk.provider.reply(openai_reply("Hel", "lo"))
    async with talk.watch() as watcher:
        run = await talk.say("Hi")
        await watcher.ended(run)

    assert [frame["type"] for frame in watcher.durable] == ["run", "message", "thread", "run", "message", "run"]
    assert statuses(watcher.durable) == ["queued", "running", "completed"]
    assert watcher.durable[2]["changed"] == {"head": str(run.id)}
    assert ends(watcher.frames[-1], run)
    assert watcher.text == "HiHello"
    assert words(await talk.answer(run)) == "Hello"


async def test_a_message_is_announced_before_its_deltas_and_stored_after_them(talk: Conversation) -> None:
    talk.provider.reply(openai_reply("Hel", "lo"))
    async with talk.watch() as watcher:
        run = await talk.say("Hi")
        await watcher.ended(run)

    message_id = str((await talk.answer(run)).id)
    told = [
        frame for frame in watcher.frames if message_id in (frame.get("message_id"), frame.get("message", {}).get("id"))
    ]
    assert told[0]["type"] == "message_start"
    assert told[0]["message"]["status"] == "streaming"
    assert told[-1]["type"] == "message"
    assert told[-1]["message"]["status"] == "complete"
    assert {frame["type"] for frame in told[1:-1]} == {"delta"}


async def test_the_model_is_told_its_instructions_and_the_whole_branch(talk: Conversation) -> None:
    talk.provider.reply(openai_reply("First answer."), openai_reply("Second answer."), openai_reply("Third."))
    for text in ("One?", "Two?", "Three?"):
        await talk.ask(text)

    system = talk.provider.requests[-1].json["messages"][0]
    assert system["role"] == "system"
    assert system["content"].startswith("Be kind.")
    assert [message["content"] for message in talk.sent[-1]] == [
        "One?",
        "First answer.",
        "Two?",
        "Second answer.",
        "Three?",
    ]


async def test_an_answer_cut_by_the_length_limit_says_so(talk: Conversation) -> None:
    talk.provider.reply(openai_reply("And then", finish="length"))
    run = await talk.ask()

    assert run.status == "completed"
    step = next(frame for frame in await talk.journal(run) if frame["type"] == "step")
    assert (step["kind"], step["status"]) == ("decision", "length")
    assert step["details"] == {"message_id": str((await talk.answer(run)).id)}


async def test_a_filtered_answer_says_so(talk: Conversation) -> None:
    talk.provider.reply(openai_reply("I would", finish="content_filter"))
    run = await talk.ask()

    assert [frame["status"] for frame in await talk.journal(run) if frame["type"] == "step"] == ["content_filter"]


async def test_a_character_that_no_database_takes_is_dropped(talk: Conversation) -> None:
    talk.provider.reply(openai_reply(Thought("H\x00m."), "Hel\x00lo", "\x00"))
    async with talk.watch() as watcher:
        run = await talk.say()
        await watcher.ended(run)

    assert (await talk.run(run)).status == "completed"
    assert (await talk.answer(run)).content == (ThinkingPart("Hm.", provider="mock"), TextPart("Hello"))
    assert "Hm.Hello" in watcher.text


class TestUsage:
    async def test_is_rolled_up_with_cached_and_reasoning_tokens(self, talk: Conversation) -> None:
        talk.provider.reply(openai_reply("Hi", tokens=Tokens(input=1000, output=200, cached=400, reasoning=50)))
        run = await talk.ask()

        assert (run.usage.input_tokens, run.usage.output_tokens) == (1000, 200)
        assert (run.usage.cached_tokens, run.usage.reasoning_tokens) == (400, 50)
        assert run.usage.model_calls == 1
        # 600 × 3 + 400 × 0.30 + 200 × 15 for each million
        assert run.usage.cost == Decimal("0.00492")

    async def test_is_on_the_terminal_event(self, talk: Conversation) -> None:
        talk.provider.reply(openai_reply("Hi", tokens=Tokens(input=1000, output=200)))
        async with talk.watch() as watcher:
            end = await watcher.ended(await talk.say())

        assert end["run"]["usage"]["input_tokens"] == 1000
        assert Decimal(end["run"]["usage"]["cost"]) == Decimal("0.006")

    async def test_is_estimated_where_the_provider_tells_none(self, talk: Conversation) -> None:
        reply = openai_reply("A longer answer than one word.")
        talk.provider.reply(Reply(steps=tuple(step for step in reply.steps if b'"prompt_tokens"' not in bytes(step))))  # type: ignore[arg-type]
        run = await talk.ask("A question of several words, say.")

        record = await in_database(UsageRecord.objects.get, run_id=run.id)
        assert record.estimated
        assert record.complete
        assert run.usage.input_tokens > 5
        assert run.usage.output_tokens > 3

    async def test_an_interrupted_call_is_charged(self, talk: Conversation) -> None:
        talk.provider.reply(openai_reply("A beginning", CUT))
        run = await talk.ask()

        record = await in_database(UsageRecord.objects.get, run_id=run.id)
        assert (record.estimated, record.complete) == (True, False)
        assert run.usage.cost == record.cost
        assert record.cost

    async def test_an_unknown_price_is_no_price(self, converse: Converse) -> None:
        talk = await converse()
        run = await talk.ask()

        assert run.status == "completed"
        assert run.usage.input_tokens
        assert run.usage.cost is None


class TestThinking:
    async def test_is_streamed_stored_and_never_mixed_with_the_text(self, talk: Conversation) -> None:
        first, second = Gate(), Gate()
        talk.provider.reply(openai_reply(Thought("Hm, "), first, Thought("well."), second, "Yes."))
        async with talk.watch() as watcher:
            run = await talk.say()
            await watcher.said("Hm, ")
            first.open()
            await watcher.said("well.")
            second.open()
            await watcher.ended(run)

        assert (await talk.answer(run)).content == (ThinkingPart("Hm, well.", provider="mock"), TextPart("Yes."))
        assert [(f["kind"], f["part"], f["offset"], f["text"]) for f in watcher.frames if f["type"] == "delta"] == [
            ("thinking", 0, 0, "Hm, "),
            ("thinking", 0, 4, "well."),
            ("text", 1, 0, "Yes."),
        ]

    async def test_its_signature_goes_back_to_its_provider_and_nowhere_else(
        self, converse: Converse, provider: MockProvider
    ) -> None:
        talk = await converse(kind="anthropic")
        provider.reply(anthropic_reply(Thought("Hm.", "SIGNATURE"), "Yes."), anthropic_reply("Again yes."))
        async with talk.watch() as watcher:
            run = await talk.ask("One?")
            await talk.ask("Two?")

        assert (await talk.answer(run)).content[0] == ThinkingPart("Hm.", "SIGNATURE", "mock")
        blocks = provider.requests[1].json["messages"][1]["content"]
        assert blocks[0] == {"type": "thinking", "thinking": "Hm.", "signature": "SIGNATURE"}
        assert not any("SIGNATURE" in frame for frame in watcher.raw)
        assert "SIGNATURE" not in str(await talk.journal())

    async def test_another_provider_does_not_get_it(self, converse: Converse, provider: MockProvider) -> None:
        talk = await converse(kind="anthropic")
        await in_database(_add_model, provider.base_url)
        provider.reply(anthropic_reply(Thought("Hm.", "SIGNATURE"), "Yes."), anthropic_reply("Again yes."))
        await talk.ask("One?")
        run = await talk.ask("Two?", model="other-1")

        assert run.status == "completed"
        assert run.model == "other-1"
        assert b"SIGNATURE" not in provider.requests[1].body
        assert b"Hm." not in provider.requests[1].body


def _add_model(base_url: str) -> None:
    other = Provider.objects.create(slug="other", name="Other", kind="anthropic", base_url=base_url, api_key="k")
    LanguageModel.objects.create(provider=other, slug="other-1", name="other-1", label="Other 1")


class TestPlace:
    async def test_the_head_moves_to_what_was_said_last(self, talk: Conversation) -> None:
        first, second = await talk.ask("One?"), await talk.ask("Two?")

        assert (await talk.thread()).head == second.id
        assert second.parent == first.id
        assert second.lane == first.lane
        assert (first.number, second.number) == (1, 2)

    async def test_a_branch_begins_behind_any_earlier_run(self, talk: Conversation) -> None:
        first = await talk.ask("One?")
        await talk.ask("Two?")
        branch = await talk.ask("Other two?", parent=str(first.id))

        assert branch.parent == first.id
        assert branch.lane != first.lane
        assert [m["content"] for m in talk.sent[-1] if m["role"] == "user"] == ["One?", "Other two?"]

    async def test_what_follows_a_branch_stays_on_it(self, talk: Conversation) -> None:
        first = await talk.ask("One?")
        await talk.ask("Two?")
        branch = await talk.ask("Other two?", parent=str(first.id))
        third = await talk.ask("Three?")

        assert third.lane == branch.lane
        assert [m["content"] for m in talk.sent[-1] if m["role"] == "user"] == ["One?", "Other two?", "Three?"]


class TestFailedTurns:
    async def test_an_unanswered_input_is_kept_and_left_out_of_the_next_request(self, talk: Conversation) -> None:
        talk.provider.reply(openai_reply("First."), Reply(status=401), openai_reply("Third."))
        await talk.ask("One?")
        failed = await talk.ask("Two?")
        await talk.ask("Three?")

        assert failed.status == "failed"
        assert [words(message) for message in await talk.messages(failed)] == ["Two?"]
        assert [message["content"] for message in talk.sent[-1]] == ["One?", "First.", "Three?"]

    async def test_a_partial_answer_stays_in_view(self, talk: Conversation) -> None:
        talk.provider.reply(openai_reply("Half an", CUT), openai_reply("More."))
        failed = await talk.ask("One?")
        await talk.ask("Go on.")

        assert failed.status == "failed"
        assert (await talk.answer(failed)).status == "partial"
        assert [message["content"] for message in talk.sent[-1]] == ["One?", "Half an", "Go on."]

    async def test_a_run_whose_agent_is_gone_fails_with_a_code(self, talk: Conversation) -> None:
        gate = Gate()
        talk.provider.reply(openai_reply("One", gate))
        first = await talk.say("One?")
        await gate.reached
        second = await talk.say("Two?")
        await in_database(_disable_agents)
        gate.open()
        await talk.idle()

        assert (await talk.run(first)).status == "completed"
        ended = await talk.run(second)
        assert ended.status == "failed"
        assert ended.error
        assert ended.error.code == "agent_not_found"


def _disable_agents() -> None:
    for agent in Agent.objects.all():
        agent.enabled = False
        agent.save()


class TestStall:
    @pytest.fixture(autouse=True)
    def _one_attempt(self, settings: Settings) -> None:
        settings.CODAY_PROVIDER_ATTEMPTS = 1

    async def test_a_provider_that_never_begins_is_given_up(self, converse: Converse, provider: MockProvider) -> None:
        talk = await converse(model={"first_byte_timeout": 0.1})
        provider.reply(Reply(steps=(HANG,)))
        run = await talk.ask()

        assert run.error
        assert (run.status, run.error.code, run.error.retryable) == ("failed", "provider_stalled", True)
        await provider.requests[0].disconnected

    async def test_a_provider_that_falls_silent_is_given_up_and_its_words_are_kept(
        self, converse: Converse, provider: MockProvider
    ) -> None:
        talk = await converse(model={"chunk_timeout": 0.1})
        provider.reply(openai_reply("A beginning", HANG))
        run = await talk.ask()

        assert run.error
        assert (run.status, run.error.code) == ("failed", "provider_stalled")
        answer = await talk.answer(run)
        assert (answer.status, words(answer)) == ("partial", "A beginning")
        await provider.requests[0].disconnected

    async def test_a_later_chunk_may_take_longer_than_the_first_byte(
        self, converse: Converse, provider: MockProvider
    ) -> None:
        talk = await converse(model={"first_byte_timeout": 0.1, "chunk_timeout": 20.0})
        provider.reply(openai_reply("One", Silence(0.3), " two"))
        run = await talk.ask()

        assert run.status == "completed"
        assert words(await talk.answer(run)) == "One two"
