"""What the privacy settings may hold, as validators for every door."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError

MAX_LINES = 1_000
MAX_WORD_CHARS = 200
MAX_PATTERNS = 100
MAX_PATTERN_CHARS = 200
MAX_UNBOUNDED = 3
MAX_REPEATS = 100
MAX_TOOLS = 500

_CATEGORY = re.compile(r"[A-Z][A-Z_]{0,29}")
_TOOL = re.compile(r"[A-Za-z0-9_.-]{1,128}\*?")
_ELEMENT = re.compile(
    r"""(?P<escape>\\.)
    | (?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])
    | (?P<open>\((?:\?(?P<kind>:|P<\w+>|.)?)?)
    | (?P<close>\))
    | (?P<repeat>(?:[*+?]|\{\d*,?\d*\})[?+]?)
    | (?P<either>\|)
    | (?P<plain>.)""",
    re.VERBOSE | re.DOTALL,
)


def lines(text: str) -> tuple[str, ...]:
    """The lines that say something, without the space around them, each once."""
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def validate_categories(value: Any) -> None:
    """A list of names of categories."""
    if not isinstance(value, list) or not all(isinstance(one, str) and _CATEGORY.fullmatch(one) for one in value):
        raise ValidationError("Enter a list of categories, such as PERSON.")


def validate_thresholds(value: Any) -> None:
    """A score from 0 to 1 for each category."""
    if not isinstance(value, dict):
        raise ValidationError("Enter an object with a number for each category, such as {“PERSON”: 0.6}.")
    validate_categories(list(value))
    for category, score in value.items():
        if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
            raise ValidationError(f"{category}: the least score is a number from 0 to 1.")


def validate_tools(value: Any) -> None:
    """A list of names of tools, or of ``server__*``."""
    if not isinstance(value, list) or len(value) > MAX_TOOLS:
        raise ValidationError(f"Enter a list of at most {MAX_TOOLS} names of tools.")
    for name in value:
        if not isinstance(name, str) or not _TOOL.fullmatch(name) or ("*" in name and not name.endswith("__*")):
            raise ValidationError(
                "The name of a tool has letters, digits, “_”, “-” and “.”; server__* means a server's."
            )


def validate_words(value: str) -> None:
    """Words or phrases, one in a line."""
    words = lines(value)
    if len(words) > MAX_LINES:
        raise ValidationError(f"Enter at most {MAX_LINES} lines.")
    if any(len(word) > MAX_WORD_CHARS for word in words):
        raise ValidationError(f"A line has at most {MAX_WORD_CHARS} characters.")


def validate_patterns(value: str) -> None:
    """Regular expressions, one in a line, each of which is matched in a time that cannot run away."""
    patterns = lines(value)
    if len(patterns) > MAX_PATTERNS:
        raise ValidationError(f"Enter at most {MAX_PATTERNS} patterns.")
    for number, pattern in enumerate(patterns, start=1):
        try:
            _check_pattern(pattern)
        except ValueError as error:
            raise ValidationError(f"Pattern {number}: {error}.") from error


def _check_pattern(pattern: str) -> None:
    """Raise ``ValueError`` for what cannot be compiled or may take long: a reference back, a look around, a repetition
    within a repetition or of alternatives, more than a few repetitions without a bound."""
    if len(pattern) > MAX_PATTERN_CHARS:
        raise ValueError(f"at most {MAX_PATTERN_CHARS} characters")
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"it is no regular expression ({error})") from error
    if compiled.fullmatch(""):
        raise ValueError("it matches an empty text")
    elements = list(_ELEMENT.finditer(pattern))
    if any(_looks_elsewhere(element) for element in elements):
        raise ValueError("looking around, referring back and flags are not possible")
    if sum(_is_unbounded(element["repeat"]) for element in elements if element["repeat"]) > MAX_UNBOUNDED:
        raise ValueError(f"at most {MAX_UNBOUNDED} repetitions without a bound")
    _check_nesting(elements)


def _looks_elsewhere(element: re.Match[str]) -> bool:
    if element["escape"]:
        return element["escape"][1] in "123456789"
    return "?" in (element["open"] or "") and not re.fullmatch(r":|P<\w+>", element["kind"] or "")


def _check_nesting(elements: list[re.Match[str]]) -> None:
    groups = [False]  # of each open group: whether it has a repetition or alternatives
    closed = False  # whether the group that ended just before has
    for element in elements:
        if element["repeat"] and closed:
            raise ValueError("what repeats or has alternatives cannot be repeated as a whole")
        closed = element["close"] is not None and groups.pop()
        if element["open"]:
            groups.append(False)
        elif element["repeat"] or element["either"] or closed:
            groups[-1] = True


def _is_unbounded(repeat: str) -> bool:
    numbers = [int(number) for number in re.findall(r"\d+", repeat)]
    if any(number > MAX_REPEATS for number in numbers):
        raise ValueError(f"at most {MAX_REPEATS} repetitions")
    return repeat[0] in "*+" or bool(re.match(r"\{\d*,\}", repeat))
