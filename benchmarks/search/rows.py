"""Runs by the hundred thousand, written straight into the tables, and indexed as the clock does it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from benchmarks.search import corpus
from coday.accounts.models import User
from coday.kernel.ids import new_id
from runs.models import Run, RunTag, RunTagging, ToolCall
from runs.search.indexing import index_pending
from threads.content import TextPart, dump_parts
from threads.models import Message, Thread

PEOPLE = 40
AT_ONCE = 2_000


@dataclass(frozen=True)
class Written:
    """What there is now: who has the most runs, and how many; seconds that the index took, where it was made now."""

    busiest: User
    runs: int
    of_busiest: int
    indexing: float | None = None


@dataclass(slots=True)
class Turn:
    """A run with what belongs to it."""

    run: Run
    messages: list[Message]
    call: ToolCall | None
    tagging: RunTagging | None


def written() -> Written | None:
    """What an earlier measurement has left."""
    busiest = User.objects.filter(username="person-0").first()
    if busiest is None:
        return None
    return Written(busiest, Run.objects.count(), Run.objects.filter(user_id=busiest.pk).count())


def write(runs: int) -> Written:
    """So many completed runs. The busiest person has about a quarter of them, half of the threads have one run or two, and a
    few have thousands."""
    people = [User.objects.create_user(f"person-{number}") for number in range(PEOPLE)]
    tags = {
        person.pk: [RunTag.objects.create(user_id=person.pk, name=name) for name in corpus.TAGS] for person in people
    }
    for person, sizes in zip(people, _shares(runs), strict=True):
        threads = [Thread(owner=person, title=corpus.text_of(5, german=corpus.chance(0.5))[:200]) for _ in sizes]
        Thread.objects.bulk_create(threads, batch_size=AT_ONCE)
        turns = (
            turn for thread, size in zip(threads, sizes, strict=True) for turn in _turns(thread, person, size, tags)
        )
        while batch := list(islice(turns, AT_ONCE)):
            _store(batch)
    began = time.perf_counter()
    while index_pending(limit=200):
        pass
    indexing = time.perf_counter() - began
    return Written(people[0], runs, Run.objects.filter(user_id=people[0].pk).count(), indexing)


def _shares(runs: int) -> list[list[int]]:
    """The sizes of each person's threads."""
    weights = [1 / rank for rank in range(1, PEOPLE + 1)]
    shares = [round(runs * weight / sum(weights)) for weight in weights]
    shares[0] += runs - sum(shares)
    return [list(_sizes(share)) for share in shares]


def _sizes(runs: int) -> Iterator[int]:
    number = 0
    while runs > 0:
        number += 1
        size = min(runs, 2_000 if number == 1 and runs > 4_000 else 1 + number % 2 if corpus.chance(0.5) else 12)
        runs -= size
        yield size


def _turns(thread: Thread, person: User, size: int, tags: dict[UUID, list[RunTag]]) -> Iterator[Turn]:
    german, lane, parent = corpus.chance(0.5), new_id(), None
    for number in range(1, size + 1):
        now = timezone.now() - timedelta(days=1)
        run = Run(
            thread=thread, number=number, parent_id=parent, lane=lane, status="completed", user_id=person.pk,
            username=person.username, agent="helper", model="mock-1", created_at=now, started_at=now, finished_at=now,
            importance=50 if corpus.chance(0.9) else 80, pinned=corpus.chance(0.02),
            title=corpus.text_of(4, german=german)[:200] if corpus.chance(0.1) else "",
        )  # fmt: skip
        parent = run.pk
        said = [("user", corpus.text_of(6 + number % 40, german=german))]
        said.append(("assistant", corpus.text_of(corpus.length_of_answer(), german=german)))
        messages = [
            Message(thread=thread, run_id=run.pk, role=role, content=dump_parts([TextPart(text=text)]), created_at=now)
            for role, text in said
        ]
        call = ToolCall(run=run, call_id="call_1", name=corpus.one_of(corpus.TOOLS)) if corpus.chance(0.1) else None
        tagging = None
        if corpus.chance(0.1):
            tagging = RunTagging(run=run, tag=tags[person.pk][number % len(corpus.TAGS)])
            run.tags = [tagging.tag.name]
        yield Turn(run, messages, call, tagging)


@transaction.atomic
def _store(turns: list[Turn]) -> None:
    Run.objects.bulk_create([turn.run for turn in turns], batch_size=500)
    Message.objects.bulk_create([message for turn in turns for message in turn.messages], batch_size=500)
    ToolCall.objects.bulk_create([turn.call for turn in turns if turn.call], batch_size=500)
    RunTagging.objects.bulk_create([turn.tagging for turn in turns if turn.tagging], batch_size=500)
