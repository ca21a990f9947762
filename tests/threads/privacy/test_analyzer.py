"""What the site's rules do to findings, and how findings that overlap become one."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from threads.privacy.analyzer import Rules, ruled
from threads.privacy.findings import CATEGORIES, Finding, longest

findings = st.lists(
    st.builds(
        lambda start, length, category, score: Finding(start, start + length, category, score),
        st.integers(0, 60),
        st.integers(0, 20),
        st.sampled_from(CATEGORIES),
        st.floats(0, 1),
    )
)


def covered(found: tuple[Finding, ...] | list[Finding]) -> set[int]:
    """The places that findings cover."""
    return {place for finding in found for place in range(finding.start, finding.end)}


def test_of_findings_that_overlap_the_longest_gives_the_name() -> None:
    street = Finding(0, 20, "ADDRESS", 0.6)
    town = Finding(10, 18, "LOCATION", 0.9)

    assert longest([town, street]) == (Finding(0, 20, "ADDRESS", 0.6),)


def test_what_stands_side_by_side_stays_apart() -> None:
    first, second = Finding(0, 4, "PERSON", 1.0), Finding(4, 8, "PERSON", 1.0)

    assert longest([second, first]) == (first, second)


@given(findings)
def test_nothing_that_was_found_is_left_in_clear(found: list[Finding]) -> None:
    resolved = longest(found)

    assert covered(resolved) == covered(found)
    assert all(before.end <= after.start for before, after in pairwise(resolved))


def test_a_category_that_is_off_does_not_count() -> None:
    found = [Finding(0, 4, "PERSON", 1.0), Finding(5, 9, "LOCATION", 1.0)]

    assert ruled("Jane Rome", found, rules=Rules(categories=frozenset({"PERSON"}))) == found[:1]


def test_a_threshold_holds_for_its_category_alone() -> None:
    found = [Finding(0, 4, "PERSON", 0.7), Finding(5, 9, "LOCATION", 0.7)]

    assert ruled("Jane Rome", found, rules=Rules(thresholds={"PERSON": 0.8})) == found[1:]


def test_an_allowed_word_is_not_personal_in_any_case() -> None:
    found = [Finding(0, 4, "PERSON", 1.0)]

    assert ruled("JANE is a programme.", found, rules=Rules(allow_words=("Jane",))) == []


def test_an_allowed_pattern_has_to_match_the_whole_finding() -> None:
    found = [Finding(0, 9, "IP_ADDRESS", 1.0)]

    assert ruled("127.0.0.1", found, rules=Rules(allow_patterns=(r"127\.[\d.]+",))) == []
    assert ruled("127.0.0.1", found, rules=Rules(allow_patterns=(r"127",))) == found


def test_a_forbidden_word_is_found_as_a_whole_word_only() -> None:
    found = ruled("Nightingale and nightingales, NIGHTINGALE.", [], rules=Rules(deny_words=("Nightingale",)))

    assert [(finding.start, finding.end, finding.category) for finding in found] == [
        (0, 11, "OTHER"),
        (30, 41, "OTHER"),
    ]


def test_of_two_forbidden_words_the_longer_is_found() -> None:
    (found,) = ruled("Project Kestrel II", [], rules=Rules(deny_words=("Project Kestrel", "Project Kestrel II")))

    assert found.length == len("Project Kestrel II")
