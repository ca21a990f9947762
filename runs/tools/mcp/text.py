"""Text from a server, made harmless: no control characters, nothing that cannot be stored, never longer than allowed."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean(text: str, *, limit: int) -> str:
    """The text without control characters and lone surrogates; cut at ``limit`` characters, which then shows."""
    cut = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return _CONTROL.sub("", cut).encode("utf-8", "replace").decode()


def one_line(text: str, *, limit: int) -> str:
    """The same in one line."""
    return clean(" ".join(text[: 2 * limit].split()), limit=limit)
