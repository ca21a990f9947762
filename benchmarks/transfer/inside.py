"""Measures inside an installation whose database is empty: one conversation of all runs, each with a tool call."""

from __future__ import annotations

import io
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import django

django.setup()

import msgspec  # noqa: E402
from django.db import connection  # noqa: E402

from benchmarks.transfer.figures import Told  # noqa: E402
from coday.accounts.models import User  # noqa: E402
from runs.exchange.documents import (  # noqa: E402
    CallDocument,
    EventDocument,
    MessageDocument,
    RunDocument,
    TextDocument,
    ThreadDocument,
    ToolResultDocument,
    ToolUseDocument,
    encode,
)
from runs.exchange.export import Chosen, export_json  # noqa: E402
from runs.exchange.importing import import_file  # noqa: E402
from runs.exchange.incoming import Importer  # noqa: E402
from runs.exchange.markdown import export_markdown  # noqa: E402
from runs.models import Run  # noqa: E402

BEGUN = datetime(2024, 1, 1, tzinfo=UTC)
WORDS = "The quick brown fox jumps over the lazy dog. " * 20  # about 900 characters


def run(number: int) -> RunDocument:
    """A run: a question, a call of a tool with its result, an answer."""
    at = BEGUN + timedelta(minutes=number)
    call = f"call_{number}"
    said = [
        MessageDocument(id=f"{number}a", role="user", content=[TextDocument(text=f"{number}? {WORDS}")], created_at=at),
        MessageDocument(
            id=f"{number}b", role="assistant", content=[ToolUseDocument(id=call, name="note", arguments={"n": number})],
            created_at=at,
        ),
        MessageDocument(
            id=f"{number}c", role="tool", created_at=at,
            content=[ToolResultDocument(tool_call_id=call, name="note", content=WORDS)],
        ),
        MessageDocument(id=f"{number}d", role="assistant", content=[TextDocument(text=WORDS)], created_at=at),
    ]  # fmt: skip
    events = [EventDocument(id=f"{one.id}e", type="message", of=one.id, at=at) for one in said]
    events.append(EventDocument(id=f"{number}t", type="tool", of=call, at=at))
    return RunDocument(
        id=f"r{number}", number=number, parent=f"r{number - 1}" if number > 1 else None, lane="l", status="completed",
        agent="helper", model="mock-1", created_at=at, started_at=at, finished_at=at, messages=said, events=events,
        calls=[CallDocument(call_id=call, name="note", status="succeeded", content=WORDS, created_at=at)],
    )  # fmt: skip


def file_of(runs: int) -> bytes:
    """A file with one conversation of so many runs."""
    document = ThreadDocument(
        id=f"of {runs}", title="Long", created_at=BEGUN, updated_at=BEGUN, runs=list(map(run, range(1, runs + 1)))
    )
    return encode({"format": "coday", "version": 1, "threads": [document]})


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def held(chunks: Iterable[bytes]) -> int:
    """The bytes that are held at most while something is written, beyond those from before."""
    tracemalloc.start()
    for _ in chunks:
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def main(runs: int) -> None:
    """Measure and print."""
    user = User.objects.create_user("ann")
    importer = Importer(user.pk, user.username)

    def bring(file: bytes) -> UUID:
        entry = import_file(io.BytesIO(file), size=len(file), importer=importer).threads[0]
        assert entry.thread_id, entry.problems
        return entry.thread_id

    def exported(thread_id: UUID) -> Iterator[bytes]:
        return export_json(user_id=user.pk, chosen=[Chosen(thread=thread_id)], reveal=False)

    few = bring(file_of(runs // 10))
    file = file_of(runs)
    importing = seconds(lambda: bring(file))
    many = Run.objects.filter(number=runs).values_list("thread", flat=True)[0]
    markdown = export_markdown(user_id=user.pk, chosen=[Chosen(thread=many)], reveal=False)
    told = Told(
        database=connection.vendor, runs=runs, file=sum(map(len, exported(many))), importing=importing,
        exporting=seconds(lambda: sum(map(len, exported(many)))), markdown=seconds(lambda: sum(map(len, markdown))),
        held_tenth=held(exported(few)), held=held(exported(many)),
    )  # fmt: skip
    print(msgspec.json.encode(told).decode())


if __name__ == "__main__":
    main(int(sys.argv[1]))
