"""Tokens such as ``{{pii:PERSON_1}}``, which stand for personal values in what models read and write.

``mask`` puts tokens into a text, ``unmask`` and ``StreamUnmasker`` put values back in one pass: what a value says is never
read again. Models change tokens a little (``{{ PII:Person\\_1 }}``), so reading is lenient; what is no token of the thread
stays as it is. The page reads them by the same pattern (``static/js/state/masks.js``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any, Final

from threads.privacy.findings import Finding, longest

LITERAL: Final = "LITERAL"
"""The category of what looks like a token and was written so by a person or a tool: it is kept like a personal value."""

_JUNK: Final = r"[ \t\u00a0\u202f\u200b*`]{0,4}"
_GAP: Final = r"(?:\\{0,2}_|[ \-\u2011])"
_OPEN: Final = r"(?:\{\{|\\\{\\\{|\{|\\\{|\uff5b\uff5b|\uff5b)"
_CLOSE: Final = r"(?:\}\}|\\\}\\\}|\}|\\\}|\uff5d\uff5d|\uff5d)"
_WORD: Final = r"[A-Za-z]{2,20}"

# No lookaround, and no brace inside: a token of ours is read alike whatever stands around it.
TOKEN: Final = re.compile(
    rf"{_OPEN}{_JUNK}[Pp][Ii][Ii]{_JUNK}[:\uff1a]{_JUNK}({_WORD}(?:{_GAP}{_WORD}){{0,3}}){_GAP}([0-9]{{1,6}}){_JUNK}{_CLOSE}"
)

# The end of a text that may become a token, or a longer one, when more text comes.
_BEGUN: Final = re.compile(
    r"[\\{\uff5b]{1,4}[ \t\u00a0\u202f\u200b*`]{0,4}"
    r"(?:[Pp](?:[Ii](?:[Ii][A-Za-z0-9:\uff1a_\\ \-\u2011\t\u00a0\u202f\u200b*`]{0,130}(?:[}\uff5d]\\?)?)?)?)?\Z"
)
_LONGEST_BEGUN: Final = 150  # characters that it may have
_GAPS: Final = re.compile(_GAP)


def token_of(name: str) -> str:
    """The token with this name, such as ``PERSON_1``."""
    return f"{{{{pii:{name}}}}}"


def name_of_match(match: re.Match[str]) -> str:
    """The name that a match of ``TOKEN`` means."""
    return f"{_GAPS.sub('_', match[1]).upper()}_{int(match[2])}"


def without_begun_token(text: str) -> str:
    """A text that was cut, without the beginning of a token at its end."""
    return _BEGUN.sub("", text)


def mask(
    text: str, findings: Iterable[Finding], name_of: Callable[[str, str], str], *, keep: Container[str] = frozenset()
) -> str:
    """The text with a token in the place of each finding, and of whatever looks like a token already.

    Args:
        findings: what is to be hidden; those that overlap are hidden as one.
        name_of: gives the name of the token for a category and a value.
        keep: names of tokens that are meant as such, in a text that was written with masks before.

    Raises:
        ValueError: a finding lies outside the text.
    """
    found = list(findings)
    if any(not 0 <= finding.start <= finding.end <= len(text) for finding in found):
        raise ValueError("A finding lies outside the text.")
    parts, position = [], 0
    for match in TOKEN.finditer(text):
        if (name := name_of_match(match)) in keep:
            parts += [_masked(text, position, match.start(), found, name_of), token_of(name)]
            position = match.end()
    return "".join([*parts, _masked(text, position, len(text), found, name_of)])


def _masked(text: str, start: int, end: int, findings: list[Finding], name_of: Callable[[str, str], str]) -> str:
    """A part of the text. What is left between tokens looks like none: all that does has been hidden too."""
    literal = [Finding(match.start(), match.end(), LITERAL, 1.0) for match in TOKEN.finditer(text, start, end)]
    inside = [
        Finding(max(one.start, start), min(one.end, end), one.category, one.score)
        for one in findings
        if one.start < end and one.end > start
    ]
    parts, position = [], start
    for finding in longest([*inside, *literal]):
        value = text[finding.start : finding.end]
        parts += [text[position : finding.start], token_of(name_of(finding.category, value))]
        position = finding.end
    return "".join([*parts, text[position:end]])


def unmask(text: str, values: Mapping[str, str]) -> str:
    """The text with values, by the names of their tokens, in the place of tokens. Other tokens stay as they are."""
    return TOKEN.sub(lambda match: values.get(name_of_match(match), match[0]), text)


def unmask_json(value: Any, values: Mapping[str, str]) -> Any:
    """A JSON value with every text in it unmasked, keys included."""
    match value:
        case str():
            return unmask(value, values)
        case dict():
            return {unmask(key, values): unmask_json(inner, values) for key, inner in value.items()}
        case list() | tuple():
            return [unmask_json(inner, values) for inner in value]
    return value


class StreamUnmasker:
    """Unmasks a text that comes in pieces, which may be cut anywhere. Only what may become a token is held back."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._held = ""

    def feed(self, piece: str) -> str:
        """What can be shown now that this piece has come."""
        text, position = self._held + piece, 0
        while True:
            token = TOKEN.search(text, position)
            begun = _BEGUN.search(text, max(position, len(text) - _LONGEST_BEGUN))
            if begun and (token is None or begun.start() <= token.start()):
                break
            if token is None:
                self._held = ""
                return unmask(text, self._values)
            position = token.end()
        self._held = text[begun.start() :]
        return unmask(text[: begun.start()], self._values)

    def finish(self) -> str:
        """What was held back, when no more comes."""
        rest, self._held = self._held, ""
        return unmask(rest, self._values)
