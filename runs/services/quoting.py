"""Marks off what others wrote, so that a model can tell it from what we say.

Whatever people, tools and files say stands between tags of ours, and in their text nothing looks like such a tag. All our
tags begin alike, so a new one needs nothing here. What is made of letters of other scripts that merely look like ours is
left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

PREFIX: Final = "coday"
_BRACKETS: Final = "<\uff1c\ufe64\u2039\u27e8\u2329\u3008\u276e"  # less than; wide, small, and what looks like it
_NOTHING: Final = (
    rf"[^\w{_BRACKETS}]*"  # white space, slashes, what is invisible; no bracket, or it took quadratic time
)
_LETTERS: Final = _NOTHING.join(
    f"[{letter}{chr(ord(letter) + 0xFEE0)}]" for letter in PREFIX
)  # usual ones and wide ones
_OUR_TAG: Final = re.compile(rf"[{_BRACKETS}](?={_NOTHING}{_LETTERS}[\W_])", re.IGNORECASE)
_LONGEST_ATTRIBUTE: Final = 100


def harmless(text: str) -> str:
    """The text, in which nothing can be taken for a tag of ours any more."""
    return _OUR_TAG.sub("&lt;", text)


def element(name: str, text: str, *, attributes: Mapping[str, str] | None = None) -> str:
    """What others wrote, between tags of ours; the text has to be ``harmless`` already."""
    named = "".join(f' {key}="{_attribute(value)}"' for key, value in (attributes or {}).items())
    return f"<{PREFIX}-{name}{named}>\n{text}\n</{PREFIX}-{name}>"


def one_line(text: str) -> str:
    """The text without line breaks: an entry of a list cannot pose as two."""
    return " ".join(text.split())


def _attribute(value: str) -> str:
    """Without what could end it."""
    plain = "".join(" " if char in '"<>&' or not char.isprintable() else char for char in harmless(value))
    return one_line(plain)[:_LONGEST_ATTRIBUTE]
