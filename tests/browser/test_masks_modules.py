"""The page reads tokens as the server does."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from tests.threads.privacy.token_table import SPELLINGS, STRANGE
from threads.privacy.tokens import TOKEN, StreamUnmasker, unmask

VALUES = {"PERSON_1": "Özgür {{pii:TAX_ID_12}} $& 😀", "TAX_ID_12": "12 345 678 901"}
MASKS = {
    f"{{{{pii:{name}}}}}": {"token": f"{{{{pii:{name}}}}}", "category": name.rpartition("_")[0], "value": value}
    for name, value in VALUES.items()
}

READ = """async ([texts, masks]) => {
  const { hasToken, segmentsOf, unmaskText } = await import("/static/js/state/masks.js");
  return texts.map((text) => [hasToken(text), unmaskText(text, masks), segmentsOf(text, masks)]);
}"""
SETTLED = """async ([texts, masks]) => {
  const { unmaskJson, withoutHalfToken } = await import("/static/js/state/masks.js");
  return texts.map((text) => unmaskJson({ [text]: [withoutHalfToken(text), null, 1] }, masks));
}"""

parts = st.sampled_from(
    [
        *SPELLINGS,
        *STRANGE,
        "{{pii:tax\\_id 12}}",
        "{{",
        "}}",
        "{",
        "pii:",
        "PERSON",
        "_1",
        "\\",
        "*",
        " ",
        "😀",
        "constructor",
    ]
)
texts = st.lists(st.one_of(parts, st.text(max_size=3)), max_size=8).map("".join)


def read(modules: Page, *written: str) -> list[Any]:
    answer: list[Any] = modules.evaluate(READ, [written, MASKS])
    return answer


def test_the_page_reads_each_spelling_as_the_server_does(modules: Page) -> None:
    assert [unmasked for _, unmasked, _ in read(modules, *SPELLINGS)] == [VALUES["PERSON_1"]] * len(SPELLINGS)
    assert [unmasked for _, unmasked, _ in read(modules, *STRANGE)] == list(STRANGE)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(texts, min_size=20, max_size=20))
def test_the_page_reads_any_text_as_the_server_does(modules: Page, written: list[str]) -> None:
    for text, (has, unmasked, segments) in zip(written, read(modules, *written), strict=True):
        assert has == bool(TOKEN.search(text))
        assert unmasked == unmask(text, VALUES)
        assert "".join(segment["text"] for segment in segments) == text
        assert "".join(segment.get("value", segment["text"]) for segment in segments) == unmasked


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(texts, min_size=20, max_size=20))
def test_the_page_holds_back_what_the_server_does(modules: Page, written: list[str]) -> None:
    shown = modules.evaluate(SETTLED, [written, MASKS])
    for text, one in zip(written, shown, strict=True):
        assert one == {unmask(text, VALUES): [StreamUnmasker(VALUES).feed(text), None, 1]}


def test_a_text_is_drawn_in_pieces(modules: Page) -> None:
    [(_, _, segments)] = read(modules, "Dear {{PII:tax_id 12}}, {{pii:PERSON_9}}")
    assert segments == [
        {"text": "Dear "},
        {"text": "{{PII:tax_id 12}}", **MASKS["{{pii:TAX_ID_12}}"]},
        {"text": ", {{pii:PERSON_9}}"},
    ]
