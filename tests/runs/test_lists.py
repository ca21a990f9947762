"""The list of threads as it lives: what runs, what waits, what failed, and what was read, in all windows alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from coday.kernel.database import in_database
from runs import lifecycle
from runs.delivery import delivery
from runs.errors import IterationLimitError
from runs.models import Run, ToolCall
from runs.summaries import ThreadSummary, thread_summaries
from runs.wire import news_object
from tests.runs.api.history import History
from tests.runs.conversation import Frame
from tests.runs.sockets import Person, Socket, make_person, opened
from tests.support.replies import PATIENCE
from threads.models import Thread
from threads.operations import mark_seen

LIST = "/ws/threads/"


@pytest.fixture
async def person(transactional_db: None) -> Person:
    """Somebody with nobody behind their model."""
    return await in_database(make_person, "http://127.0.0.1:9/v1")


@pytest.fixture
def history(person: Person) -> History:
    """Their thread."""
    return History(person.cast)


@pytest.fixture
async def windows(person: Person) -> AsyncIterator[tuple[Socket, Socket]]:
    """Two lists of theirs."""
    async with AsyncExitStack() as stack:
        first, second = [await stack.enter_async_context(opened(person, path=LIST)) for _ in range(2)]
        yield first, second


def summary(history: History) -> ThreadSummary:
    """The thread as lists show it."""
    return thread_summaries(user_id=history.asker.user_id, thread_ids=[history.thread_id])[history.thread_id]


def news(history: History) -> dict[str, Any]:
    """What its summary tells beside the thread."""
    return news_object(summary(history), watched=False)


def fail(history: History, *, status: Any = "failed") -> None:
    """A run that begins and comes to nothing."""
    run = history.ask("Hello?")
    history.start(run)
    error = IterationLimitError() if status == "failed" else None
    lifecycle.finish(run_id=run.id, outcome=lifecycle.Outcome(status=status, error=error))


# --- What goes on -------------------------------------------------------------------------------------------------


async def test_runs_are_counted_by_what_they_do(history: History) -> None:
    def go_on() -> list[Any]:
        told = [news(history)]
        run = history.ask("Hello?")
        told.append(news(history))
        history.start(run)
        history.ask("And?")
        told.append(news(history))
        call = ToolCall.objects.create(run_id=run.id, call_id="1", name="ask", status="waiting", asks="answer")
        lifecycle.wait(run_id=run.id)
        told.append(news(history))
        ToolCall.objects.filter(pk=call.pk).update(asks="run")
        told.append(news(history))
        Run.objects.filter(pk=run.id).update(status="completed")
        Run.objects.update(deleted_at="2026-01-01T00:00:00Z")
        return [(one["running"], one["waiting"], *one["counts"].values()) for one in (*told, news(history))]

    assert await in_database(go_on) == [
        (False, False, 0, 0, 0),
        (True, False, 0, 0, 1),
        (True, False, 1, 0, 1),
        (True, True, 0, 1, 1),
        (True, False, 1, 0, 1),  # what waits for a run that it delegated to does not wait for the person
        (False, False, 0, 0, 0),
    ]


@pytest.mark.parametrize("status", ["failed", "interrupted"])
async def test_a_failure_is_told_until_it_is_read(history: History, status: str) -> None:
    def go_on() -> list[tuple[bool, bool]]:
        told = []
        history.turn(0)
        told.append(news(history))
        fail(history, status=status)
        told.append(news(history))
        thread = Thread.objects.get(pk=history.thread_id)
        mark_seen(user_id=history.asker.user_id, thread_id=thread.pk, seq=thread.last_seq)
        told.append(news(history))
        lifecycle.charge(run_id=thread.head)  # type: ignore[arg-type]  # news of a failure that was read
        told.append(news(history))
        fail(history, status=status)
        history.turn(1)
        told.append(news(history))
        return [(one["failed"], one["unread"]) for one in told]

    expected = [(False, True), (True, True), (False, False), (False, True), (False, True)]
    assert await in_database(go_on) == expected


# --- What was read ------------------------------------------------------------------------------------------------


async def tells(window: Socket, **values: Any) -> Frame:
    """The next summary with these values."""
    return await window.frame(lambda frame: frame["type"] == "thread" and values.items() <= frame.items())


async def test_what_one_window_reads_is_read_in_the_others(
    person: Person, history: History, windows: tuple[Socket, Socket]
) -> None:
    await in_database(fail, history)
    delivery.touch(thread_id=history.thread_id, owner_id=history.asker.user_id)
    for window in windows:
        await tells(window, unread=True, failed=True)
    async with opened(person):
        for window in windows:
            await tells(window, unread=False, failed=False)


async def test_what_comes_while_a_thread_is_open_is_noted_as_read(person: Person, history: History) -> None:
    async with opened(person) as reading:
        await in_database(history.turn, 0)
        thread = await in_database(Thread.objects.get, pk=history.thread_id)
        delivery.catch_up({thread.pk: thread.last_seq})
        await reading.frame(lambda frame: frame.get("seq") == thread.last_seq)
        async with asyncio.timeout(PATIENCE):
            while (await in_database(summary, history)).unread:  # noqa: ASYNC110  # it tells nobody when it changes
                await asyncio.sleep(0.05)


async def test_a_thread_that_was_closed_before_is_unread_again(person: Person, history: History) -> None:
    async with opened(person):
        pass
    assert not (await in_database(summary, history)).unread
    await in_database(history.turn, 0)
    assert (await in_database(summary, history)).unread
