"""Words for a run that is under way, before and after it hears them: a queued input may join it, and what it did not hear
becomes a queued input."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from coday.kernel.errors import CodayError
from runs import journal, steers
from runs.capture import Created, capture_behind
from runs.errors import RunStateError
from runs.events import DurableEvent, RunChangedEvent
from runs.inputs import Asker
from runs.lifecycle import hold_thread
from runs.models import ACTIVE, Run, RunCommand
from runs.queries import find_run, get_run, run_snapshot, unfinished_of_lane
from threads.queries import messages_of_run


@transaction.atomic
def steer_queued(*, asker: Asker, run_id: UUID) -> tuple[Run, list[DurableEvent]]:
    """Have a queued run's words join the run that is under way in its lane. Returns that run; the queued one is for the
    caller to take out of the queue, in the same transaction.

    Raises:
        RunNotFoundError: it does not exist for this person.
        RunStateError: it is not queued, holds more than words and images, or nothing is under way before it.
    """
    hold_thread(run_id=run_id)
    queued = get_run(user_id=asker.user_id, run_id=run_id)
    ahead = unfinished_of_lane(lane=queued.lane)
    running = next((run for run in ahead if run.status in ACTIVE and not run.cancel_requested_at), None)
    if queued.status != Run.Status.QUEUED or queued.kind != Run.Kind.USER or queued.commanded or running is None:
        raise RunStateError("Only a queued message can join an answer that is under way.")
    (said,) = messages_of_run(run_id=queued.pk)
    return running, journal.append(steers.accept(run=running, content=said.content))


def give_back(*, run_id: UUID) -> list[Created]:
    """Make queued runs of what was said to a run that has ended before it heard it. They go behind it, with its agent."""
    with transaction.atomic():
        hold_thread(run_id=run_id)
        run = find_run(run_id=run_id)
        if run is None or run.finished_at is None:
            return []
        return [_give_back(run, row) for row in steers.left(run_id=run_id)]


def _give_back(run: Run, row: RunCommand) -> Created:
    try:
        with transaction.atomic():
            created = capture_behind(
                run=run, content=steers.content_of(row), key=row.key, digest=row.arguments["digest"]
            )
    except CodayError as error:  # the agent is gone, the budget is spent: the words stay where they were said
        steers.give_back(row, why=error.message)
        shown = run_snapshot(run)
        event = RunChangedEvent(thread_id=run.thread_id, run_id=run.pk, run=shown, changed=("commands",))
        return Created(run=shown, events=journal.append([event]), repeated=True)
    steers.give_back(row)
    return created
