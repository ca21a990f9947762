"""Differences of texts: true for all texts, and cheap for any."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.analysis.differences import Difference, difference

TEXTS = st.lists(
    st.sampled_from(
        ["a", "b", "the", "cat", " ", "  ", "\n", "，", "猫", "{{pii:PERSON_1}}", "\x00", "é", "x_1", "(", "👩‍💻"]
    ),
    max_size=40,
).map("".join)


def sides(found: Difference) -> tuple[str, str]:
    """The two texts that a difference is of."""
    return (
        "".join(text for op, text in found.ops if op != "insert"),
        "".join(text for op, text in found.ops if op != "delete"),
    )


@given(before=TEXTS, after=TEXTS, same_tokens=st.booleans())
def test_a_difference_holds_both_texts(before: str, after: str, same_tokens: bool) -> None:
    found = difference(before, after, same_tokens=same_tokens)
    assert sides(found) == (before, after)
    assert 0 <= found.similarity <= 1
    assert all(text for _, text in found.ops)
    assert all(one[0] != other[0] for one, other in zip(found.ops, found.ops[1:], strict=False))


@given(before=st.text(max_size=60), after=st.text(max_size=60))
def test_any_characters_can_be_compared(before: str, after: str) -> None:
    assert sides(difference(before, after)) == (before, after)


@given(text=TEXTS)
def test_a_text_is_like_itself(text: str) -> None:
    found = difference(text, text)
    assert found.similarity == 1
    assert {op for op, _ in found.ops} <= {"equal"}


@pytest.mark.parametrize(
    ("before", "after", "ops"),
    [
        (
            "The red car.",
            "The blue car.",
            [("equal", "The "), ("delete", "red"), ("insert", "blue"), ("equal", " car.")],
        ),
        # Each sign of a script without spaces is a word.
        ("我喜欢猫。", "我喜欢狗。", [("equal", "我喜欢"), ("delete", "猫"), ("insert", "狗"), ("equal", "。")]),
        ("がくせい", "かくせい", [("delete", "が"), ("insert", "か"), ("equal", "くせい")]),
        # Names in programs are words, signs stand alone.
        (
            "f(max_size)",
            "f(min_size)",
            [("equal", "f("), ("delete", "max_size"), ("insert", "min_size"), ("equal", ")")],
        ),
        # Marks belong to their letter: no sign is torn.
        ("हिन्दी है", "हिन्दू है", [("delete", "हिन्दी"), ("insert", "हिन्दू"), ("equal", " है")]),
        # A token stays whole.
        (
            "Ask {{pii:PERSON_1}}!",
            "Ask {{pii:PERSON_2}}!",
            [("equal", "Ask "), ("delete", "{{pii:PERSON_1}}"), ("insert", "{{pii:PERSON_2}}"), ("equal", "!")],
        ),
        ("", "new", [("insert", "new")]),
        ("", "", []),
    ],
)
def test_words_are_what_is_told_apart(before: str, after: str, ops: list[tuple[str, str]]) -> None:
    assert list(difference(before, after).ops) == ops


def test_what_is_equal_by_chance_between_other_sentences_is_no_part_of_the_difference() -> None:
    found = difference("We left the house early.", "She painted the fence slowly.")
    assert list(found.ops) == [
        ("delete", "We left the house early"),
        ("insert", "She painted the fence slowly"),
        ("equal", "."),
    ]


def test_the_same_token_of_two_threads_is_not_the_same_person() -> None:
    text = "Dear {{pii:PERSON_1}},"
    found = difference(text, text, same_tokens=False)
    assert [op for op, part in found.ops if "pii" in part] == ["delete", "insert"]
    assert difference(text, text).similarity == 1


def test_a_changed_line_of_a_long_program_is_found_by_its_word() -> None:
    lines = [f"value_{number} = compute({number})" for number in range(4_000)]
    changed = list(lines)
    changed[1_234] = "value_1234 = measure(1234)"
    found = difference("\n".join(lines), "\n".join(changed))
    assert [part for part in found.ops if part[0] != "equal"] == [("delete", "compute"), ("insert", "measure")]
    assert not found.coarse


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (" ".join(f"a{n}" for n in range(40_000)), " ".join(f"b{n}" for n in range(40_000))),
        ("\n".join(f"a {n % 7}" for n in range(20_000)), "\n".join(f"{n % 5} b" for n in range(20_000))),
        ("ab" * 60_000, "ba" * 60_000),
        ("猫" * 50_000, "狗猫" * 25_000),
    ],
    ids=["words", "lines", "one word", "signs"],
)
def test_the_worst_texts_cost_little(before: str, after: str) -> None:
    began = time.process_time()
    found = difference(before, after)
    assert time.process_time() - began < 5, "its cost is not bounded"
    assert sides(found) == (before, after)
