"""Events as the frames that watchers are sent: encoded once, however many there are."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from runs import wire
from runs.events import DurableEvent, RunChangedEvent, RunEvent


@dataclass(frozen=True, slots=True)
class Frame:
    """One encoded frame. ``seq`` is 0 for a transient one; ``ends_run`` names the run whose terminal event it is."""

    text: str
    seq: int = 0
    run_id: UUID | None = None
    ends_run: bool = False


def encode(event: RunEvent) -> Frame:
    """The event's frame."""
    return Frame(
        wire.encode(event),
        seq=event.seq if isinstance(event, DurableEvent) else 0,
        run_id=event.run_id,
        ends_run=isinstance(event, RunChangedEvent) and event.ends_run,
    )


def mark(seq: int) -> Frame:
    """No frame to send, but the news that the journal goes as far as ``seq``."""
    return Frame("", seq=seq)
