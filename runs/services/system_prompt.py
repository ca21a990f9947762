"""The system prompt as a value: sections, each with who wrote it and how large it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from runs.services.quoting import element, harmless
from runs.services.token_estimate import BYTES_PER_TOKEN, estimate_text

Layer = Literal["coday", "agent", "skill", "site", "person"]

SMALLEST = 30
"""Tokens: a section that would get less of its text is left out."""
CUT = "[… the rest was left out: it is too long]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of the system prompt, as the model is given it.

    Attributes:
        name: what it is, the same in every prompt; ``title`` is what people read.
        layer: who wrote it; ``source`` is the slug of the agent or skill.
        tokens: about how many it is.
        shortened: not all of it is there.
    """

    name: str
    title: str
    layer: Layer
    source: str = ""
    text: str
    tokens: int
    shortened: bool = False


@dataclass(frozen=True)
class SystemPrompt:
    """What a model is told before the conversation. ``notices`` tell people what was left out of it."""

    sections: tuple[Section, ...]
    notices: tuple[str, ...] = ()

    @cached_property
    def text(self) -> str:
        """As the model is given it: the sections, separated by blank lines."""
        return "\n\n".join(section.text for section in self.sections)

    @property
    def tokens(self) -> int:
        """About how many tokens it is."""
        return estimate_text(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A section before it is known how much room there is.

    ``introduction`` is ours, ``body`` is what may be cut; it stands in the element ``tag`` where others than the agent's
    author wrote it. ``limit`` is tokens. What has a lower ``rank`` is given its room first.
    """

    name: str
    title: str
    layer: Layer
    source: str = ""
    introduction: str = ""
    body: str = ""
    tag: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    limit: int = 500
    rank: int = 0

    def section(self, *, room: int) -> Section | None:
        """The section in at most so many tokens, ``None`` where that is too few."""
        body = harmless(_head(self.body.strip(), self.limit * 4))
        rest = estimate_text(self._around(""))
        kept = _cut(body, min(self.limit, room - rest))
        shortened = len(kept) < len(body) or len(self.body.strip()) > self.limit * 4
        if room < rest or (self.body and not kept):
            return None
        text = self._around(f"{kept}\n{CUT}" if shortened else kept)
        return Section(
            name=self.name,
            title=self.title,
            layer=self.layer,
            source=self.source,
            text=text,
            tokens=estimate_text(text),
            shortened=shortened,
        )

    def _around(self, body: str) -> str:
        marked = element(self.tag, body, attributes=self.attributes) if self.tag else body
        return "\n\n".join(part for part in (self.introduction, marked) if part)


def _cut(text: str, tokens: int) -> str:
    """The beginning of a text in at most so many tokens, up to the end of a line where one ends soon enough."""
    if estimate_text(text) <= tokens:
        return text
    if tokens < SMALLEST:
        return ""
    room = int((tokens - estimate_text(CUT) - 1) * BYTES_PER_TOKEN)
    return _to_line_end(text.encode()[:room].decode(errors="ignore"))


def _head(text: str, characters: int) -> str:
    return text[:characters] if len(text) > characters else text


def _to_line_end(text: str) -> str:
    line, _, _ = text.rpartition("\n")
    return line if len(line) > len(text) // 2 else text
