"""Branches: a retry and a rerun are siblings of the run they repeat, each in a lane of its own. Nothing is overwritten."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from agents.queries import resolve_agent
from coday.kernel.ids import new_id
from runs.capture import Created, insert
from runs.errors import RunStateError
from runs.inputs import Asker
from runs.models import Run
from runs.queries import get_run, run_snapshot
from threads.content import ContentPart
from threads.queries import get_thread, messages_of_run
from usage.queries import ensure_allowance

RETRYABLE = frozenset({"failed", "cancelled", "interrupted"})
RERUNNABLE = RETRYABLE | {"completed"}


def retry(*, asker: Asker, run_id: UUID, attempt: int = 1) -> Created:
    """Try a failed, cancelled or interrupted run again: same parent, same input, same agent and model. ``attempt`` counts
    the times that nobody asked for.

    Raises:
        RunNotFoundError: it does not exist for this person.
        RunStateError: it completed or has not ended.
    """
    return _repeat(asker=asker, run_id=run_id, allowed=RETRYABLE, verb="retried", attempt=attempt)


def rerun(*, asker: Asker, run_id: UUID) -> Created:
    """Run any ended run's input once more, beside it.

    Raises:
        RunNotFoundError: it does not exist for this person.
        RunStateError: it has not ended.
    """
    return _repeat(asker=asker, run_id=run_id, allowed=RERUNNABLE, verb="run again")


@transaction.atomic
def _repeat(*, asker: Asker, run_id: UUID, allowed: frozenset[str], verb: str, attempt: int = 1) -> Created:
    original = get_run(user_id=asker.user_id, run_id=run_id)
    thread = get_thread(user_id=asker.user_id, thread_id=original.thread_id, lock=True)
    if original.status not in allowed:
        raise RunStateError(f"A {original.status} run cannot be {verb}.", details={"status": original.status})
    ensure_allowance(user_id=asker.user_id)
    agent = resolve_agent(agent=original.agent, model=original.model, user_id=asker.user_id)
    run = Run(
        parent_id=original.parent_id, lane=new_id(), agent=agent.slug, model=agent.model.slug,
        provider=agent.model.provider.slug, attempt=attempt,
    )  # fmt: skip
    events = insert(run=run, thread=thread, asker=asker, content=_input_of(original))
    return Created(run=run_snapshot(run), events=events)


def _input_of(run: Run) -> tuple[ContentPart, ...]:
    return messages_of_run(run_id=run.pk)[0].content
