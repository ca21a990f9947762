"""A retry, a rerun and an edit are siblings of the run that they were made from, each in a lane of its own."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from agents.queries import resolve_agent
from agents.snapshot import AgentSnapshot
from coday.kernel.ids import new_id
from runs import commands, importance
from runs.capture import BY_ITSELF, Created, content_of, covered, ensure_may_see_images, insert, make_anonymous_for
from runs.errors import RunStateError
from runs.inputs import Asker, RerunRequest, RunUserInput, Source
from runs.models import Run
from runs.queries import ensure_whole, get_run, run_snapshot
from threads.content import ContentPart, ImagePart
from threads.models import Thread
from threads.queries import get_thread, messages_of_run
from threads.skills import activate_skill
from usage.queries import ensure_allowance

RETRYABLE = frozenset({"failed", "cancelled", "interrupted"})
RERUNNABLE = RETRYABLE | {"completed"}
AS_IT_WAS = RerunRequest()


@transaction.atomic
def retry(*, asker: Asker, run_id: UUID, attempt: int = 1) -> Created:
    """Try a failed, cancelled or interrupted run again: same parent, same input, same agent and model. ``attempt`` counts
    the times that nobody asked for.

    Raises:
        RunNotFoundError: it does not exist for this person.
        RunStateError: it completed or has not ended.
        RunPrunedError: its words are gone.
    """
    original, thread = _ended(asker=asker, run_id=run_id, allowed=RETRYABLE, verb="retried")
    return _repeat(original, thread, asker=asker, request=AS_IT_WAS, how=Run.Origin.RETRY, attempt=attempt)


@transaction.atomic
def rerun(*, asker: Asker, run_id: UUID, request: RerunRequest = AS_IT_WAS, source: Source = BY_ITSELF) -> Created:
    """Run any ended run once more, beside it: with its own input or another one (``source``: what that was made from), with
    its own agent and model or others. The thread's agent stays what it is.

    Raises:
        RunNotFoundError: it does not exist for this person.
        RunStateError: it has not ended, or has an input that nobody wrote and another one is given.
        RunPrunedError: its words are gone.
        CodayError: as ``capture.create`` raises for what is given.
    """
    original, thread = _ended(asker=asker, run_id=run_id, allowed=RERUNNABLE, verb="run again")
    if request.input is None:
        return _repeat(original, thread, asker=asker, request=request, how=Run.Origin.RERUN)
    given = covered(request.input, thread=thread)
    return _edit(original, thread, asker=asker, request=request, given=given, source=source)


def _ended(*, asker: Asker, run_id: UUID, allowed: frozenset[str], verb: str) -> tuple[Run, Thread]:
    """A run that something may be made from, and its thread, which is held."""
    found = get_run(user_id=asker.user_id, run_id=run_id)
    thread = get_thread(user_id=asker.user_id, thread_id=found.thread_id, lock=True)
    original = get_run(user_id=asker.user_id, run_id=run_id)
    ensure_whole(original)
    if original.status not in allowed:
        raise RunStateError(f"A {original.status} run cannot be {verb}.", details={"status": original.status})
    if original.trigger == Run.Trigger.DELEGATION:
        raise RunStateError(f"A delegated run cannot be {verb} alone. Run again what delegated it.")
    ensure_allowance(user_id=asker.user_id)
    return original, thread


def _repeat(
    original: Run, thread: Thread, *, asker: Asker, request: RerunRequest, how: Run.Origin, attempt: int = 1
) -> Created:
    """The same input, which is stored as it may be: with its commands, where it had some."""
    agent = _agent(original, thread, asker=asker, request=request)
    said = messages_of_run(run_id=original.pk)[0]
    if any(isinstance(part, ImagePart) for part in said.content):
        ensure_may_see_images(agent, thread=thread)
    run = _sibling(original, agent=agent, how=how)
    run.kind, run.trigger, run.attempt = original.kind, original.trigger, attempt
    run.cause_run, run.cause_call = original.cause_run, original.cause_call
    run.template, run.template_version, run.schedule = original.template, original.template_version, original.schedule
    orders, on_failure = commands.as_given(run_id=original.pk) if original.commanded else ((), "stop")
    given = RunUserInput(commands=orders, on_failure=on_failure)
    events = insert(run=run, thread=thread, asker=asker, content=said.content, role=said.role, given=given)
    return Created(run=run_snapshot(run), events=events + importance.rescore(run_id=original.pk))


def _edit(
    original: Run, thread: Thread, *, asker: Asker, request: RerunRequest, given: RunUserInput, source: Source
) -> Created:
    """Another input in its place."""
    if original.kind != Run.Kind.USER:
        raise RunStateError("Nobody wrote the input of this run: it cannot be edited.", details={"kind": original.kind})
    agent = _agent(original, thread, asker=asker, request=request)
    content: tuple[ContentPart, ...] = content_of(given, thread=thread, agent=agent)
    run = _sibling(original, agent=agent, how=Run.Origin.EDIT)
    run.template, run.template_version = source.template, source.version
    if given.skill:
        activate_skill(user_id=asker.user_id, thread_id=thread.pk, slug=given.skill, by="person", run_id=run.pk)
    events = insert(run=run, thread=thread, asker=asker, content=content, given=given)
    return Created(run=run_snapshot(run), events=events + importance.rescore(run_id=original.pk))


def _agent(original: Run, thread: Thread, *, asker: Asker, request: RerunRequest) -> AgentSnapshot:
    """Who answers: with another agent, that one's model or the one that was chosen for the thread."""
    model = request.model or (thread.model if request.agent else original.model)
    agent = resolve_agent(agent=request.agent or original.agent, model=model, user_id=asker.user_id)
    make_anonymous_for(thread, agent.model)
    return agent


def _sibling(original: Run, *, agent: AgentSnapshot, how: Run.Origin) -> Run:
    return Run(
        parent_id=original.parent_id, lane=new_id(), origin=how, origin_run=original.pk,
        agent=agent.slug, model=agent.model.slug, provider=agent.model.provider.slug,
    )  # fmt: skip
