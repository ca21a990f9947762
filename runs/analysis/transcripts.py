"""Runs as plain text, for whoever reads them outside of their conversation: an agent in another one, or in the same.

In another conversation the same token stands for somebody else, and might be taken for one of theirs. So it is written
there as what it is, and where it is from: ``[person 1 of 3f2a]``. No value is ever read here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from runs.models import Run
from threads.content import ContentPart, ImagePart, TextPart, ThinkingPart, ToolResultPart, ToolUsePart
from threads.privacy.tokens import TOKEN, name_of_match
from threads.queries import messages_of_runs
from threads.snapshot import MessageSnapshot

SPEAKERS: Final = {"user": "The person", "assistant": "The answer", "system": "What happened"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """A run to be read elsewhere. ``link`` leads people to it; ``title`` may be empty."""

    run_id: UUID
    thread_id: UUID
    number: int
    title: str
    at: datetime
    anonymous: bool
    text: str

    @property
    def link(self) -> str:
        """The address that leads to the run, whichever branch it stands in."""
        return link_to(thread_id=self.thread_id, run_id=self.run_id)


def link_to(*, thread_id: UUID, run_id: UUID) -> str:
    """The address of a run, on this site."""
    return f"/threads/{thread_id}/?run={run_id}"


def transcripts_of(*, runs: Sequence[Run], here: UUID | None = None, tools: bool = False) -> list[Transcript]:
    """These runs, which the reader may see and whose threads were read with them, in this order. In the thread ``here``
    tokens are its own and stay. With ``tools``, also what was called and what it came to."""
    said = messages_of_runs(run_ids=[run.pk for run in runs])
    return [
        Transcript(
            run_id=run.pk,
            thread_id=run.thread_id,
            number=run.number,
            title=elsewhere(run.title or run.thread.title, thread_id=run.thread_id, here=here),
            at=run.created_at,
            anonymous=run.anonymous,
            text=elsewhere(_text(said[run.pk], tools=tools), thread_id=run.thread_id, here=here),
        )
        for run in runs
    ]


def elsewhere(text: str, *, thread_id: UUID, here: UUID | None = None) -> str:
    """A text of one thread as it may stand in another: nothing in it is a token there."""
    if thread_id == here:
        return text
    place = thread_id.hex[-4:]
    return TOKEN.sub(lambda token: f"[{_in_words(name_of_match(token))} of {place}]", text)


def _in_words(name: str) -> str:
    return name.replace("_", " ").lower()


def _text(messages: Iterable[MessageSnapshot], *, tools: bool) -> str:
    blocks = (_message(message, tools=tools) for message in messages)
    return "\n\n".join(filter(None, blocks))


def _message(message: MessageSnapshot, *, tools: bool) -> str:
    parts = "\n".join(filter(None, (_part(part, tools=tools) for part in message.content)))
    speaker = SPEAKERS.get(message.role)
    return f"{speaker}:\n{parts}" if parts and speaker else parts


def _part(part: ContentPart, *, tools: bool) -> str:
    match part:
        case TextPart():
            return part.text.strip()
        case ImagePart():
            return f"[image: {part.alt or 'without a name'}]"
        case ToolUsePart() if tools:
            arguments = part.arguments_text or msgspec.json.encode(part.arguments).decode()
            return f"[calls {part.name} with {arguments}]"
        case ToolResultPart() if tools:
            return f"[{part.name} {'failed' if part.is_error else 'gave'}:]\n{part.content}"
        case ThinkingPart() | ToolUsePart() | ToolResultPart():
            return ""
