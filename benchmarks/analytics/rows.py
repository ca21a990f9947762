"""Runs by the hundred thousand with all that the analytics count, written straight into the tables."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Final, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from coday.accounts.models import User
from coday.kernel.ids import new_id
from runs.models import Run, RunTag, RunTagging, ToolCall
from threads.models import Thread
from usage.models import UsageRecord

PEOPLE: Final = 40
DAYS: Final = 365
AT_ONCE: Final = 2_000
AGENTS: Final = ("helper", "researcher", "editor", "coder")
MODELS: Final = ("large-1", "small-1", "small-2")
TAGS: Final = ("work", "home", "taxes", "garden", "urgent")
STATUSES: Final = ("completed",) * 18 + ("failed", "cancelled", "interrupted")
MESSAGE = "The provider did not answer within the time that it may take. Try it again, or choose another model."

_random = random.Random(20_261_122)  # noqa: S311  # figures, no secrets


class Turn(NamedTuple):
    """A run with what belongs to it."""

    run: Run
    calls: list[ToolCall]
    taggings: list[RunTagging]
    records: list[UsageRecord]


def write(runs: int) -> User:
    """So many runs over a year. Half of them are one person's, who is returned; one in fifty was delegated."""
    people = [User.objects.create_user(f"person-{number}") for number in range(PEOPLE)]
    tags = {person.pk: [RunTag.objects.create(user_id=person.pk, name=name) for name in TAGS] for person in people}
    for number, person in enumerate(people):
        share = runs // 2 if number == 0 else runs // 2 // (PEOPLE - 1)
        turns = _turns(person, share, tags[person.pk])
        while batch := list(islice(turns, AT_ONCE)):
            _store(batch)
    return people[0]


def _turns(person: User, runs: int, tags: list[RunTag]) -> Iterator[Turn]:
    before: Run | None = None
    for number in range(runs):
        if number % 20 == 0:
            thread, lane = Thread.objects.create(owner=person, title=f"{number}"), new_id()
        delegated = before is not None and number % 50 == 49
        run = _run(thread, person, number=number % 20 + 1, lane=new_id() if delegated else lane)
        if delegated and before:
            run.trigger, run.cause_run, run.depth = Run.Trigger.DELEGATION, before.pk, 1
        before = run
        yield Turn(run, _calls(run, delegates=number % 50 == 48), _taggings(run, tags), [_record(run)])


def _run(thread: Thread, person: User, *, number: int, lane: UUID) -> Run:
    at = timezone.now() - timedelta(days=_random.random() * DAYS)
    status = _random.choice(STATUSES)
    failed = status == "failed"
    return Run(
        thread=thread, number=number, lane=lane, status=status, user_id=person.pk, username=person.username,
        agent=_random.choice(AGENTS), model=_random.choice(MODELS), provider="mock", created_at=at, started_at=at,
        first_token_at=_later(at, 0.7), finished_at=_later(at, 9.0), input_tokens=_random.randint(200, 9_000),
        output_tokens=_random.randint(20, 900), cached_tokens=_random.randint(0, 100), model_calls=1,
        cost=Decimal(_random.randint(1, 90_000)).scaleb(-6), title="A title of a few words",
        error_code="provider_timeout" if failed else "", error_message=MESSAGE if failed else "",
        rating=_random.choice((1, 1, -1)) if _random.random() < 0.1 else None,
    )  # fmt: skip


def _later(at: datetime, typical: float) -> datetime:
    return at + timedelta(seconds=_random.lognormvariate(0, 0.6) * typical)


def _calls(run: Run, *, delegates: bool) -> list[ToolCall]:
    run.tool_calls = _random.randint(1, 4) if delegates or _random.random() < 0.3 else 0
    return [
        ToolCall(
            run=run, call_id=f"call_{number}", name="calculate", content="4" * 300,
            status="failed" if _random.random() < 0.05 else "succeeded", asks="approval" if _random.random() < 0.05 else "",
        )
        for number in range(run.tool_calls)
    ]  # fmt: skip


def _taggings(run: Run, tags: list[RunTag]) -> list[RunTagging]:
    chosen = _random.sample(tags, _random.randint(1, 2)) if _random.random() < 0.1 else []
    run.tags = [tag.name for tag in chosen]
    return [RunTagging(run=run, tag=tag) for tag in chosen]


def _record(run: Run) -> UsageRecord:
    return UsageRecord(
        user_id=run.user_id, username=run.username, thread_id=run.thread_id, run_id=run.pk, agent=run.agent, model=run.model,
        provider=run.provider, input_tokens=run.input_tokens, output_tokens=run.output_tokens, cost=run.cost,
        created_at=run.finished_at or run.created_at, started_at=run.started_at, first_token_at=run.first_token_at,
    )  # fmt: skip


@transaction.atomic
def _store(turns: list[Turn]) -> None:
    Run.objects.bulk_create([turn.run for turn in turns], batch_size=500)
    ToolCall.objects.bulk_create([call for turn in turns for call in turn.calls], batch_size=500)
    RunTagging.objects.bulk_create([tagging for turn in turns for tagging in turn.taggings], batch_size=500)
    UsageRecord.objects.bulk_create([record for turn in turns for record in turn.records], batch_size=500)
