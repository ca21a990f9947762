"""What others wrote cannot pose as ours, whatever they write."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runs.services.quoting import element, harmless, one_line

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For a busy machine."""
PIECES = [
    "<", "</", "&lt;", "＜", "﹤", "‹", "⟨", ">", "/", "coday", "CODAY", "ｃｏｄａｙ", "co\u200bday", "c o d a y", "-", "‐",
    "site", "event", " ", "\n", "\u200b", "\u2028", "\ufeff", "\u00ad", "\u0301", '"', "a", "漢", "x" * 30, "_",
]  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=30).map("".join)
"""Texts that are made to look like our tags."""


def tags_in(text: str) -> list[str]:
    """What a generous reader takes for tags of ours: wide and invisible characters, case and space do not matter."""
    seen = unicodedata.normalize("NFKC", text).casefold()
    seen = re.sub(r"[‹⟨❮〈]", "<", seen)
    seen = "".join(char for char in seen if unicodedata.category(char) not in {"Cf", "Mn"} and not char.isspace())
    return re.findall(r"<(/*coday[-‐_]\w*)", seen)


@patient
@given(hostile)
def test_nothing_in_it_looks_like_a_tag_of_ours(text: str) -> None:
    assert tags_in(harmless(text)) == []


@patient
@given(hostile, hostile)
def test_an_element_has_one_beginning_and_one_end(text: str, name: str) -> None:
    marked = element("site", harmless(text), attributes={"name": name})

    assert [tag.removesuffix("name") for tag in tags_in(marked)] == ["coday-site", "/coday-site"]
    opening = marked.splitlines()[0]
    assert re.fullmatch(r'<coday-site name="[^"<>&]*">', opening)


@patient
@given(st.text())
def test_it_changes_nothing_but_tags(text: str) -> None:
    assert harmless(text) == text or tags_in(text) or "coday" in unicodedata.normalize("NFKC", text).casefold()


@pytest.mark.parametrize("text", ["<div>", "a < b", "</code>", "Is <codayus> a word?", "1 <2 codays"])
def test_other_peoples_markup_stays(text: str) -> None:
    assert harmless(text) == text


@patient
@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


@pytest.mark.parametrize("piece", ["<", "‹", "< ", "</coday", "<c", "<" + " " * 1_000, "<coda"])
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (300_000 // len(piece))
    since = time.process_time()
    harmless(text)
    assert time.process_time() - since < 1
