"""How texts are cut into passages and words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skills.passages import HEADING_LENGTH, MOST, SNIPPET, coverage, snippet, split, terms, words

TEXTS = st.lists(
    st.one_of(
        st.sampled_from(
            ["\n", "\n\n", "# Heading\n", "### Another ###\n", "\f", " ", ". ", "word", "x" * 2_500, "Ünïcödé "]
        ),
        st.text(max_size=300),
    ),
    max_size=60,
).map("".join)


@given(TEXTS)
def test_passages_joined_are_the_text(text: str) -> None:
    pieces = split(text)
    assert "".join(piece.text for piece in pieces) == text
    for piece in pieces:
        assert 0 < len(piece.text) <= MOST
        assert text[piece.start :].startswith(piece.text)
        assert len(piece.heading) <= HEADING_LENGTH


def test_a_passage_stands_under_its_heading() -> None:
    text = "# Holidays\n\n" + "Thirty days a year. " * 20 + "\n\n# Illness\n\n" + "Call before nine. " * 150
    pieces = split(text)
    assert pieces[0].heading == "Holidays"
    assert {piece.heading for piece in pieces[1:]} == {"Illness"}
    assert pieces[1].text.startswith("# Illness")
    assert all(piece.text.rstrip().endswith(".") for piece in pieces)


def test_a_page_of_a_pdf_is_named_by_its_number() -> None:
    pieces = split("\n\f".join(f"Said on page {number}. " * 30 for number in (1, 2, 3)))
    assert [piece.heading for piece in pieces] == ["Page 1", "Page 2", "Page 3"]


def test_many_small_headings_make_no_crumbs() -> None:
    assert len(split("# a\n" * 1_000)) <= 20


def test_a_word_is_the_same_in_every_spelling() -> None:
    assert words("STRASSE Straße straße") == ["strasse"] * 3
    assert words("Übung u\u0308bung") == ["ubung"] * 2


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("Kündigungen", "Die Kündigungsfrist beträgt drei Monate."),
        ("invoices", "An invoice is sent each month."),
        ("TAX", "tax"),
        ("What is the refund policy?", "Refunds: our policies are kind."),
    ],
)
def test_a_question_finds_inflected_words(asked: str, written: str) -> None:
    wanted = terms(asked)
    assert coverage(wanted, " ".join(words(written))) == len(wanted) - (asked.startswith("What"))


def test_words_that_every_text_has_are_not_asked_for_unless_there_are_no_others() -> None:
    assert [term.text for term in terms("How do I get to the office?")] == ["get", "offic"]
    assert terms("to be or not to be")
    assert terms("?! \"' *") == []


@given(st.text(max_size=200))
def test_terms_are_letters_and_digits(question: str) -> None:
    for term in terms(question):
        assert term.text.isalnum(), term


@given(TEXTS, st.text(max_size=50))
def test_a_snippet_is_one_short_line(text: str, question: str) -> None:
    shown = snippet(text[:MOST], terms(question))
    assert "\n" not in shown
    assert len(shown) <= SNIPPET + 70


def test_a_snippet_shows_where_the_words_are() -> None:
    text = "Nothing here. " * 40 + "The refund takes five days. " + "Nothing there. " * 40
    assert "The refund takes five days." in snippet(text, terms("refund days"))
