"""Masks of a thread: stable, encrypted, one for a value, and gone with the thread."""

from __future__ import annotations

import logging
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from coday.accounts.models import User
from coday.kernel.rotation import encrypted_columns
from threads.masks import Masked, MaskSnapshot, mask_texts, masks_by_id, masks_of
from threads.models import Mask, Thread
from threads.operations import delete_thread
from threads.privacy.findings import Finding

NAME = "Erika Mustermann"


@pytest.fixture
def thread(owner: User) -> UUID:
    return Thread.objects.create(owner=owner, anonymous=True).pk


def said(thread: UUID, text: str, *values: tuple[str, str], keep_tokens: bool = False) -> Masked:
    """Mask these values of these categories in a text."""
    found = [Finding(text.index(value), text.index(value) + len(value), category, 0.9) for category, value in values]
    return mask_texts(thread_id=thread, texts=[text], findings=[found], keep_tokens=keep_tokens)


def stored() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT value || ' ' || digest FROM threads_mask")
        return [row[0] for row in cursor.fetchall()]


def test_numbers_count_up_by_category_and_stay(thread: UUID) -> None:
    mail = "erika@example.com"
    first = said(thread, f"{NAME} ({mail}) and Max Roe", ("PERSON", NAME), ("EMAIL", mail), ("PERSON", "Max Roe"))
    assert first.texts == ("{{pii:PERSON_1}} ({{pii:EMAIL_1}}) and {{pii:PERSON_2}}",)
    assert [(one.token, one.category, one.value) for one in first.new] == [
        ("{{pii:PERSON_1}}", "PERSON", NAME), ("{{pii:EMAIL_1}}", "EMAIL", mail), ("{{pii:PERSON_2}}", "PERSON", "Max Roe"),
    ]  # fmt: skip
    again = said(thread, "MUSTERMANN, Erika met Jo", ("PERSON", "MUSTERMANN, Erika"), ("PERSON", "Jo"))
    assert again.texts == ("{{pii:PERSON_1}} met {{pii:PERSON_3}}",)
    assert [one.value for one in again.new] == ["Jo"]
    book = masks_of(thread_id=thread)
    assert book.entries == (*first.new, *again.new) == tuple(masks_by_id(ids=[str(one.id) for one in book.entries]))


def test_a_book_puts_values_back_in_texts_json_and_streams(thread: UUID) -> None:
    said(thread, NAME, ("PERSON", NAME))
    book = masks_of(thread_id=thread)
    assert book.unmask("Dear {{pii:PERSON_1}}, {{pii:PERSON_2}}") == f"Dear {NAME}, {{{{pii:PERSON_2}}}}"
    assert book.unmask_json({"{{pii:PERSON_1}}": [1, None, {"to": "{{pii: PERSON_1}}"}]}) == {
        NAME: [1, None, {"to": NAME}]
    }
    stream = book.stream()
    assert stream.feed("Dear {{pii:PER") + stream.feed("SON_1}}") + stream.finish() == f"Dear {NAME}"


def test_threads_share_nothing(thread: UUID, owner: User) -> None:
    said(thread, NAME, ("PERSON", NAME))
    other = Thread.objects.create(owner=owner, anonymous=True).pk
    assert masks_of(thread_id=other).unmask("{{pii:PERSON_1}}") == "{{pii:PERSON_1}}"
    said(other, f"Max Roe, {NAME}", ("PERSON", "Max Roe"), ("PERSON", NAME))
    assert masks_of(thread_id=other).unmask("{{pii:PERSON_2}}") == NAME
    assert Mask.objects.values("digest").distinct().count() == 3


def test_what_is_known_is_hidden_also_where_it_was_not_found(thread: UUID) -> None:
    said(thread, f"{NAME}, 030 123456, Rose", ("PERSON", NAME), ("PHONE", "030 123456"), ("PERSON", "Rose"))
    text = "ERIKA MUSTERMANN bought a rose at 1030 123456; call 030 123456. Rose, Roses"
    assert said(thread, text).texts == (
        "{{pii:PERSON_1}} bought a rose at 1030 123456; call {{pii:PHONE_1}}. {{pii:PERSON_2}}, Roses",
    )


def test_what_somebody_types_like_a_token_comes_back_as_that(thread: UUID) -> None:
    said(thread, NAME, ("PERSON", NAME))
    typed = "What does {{pii:PERSON_1}} mean?"
    masked = said(thread, typed, ("OTHER", "PERSON_1"))
    assert masked.texts == ("What does {{pii:LITERAL_1}} mean?",)
    assert masks_of(thread_id=thread).unmask(*masked.texts) == typed


def test_tokens_that_a_tool_gives_back_stay(thread: UUID) -> None:
    said(thread, NAME, ("PERSON", NAME))
    given = said(thread, "{{pii:PERSON_1}} and {{pii:PERSON_5}} met Max Roe", ("PERSON", "Max Roe"), keep_tokens=True)
    assert given.texts == ("{{pii:PERSON_1}} and {{pii:LITERAL_1}} met {{pii:PERSON_2}}",)


def test_a_strange_category_is_another_one(thread: UUID) -> None:
    assert said(thread, "x9 is it", ("strange}} {{", "x9")).texts == ("{{pii:OTHER_1}} is it",)


def test_texts_without_their_findings_are_refused(thread: UUID) -> None:
    with pytest.raises(ValueError, match="zip"):
        mask_texts(thread_id=thread, texts=["a", "b"], findings=[[]])
    assert not Mask.objects.exists()


def test_values_are_encrypted_and_shown_by_nothing(thread: UUID, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    [made] = said(thread, f"It is {NAME}", ("PERSON", NAME)).new
    row = Mask.objects.get()
    seen = [*stored(), str(made), repr(made), repr(masks_of(thread_id=thread)), str(row), repr(row), caplog.text]
    assert not [one for one in seen if "Erika" in one or "Mustermann" in one]


def test_masks_are_gone_with_their_thread(thread: UUID, owner: User) -> None:
    said(thread, NAME, ("PERSON", NAME))
    delete_thread(user_id=owner.pk, thread_id=thread)
    assert stored() == []


def test_new_keys_change_no_number(thread: UUID, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ["old"]
    said(thread, NAME, ("PERSON", NAME))
    settings.ENCRYPTION_KEYS = ["new", "old"]
    assert "threads.Mask.value" in map(str, encrypted_columns())
    call_command("rotate_keys")
    settings.ENCRYPTION_KEYS = ["new"]
    masked = said(thread, f"Dear {NAME.upper()}", ("PERSON", NAME.upper()))
    assert masked == Masked(texts=("Dear {{pii:PERSON_1}}",), new=())


def test_a_value_whose_key_is_lost_keeps_its_number_and_hides_no_other(thread: UUID, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ["lost"]
    said(thread, NAME, ("PERSON", NAME))
    settings.ENCRYPTION_KEYS = ["new"]
    masked = said(thread, f"Dear {NAME}", ("PERSON", NAME))
    assert masked.texts == ("Dear {{pii:PERSON_2}}",)
    assert masks_of(thread_id=thread).unmask("{{pii:PERSON_1}} {{pii:PERSON_2}}") == f"{{{{pii:PERSON_1}}}} {NAME}"


def test_a_snapshot_tells_its_token_and_not_its_value(thread: UUID) -> None:
    [made] = said(thread, NAME, ("PERSON", NAME)).new
    assert repr(made) == f"MaskSnapshot(id={made.id!r}, category='PERSON', number=1)"
    assert isinstance(made, MaskSnapshot)
    assert made.name == "PERSON_1"
