"""Tokens: what is hidden comes back letter for letter, however a model writes it, and nothing else does."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.threads.privacy.token_table import SPELLINGS, STRANGE
from threads.privacy.findings import Finding
from threads.privacy.tokens import TOKEN, StreamUnmasker, mask, name_of_match, unmask, unmask_json

CATEGORIES = ("PERSON", "DATE_OF_BIRTH", "OTHER")
VALUES = {"PERSON_1": "Özgür Yılmaz", "TAX_ID_12": "12 345 678 901"}

pieces = st.sampled_from(
    [
        "{{pii:PERSON_1}}",
        "{{pii:",
        "PERSON_1",
        "}}",
        "{",
        "}",
        "\\",
        "_",
        " ",
        "*",
        "ｐ",
        "｛",
        "｝",
        "pii",
        ":",
        "1",
        "😀",
        "é",
    ]
)
texts = st.one_of(st.text(), st.lists(st.one_of(pieces, st.text(max_size=3)), max_size=20).map("".join))


class Names:
    """A name for each value, as a thread gives them."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def __call__(self, category: str, value: str) -> str:
        known = {value: name for name, value in self.values.items()}
        name = known.get(value, f"{category}_{len(self.values) + 1}")
        self.values[name] = value
        return name


@st.composite
def findings_in(draw: st.DrawFn) -> tuple[str, list[Finding]]:
    text = draw(texts)
    place = st.integers(0, len(text))
    spans = draw(st.lists(st.tuples(place, place), max_size=8))
    return text, [Finding(min(one), max(one), draw(st.sampled_from(CATEGORIES)), 1.0) for one in spans]


@given(findings_in())
def test_what_is_masked_comes_back_letter_for_letter(case: tuple[str, list[Finding]]) -> None:
    text, findings = case
    names = Names()
    masked = mask(text, findings, names)
    assert unmask(masked, names.values) == text
    assert unmask_json(json.loads(json.dumps({masked: [masked]})), names.values) == {text: [text]}


@given(findings_in(), st.data())
def test_nothing_that_was_found_is_left(case: tuple[str, list[Finding]], data: st.DataObject) -> None:
    text, findings = case
    left = TOKEN.sub("\0", mask(text, findings, Names()))
    covered = {place for finding in findings for place in range(finding.start, finding.end)}
    clear = "".join(one for place, one in enumerate(text) if place not in covered)
    assert len(left.replace("\0", "")) <= len(clear)


@given(findings_in(), st.data())
def test_a_stream_says_the_same_wherever_it_is_cut(case: tuple[str, list[Finding]], data: st.DataObject) -> None:
    names = Names()
    text = case[0] if data.draw(st.booleans()) else mask(*case, names)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    values = {**VALUES, **names.values}
    stream = StreamUnmasker(values)
    told = [stream.feed(text[start:end]) for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert "".join(told) + stream.finish() == unmask(text, values)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_token_is_known_as_models_write_it(spelling: str) -> None:
    assert unmask(f"Dear {spelling}, hello", VALUES) == "Dear Özgür Yılmaz, hello"
    stream = StreamUnmasker(VALUES)
    assert "".join([*map(stream.feed, f"Dear {spelling}, hello"), stream.finish()]) == "Dear Özgür Yılmaz, hello"


@pytest.mark.parametrize("strange", STRANGE)
def test_what_is_no_token_of_the_thread_stays_as_it_is(strange: str) -> None:
    assert unmask(strange, VALUES) == strange


def test_a_value_is_not_read_again() -> None:
    values = {"PERSON_1": "{{pii:PERSON_2}}", "PERSON_2": "Erika"}
    assert unmask("{{pii:PERSON_1}}", values) == "{{pii:PERSON_2}}"


def test_a_token_that_somebody_types_is_hidden_as_what_it_is() -> None:
    names = Names()
    names.values["PERSON_1"] = "Erika"
    masked = mask("What is {{pii:PERSON_1}}?", [Finding(10, 23, "PERSON", 0.9)], names)
    assert masked == "What is {{pii:LITERAL_2}}?"
    assert unmask(masked, names.values) == "What is {{pii:PERSON_1}}?"


def test_a_text_that_was_written_with_masks_keeps_those_of_the_thread() -> None:
    names = Names()
    names.values["PERSON_1"] = "Erika"
    said = "{{PII: person_1}} met Max and {{pii:PERSON_7}}"
    masked = mask(said, [Finding(2, 25, "PERSON", 0.9)], names, keep=names.values)
    assert masked == "{{pii:PERSON_1}}{{pii:PERSON_2}} and {{pii:LITERAL_3}}"
    assert unmask(masked, names.values) == "Erika met Max and {{pii:PERSON_7}}"


def test_only_what_may_become_a_token_is_held_back() -> None:
    stream = StreamUnmasker(VALUES)
    assert [stream.feed(piece) for piece in ("if (a) {", "\n  b", " {{p", "ii:PERSON_1", "}}", "!")] == [
        "if (a) ", "{\n  b", " ", "", "Özgür Yılmaz", "!",
    ]  # fmt: skip


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (0, 9), (3, 2)])
def test_a_finding_outside_the_text_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        mask("Erika", [Finding(start, end, "PERSON", 1.0)], Names())


def test_a_long_text_of_braces_is_read_quickly() -> None:
    assert unmask("{" * 200_000 + "{{pii:" * 20_000, VALUES).startswith("{")
    assert StreamUnmasker(VALUES).feed("{{pii:PERSON_1}} " * 20_000) == "Özgür Yılmaz " * 20_000
    since = time.perf_counter()
    StreamUnmasker(VALUES).feed("{" * 200_000 + "{{pii:A" * 20_000 + "!")
    assert time.perf_counter() - since < 2


def test_a_name_is_written_in_one_way() -> None:
    match = TOKEN.search("{{pii:tax\\_id-012}}")
    assert match is not None
    assert name_of_match(match) == "TAX_ID_12"
