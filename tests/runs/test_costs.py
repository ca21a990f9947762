"""What a run costs the database: a number of queries that no answer's length changes."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from coday.kernel.database import in_database
from tests.runs.conversation import Conversation
from tests.support.mock_provider import Gate, openai_reply

QUERIES_OF_A_RUN = 32
"""At most, in a thread with earlier runs: capture 8, claim 4, context 6, answer 4, usage 1, end 6, title and next run 2.
``BEGIN``, ``COMMIT`` and savepoints are not counted."""


class Counter:
    """Counts the queries of the database threads; what only frames a transaction is not one."""

    def __init__(self) -> None:
        self.queries: list[str] = []

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        """Note a query and carry it out."""
        if not sql.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")):
            self.queries.append(sql)
        return execute(sql, params, many, context)


@pytest.fixture(autouse=True)
def slow_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, what is remembered for a second between runs stays remembered."""
    monkeypatch.setattr("coday.kernel.memory.time", SimpleNamespace(monotonic=lambda: 0.0))


on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has one database thread to watch")
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has a pool")


async def count(talk: Conversation, text: str) -> list[str]:
    """The queries of one whole run."""
    counter = Counter()
    await in_database(lambda: connection.execute_wrappers.append(counter))
    try:
        run = await talk.say(text)
        await talk.idle()
        queries = list(counter.queries)
    finally:
        await in_database(lambda: connection.execute_wrappers.remove(counter))
    assert (await talk.run(run)).status == "completed"
    return queries


@on_sqlite
async def test_a_run_costs_a_constant_number_of_queries(talk: Conversation) -> None:
    await talk.ask("Warm up: what is remembered between runs is known from here on.")
    queries = await count(talk, "Hi")

    assert len(queries) <= QUERIES_OF_A_RUN, "\n".join(queries)


@on_sqlite
async def test_no_token_costs_a_query(talk: Conversation) -> None:
    await talk.ask("Warm up.")
    gates = [Gate() for _ in range(100)]
    talk.provider.reply(openai_reply("Short."), openai_reply(*(piece for gate in gates for piece in ("word ", gate))))
    short = await count(talk, "Short?")
    for gate in gates:
        gate.open()
    long = await count(talk, "Long?")

    assert len(long) == len(short)


@on_sqlite
async def test_a_long_history_costs_no_more_queries(talk: Conversation) -> None:
    for number in range(3):
        await talk.ask(f"{number}?")
    early = await count(talk, "Early?")
    for number in range(12):
        await talk.ask(f"{number}?")
    late = await count(talk, "Late?")

    assert len(late) == len(early)


def borrowed() -> int:
    """How many connections are out of the pool, this call's own not counted."""
    stats = connection.pool.get_stats()  # type: ignore[attr-defined]
    return int(stats["pool_size"]) - int(stats["pool_available"])


@on_postgresql
async def test_no_connection_is_held_while_a_provider_or_a_watcher_is_waited_for(talk: Conversation) -> None:
    await talk.ask("Warm up.")
    idle = await in_database(borrowed)
    gate = Gate()
    talk.provider.reply(openai_reply("Half an", gate, " answer"))
    async with talk.watch() as watcher:
        await talk.say("Hi")
        await watcher.said("Half an")
        waiting = await in_database(borrowed)
        gate.open()
        await talk.idle()

    assert waiting == idle
