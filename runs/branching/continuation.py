"""Goes on with an answer that was cut: a run behind it, whose input says so."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from agents.queries import resolve_agent
from runs import importance
from runs.capture import Created, insert, place_of
from runs.errors import NothingToContinueError, RunStateError
from runs.inputs import Asker
from runs.models import TERMINAL, Run, RunEventRecord
from runs.queries import ensure_whole, get_run, run_snapshot
from threads.content import TextPart, text_of
from threads.queries import get_thread, messages_of_run
from usage.queries import ensure_allowance

WORDS = "Your last answer was cut off. Go on exactly where it stopped, without repeating what you have said."


@transaction.atomic
def go_on(*, asker: Asker, run_id: UUID) -> Created:
    """Have a cut answer go on, with the same agent and model: that of a run which was cancelled, interrupted or failed in the
    middle of it, or which reached the model's limit.

    Raises:
        RunNotFoundError: the run does not exist for this person.
        RunStateError: it has not ended, or was delegated.
        RunPrunedError: its words are gone.
        NothingToContinueError: its answer is complete, or it has said nothing that could go on.
    """
    found = get_run(user_id=asker.user_id, run_id=run_id)
    thread = get_thread(user_id=asker.user_id, thread_id=found.thread_id, lock=True)
    cut = get_run(user_id=asker.user_id, run_id=run_id)
    ensure_whole(cut)
    if cut.status not in TERMINAL:
        raise RunStateError(f"A {cut.status} run cannot be continued.", details={"status": cut.status})
    if cut.trigger == Run.Trigger.DELEGATION:
        raise RunStateError("A delegated run cannot be continued alone. Run again what delegated it.")
    if not (_was_cut(cut) and _has_spoken(cut)):
        raise NothingToContinueError(details={"status": cut.status})
    ensure_allowance(user_id=asker.user_id)
    agent = resolve_agent(agent=cut.agent, model=cut.model, user_id=asker.user_id)
    place = place_of(thread=thread, parent_id=cut.pk)
    run = Run(
        parent_id=cut.pk, lane=place.lane, origin=Run.Origin.CONTINUE, origin_run=cut.pk,
        agent=agent.slug, model=agent.model.slug, provider=agent.model.provider.slug,
    )  # fmt: skip
    events = insert(run=run, thread=thread, asker=asker, content=(TextPart(text=WORDS),))
    return Created(run=run_snapshot(run), events=events + importance.rescore(run_id=cut.pk))


def _was_cut(run: Run) -> bool:
    if run.status != Run.Status.COMPLETED:
        return True
    steps = RunEventRecord.objects.filter(run_id=run.pk, type="step")
    return steps.filter(payload__kind="decision", payload__status="length").exists()


def _has_spoken(run: Run) -> bool:
    messages = messages_of_run(run_id=run.pk)
    return any(text_of(message.content).strip() for message in messages if message.role == "assistant")
