"""What a run makes of a provider that does not answer as asked."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from pytest_django import Settings

from agents.models import Provider
from coday.kernel.database import in_database
from tests.runs.conftest import Converse
from tests.runs.conversation import KEY, Conversation, Frame, words
from tests.support.mock_provider import CUT, HANG, Gate, MockProvider, Reply, Silence, json_reply, openai_reply, sse

HTML = Reply(content_type="text/html", steps=(b"<!doctype html><title>Welcome</title>",))
REFUSED_KEY = json_reply(
    {"error": {"message": f"Incorrect API key provided: {KEY}", "code": "invalid_api_key"}}, status=401
)

NO_WORDS = Reply(steps=sse({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, "[DONE]"))
NO_HTTP = Reply(headers={"Content-Length": "x"}, steps=(b"",), framed=False)

BEFORE_ANYTHING = {
    "401": (REFUSED_KEY, "provider_auth", False),
    "404": (json_reply({"error": {"message": "no such model"}}, status=404), "provider_not_found", False),
    "400": (json_reply({"error": {"message": f"Bad key {KEY}"}}, status=400), "provider_rejected", False),
    "429": (Reply(status=429, headers={"Retry-After": "3600"}, steps=(b"{}",)), "provider_rate_limited", True),
    "500": (Reply(status=500, steps=(b"Traceback (most recent call last): secret",)), "provider_unavailable", True),
    "HTML": (HTML, "provider_protocol", True),
    "an empty body": (Reply(), "provider_protocol", True),
    "no words": (NO_WORDS, "provider_empty_answer", True),
    "half a chunk": (Reply(steps=(b'data: {"choices": [{"ind', CUT)), "provider_disconnected", True),
    "broken JSON": (Reply(steps=(b"data: {broken\n\n",)), "provider_protocol", True),
    "no HTTP": (NO_HTTP, "provider_protocol", True),
    "a cut connection": (Reply(steps=(CUT,)), "provider_disconnected", True),
}

AFTER_SOME_TEXT = {
    "a cut connection": ((CUT,), "provider_disconnected"),
    "half a chunk": ((b'data: {"choices": [{"ind', CUT), "provider_disconnected"),
    "broken JSON": ((b"data: {broken\n\n",), "provider_protocol"),
    "an error": (sse({"error": {"message": "overloaded", "type": "server_error"}}), "provider_unavailable"),
    "a rate limit": (sse({"error": {"message": "slow down", "code": 429}}), "provider_rate_limited"),
    "silence": ((HANG,), "provider_stalled"),
}


class TestBeforeAnythingWasSaid:
    @pytest.fixture(autouse=True)
    def _one_attempt(self, settings: Settings) -> None:
        settings.CODAY_PROVIDER_ATTEMPTS = 1

    @pytest.mark.parametrize("name", BEFORE_ANYTHING)
    async def test_the_run_fails_with_a_code_and_the_next_one_starts(self, talk: Conversation, name: str) -> None:
        reply, code, retryable = BEFORE_ANYTHING[name]
        talk.provider.reply(reply, openai_reply("Better."))
        async with talk.watch() as watcher:
            failed, following = await talk.say("One?"), await talk.say("Two?")
            await watcher.ended(following)

        failed, following = await talk.run(failed), await talk.run(following)
        assert failed.status == "failed"
        assert failed.error
        assert failed.error.code == code
        assert failed.error.retryable is retryable
        assert following.status == "completed"
        assert [words(message) for message in await talk.messages(failed)] == ["One?"]
        _told_once_and_clean(watcher.raw, watcher.of(failed, "error"), watcher.of(failed, "run"), failed.error.code)

    async def test_silence(self, converse: Converse, provider: MockProvider) -> None:
        talk = await converse(model={"first_byte_timeout": 0.1})
        provider.reply(Reply(steps=(HANG,)))
        async with talk.watch() as watcher:
            failed = await talk.say("One?")
            await watcher.ended(failed)

        _told_once_and_clean(watcher.raw, watcher.of(failed, "error"), watcher.of(failed, "run"), "provider_stalled")

    async def test_nobody_listens_there(self, talk: Conversation) -> None:
        await talk.provider.aclose()
        run = await talk.ask()

        assert run.error
        assert (run.error.code, run.error.retryable) == ("provider_unavailable", True)

    async def test_a_wait_that_is_too_long_is_told(self, talk: Conversation) -> None:
        talk.provider.reply(Reply(status=429, headers={"Retry-After": "3600"}, steps=(b"{}",)))
        run = await talk.ask()

        [error] = [frame for frame in await talk.journal(run) if frame["type"] == "error"]
        assert error["details"]["retry_after"] == 3600


class TestAfterSomeText:
    @pytest.mark.parametrize("name", AFTER_SOME_TEXT)
    async def test_the_text_is_kept_and_nothing_is_tried_again(
        self, converse: Converse, provider: MockProvider, name: str
    ) -> None:
        rest, code = AFTER_SOME_TEXT[name]
        talk = await converse(model={"chunk_timeout": 0.3})
        gate = Gate()
        beginning = openai_reply("Half an answer").steps[:2]
        provider.reply(Reply(steps=(*beginning, gate, *rest)), openai_reply("Better."))
        async with talk.watch() as watcher:
            failed, following = await talk.say("One?"), await talk.say("Two?")
            await watcher.said("Half an answer")
            gate.open()
            await watcher.ended(following)

        told = [frame["type"] for frame in watcher.durable if frame.get("run_id") == str(failed.id)]
        assert told[-3:] == ["message", "error", "run"]
        answer = await talk.answer(failed)
        assert (answer.status, words(answer)) == ("partial", "Half an answer")
        assert len(provider.requests) == 2
        assert (await talk.run(following)).status == "completed"
        _told_once_and_clean(watcher.raw, watcher.of(failed, "error"), watcher.of(failed, "run"), code)


def _told_once_and_clean(raw: list[str], errors: list[Frame], runs: list[Frame], code: str) -> None:
    """One error with this code, before one terminal event; nothing secret or internal in any frame."""
    assert [error["code"] for error in errors] == [code]
    end = runs[-1]
    assert end["run"]["error"]["code"] == code
    assert errors[0]["seq"] < end["seq"]
    everything = "\n".join(raw)
    assert KEY not in everything
    assert not re.search(r"Traceback|File \\?\"|secret|aiohttp|httpx|127\.0\.0\.1", everything)


class TestRetries:
    async def test_a_provider_that_recovers_is_forgiven(self, talk: Conversation) -> None:
        limited, down = (Reply(status=status, headers={"Retry-After": "0"}) for status in (429, 503))
        talk.provider.reply(limited, down, openai_reply("Hi"))
        async with talk.watch() as watcher:
            run = await talk.say()
            await watcher.ended(run)

        assert (await talk.run(run)).status == "completed"
        steps = [frame for frame in watcher.durable if frame["type"] == "step"]
        assert [(step["kind"], step["details"]["attempt"], step["details"]["code"]) for step in steps] == [
            ("retry", 1, "provider_rate_limited"),
            ("retry", 2, "provider_unavailable"),
        ]
        assert len([frame for frame in watcher.frames if frame["type"] == "message_start"]) == 1

    async def test_the_wait_that_was_asked_for_is_kept(self, talk: Conversation) -> None:
        arrived: list[float] = []

        def answer(_: object) -> Reply:
            arrived.append(time.monotonic())
            late = Reply(status=429, headers={"Retry-After": "0.4"}, steps=(b"{}",))
            return late if len(arrived) == 1 else openai_reply("Hi")

        talk.provider.answer = answer
        await talk.ask()

        [(first, second)] = pairwise(arrived)
        assert 0.4 <= second - first < 2

    async def test_waits_grow_from_attempt_to_attempt(self, talk: Conversation) -> None:
        talk.provider.reply(Reply(status=500), Reply(status=500), Reply(status=500), openai_reply("Too late."))
        run = await talk.ask()

        assert run.status == "failed"
        assert len(talk.provider.requests) == 3
        waits = [frame["details"]["wait"] for frame in await talk.journal(run) if frame["type"] == "step"]
        assert 0.4 <= waits[0] <= 0.6
        assert 0.8 <= waits[1] <= 1.2

    @pytest.mark.parametrize("status", [400, 401, 403, 404])
    async def test_what_would_fail_again_is_not_tried_again(self, talk: Conversation, status: int) -> None:
        talk.provider.reply(Reply(status=status))
        run = await talk.ask()

        assert run.status == "failed"
        assert len(talk.provider.requests) == 1

    async def test_a_longer_wait_than_a_person_has_is_told_instead(self, talk: Conversation) -> None:
        talk.provider.reply(Reply(status=429, headers={"Retry-After": "31"}))
        run = await talk.ask()

        assert run.status == "failed"
        assert len(talk.provider.requests) == 1

    async def test_a_connection_cut_before_the_first_word_is_tried_again(self, talk: Conversation) -> None:
        """The provider's first chunk says who speaks and nothing else: a watcher must see one message, not two."""
        talk.provider.reply(openai_reply(CUT), openai_reply("Hi"))
        async with talk.watch() as watcher:
            run = await talk.say()
            await watcher.ended(run)

        assert (await talk.run(run)).status == "completed"
        assert len([frame for frame in watcher.frames if frame["type"] == "message_start"]) == 1
        assert [message.role for message in await talk.messages(run)] == ["user", "assistant"]

    async def test_a_slow_provider_is_no_failure(self, talk: Conversation) -> None:
        talk.provider.reply(openai_reply(Silence(0.2), "Hi"))
        run = await talk.ask()

        assert run.status == "completed"
        assert len(talk.provider.requests) == 1


async def test_a_key_that_cannot_be_sent_is_an_admins_problem(talk: Conversation) -> None:
    await in_database(_set_key, "kéy\nwith a line break")
    run = await talk.ask()

    assert run.error
    assert run.error.code == "provider_auth"
    assert talk.provider.requests == []


def _set_key(key: str) -> None:
    provider = Provider.objects.get()
    provider.api_key = key
    provider.save()


@pytest.mark.parametrize(
    "make", [lambda key: f"Bearer {key}", lambda key: f"the key {key} is bad"], ids=["header", "words"]
)
async def test_a_providers_words_are_passed_on_without_the_key(talk: Conversation, make: Callable[[str], str]) -> None:
    talk.provider.reply(json_reply({"error": {"message": f"Unknown field 'x'; {make(KEY)}"}}, status=400))
    run = await talk.ask()

    assert run.error
    assert "Unknown field 'x'" in run.error.message
    assert KEY not in str(await talk.journal())
