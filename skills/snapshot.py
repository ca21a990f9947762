"""Frozen values of skills and MCP servers: what crosses from the database into a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

McpTransport = Literal["http", "stdio"]


@dataclass(frozen=True, slots=True, kw_only=True)
class McpServerSnapshot:
    """An MCP server. ``headers`` are in clear; ``timeout`` is seconds for one call; ``command`` is a name in
    ``settings.CODAY_MCP_COMMANDS``; lists of its tools from before ``refreshed_at`` do not count."""

    id: UUID
    slug: str
    name: str
    transport: McpTransport
    url: str = ""
    command: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    timeout: float = 60.0
    ask_first: bool = True
    refreshed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillReference:
    """A skill as the model is told of it before it is activated."""

    slug: str
    name: str
    trigger: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReference:
    """A source of a skill: how it is cited and read. ``characters`` is the length of its text."""

    id: UUID
    title: str
    characters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillSnapshot:
    """An active skill with everything that it brings. ``activated_by`` is ``agent`` (always on), ``model`` or ``person``."""

    id: UUID
    slug: str
    name: str
    trigger: str
    instructions: str
    sources: tuple[SourceReference, ...] = ()
    mcp_servers: tuple[McpServerSnapshot, ...] = ()
    activated_by: Literal["agent", "model", "person"] = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A passage that search found. ``offset`` is where it begins in the source's text, in characters; ``snippet`` the part
    that fits the question, in one line; ``skill`` a slug; ``url`` is empty for what is no page."""

    source_id: UUID
    source_title: str
    skill: str
    url: str
    heading: str
    offset: int
    text: str
    snippet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceText:
    """A part of a source's text, from ``offset`` on; ``characters`` is the length of the whole."""

    source_id: UUID
    source_title: str
    skill: str
    url: str
    offset: int
    text: str
    characters: int

    @property
    def next_offset(self) -> int | None:
        """Where the text goes on, ``None`` at its end."""
        end = self.offset + len(self.text)
        return end if self.text and end < self.characters else None
