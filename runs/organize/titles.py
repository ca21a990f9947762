"""The names that people give to runs."""

from __future__ import annotations

from uuid import UUID

from runs.events import DurableEvent, RunSnapshot
from runs.organize.runs import change_run


def set_title(*, user_id: UUID, run_id: UUID, title: str) -> tuple[RunSnapshot, list[DurableEvent]]:
    """Name a run, in any state that it is in. Returns it with the events to publish: none where the name is the same.

    Raises:
        RunNotFoundError: it does not exist for this person.
        NotAnalysedError: see ``threads.covering``.
    """
    return change_run(user_id=user_id, run_id=run_id, changes={"title": title})
