"""How the tools of the history name runs to a model, and how it names them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from coday.kernel.errors import InvalidInputError
from runs.analysis.transcripts import elsewhere, link_to
from runs.models import Run

RUN_ID: Final[dict[str, Any]] = {
    "type": "string",
    "minLength": 32,
    "maxLength": 36,
    "description": "The run's id, as the other tools give it.",
}


def run_id_of(text: str) -> UUID:
    """The id that a model wrote.

    Raises:
        InvalidInputError: it is none.
    """
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidInputError(f"{text[:50]!r} is no id of a run.") from error


def line_of(run: Run, *, here: UUID, passage: str = "") -> str:
    """A run in a list: what it is called, how it stands, and its id; with what was found in it."""
    title = elsewhere(run.title or run.thread.title, thread_id=run.thread_id, here=here)
    facts = [
        f"{run.created_at:%Y-%m-%d %H:%M}",
        run.status,
        f"agent {run.agent}",
        *([f"tags: {', '.join(run.tags)}"] if run.tags else []),
        *(["pinned"] if run.pinned else []),
        f"importance {run.importance}",
    ]
    place = "this conversation" if run.thread_id == here else "another conversation"
    lines = [
        f"- #{run.number} “{' '.join(title.split()) or 'Without a title'}” ({', '.join(facts)}; {place})",
        f"  id {run.pk}, link {link_to(thread_id=run.thread_id, run_id=run.pk)}",
        *([f"  “{' '.join(elsewhere(passage, thread_id=run.thread_id, here=here).split())}”"] if passage else []),
    ]
    return "\n".join(lines)


def lines_of(runs: Iterable[Run], *, here: UUID) -> str:
    """A list of runs."""
    return "\n".join(line_of(run, here=here) for run in runs)
