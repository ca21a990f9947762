"""One journey through an anonymous thread, with names wherever they may come from: none leaves, and none is stored or logged;
also where the analyzer is lost on the way, whenever that is. Summaries do not exist yet."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from agents.models import Agent
from coday.kernel.database import in_database
from runs.models import Run
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation
from tests.runs.notes import Notes
from tests.runs.test_anonymous import TOOLS, Details, stored
from tests.support import pii
from tests.support.mock_provider import Call, MockProvider, ReceivedRequest, Reply, openai_reply
from threads import covering
from threads.errors import AnonymizationUnavailableError
from threads.masks import masks_of
from threads.operations import create_thread, update_thread
from threads.privacy import service

MAX, ERIKA, JANE = pii.NAMES
MAIL, IBAN = "max@example.org", "DE89370400440532013000"
VALUES = (MAX, ERIKA, JANE, MAIL, IBAN)
INSTRUCTIONS = f"You work for {JANE}."  # an admin's own words, which stay what they are where they stand
TASK = "Write a letter."
TITLE = "Letter to {{pii:PERSON_1}}"


@pytest.fixture
async def talk(converse: Converse, provider: MockProvider, settings: Settings) -> Any:
    """An assistant with tools that name people, and with an agent to hand tasks to."""
    settings.CODAY_PII_ENGINE = pii.ENGINE
    tools = (Notes(answer=f"{ERIKA} called, {IBAN} is hers."), Details())
    begun = await converse(model=TOOLS, tools=tools, agent={"instructions": INSTRUCTIONS})
    await in_database(_add_delegate)
    provider.answer = _answer
    yield begun
    service.close()


def _add_delegate() -> None:
    helper = Agent.objects.get(slug="helper")
    other = Agent.objects.create(slug="other", name="Other", language_model=helper.language_model)
    helper.delegates.add(other)


def _answer(request: ReceivedRequest) -> Reply:
    """Calls tools, one of which shows a file's passages; hands a task on; answers. Names the thread."""
    messages = request.json["messages"]
    said = [str(message["content"]) for message in messages if message["role"] == "user"]
    told = [message for message in messages if message["role"] == "tool"]
    if "title" in str(messages[0]).lower():
        return openai_reply(TITLE)
    if TASK in said[-1]:
        return openai_reply("Dear {{pii:PERSON_1}}, …")
    if not told:
        return openai_reply(Call("note", id="a"), Call("details", id="b"))
    if len(told) == 2:
        return openai_reply(Call("delegate", (json.dumps({"agent": "other", "task": f"{TASK} {said[0]}"}),)))
    return openai_reply("Done, {{pii:PERSON_1}}.")


async def _walk(talk: Conversation) -> list[str]:
    """A new anonymous thread: a message, what comes of it, a name for it, one message more. How each of them ended."""
    thread = await in_database(create_thread, owner_id=talk.asker.user_id, anonymous=True)
    talk.thread_id = thread.id
    ends = [await _ending(talk, f"I am {MAX}, {MAIL}."), await _ending(talk, f"{ERIKA} is back.")]
    changes = {"title": f"About {MAX}"}
    try:
        await covering.covering(
            lambda: in_database(update_thread, user_id=talk.asker.user_id, thread_id=thread.id, changes=changes)
        )
    except AnonymizationUnavailableError:
        return [*ends, "refused"]
    return [*ends, "named"]


async def _ending(talk: Conversation, text: str) -> str:
    try:
        run = await talk.ask(text)
    except AnonymizationUnavailableError:
        return "refused"
    await talk.idle()
    assert run.status == "completed" or (run.error and run.error.code == AnonymizationUnavailableError.code)
    return run.status


async def _nothing_is_seen(provider: MockProvider, caplog: pytest.LogCaptureFixture) -> None:
    left = b"\n".join(request.body for request in provider.requests)
    kept = (await in_database(stored)).replace(INSTRUCTIONS, "")
    for value in VALUES:
        assert value.encode() not in left
        assert json.dumps(value).encode() not in left
        assert value not in kept
        assert value not in caplog.text


async def test_on_the_whole_journey_nothing_leaves_or_is_kept_in_clear(
    talk: Conversation, provider: MockProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert await _walk(talk) == ["completed", "completed", "named"]
    await _nothing_is_seen(provider, caplog)
    book = await in_database(masks_of, thread_id=talk.thread_id)
    assert {entry.value for entry in book.entries} == set(VALUES)
    assert await in_database(Run.objects.filter(trigger="delegation", anonymous=True).count) > 0
    assert (await talk.thread()).title == "About {{pii:PERSON_1}}"
    assert any("title" in str(request.json["messages"][0]).lower() for request in provider.requests)


async def test_wherever_the_analyzer_is_lost_on_it_nothing_is_seen(
    talk: Conversation,
    provider: MockProvider,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The same journey, with an analyzer that dies one question later each time, until it lives through all of it."""
    settings.CODAY_PII_ENGINE = pii.DYING
    counter = tmp_path / "counter"
    monkeypatch.setenv("CODAY_PII_COUNTER", str(counter))
    walks: list[list[str]] = []
    while walks[-1:] != [["completed", "completed", "named"]]:
        counter.write_text("")
        monkeypatch.setenv("CODAY_PII_DIES_AT", str(len(walks) + 1))
        service.close()
        covering.forget()
        sent = len(provider.requests)
        walks.append(await _walk(talk))
        assert len(walks) < 30
        assert walks[-1][0] != "refused" or len(provider.requests) == sent
        await _nothing_is_seen(provider, caplog)
    firsts = [walk[0] for walk in walks]
    assert firsts[0] == "refused"
    assert "failed" in firsts  # it was lost in the middle of a run
