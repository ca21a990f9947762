"""Long texts are cut so that nothing worth finding is lost between two pieces."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from threads.privacy.findings import Finding
from threads.privacy.pieces import OVERLAP, SIZE, cut, merge

NAME = "Maximiliane Musterfrau-Beispiel"


def find_names(text: str) -> list[Finding]:
    """Every whole name in a text, and the half of one at its start: what an analyzer makes of a cut name."""
    found = [Finding(match.start(), match.end(), "PERSON", 1.0) for match in re.finditer(NAME, text)]
    return [*found, *(Finding(0, 10, "LOCATION", 0.5) for _ in range(text.startswith("Musterfrau")))]


@given(st.lists(st.text(), max_size=3), st.integers(20, 80))
def test_pieces_cover_every_text(texts: list[str], size: int) -> None:
    covered = [set[int]() for _ in texts]
    for piece in cut(texts, size=size, overlap=10):
        assert texts[piece.of][piece.start :].startswith(piece.text)
        assert len(piece.text) <= size
        covered[piece.of].update(range(piece.start, piece.start + len(piece.text)))

    assert all(len(places) == len(text) for text, places in zip(texts, covered, strict=True) if text.strip())


@given(st.integers(0, 3 * SIZE), st.sampled_from([" ", "x", "ä. ", "\n", "🙂"]))
def test_a_name_is_found_wherever_the_cut_is(before: int, filler: str) -> None:
    text = (filler * before)[:before] + " " + NAME + " " + filler * SIZE

    pieces = list(cut([text]))
    ((found, *others),) = merge(1, pieces, [find_names(piece.text) for piece in pieces])

    assert text[found.start : found.end] == NAME
    assert not others


def test_a_short_text_is_one_piece_and_a_blank_one_none() -> None:
    pieces = list(cut(["Hello.", " \n", "Bye."]))

    assert [(piece.of, piece.text) for piece in pieces] == [(0, "Hello."), (2, "Bye.")]


def test_cuts_are_made_where_a_sentence_ends() -> None:
    text = "A sentence of some length stands here. " * 60

    assert all(piece.text.startswith("A ") for piece in cut([text]))
    assert OVERLAP < SIZE // 2
