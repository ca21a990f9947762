"""Searching conversations, and reading on in results: the person's own ones, and nobody else's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.utils import timezone

from coday.accounts.models import User
from coday.kernel.database import in_database
from coday.kernel.ids import new_id
from runs.calls import LONGEST_RESULT
from runs.context import RunContext
from runs.models import Run, ToolCall
from runs.tools.builtin.read_result import PAGE, ReadResult, ResultNotFoundError
from runs.tools.builtin.search_threads import SearchThreads
from tests.runs.services.values import a_context, a_turn
from tests.runs.tools.calls import call, complaints, settled
from threads.models import Message, Thread

pytestmark = pytest.mark.django_db(transaction=True)


def a_thread(owner: User, *said: str, title: str = "", **values: Any) -> Thread:
    """A thread in which this was said, each in a run of its own."""
    thread = Thread.objects.create(owner=owner, title=title, **values)
    for number, text in enumerate(said, start=1):
        run = Run.objects.create(
            thread=thread, number=number, lane=thread.pk, status="completed", user_id=owner.pk, username="owner", agent="a",
            model="m",
        )  # fmt: skip
        role = Message.Role.USER if number % 2 else Message.Role.ASSISTANT
        Message.objects.create(thread=thread, run_id=run.pk, role=role, content=[{"type": "text", "text": text}])
    return thread


def context_of(user: User, *, thread: Thread | None = None, run_id: UUID | None = None) -> RunContext:
    """The context of a run of this person."""
    context = a_context()
    run = msgspec.structs.replace(
        context.run, user_id=user.pk, thread_id=thread.pk if thread else new_id(), id=run_id or new_id()
    )
    return replace(context, run=run)


async def found(user: User, query: str, **arguments: Any) -> str:
    """What the model is told."""
    return (await settled(SearchThreads(), context=context_of(user), query=query, **arguments)).content


NOTHING = "No earlier conversation has all of these words. Try fewer or other ones."


async def test_messages_and_titles_are_searched(owner: User) -> None:
    thread = await in_database(a_thread, owner, "Where do whales sleep?", "In the sea.", title="Whales")
    await in_database(a_thread, owner, "Something else")
    result = await settled(SearchThreads(), context=context_of(owner), query="SLEEP whales")
    assert result.content == (
        f"Whales ({thread.created_at:%Y-%m-%d}, /threads/{thread.pk}/)\n- The person: “Where do whales sleep?”"
    )
    assert result.details == {"threads": [{"id": str(thread.pk), "title": "Whales"}]}
    assert "- The answer: “In the sea.”" in await found(owner, "the sea")
    assert f"/threads/{thread.pk}/" in await found(owner, "whales")
    assert await found(owner, "whales mountains") == NOTHING


@pytest.mark.parametrize("query", ["GRÜSSE", "grüße", "ÉTÉ", "100% _x_", "a\\b", "' OR 1=1 --", '"quoted"'])
async def test_letters_of_all_kinds_are_found_and_signs_are_only_signs(owner: User, query: str) -> None:
    await in_database(a_thread, owner, "Viele Grüße, c'est l'été: 100% _x_ a\\b ' OR 1=1 -- \"quoted\"", title="Signs")
    await in_database(a_thread, owner, "Nothing of this", title="Other")
    told = await found(owner, query)
    assert "Signs (" in told
    assert "Other (" not in told


async def test_nobody_finds_what_is_not_theirs(owner: User, stranger: User) -> None:
    await in_database(a_thread, stranger, "The code of the vault is 4711", title="Vault")
    await in_database(a_thread, owner, "An anonymous vault", title="Masked vault", anonymous=True)
    assert await found(owner, "vault") == NOTHING
    assert "4711" in await found(stranger, "vault")


async def test_what_the_run_itself_says_is_not_found(owner: User) -> None:
    thread = await in_database(a_thread, owner, "earlier whales", "later whales")
    question = await in_database(lambda: Message.objects.earliest("id"))
    context = context_of(owner, thread=thread, run_id=question.run_id)
    told = (await settled(SearchThreads(), context=context, query="whales")).content
    assert "later whales" in told
    assert "earlier whales" not in told
    assert "this conversation)" in told


async def test_among_equals_the_newest_come_first_and_few_of_them(owner: User) -> None:
    for number in range(7):
        await in_database(a_thread, owner, *["whales"] * 5, title=f"Number {number}")
    told = await found(owner, "whales")
    assert [line.partition(" (")[0] for line in told.splitlines() if line.startswith("Number")] == [
        f"Number {number}" for number in (6, 5, 4, 3, 2)
    ]
    assert told.count("“whales”") == 5 * 3
    assert (await found(owner, "whales", limit=1)).count("Number") == 1


async def test_other_forms_of_words_are_found_and_removed_runs_are_not(owner: User) -> None:
    await in_database(a_thread, owner, "Die Kündigungsfrist ist lang", title="Wohnung")
    assert "Kündigungsfrist" in await found(owner, "Fristen")
    await in_database(Run.objects.update, deleted_at=timezone.now())
    assert await found(owner, "Fristen") == NOTHING


def test_the_schema() -> None:
    assert complaints(SearchThreads(), query="x") == ("query is too short (at least 2 characters).",)
    assert complaints(SearchThreads(), query="whales", limit=11) == ("limit has to be at most 10.",)
    assert complaints(SearchThreads(), query="whales", user_id="x") != ()


# --- Reading on ---------------------------------------------------------------------------------------------------


def a_call(thread: Thread, content: str, *, call_id: str = "call-7", number: int = 1) -> Run:
    """A run of the thread with a settled tool call."""
    run = Run.objects.create(
        thread=thread, number=number, lane=new_id(), user_id=thread.owner_id, username="owner", agent="a", model="m"
    )
    ToolCall.objects.create(run=run, call_id=call_id, name="fetch_page", status="succeeded", content=content)
    return run


async def read(context: RunContext, call_id: str = "call-7", **arguments: Any) -> str:
    """A part of a result."""
    return (await settled(ReadResult(), context=context, call_id=call_id, **arguments)).content


async def test_a_long_result_is_read_part_by_part(owner: User) -> None:
    whole = "".join(f"{number:06d} ä\n" for number in range(6_000))
    thread = await in_database(a_thread, owner)
    await in_database(a_call, thread, whole)
    context, parts, offset = context_of(owner, thread=thread), [], 0
    while offset < len(whole):
        told = await read(context, offset=offset)
        head, _, part = told.partition("]\n")
        assert len(told) <= LONGEST_RESULT
        assert head.startswith(f"[Characters {offset} to {offset + len(part)} of {len(whole)}.")
        parts.append(part)
        offset += len(part)
        assert ("This is its end." in head) == (offset == len(whole))
    assert "".join(parts) == whole
    assert len(parts) == -(-len(whole) // PAGE)


async def test_there_is_nothing_behind_the_end(owner: User) -> None:
    thread = await in_database(a_thread, owner)
    await in_database(a_call, thread, "short")
    beyond = await settled(ReadResult(), context=context_of(owner, thread=thread), call_id="call-7", offset=5)
    assert (beyond.is_error, beyond.content) == (True, "The result has 5 characters: there is nothing at 5.")


@pytest.mark.parametrize("call_id", ["call-7", "unknown", "' OR 1=1 --"])
async def test_results_of_other_threads_do_not_exist(owner: User, stranger: User, call_id: str) -> None:
    theirs = await in_database(a_thread, stranger)
    await in_database(a_call, theirs, "secret")
    other = await in_database(a_thread, owner)
    await in_database(a_call, other, "mine, elsewhere")
    here = await in_database(a_thread, owner)
    with pytest.raises(ResultNotFoundError):
        await call(ReadResult(), context=context_of(owner, thread=here), call_id=call_id)


async def test_of_calls_with_one_id_the_nearest_is_read(owner: User) -> None:
    """A model's ids are unique in a run at best."""
    thread = await in_database(a_thread, owner)
    runs = [await in_database(a_call, thread, f"result {number}", number=number) for number in (1, 2, 3)]
    elsewhere = context_of(owner, thread=thread)
    assert "result 3" in await read(elsewhere)
    assert "result 1" in await read(context_of(owner, thread=thread, run_id=runs[0].pk))
    turn = a_turn()
    turn = replace(turn, run=msgspec.structs.replace(turn.run, id=runs[1].pk))
    assert "result 2" in await read(replace(elsewhere, history=(turn,)))
