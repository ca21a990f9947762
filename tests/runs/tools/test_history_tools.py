"""Tools that know runs: the person's own ones and nobody else's, masked where they have to be, changed when allowed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from msgspec import json
from pytest_django import Settings

from coday.accounts.models import User
from coday.kernel.database import in_database
from coday.kernel.errors import InvalidInputError
from coday.kernel.ids import new_id
from runs.errors import RunNotFoundError
from runs.models import Run, RunTag, ToolCall
from runs.organize.runs import change_run
from runs.search.find import look_up
from runs.tools.history import HISTORY_TOOLS
from runs.tools.history.changing import TagRun
from runs.tools.history.reading import PAGE, ListRuns, ReadRun, SearchRuns
from runs.tools.registry import describe
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation, Watcher
from tests.runs.tools.calls import call, complaints, settled
from tests.runs.tools.test_search_threads import a_thread, context_of
from tests.support import pii
from tests.support.mock_provider import Call, openai_reply
from threads import covering
from threads.models import Thread
from threads.privacy import service

MAX, ERIKA, JANE = pii.NAMES
pytestmark = pytest.mark.django_db(transaction=True)


def runs_of(thread: Thread) -> list[Run]:
    """A thread's runs, oldest first."""
    return list(Run.objects.filter(thread=thread).order_by("number"))


async def told(tool: Any, user: User, *, here: Thread | None = None, **arguments: Any) -> str:
    """What the model is told."""
    return (await settled(tool, context=context_of(user, thread=here), **arguments)).content


# --- Listing and finding ----------------------------------------------------------------------------------------------


async def test_runs_are_listed_newest_first_page_by_page(owner: User) -> None:
    thread = await in_database(a_thread, owner, *["words"] * 5, title="Whales")
    runs = await in_database(runs_of, thread)
    first = await told(ListRuns(), owner, limit=3)
    assert [line.split()[1] for line in first.splitlines() if line.startswith("- ")] == ["#5", "#4", "#3"]
    assert f"/threads/{thread.pk}/?run={runs[4].pk}" in first
    assert "“Whales”" in first
    before = first.rpartition("before=")[2].rstrip(".")
    second = await told(ListRuns(), owner, limit=3, before=before)
    assert [line.split()[1] for line in second.splitlines() if line.startswith("- ")] == ["#2", "#1"]
    assert "There are more" not in second


async def test_filters_hold_together(owner: User) -> None:
    here = await in_database(a_thread, owner, "one", "two")
    other = await in_database(a_thread, owner, "three")
    runs = await in_database(runs_of, here)
    await in_database(Run.objects.filter(pk=runs[0].pk).update, status="failed", importance=90, pinned=True)
    await in_database(change_run, user_id=owner.pk, run_id=runs[1].pk, changes={"add_tags": ["Sea"]})
    await in_database(Run.objects.filter(thread=other).update, created_at=timezone.now() - timedelta(days=400))

    async def listed(**given: Any) -> set[str]:
        lines = (await told(ListRuns(), owner, here=here, **given)).splitlines()
        return {line.split()[1].rstrip(",") for line in lines if " id " in line}

    one, two = (str(run.pk) for run in runs)
    assert await listed(this_conversation=True) == {one, two}
    assert await listed(status="failed", importance=80, pinned=True) == {one}
    assert await listed(tag="Sea") == {two}
    assert await listed(tag="Sea", status="failed") == set()
    year_ago = f"{timezone.now() - timedelta(days=365):%Y-%m-%d}"
    assert await listed(since=year_ago) == {one, two}
    assert len(await listed(until=year_ago)) == 1
    with pytest.raises(InvalidInputError, match="write it as"):
        await call(ListRuns(), context=context_of(owner), since="yesterday")


async def test_words_are_found_with_their_passage(owner: User) -> None:
    thread = await in_database(a_thread, owner, "Where do whales sleep?", "In the sea.", title="Animals")
    runs = await in_database(runs_of, thread)
    found = await told(SearchRuns(), owner, query="whales sleep")
    assert str(runs[0].pk) in found
    assert "Where do whales sleep?" in found
    assert str(runs[1].pk) not in found
    assert await told(SearchRuns(), owner, query="whales", status="failed") == (
        "No run has all of these words. Try fewer or other ones."
    )


# --- Reading ----------------------------------------------------------------------------------------------------------


async def test_a_run_is_read_part_by_part(owner: User) -> None:
    whole = "".join(f"{number:06d} ä\n" for number in range(4_000))
    thread = await in_database(a_thread, owner, whole, title="Long")
    [run] = await in_database(runs_of, thread)
    parts, offset, more = [], 0, True
    while more:
        text = await told(ReadRun(), owner, run=str(run.pk), offset=offset)
        head, _, part = text.partition("]\n")
        assert f"/threads/{thread.pk}/?run={run.pk}" in head
        assert len(part) <= PAGE
        parts.append(part)
        offset += len(part)
        more = "Go on with offset" in head
    assert "".join(parts) == f"The person:\n{whole.strip()}"
    beyond = await settled(ReadRun(), context=context_of(owner), run=str(run.pk), offset=offset)
    assert beyond.is_error


async def test_what_tools_gave_is_read_too(converse: Converse) -> None:
    talk = await converse(model={"tools": True}, agent={"tools": {"calculate": "allow"}})
    talk.provider.reply(openai_reply(Call("calculate", ('{"expression": "6*7"}',))), openai_reply("It is 42."))
    run = await talk.ask("What is it?")
    owner = await in_database(User.objects.get, pk=talk.asker.user_id)
    text = await told(ReadRun(), owner, run=str(run.id))
    assert "The person:\nWhat is it?" in text
    assert '[calls calculate with {"expression":"6*7"}]' in text
    assert "[calculate gave:]\n6*7 = 42" in text
    assert text.endswith("The answer:\nIt is 42.")


@pytest.mark.parametrize("tool", [ReadRun(), TagRun()])
async def test_others_runs_do_not_exist(owner: User, stranger: User, tool: Any) -> None:
    thread = await in_database(a_thread, stranger, "a secret")
    [run] = await in_database(runs_of, thread)
    extra = {"add": ["Mine"]} if isinstance(tool, TagRun) else {}
    for run_id in (run.pk, new_id()):
        with pytest.raises(RunNotFoundError):
            await call(tool, context=context_of(owner), run=str(run_id), **extra)
    assert await told(ListRuns(), owner) == "There is no such run."
    assert "No run has" in await told(SearchRuns(), owner, query="secret")
    assert not await in_database(RunTag.objects.exists)


async def test_what_is_no_id_is_said(owner: User) -> None:
    for tool, given in ((ReadRun(), {}), (TagRun(), {"add": ["x"]})):
        with pytest.raises(InvalidInputError, match="is no id of a run"):
            await call(tool, context=context_of(owner), run="x" * 32, **given)


# --- Anonymous conversations ------------------------------------------------------------------------------------------

TOKEN = "{{pii:PERSON_1}}"


async def test_tokens_of_another_conversation_are_no_tokens(owner: User) -> None:
    """The same token stands for somebody else there: in an anonymous conversation it would name one of its own people."""
    there = await in_database(a_thread, owner, f"Is {TOKEN} ill?", title=f"About {TOKEN}", anonymous=True)
    await in_database(Run.objects.update, anonymous=True)
    [run] = await in_database(runs_of, there)
    here = await in_database(a_thread, owner, anonymous=True)
    opaque = f"[person 1 of {there.pk.hex[-4:]}]"
    for text in (
        await told(ListRuns(), owner, here=here),
        await told(SearchRuns(), owner, here=here, query="ill"),
        await told(ReadRun(), owner, here=here, run=str(run.pk)),
    ):
        assert opaque in text
        assert "pii" not in text
    inside = await told(ReadRun(), owner, here=there, run=str(run.pk))
    assert f"Is {TOKEN} ill?" in inside


@pytest.fixture
def analyzer(settings: Settings) -> Iterator[None]:
    """A quick one."""
    settings.CODAY_PII_ENGINE = pii.ENGINE
    covering.forget()
    yield
    service.close()


@pytest.mark.usefixtures("analyzer")
async def test_a_model_does_not_learn_names_by_asking_for_them(converse: Converse) -> None:
    """The person finds by names what stands behind masks; the model, which is not to know them, does not."""
    talk = await converse()
    await in_database(Thread.objects.update, anonymous=True)
    await talk.ask(f"{JANE} is ill.")
    owner = await in_database(User.objects.get, pk=talk.asker.user_id)
    assert await in_database(lambda: look_up(user_id=owner.pk, text=JANE)[1])
    assert "No run has" in await told(SearchRuns(), owner, query=JANE)
    assert "[person 1 of" in await told(SearchRuns(), owner, query="ill")


@pytest.mark.usefixtures("analyzer")
async def test_clear_words_of_others_are_covered_on_their_way_in(converse: Converse) -> None:
    talk = await converse(model={"tools": True}, agent={"tools": {"read_run": "allow"}})
    owner = await in_database(User.objects.get, pk=talk.asker.user_id)
    clear = await in_database(a_thread, owner, f"{JANE} is ill, and {TOKEN} is well.", title=f"About {JANE}")
    [run] = await in_database(runs_of, clear)
    await in_database(Thread.objects.filter(pk=talk.thread_id).update, anonymous=True)
    talk.provider.reply(openai_reply(calling("read_run", run=str(run.pk))), openai_reply("I see."))
    await talk.ask("Who is ill?")
    [row] = await in_database(lambda: list(ToolCall.objects.all()))
    assert row.status == "succeeded"
    assert JANE not in row.content
    assert JANE not in str(talk.sent)
    assert f"{TOKEN} is ill, and [person 1 of {clear.pk.hex[-4:]}] is well." in row.content


# --- Changing ---------------------------------------------------------------------------------------------------------


def test_they_are_off_unless_named_and_say_what_they_are() -> None:
    names = {tool.definition.name for tool in HISTORY_TOOLS}
    known = {one.name: one for one in describe() if one.name in names}
    assert set(known) == {"list_runs", "search_runs", "read_run", "tag_run", "summarize_runs"}
    assert {one.policy for one in known.values()} == {"off"}
    assert {name for name, one in known.items() if one.changes} == {"tag_run", "summarize_runs"}
    assert {name for name, one in known.items() if one.untrusted} == {"list_runs", "search_runs", "read_run"}


def calling(name: str, **arguments: Any) -> Call:
    return Call(name, (json.encode(arguments).decode(),))


@pytest.fixture
async def talk(converse: Converse) -> Conversation:
    return await converse(model={"tools": True}, agent={"tools": {"tag_run": "ask", "summarize_runs": "allow"}})


async def test_tags_are_put_on_when_the_person_allows_it_and_seen_at_once(talk: Conversation) -> None:
    earlier = await talk.ask("Where do whales sleep?")
    talk.provider.reply(openai_reply(calling("tag_run", run=str(earlier.id), add=["Sea"])), openai_reply("Done."))
    async with talk.watch() as watcher:
        run = await talk.ask("Tag it")
        assert run.status == "waiting"
        assert not await in_database(RunTag.objects.exists)
        await talk.respond(run, {"tool_call_id": "call_1", "approved": True})
        await watcher.frame(lambda frame: frame["type"] == "run" and frame.get("changed") == ["tags", "importance"])
        await talk.idle()
    assert (await talk.run(earlier)).tags == ("Sea",)
    [row] = await in_database(lambda: list(ToolCall.objects.all()))
    assert row.content == "Run #1 has these tags now: Sea."


async def test_tags_in_another_conversation_are_seen_there(talk: Conversation) -> None:
    other = await in_database(a_thread, await in_database(User.objects.get), "words")
    [run] = await in_database(runs_of, other)
    talk.provider.reply(openai_reply(calling("tag_run", run=str(run.pk), add=["Sea"])), openai_reply("Done."))
    async with Watcher(talk.delivery, other.pk, after=None) as watcher:
        waits = await talk.ask("Tag it")
        await talk.respond(waits, {"tool_call_id": "call_1", "approved": True})
        await watcher.frame(lambda frame: frame["type"] == "run" and frame["run"]["tags"] == ["Sea"])
        await talk.idle()


async def test_a_summary_is_written_after_the_run_that_asked_for_it(talk: Conversation) -> None:
    earlier = await talk.ask("Where do whales sleep?")
    arguments = {"runs": [str(earlier.id)], "instructions": "Only the sea."}
    talk.provider.reply(
        openai_reply(calling("summarize_runs", **arguments)), openai_reply("It will be."), openai_reply("A summary.")
    )
    run = await talk.ask("Summarise it")
    assert run.status == "completed"
    summarised = await talk.run(earlier)
    assert summarised.context == "summarised"
    [row] = await in_database(lambda: list(ToolCall.objects.all()))
    assert row.content == "The summary will be written by run #3, after this one."


async def test_only_runs_of_the_conversation_are_summarised(talk: Conversation) -> None:
    other = await in_database(a_thread, await in_database(User.objects.get), "words")
    [run] = await in_database(runs_of, other)
    talk.provider.reply(openai_reply(calling("summarize_runs", runs=[str(run.pk)])), openai_reply("I cannot."))
    await talk.ask("Summarise it")
    [row] = await in_database(lambda: list(ToolCall.objects.all()))
    assert (row.status, row.content) == ("failed", "Only runs of this conversation can be summarised here.")


def test_the_schemas() -> None:
    assert complaints(ListRuns(), limit=51) == ("limit has to be at most 50.",)
    assert complaints(SearchRuns(), query="x") != ()
    assert complaints(ReadRun()) != ()
    assert complaints(TagRun(), run=str(new_id()), add=["x"] * 11) != ()
