"""The part of Coday's wire that the load client reads and writes (``docs/wire-protocol.md``)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec

from benchmarks.answers import AnswerShape

TERMINAL = {"completed", "failed", "cancelled", "interrupted"}
CREATED = "created"  # the ref of the frames that create runs


class RunState(msgspec.Struct):
    """The part of a run object that says whether it has ended."""

    status: str
    error: dict[str, Any] | None = None


class Part(msgspec.Struct):
    """One part of a message."""

    text: str = ""


class Message(msgspec.Struct):
    """A message as its ``message_start`` and ``message`` frames have it."""

    role: str
    id: str = ""
    content: list[Part] = []

    @property
    def text(self) -> str:
        """The text of all parts."""
        return "".join(part.text for part in self.content)


class WireFrame(msgspec.Struct):
    """The union of the fields of all frames that a measurement looks at."""

    type: str
    seq: int = 0
    last_seq: int = 0
    ref: str = ""
    run_id: str = ""
    message_id: str = ""
    text: str = ""
    offset: int = 0
    run: RunState | None = None
    message: Message | str | None = None
    changed: list[str] | dict[str, Any] | None = None


decode_frame = msgspec.json.Decoder(WireFrame).decode


def create_frame(shape: AnswerShape) -> bytes:
    """An encoded ``run.create`` frame with a key of its own."""
    return msgspec.json.encode(
        {
            "type": "run.create",
            "ref": CREATED,
            "key": str(uuid4()),
            "input": {"type": "user", "text": shape.prompt},
        }
    )


def cancel_frame(run_id: str) -> bytes:
    """An encoded ``run.cancel`` frame."""
    return msgspec.json.encode({"type": "run.cancel", "run_id": run_id})
