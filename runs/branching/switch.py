"""Shows another branch of a thread: its head is what remembers which one."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from runs import journal
from runs.branching.tree import newest_leaf
from runs.errors import RunNotFoundError, RunStateError
from runs.events import DurableEvent, RunThreadEvent
from runs.models import Run
from runs.queries import visible_runs
from threads.queries import get_thread


@transaction.atomic
def switch_head(*, user_id: UUID, thread_id: UUID, run_id: UUID) -> list[DurableEvent]:
    """Show the branch that holds a run, down to its newest leaf. Returns what there is to publish: nothing where that branch
    is shown already.

    Raises:
        ThreadNotFoundError: the thread does not exist for this person.
        RunNotFoundError: nor does the run in this thread.
        RunStateError: it was delegated, so it is on no branch.
    """
    thread = get_thread(user_id=user_id, thread_id=thread_id, lock=True)
    run = visible_runs(user_id=user_id).filter(pk=run_id, thread_id=thread_id).first()
    if run is None:
        raise RunNotFoundError(details={"field": "head"})
    if run.trigger == Run.Trigger.DELEGATION:
        raise RunStateError("A delegated run is on no branch of the conversation.", details={"field": "head"})
    head = newest_leaf(thread_id=thread_id, below=run_id)
    if head == thread.head:
        return []
    return journal.append([RunThreadEvent(thread_id=thread_id, changed={"head": str(head)})], head=head, seen=True)
