"""What is exported comes in as it was, field by field: only ids are others, the same wherever the same is meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from django.db import transaction
from pytest_django import Settings

from runs.exchange.documents import ALL, ThreadDocument
from runs.exchange.texts import covered
from runs.models import Run, RunEventRecord
from tests.runs.exchange.shapes import (
    ELSEWHERE,
    NEVER_ALONE,
    brought,
    came,
    compared,
    exported,
    file_of,
    person,
    run,
    thread,
    whole_thread,
)
from tests.support import pii
from threads.covering import Place, covering_now, forget
from threads.masks import masks_of
from threads.models import Thread
from threads.privacy import service

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def analyzer(settings: Settings) -> Iterator[None]:
    settings.CODAY_PII_ENGINE = pii.ENGINE
    forget()
    yield
    service.close()


def structs(value: Any) -> Iterator[msgspec.Struct]:
    """A document and all that is in it."""
    if isinstance(value, msgspec.Struct):
        yield value
        for name in value.__struct_fields__:
            yield from structs(getattr(value, name))
    elif isinstance(value, list):
        for inner in value:
            yield from structs(inner)


def test_the_whole_thread_uses_every_field_of_the_schema() -> None:
    """Else the next test would not notice what is lost."""
    used = {
        (type(one), field.name)
        for one in structs(whole_thread())
        for field in msgspec.structs.fields(one)
        if field.required or (getattr(one, field.name) != field.default and getattr(one, field.name))
    }
    every = {(kind, field.name) for kind in ALL if kind not in ELSEWHERE for field in msgspec.structs.fields(kind)}
    assert every - used == NEVER_ALONE


def test_nothing_is_lost_on_the_way() -> None:
    first = brought(file_of(whole_thread()), by="ben")
    once = exported(came(first), by="ben", reveal=True)
    Thread.objects.all().delete()
    again = brought(msgspec.json.encode(once), by="zoe")
    twice = exported(came(again), by="zoe", reveal=True)
    assert [first.threads[0].problems, again.threads[0].problems] == [(), ()]
    assert compared(twice) == compared(once) == compared({"threads": [in_json(whole_thread())]})


def in_json(document: ThreadDocument) -> Any:
    return msgspec.json.decode(msgspec.json.encode(document))


def test_what_was_masked_stays_so_and_is_stored_encrypted() -> None:
    there = came(brought(file_of(whole_thread()), by="ben"))
    kept = exported(there, by="ben")
    assert "Max Power" not in str(kept)
    assert "{{pii:PERSON_1}}" in str(kept)
    assert kept["threads"][0]["masks"] == [{"category": "PERSON", "number": 1}]
    assert [mask.value for mask in masks_of(thread_id=there).entries] == ["Max Power"]


def test_a_token_without_its_value_never_gets_another_one() -> None:
    there = came(brought(file_of(whole_thread()), by="ben"))
    copy = came(brought(msgspec.json.encode(exported(there, by="ben")), by="zoe"))
    assert masks_of(thread_id=copy).entries == ()
    document = thread(run(1), anonymous=True, title=pii.NAMES[1])
    place = Place(copy, person("zoe").user_id, anonymous=True)

    def cover() -> str:
        with transaction.atomic():
            return covered(document, place=place).title

    assert covering_now(cover) == "{{pii:PERSON_2}}"


def test_a_fork_still_says_where_it_comes_from() -> None:
    source = thread(run(1), run(2, parent=1))
    fork = thread(run(1, id="f1"), id="t2", forked_from={"run": "r2", "thread": "t1"})
    fork.runs[0].messages, fork.runs[0].events = [], []
    entries = brought(file_of(in_json(source), in_json(fork))).threads
    assert [entry.problems for entry in entries] == [(), ()]
    there = Thread.objects.exclude(forked_from=None).get()
    assert (entries[0].thread_id, entries[1].thread_id) == (there.forked_from_thread, there.pk)
    assert there.forked_from == Run.objects.get(thread=there.forked_from_thread, number=2).pk


def test_the_journal_of_what_came_in_has_no_gap() -> None:
    there = came(brought(file_of(whole_thread())))
    numbers = list(RunEventRecord.objects.filter(thread=there).order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    row = Thread.objects.get(pk=there)
    assert (row.last_seq, row.seen_seq) == (numbers[-1], numbers[-1])
