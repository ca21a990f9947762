"""The default engine, with its model: loaded once, in this process, and held to the goals on the labelled corpus."""

from __future__ import annotations

import socket
from collections.abc import Callable
from itertools import pairwise

import pytest

from benchmarks.privacy.__main__ import STRUCTURED, found_in
from benchmarks.privacy.corpus import LANGUAGES, sentences
from benchmarks.privacy.score import Tally
from threads.privacy.analyzer import PiiAnalyzer
from threads.privacy.findings import CATEGORIES
from threads.privacy.rampart import WINDOW, windows
from threads.privacy.worker import load


@pytest.fixture(scope="module")
def analyzer() -> PiiAnalyzer:
    """The default engine. No look-up of a name and no connection is allowed, from its import on."""
    patch = pytest.MonkeyPatch()
    patch.setattr(socket, "getaddrinfo", _offline)
    patch.setattr(socket.socket, "connect", _offline)
    try:
        engine = load("threads.privacy.presidio.analyzer")
        found_in(engine, "Mail sarah.connor@example.co.uk or call +49 171 1234567.")
        return engine
    finally:
        patch.undo()


def _offline(*_: object) -> None:
    raise AssertionError("The analyzer asks the network.")


@pytest.fixture(scope="module")
def said(analyzer: PiiAnalyzer) -> Callable[[str], list[tuple[str, str]]]:
    """What is found in a text, with its category."""
    return lambda text: [(text[found.start : found.end], found.category) for found in found_in(analyzer, text)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_part_of_the_corpus_is_found_as_well_as_promised(analyzer: PiiAnalyzer, language: str) -> None:
    tally = Tally()
    for sentence in sentences(language):
        if sentence.held_out:
            tally.add(sentence, found_in(analyzer, sentence.text))

    assert (tally.recall(STRUCTURED) or 0) >= 0.95
    assert (tally.recall(["PERSON"]) or 0) >= 0.9
    assert (tally.recall(["ADDRESS"]) or 0) >= 0.9
    assert (tally.precision(CATEGORIES) or 0) >= 0.85


def test_offsets_count_code_points(said: Callable[[str], list[tuple[str, str]]]) -> None:
    assert said("👩‍👩‍👧 𝕬 Herr Özgür Yılmaz war da.") == [("Özgür Yılmaz", "PERSON")]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ich bin Max Mustermann.", "Max Mustermann"),
        ("John Doe called yesterday.", "John Doe"),
        ("MUSTERMANN, Max wohnt hier.", "MUSTERMANN, Max"),
        ("Mustermann, Max (geb. 1980)", "Mustermann, Max"),
    ],
)
def test_names_that_the_model_takes_for_examples_are_found(
    said: Callable[[str], list[tuple[str, str]]], text: str, name: str
) -> None:
    assert (name, "PERSON") in said(text)


def test_an_address_of_a_network_that_is_not_public_is_one(said: Callable[[str], list[tuple[str, str]]]) -> None:
    assert said("Mail jdoe@mail.corp.internal today.") == [("jdoe@mail.corp.internal", "EMAIL")]


def test_a_text_without_people_stays_as_it_is(said: Callable[[str], list[tuple[str, str]]]) -> None:
    assert said("Write a function in Python that sorts a list. Erkläre den Algorithmus in drei Sätzen.") == []


def test_a_text_that_is_one_word_of_many_tokens_is_read(said: Callable[[str], list[tuple[str, str]]]) -> None:
    assert said("é" * 3 * WINDOW) == []


def test_windows_cover_all_tokens() -> None:
    spans = list(windows(3 * WINDOW))

    assert spans[0][0] == 0
    assert spans[-1][1] == 3 * WINDOW
    assert all(after[0] < before[1] for before, after in pairwise(spans))
