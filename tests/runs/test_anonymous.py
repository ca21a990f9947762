"""Anonymous threads: no personal data leaves for a model or an untrusted tool, and none is stored in clear."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from agents.models import Agent, ChatSettings, Fact, LanguageModel
from coday.kernel.database import in_database
from coday.kernel.errors import CodayError
from runs import background
from runs.inference.base import ToolDefinition
from runs.models import Run, ToolOperation
from runs.queries import run_snapshot
from runs.tools.base import Invocation, Settled, ToolOutcome, ToolTraits
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation, words
from tests.runs.notes import ALLOWED, ASKS_FIRST, Asking, Notes
from tests.runs.test_tool_loop import results
from tests.support import pii
from tests.support.mock_provider import Call, MockProvider, openai_reply
from threads import covering
from threads.errors import AnonymizationUnavailableError
from threads.masks import masks_of
from threads.models import PrivacySettings, Thread
from threads.operations import create_thread
from threads.privacy import service

MAX, ERIKA, JANE = pii.NAMES
TOKEN = "{{pii:PERSON_1}}"
TOOLS = {"tools": True}


@pytest.fixture(autouse=True)
def analyzer(settings: Settings) -> Iterator[None]:
    """A quick one."""
    settings.CODAY_PII_ENGINE = pii.ENGINE
    covering.forget()
    yield
    service.close()


def hide(talk: Conversation) -> None:
    """Make the conversation's thread anonymous, before anything was said."""
    Thread.objects.filter(pk=talk.thread_id).update(anonymous=True)


@pytest.fixture
async def hidden(converse: Converse) -> Any:
    """Makes a conversation in an anonymous thread."""

    async def begin(**values: Any) -> Conversation:
        talk = await converse(**values)
        await in_database(hide, talk)
        return talk

    return begin


def sent(provider: MockProvider) -> str:
    """Everything that left for the provider."""
    return "\n".join(json.dumps(request.json, ensure_ascii=False) for request in provider.requests)


def stored() -> str:
    """Everything that the database holds, as text."""
    with connection.cursor() as cursor:
        tables = [table for table in connection.introspection.table_names(cursor) if not table.startswith("sqlite_")]
        rows = []
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # names of our own tables
            rows += cursor.fetchall()
    return str(rows)


async def test_a_name_leaves_and_is_stored_as_its_mask(hidden: Any, provider: MockProvider) -> None:
    talk = await hidden()
    provider.reply(openai_reply(f"Hello {TOKEN}!"))
    run = await talk.ask(f"I am {MAX}, write to max@example.org.")

    assert talk.sent[0][0]["content"] == f"I am {TOKEN}, write to {{{{pii:EMAIL_1}}}}."
    assert words(await talk.answer(run)) == f"Hello {TOKEN}!"
    assert MAX not in sent(provider)
    assert MAX not in await in_database(stored)
    book = await in_database(masks_of, thread_id=talk.thread_id)
    assert book.unmask(words(await talk.answer(run))) == f"Hello {MAX}!"


async def test_masks_are_told_before_the_message_that_uses_them(hidden: Any, provider: MockProvider) -> None:
    talk = await hidden()
    provider.reply(openai_reply("Yes."), openai_reply("Again."))
    async with talk.watch() as watcher:
        run = await talk.say(f"I am {MAX}.")
        await watcher.ended(run)
        told = [frame["type"] for frame in watcher.durable]
        assert told.index("masks") < told.index("message")
        [masks] = [frame for frame in watcher.frames if frame["type"] == "masks"]
        assert masks["masks"] == [{"token": TOKEN, "category": "PERSON", "value": MAX}]
    await talk.ask(f"{MAX} again.")
    journal = await talk.journal()
    assert [frame["masks"] for frame in journal if frame["type"] == "masks"] == [masks["masks"]]


async def test_what_prompts_hold_leaves_masked(hidden: Any, provider: MockProvider) -> None:
    talk = await hidden(agent={"instructions": f"You work for {MAX}."})

    def prepare() -> None:
        ChatSettings.objects.create(user=None, system_prompt=f"The boss is {ERIKA}.")
        ChatSettings.objects.create(user_id=talk.asker.user_id, system_prompt="My IBAN is DE89370400440532013000.")
        Fact.objects.create(user_id=talk.asker.user_id, text=f"Is married to {JANE}.")

    await in_database(prepare)
    provider.reply(openai_reply("Yes."))
    run = await talk.ask("Hello")

    assert run.status == "completed"
    for value in (MAX, ERIKA, JANE, "DE89370400440532013000"):
        assert value not in sent(provider)
    assert TOKEN in sent(provider)


async def test_what_a_tool_says_is_masked_and_its_details_too(hidden: Any, provider: MockProvider) -> None:
    talk = await hidden(model=TOOLS, tools=(Details(), Notes(answer=f"{ERIKA} called {MAX}.")))
    provider.reply(openai_reply(Call("note", id="a"), Call("details", id="b")), openai_reply("Done."))
    run = await talk.ask("Who called?")

    told = [part.content for part in results(await talk.messages(run))]
    assert MAX not in str(told)
    assert all("{{pii:PERSON_" in text for text in told)
    assert MAX not in sent(provider)
    assert MAX not in await in_database(stored)


async def test_arguments_are_in_clear_for_trusted_tools_alone(hidden: Any, provider: MockProvider) -> None:
    trusted, other = Notes("trusted"), Notes("other")
    talk = await hidden(model=TOOLS, tools=(trusted, other))
    await in_database(PrivacySettings.objects.create, trusted_tools=["trusted"])
    arguments = (json.dumps({"to": TOKEN, "list": [f"x {TOKEN}"]}),)
    provider.reply(openai_reply(Call("trusted", arguments, id="a"), Call("other", arguments, id="b")))
    provider.reply(openai_reply("Done."))
    await talk.ask(f"Write to {MAX}.")

    assert trusted.calls == [{"to": MAX, "list": [f"x {MAX}"]}]
    assert other.calls == [{"to": TOKEN, "list": [f"x {TOKEN}"]}]
    assert MAX not in await in_database(stored)


async def test_a_tool_that_gives_a_token_back_gives_the_same_one(hidden: Any, provider: MockProvider) -> None:
    talk = await hidden(model=TOOLS, tools=(Notes(answer=f"Noted for {TOKEN}, not for {ERIKA}."),))
    provider.reply(openai_reply(Call("note")), openai_reply("Done."))
    run = await talk.ask(f"I am {MAX}.")

    assert results(await talk.messages(run))[0].content == f"Noted for {TOKEN}, not for {{{{pii:PERSON_2}}}}."


async def test_what_people_answer_is_masked(hidden: Any, provider: MockProvider) -> None:
    asking = Asking()
    talk = await hidden(model=TOOLS, tools=(asking, Notes(traits=ASKS_FIRST)))
    provider.reply(openai_reply(Call("note")), openai_reply("I see."))
    run = await talk.ask("Go on.")
    await talk.respond(run, {"tool_call_id": "call_1", "approved": False, "reason": f"Ask {MAX} first."})
    await talk.idle()

    assert f"Ask {TOKEN} first." in results(await talk.messages(run))[0].content
    assert MAX not in sent(provider)
    assert MAX not in await in_database(stored)


async def test_a_job_that_ends_later_brings_no_names(hidden: Any, provider: MockProvider) -> None:
    talk = await hidden(model=TOOLS, agent={"tools": {"remind_me": "allow"}})
    provider.reply(openai_reply("Hello."), openai_reply("I see."))
    run = await talk.ask("Hello")

    def begin() -> ToolOperation:
        return ToolOperation.objects.create(
            thread_id=talk.thread_id, run_id=run.id, call_id="c", user_id=talk.asker.user_id, username="ann",
            tool="http_job", summary="A job", deadline_at="2100-01-01T00:00Z",
        )  # fmt: skip

    operation = await in_database(begin)
    await talk.driver.capture(background.end, operation_id=operation.pk, status="succeeded", result=f"By {MAX}.")
    await talk.idle()
    assert TOKEN in sent(provider)
    assert MAX not in sent(provider)
    assert MAX not in await in_database(stored)


async def test_delegated_runs_and_titles_stay_masked(hidden: Any, provider: MockProvider) -> None:
    talk = await hidden(model=TOOLS, tools=(Notes(),), title="")

    def prepare() -> None:
        helper = Agent.objects.get(slug="helper")
        other = Agent.objects.create(slug="other", name="Other", language_model=helper.language_model)
        helper.delegates.add(other)

    await in_database(prepare)
    delegate = Call("delegate", (json.dumps({"agent": "other", "task": f"Write to {TOKEN}."}),))
    provider.reply(openai_reply(delegate), openai_reply("Done."), openai_reply("It is done."))
    provider.reply(openai_reply(f"Letter to {TOKEN}"))
    run = await talk.ask(f"Have {MAX} written to.")

    child = await in_database(lambda: run_snapshot(Run.objects.get(trigger="delegation")))
    assert (run.status, child.anonymous) == ("completed", True)
    assert (await talk.thread()).title == f"Letter to {TOKEN}"
    assert MAX not in sent(provider)


# --- It fails closed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", [pii.BROKEN, pii.CRASHING, "nowhere.at.all"])
async def test_without_an_analyzer_nothing_is_stored_and_nothing_leaves(
    hidden: Any, provider: MockProvider, settings: Settings, engine: str
) -> None:
    talk = await hidden()
    settings.CODAY_PII_ENGINE = engine
    with pytest.raises(CodayError) as caught:
        await talk.say(f"I am {MAX}.")

    assert (caught.value.code, caught.value.status) == ("RUN_ANONYMIZATION_UNAVAILABLE", 503)
    assert provider.requests == []
    assert await in_database(Run.objects.count) == 0
    assert MAX not in await in_database(stored)


async def test_a_text_over_the_limit_is_refused(hidden: Any, provider: MockProvider, settings: Settings) -> None:
    talk = await hidden()
    settings.CODAY_PII_CHARS = 10
    with pytest.raises(CodayError) as caught:
        await talk.say("Longer than ten.")
    assert (caught.value.code, caught.value.status) == ("ANONYMIZATION_INPUT_TOO_LONG", 422)
    assert provider.requests == []


async def test_an_analyzer_that_dies_during_a_run_ends_it(
    hidden: Any, provider: MockProvider, settings: Settings
) -> None:
    talk = await hidden(model=TOOLS, tools=(Breaking(settings),))
    provider.reply(openai_reply(Call("break")), openai_reply("Never."))
    run = await talk.ask("Go on.")

    assert run.error
    assert (run.status, run.error.code) == ("failed", "RUN_ANONYMIZATION_UNAVAILABLE")
    assert len(provider.requests) == 1
    assert MAX not in await in_database(stored)


async def test_wherever_the_analyzer_dies_no_name_leaves(
    hidden: Any,
    provider: MockProvider,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The same conversation, with an analyzer that dies one question later each time, until it lives through all of it."""
    notes = Notes(answer=f"{ERIKA} called.")
    talk = await hidden(model=TOOLS, tools=(notes,), agent={"instructions": f"You work for {JANE}."})
    provider.answer = lambda request: openai_reply(
        "Done." if request.json["messages"][-1]["role"] == "tool" else Call("note")
    )
    settings.CODAY_PII_ENGINE = pii.DYING
    counter = tmp_path / "counter"
    monkeypatch.setenv("CODAY_PII_COUNTER", str(counter))
    ends: list[str] = []
    while ends[-1:] != ["completed"]:
        counter.write_text("")
        monkeypatch.setenv("CODAY_PII_DIES_AT", str(len(ends) + 1))
        service.close()
        covering.forget()
        thread = await in_database(create_thread, owner_id=talk.asker.user_id, anonymous=True)
        talk.thread_id = thread.id
        ends.append(await _ending(talk))
        assert len(ends) < 20
        for name in pii.NAMES:
            assert name not in sent(provider)
            assert name not in caplog.text
    assert ends[0] == "refused"
    assert "failed" in ends
    hidden_names = (await in_database(stored)).replace(f"You work for {JANE}.", "")  # the admin's own words
    assert not [name for name in pii.NAMES if name in hidden_names]


async def _ending(talk: Conversation) -> str:
    try:
        run = await talk.ask(f"I am {MAX}.")
    except AnonymizationUnavailableError:
        return "refused"
    if run.status == "failed":
        assert run.error
        assert run.error.code == AnonymizationUnavailableError.code
    return run.status


# --- Which threads --------------------------------------------------------------------------------------------------


async def test_a_model_for_anonymous_threads_makes_a_new_thread_one(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(model={"anonymous_only": True}, title="")
    provider.reply(openai_reply("Yes."))
    run = await talk.ask(f"I am {MAX}.")

    assert (await talk.thread()).anonymous
    assert run.anonymous
    assert MAX not in sent(provider)


async def test_it_is_not_reached_from_a_thread_in_clear(converse: Converse, provider: MockProvider) -> None:
    talk = await converse()
    provider.reply(openai_reply("Yes."))
    await talk.ask("In clear.")
    await in_database(_keep_in_the_dark)
    with pytest.raises(CodayError) as caught:
        await talk.say("Again.")
    assert caught.value.code == "anonymous_model"
    assert len(provider.requests) == 1


async def test_a_queued_run_does_not_reach_it_either(converse: Converse, provider: MockProvider) -> None:
    asking = Asking()
    talk = await converse(model=TOOLS, tools=(asking,))
    provider.reply(openai_reply(Call("colour")))
    run = await talk.ask("In clear.")
    await in_database(_keep_in_the_dark)
    await talk.respond(run, {"tool_call_id": "call_1", "content": "red"})
    await talk.idle()

    ended = await talk.run(run)
    assert ended.error
    assert (ended.status, ended.error.code) == ("failed", "anonymous_model")
    assert len(provider.requests) == 1


def _keep_in_the_dark() -> None:
    for model in LanguageModel.objects.all():
        model.anonymous_only = True
        model.save()


class Details(Notes):
    """A tool that tells the page something beside its result."""

    def __init__(self) -> None:
        super().__init__("details")

    async def call(self, invocation: Invocation) -> ToolOutcome:
        """With a name in both."""
        return Settled(f"By {MAX}.", details={"sources": [{"title": MAX, "passage": f"{MAX} said"}]})


class Breaking(Notes):
    """A tool during which the analyzer is lost."""

    traits = ALLOWED

    def __init__(self, settings: Settings) -> None:
        super().__init__("break", traits=ToolTraits(policy="allow"))
        self._settings = settings

    @property
    def definition(self) -> ToolDefinition:
        """What the model is told of it."""
        return ToolDefinition(name="break", description="Breaks.", parameters={"type": "object"})

    async def call(self, invocation: Invocation) -> ToolOutcome:
        """Break it, and say a name."""
        self._settings.CODAY_PII_ENGINE = pii.CRASHING
        return Settled(f"By {MAX}.")
