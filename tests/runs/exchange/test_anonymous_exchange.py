"""Anonymous conversations leave and come in without a word that was masked, or that should be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from pytest_django import Settings

from runs.exchange.documents import MaskDocument, TextDocument, ThreadDocument
from runs.exchange.export import Chosen
from runs.exchange.markdown import export_markdown
from runs.models import Run
from tests.runs.exchange.shapes import brought, came, exported, exported_runs, file_of, person, run, thread
from tests.runs.test_anonymous import stored
from tests.support import pii
from threads.covering import forget
from threads.errors import AnonymizationUnavailableError
from threads.models import Message, PrivacySettings, Thread
from threads.privacy import service

pytestmark = pytest.mark.django_db(transaction=True)
MAX, ERIKA, JANE = pii.NAMES


@pytest.fixture(autouse=True)
def analyzer(settings: Settings) -> Iterator[None]:
    settings.CODAY_PII_ENGINE = pii.ENGINE
    forget()
    yield
    service.close()


def hidden(**given: Any) -> ThreadDocument:
    """An anonymous thread with one mask, of which a model says a name that nobody had told it."""
    one = run(1, title="About {{pii:PERSON_1}}")
    one.messages[0].content = [TextDocument(text="Who is {{pii:PERSON_1}}?")]
    one.messages[1].content = [TextDocument(text=f"Not {JANE}.")]
    masks = [MaskDocument(category="PERSON", number=1, value=MAX)]
    return thread(one, run(2, parent=1), anonymous=True, masks=masks, **given)


def contents(thread_id: Any) -> str:
    return str(list(Message.objects.filter(thread=thread_id).values_list("content", flat=True)))


def test_a_file_that_says_that_it_is_anonymous_is_not_believed() -> None:
    there = came(brought(file_of(hidden(title=f"For {ERIKA}"))))
    assert Thread.objects.get(pk=there).title == "For {{pii:PERSON_2}}"
    assert "Not {{pii:PERSON_3}}." in contents(there)
    assert "Who is {{pii:PERSON_1}}?" in contents(there)
    assert not [name for name in (MAX, ERIKA, JANE) if name in stored()]


def sealed() -> bytes:
    """What this site wrote of a thread in which a model has said a name by itself."""
    there = came(brought(file_of(hidden())))
    for message in Message.objects.filter(thread=there, role="assistant")[:1]:
        message.content = [{"type": "text", "text": f"Not {JANE}."}]
        message.save()
    file = msgspec.json.encode(exported(there, by="ben", reveal=True))
    Thread.objects.all().delete()
    return file


def test_what_was_written_here_comes_back_as_it_was() -> None:
    assert f"Not {JANE}." in contents(came(brought(sealed())))


def test_what_was_changed_since_is_looked_at_again() -> None:
    changed = sealed().replace(b"2?", f"2? {ERIKA}".encode())
    there = came(brought(changed))
    assert JANE not in contents(there)
    assert ERIKA not in contents(there)


def test_without_the_analyzer_nothing_comes_in(settings: Settings) -> None:
    settings.CODAY_PII_ENGINE = pii.BROKEN
    service.close()
    with pytest.raises(AnonymizationUnavailableError):
        brought(file_of(hidden()))
    assert not Thread.objects.exists()


def test_where_all_is_anonymous_what_is_not_stays_out() -> None:
    PrivacySettings.objects.create(new_threads="always")
    clear, other = thread(run(1, id="c"), id="clear"), hidden()
    tried, done = brought(file_of(clear, other), dry_run=True), brought(file_of(clear, other))
    for report in (tried, done):
        assert [entry.refused for entry in report.threads] == [True, False]
        assert "anonymous" in report.threads[0].problems[0]
    assert list(Thread.objects.values_list("anonymous", flat=True)) == [True]


def test_where_anonymity_is_off_nothing_looks_private_that_is_not() -> None:
    PrivacySettings.objects.create(new_threads="off")
    assert brought(file_of(hidden())).threads[0].refused


def test_a_tag_that_names_somebody_stays_out() -> None:
    entry = brought(file_of(hidden(tags=[ERIKA]))).threads[0]
    assert entry.brought
    assert entry.problems[0].startswith("Its tags were left out.")
    assert ERIKA not in stored()


def test_of_a_part_of_a_conversation_only_its_own_masks_are_revealed() -> None:
    there = came(brought(file_of(hidden())))
    first, second = Run.objects.filter(thread=there).order_by("number")
    whole = exported(there, by="ben", reveal=True)
    assert MAX in str(whole)
    Thread.objects.filter(pk=there).update(title="")
    assert MAX in str(exported_runs(first, by="ben", reveal=True))
    assert MAX not in str(exported_runs(second, by="ben", reveal=True))


@pytest.mark.parametrize(("reveal", "shown"), [(False, "{{pii:PERSON_1}}"), (True, MAX)])
def test_markdown_shows_tokens_unless_they_are_revealed(reveal: bool, shown: str) -> None:
    there = came(brought(file_of(hidden())))
    chosen = [Chosen(thread=there)]
    text = b"".join(export_markdown(user_id=person("ben").user_id, chosen=chosen, reveal=reveal)).decode()
    assert f"Who is {shown}?" in text
    assert (MAX in text) is reveal


def test_nobody_elses_conversation_is_exported() -> None:
    there = came(brought(file_of(hidden()), by="ann"))
    assert exported(there, by="eve", reveal=True)["threads"] == []
