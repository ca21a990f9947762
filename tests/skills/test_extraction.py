"""Files become text by their content, within limits, whatever they are called."""

from __future__ import annotations

import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from coday.kernel.errors import CodayError
from skills.errors import UnreadableSourceError, UnsupportedSourceError
from skills.extraction import files
from skills.extraction.files import extract
from skills.extraction.kinds import kind_of
from tests.skills.conftest import docx, pdf

PAGE = """<!doctype html><html><head><title>Our house rules</title><script>alert(1)</script></head><body>
<nav>Home | About</nav>
<article><h1>House rules</h1><p>Quiet hours begin at ten in the evening, and they end at six in the morning.</p>
<p>Guests are welcome as long as they sign the book at the entrance, and leave before midnight.</p></article></body></html>"""


# --- What can be read -----------------------------------------------------------------------------------------------


def test_a_pdf_is_read_page_by_page() -> None:
    found = extract(pdf("First page.", "Second page.", title="The report"), name="whatever.txt")
    assert (found.kind, found.title) == ("pdf", "The report")
    assert found.text == "First page.\n\fSecond page."


def test_a_docx_is_read_with_its_headings_and_tables() -> None:
    found = extract(docx("One &amp; two.", "Grüße.", heading="Rules"), name="rules.docx")
    assert (found.kind, found.title) == ("docx", "rules")
    assert found.text == "# Rules\n\nOne & two.\n\nGrüße.\n\nleft | right"


def test_a_page_is_read_without_what_stands_around_it() -> None:
    found = extract(PAGE.encode())
    assert (found.kind, found.title) == ("html", "Our house rules")
    assert "Quiet hours begin at ten" in found.text
    assert "alert" not in found.text
    assert "<" not in found.text


def test_a_pages_links_stay_where_its_address_is_given() -> None:
    page = PAGE.replace("Guests", 'Our <a href="/guests?a=1">guests</a>')
    found = extract(page.encode(), address="https://house.example/rules/")
    assert "[guests](https://house.example/guests?a=1)" in found.text
    assert "](" not in extract(page.encode()).text


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        (b"Just words.\r\nMore of them.", "text", "Just words.\nMore of them."),
        (b"# Title\n\nSee [this](there).", "markdown", "# Title\n\nSee [this](there)."),
        ("Grüße".encode("utf-16"), "text", "Grüße"),
        ("Grüße".encode("cp1252"), "text", "Grüße"),
        (b"\xef\xbb\xbfBOM", "text", "BOM"),
        (b"a\n\n\n\n\n\n\n\nb", "text", "a\n\n\nb"),
    ],
)
def test_text_is_read_in_the_encodings_of_editors(content: bytes, kind: str, text: str) -> None:
    found = extract(content, name="notes.txt")
    assert (found.kind, found.text, found.title) == (kind, text, "notes")


# --- What cannot ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"I am no PDF.", "report.pdf", "unreadable_source"),
        (b"%PDF-1.7 and then nothing", "report.pdf", "unreadable_source"),
        (pdf("Fine")[:200], "report.pdf", "unreadable_source"),
        (b"PK\x03\x04 and then nothing", "letter.docx", "unreadable_source"),
        (docx("Fine")[:300], "letter.docx", "unreadable_source"),
        (docx("Not & closed <w:p>"), "letter.docx", "unreadable_source"),
        (b"PK\x03\x04 and then nothing", "archive.zip", "unsupported_source"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "dot.png", "unsupported_source"),
        (b"\x00\x01\x02", "", "unsupported_source"),
        (b"", "empty.txt", "empty_source"),
        (b" \n\t ", "blank.txt", "empty_source"),
        (b"<html><body><script>alert(1)</script></body></html>", "page.html", "empty_source"),
        (pdf(""), "scan.pdf", "empty_source"),
    ],
)
def test_what_cannot_be_read_is_refused(content: bytes, name: str, code: str) -> None:
    with pytest.raises(CodayError) as error:
        extract(content, name=name)
    assert error.value.code == code
    assert error.value.details["field"] == "file"


def test_a_file_has_limits(settings: Settings) -> None:
    settings.CODAY_MAX_SOURCE_PAGES = 2
    settings.CODAY_MAX_SOURCE_CHARS = 100
    settings.CODAY_MAX_SOURCE_BYTES = 2_000
    for content, unit in (
        (pdf("a", "b", "c"), "pages"),
        (pdf("x" * 200), "characters"),
        (b"x" * 101, "characters"),
        (b"x" * 2_001, "bytes"),
    ):
        with pytest.raises(CodayError) as error:
            extract(content)
        assert (error.value.code, error.value.details["unit"]) == ("source_too_large", unit)


def test_a_zip_bomb_is_not_unpacked() -> None:
    bomb = docx("Boom", padding=200 * 1024 * 1024)
    assert len(bomb) < 1024 * 1024
    with pytest.raises(CodayError) as error:
        extract(bomb)
    assert (error.value.code, error.value.details["unit"]) == ("source_too_large", "bytes")


def test_a_pdf_that_unfolds_takes_no_more_than_its_share() -> None:
    stream = zlib.compress(bytes(10**8), 9)
    head, _, rest = pdf("x").partition(b"<< /Length")
    page = b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (len(stream), stream)
    with pytest.raises(CodayError) as error:
        extract(head + page + rest)
    assert error.value.code in {"unreadable_source", "source_takes_too_long", "empty_source"}


def test_a_reader_that_takes_too_long_is_ended(settings: Settings) -> None:
    settings.CODAY_SOURCE_SECONDS = 0.01
    with pytest.raises(CodayError) as error:
        extract(pdf("Slow"))
    assert error.value.code == "source_takes_too_long"


def test_readers_take_turns(settings: Settings) -> None:
    settings.CODAY_SOURCE_SECONDS = 0.01
    for _ in range(files.READERS):
        files._readers.acquire()
    try:
        with pytest.raises(CodayError) as error:
            extract(pdf("Next"))
        assert (error.value.code, error.value.status, error.value.retryable) == ("readers_busy", 503, True)
    finally:
        for _ in range(files.READERS):
            files._readers.release()


@given(st.binary(max_size=300), st.sampled_from(["", "x.pdf", "x.docx", "x.txt"]))
def test_any_bytes_have_a_kind_or_an_error(content: bytes, name: str) -> None:
    with suppress(UnsupportedSourceError, UnreadableSourceError):
        assert kind_of(content, name=name) in {"text", "markdown", "html", "pdf", "docx"}
