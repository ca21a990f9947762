"""Delegation: one run hands a task to another agent, as a run in a lane of its own. It is never what the thread shows."""

from __future__ import annotations

from uuid import UUID

from agents.queries import resolve_agent
from coday.kernel.errors import CodayError
from coday.kernel.ids import new_id
from runs.capture import insert
from runs.errors import DelegationRefusedError
from runs.events import DurableEvent, RunSnapshot
from runs.inputs import Asker
from runs.models import Run
from threads.content import TextPart
from threads.queries import get_thread
from usage.queries import ensure_allowance


def start(*, by: RunSnapshot, call_id: str, agent: str, task: str) -> tuple[UUID, list[DurableEvent]]:
    """Capture a delegated run, as part of the caller's transaction. Returns its id and what there is to tell.

    Raises:
        DelegationRefusedError: the person may not use the agent, or may start no more runs.
    """
    try:
        thread = get_thread(user_id=by.user_id, thread_id=by.thread_id, lock=True)
        ensure_allowance(user_id=by.user_id)
        resolved = resolve_agent(agent=agent, user_id=by.user_id)
    except CodayError as error:
        raise DelegationRefusedError(error.message) from error
    run = Run(
        lane=new_id(), kind=Run.Kind.SYSTEM, trigger=Run.Trigger.DELEGATION, cause_run=by.id, cause_call=call_id,
        depth=by.depth + 1, agent=resolved.slug, model=resolved.model.slug, provider=resolved.model.provider.slug,
    )  # fmt: skip
    asker = Asker(user_id=by.user_id, username=by.username)
    return run.pk, insert(run=run, thread=thread, asker=asker, content=(TextPart(text=task),), shown=False)
