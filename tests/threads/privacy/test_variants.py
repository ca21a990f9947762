"""Which spellings are one value, and what of a finding is not the value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threads.privacy.findings import CATEGORIES, Finding
from threads.privacy.variants import canonical, core

SAME = [
    ("PERSON", "Max Mustermann", "MUSTERMANN, Max"),
    ("PERSON", "Max Mustermann", "max  mustermann"),
    ("PERSON", "Max Mustermann", "MUSTERMANN Max"),
    ("PERSON", "Max Mustermann", "Max\nMustermann"),
    ("PERSON", "Jörg Müller", "Joerg Mueller"),
    ("PERSON", "José García", "Jose Garcia"),
    ("PERSON", "Anna-Lena Groß", "ANNA LENA GROSS"),
    ("PERSON", "Zoë", "Zoe\u0308"),
    ("EMAIL", "Max@Example.com", "max@example.com"),
    ("PHONE", "+49 (0)30 123-456", "0049 30 123456"),
    ("PHONE", "(030) 123 456", "030/123456"),
    ("IBAN", "DE89 3704 0044 0532 0130 00", "de89370400440532013000"),
    ("CREDIT_CARD", "4111-1111-1111-1111", "4111 1111 1111 1111"),
    ("ADDRESS", "Hauptstraße 12, 10115 Berlin", "Hauptstr. 12\n10115 Berlin"),
    ("DATE_OF_BIRTH", "3.4.1980", "03.04.1980"),
    ("DATE_OF_BIRTH", "3.4.1980", "1980-04-03"),
    ("LICENCE_PLATE", "B-AB 123", "b ab123"),
]
OTHER = [
    ("PERSON", "Max Mustermann", "Erika Mustermann"),
    ("PERSON", "Max Mustermann", "Mustermann"),
    ("PERSON", "Paul Simon", "Simon Paul"),
    ("PERSON", "李明", "李白"),
    ("EMAIL", "a.b@example.com", "ab@example.com"),
    ("PHONE", "030 123456", "+49 30 123456"),
    ("IP_ADDRESS", "1.11.1.1", "11.1.1.1"),
    ("DATE_OF_BIRTH", "3/4/1980", "4/3/1980"),
    ("LICENCE_PLATE", "B-AB 123", "BA-B 123"),
    ("ADDRESS", "Hauptstraße 12", "Hauptstraße 1"),
    ("OTHER", "?", "!"),
    ("LITERAL", "{{pii:PERSON_1}}", "{{PII:PERSON_1}}"),
]


@pytest.mark.parametrize(("category", "one", "another"), SAME)
def test_spellings_of_one_value(category: str, one: str, another: str) -> None:
    assert canonical(category, one) == canonical(category, another)


@pytest.mark.parametrize(("category", "one", "another"), OTHER)
def test_values_that_only_look_alike(category: str, one: str, another: str) -> None:
    assert canonical(category, one) != canonical(category, another)


def test_a_value_is_the_same_whatever_it_was_found_as() -> None:
    assert canonical("TAX_ID", "12 345 678 901") == canonical("ID_CARD", "12345678901")
    assert canonical("PERSON", "Berlin") == canonical("LOCATION", "Berlin")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Dear Mr. Max Mustermann,", "Max Mustermann"),
        ("Dear Herr Prof. Dr. med. Max Mustermann!", "Max Mustermann"),
        ("Dear Frau Dr.-Ing. Aylin Öz", "Aylin Öz"),
        ("Dear “Max Mustermann”", "Max Mustermann"),
        ("Dear Max’s", "Max"),
        ("Dear Franziska Drews", "Franziska Drews"),
        ("Dear Mia Marquardt", "Mia Marquardt"),
        ("Dear Nat Sig Holm", "Nat Sig Holm"),
        ("Dear Dr.", "Dr."),
        ("Dear ,,", ",,"),
    ],
)
def test_titles_and_marks_are_not_part_of_a_name(text: str, found: str) -> None:
    finding = core(text, Finding(5, len(text), "PERSON", 0.9))
    assert text[finding.start : finding.end] == found


def test_an_address_keeps_its_first_word() -> None:
    text = "Dr-Karl-Renner-Ring 3"
    assert core(text, Finding(0, len(text), "ADDRESS", 1.0)) == Finding(0, len(text), "ADDRESS", 1.0)


@given(st.sampled_from([*CATEGORIES, "LITERAL"]), st.text(min_size=1))
def test_every_value_has_a_key_and_a_core(category: str, value: str) -> None:
    assert canonical(category, value) == canonical(category, value)
    finding = core(value, Finding(0, len(value), category, 1.0))
    assert 0 <= finding.start < finding.end <= len(value)
