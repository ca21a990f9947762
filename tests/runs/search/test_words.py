"""Which words find which, and what of a run shows it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.search.snippets import LENGTH, Snippet, snippet_of
from runs.search.words import DISTINCT, has_all, terms_of, words_of
from runs.search.words import LENGTH as MOST_BYTES

TEXTS = st.lists(
    st.one_of(
        st.sampled_from(
            ["Kündigungsfrist ", "the ", "\n\n", "{{pii:PERSON_1}}", "ß", "İ", "ﬁ", "e\u0301", "x" * 300, "🚀 "]
        ),
        st.text(max_size=80),
    ),
    max_size=30,
).map("".join)


def indexed(text: str) -> set[str]:
    """All words by which a text is found exactly."""
    found = words_of(title="", texts=[text])
    return {*found.words.split(), *found.parts.split()}


def finds(question: str, text: str) -> bool:
    """Whether the index would find the text: by the words that it holds, not by the text."""
    held = indexed(text)
    return all(any(term.fits(word) for word in held) for term in terms_of(question))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Kündigungen", "Die Kündigungsfrist beträgt drei Monate."),
        ("Frist", "Die Kündigungsfrist beträgt drei Monate."),
        ("fristen", "Die Kündigungsfrist beträgt drei Monate."),
        ("kundigung", "Die KÜNDIGUNG"),
        ("Häuser", "Wir haben ein Haus."),
        ("Mueller", "Frau Müller ist da."),
        ("Müller", "Frau Mueller ist da."),
        ("Strasse", "In der Straße"),
        ("invoices", "An invoice is sent each month."),
        ("invoicing", "An invoice is sent each month."),
        ("policy", "Our policies are kind."),
        ("policies", "Our policy is kind."),
        ("running", "It runs."),
        ("deployed", "Deploy it."),
        ("name", "call getUserName() first"),
        ("kün", "Die Kündigungsfrist"),
        ("42", "Ticket 42"),
        ("was ist die Frist", "Frist"),
    ],
)
def test_a_word_finds_its_other_forms_and_what_it_is_a_part_of(question: str, text: str) -> None:
    assert finds(question, text)
    assert has_all(terms_of(question), text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("table", "It is a comfortable chair for you and the others"),  # English has no compounds
        ("hand", "Handlung".replace("Hand", "Stand")),
        ("4", "Ticket 42"),
        ("apple", "pear"),
        ("pear apple", "pear"),
    ],
)
def test_what_is_something_else_is_not_found(question: str, text: str) -> None:
    assert not finds(question, text)


def test_common_words_are_asked_for_only_where_there_are_no_others() -> None:
    assert [term.word for term in terms_of("How do I get to the office?")] == ["get", "office"]
    assert [term.word for term in terms_of("to be")] == ["to", "be"]
    assert terms_of("?! \"' * NEAR( ") == terms_of("near")
    assert terms_of("\"'()*:^-") == ()


@given(st.text(max_size=200))
def test_what_is_looked_for_is_letters_and_digits(question: str) -> None:
    for term in terms_of(question):
        for form in term.forms:
            assert form.text.isalnum(), form


def test_a_document_is_no_longer_than_a_database_can_hold() -> None:
    long = [f"{number:x}" + "ü" * 60 for number in range(20_000)]
    document = words_of(title=" ".join(long[:9]), texts=[" ".join(long)])
    for column in (document.words, document.parts):
        assert len(column.encode()) <= MOST_BYTES
        assert len(set(column.split())) <= DISTINCT


def marked(snippet: Snippet) -> list[str]:
    """What the marks cover."""
    return [snippet.text[start:end] for start, end in snippet.marks]


def test_a_snippet_shows_the_words_where_most_of_them_are() -> None:
    text = "A refund, perhaps. " + "Nothing here. " * 40 + "Die Kündigungsfrist\n\nfür den  Refund. " + "Nothing. " * 40
    shown = snippet_of(["What?", text], terms_of("refunds Frist"))
    assert "Die Kündigungsfrist für den Refund." in shown.text
    assert marked(shown) == ["Kündigungsfrist", "Refund"]
    assert shown.text.startswith("…")
    assert shown.text.endswith("…")


def test_where_no_word_is_said_the_snippet_is_how_the_input_begins() -> None:
    assert snippet_of(["Hello there", "And here"], terms_of("title")) == Snippet("Hello there")
    assert snippet_of([], terms_of("title")) == Snippet("")


def test_a_mark_covers_the_token_whose_value_was_asked_for_and_nothing_else_in_it() -> None:
    text = "person {{pii:PERSON_1}} and {{pii:PERSON_2}} " * 3
    shown = snippet_of([text], terms_of("person mustermann"), masks={"PERSON_2": {"mustermann"}})
    assert marked(shown)[:3] == ["person", "{{pii:PERSON_2}}", "person"]


@given(TEXTS, st.lists(st.sampled_from(["frist", "kündigung", "s", "x", "fi", "i", "é", "person"]), max_size=4))
def test_a_snippet_is_one_line_with_its_marks_in_order(text: str, question: list[str]) -> None:
    shown = snippet_of([text], terms_of(" ".join(question)), masks={"PERSON_1": {"person"}})
    assert "\n" not in shown.text
    assert len(shown.text) <= LENGTH + 120
    assert shown.text.count("{{pii:") == shown.text.count("PERSON_1}}")
    ends = 0
    for start, end in shown.marks:
        assert ends <= start < end <= len(shown.text)
        ends = end
