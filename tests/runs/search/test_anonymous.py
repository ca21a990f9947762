"""The search of anonymous threads: real names find what has them, and are in no index."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from coday.accounts.models import User
from runs.events import RunSnapshot
from runs.models import Run
from runs.organize.titles import set_title
from runs.search import masked
from runs.search.indexing import index_pending
from tests.runs.api.history import History
from tests.runs.search.conftest import Find
from tests.support import pii
from threads import covering
from threads.covering import covering_now
from threads.models import Mask, Thread
from threads.privacy import service

MAX, ERIKA, _ = pii.NAMES


@pytest.fixture(autouse=True)
def analyzer(settings: Settings) -> Iterator[None]:
    """A quick one."""
    settings.CODAY_PII_ENGINE = pii.ENGINE
    covering.forget()
    yield
    service.close()


@pytest.fixture
def hidden(history: History) -> History:
    """A conversation in an anonymous thread."""
    Thread.objects.filter(pk=history.thread_id).update(anonymous=True)
    return history


def said(history: History, text: str) -> RunSnapshot:
    """A whole run, written as a door writes it."""
    run = covering_now(lambda: history.ask(text))
    history.answer(run, "Noted.")
    return run


def stored() -> str:
    """Everything that the database holds, the index's own tables among it, as text."""
    with connection.cursor() as cursor:
        rows = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # names of our own tables
            rows += [
                [bytes(cell) if isinstance(cell, memoryview) else cell for cell in row] for row in cursor.fetchall()
            ]
    return str(rows).casefold()


def test_a_real_name_finds_its_run_and_is_in_no_index(hidden: History, find: Find) -> None:
    first = said(hidden, f"Write to {MAX} about the invoice.")
    second = said(hidden, f"And to {ERIKA}, please.")
    covering_now(lambda: set_title(user_id=hidden.asker.user_id, run_id=second.id, title=f"A letter to {ERIKA}"))
    for words in (MAX, "mustermann", "Muster", "invoice mustermann"):
        expected = [first, second] if words == "Muster" else [first]
        assert {hit["id"] for hit in find(words)["results"]} == {str(run.id) for run in expected}, words
    (hit,) = find("MUSTERMANN")["results"]
    assert hit["thread"]["anonymous"]
    assert hit["snippet"] == {"text": "Write to {{pii:PERSON_1}} about the invoice.", "marks": [[9, 25]]}
    assert [hit["id"] for hit in find("letter erika")["results"]] == [str(second.id)]
    assert "mustermann" not in json.dumps(find("mustermann")).casefold()
    assert find("person")["results"] == find("pii")["results"] == []
    kept = stored()
    for canary in ("mustermann", "musterfrau", "erika"):
        assert canary not in kept


def test_a_name_means_masks_of_its_own_thread_and_of_ones_own_alone(
    hidden: History, find: Find, stranger: User, client_of: Callable[[User], Client]
) -> None:
    said(hidden, f"Write to {MAX}.")
    index_pending()
    other = client_of(stranger)
    Thread.objects.filter(pk=hidden.thread_id).update(owner=stranger)
    hits = other.get("/api/v1/runs/", {"q": "mustermann"}).json()["results"]
    assert hits == []  # the index has it for whom it was; a new owner's is made anew
    assert find("mustermann")["results"] == []


def test_a_mask_that_cannot_be_read_finds_nothing_and_breaks_nothing(
    hidden: History, find: Find, settings: Settings
) -> None:
    run = said(hidden, f"Write to {MAX} about the invoice.")
    settings.ENCRYPTION_KEYS = ["another key, long enough to be one"]
    assert find("mustermann")["results"] == []
    assert [hit["id"] for hit in find("invoice")["results"]] == [str(run.id)]


def test_so_many_masks_are_read_and_no_more(hidden: History, find: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    said(hidden, f"Write to {MAX}.")
    said(hidden, f"And to {ERIKA}.")
    monkeypatch.setattr(masked, "READ", 1)
    assert Mask.objects.count() == 2
    assert (len(find("erika")["results"]), len(find("mustermann")["results"])) == (1, 0)


def test_a_thread_that_is_not_anonymous_has_names_as_words(history: History, find: Find) -> None:
    run = said(history, f"Write to {MAX}.")
    assert [hit["id"] for hit in find("mustermann")["results"]] == [str(run.id)]
    assert Run.objects.get(pk=run.id).document.words.count("mustermann") == 1
