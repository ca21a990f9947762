"""Carries out what a run was told to do, one command after the other, but for what a model has to say to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias
from uuid import UUID

from django.db import transaction

from agents.queries import resolve_agent
from agents.snapshot import AgentSnapshot
from coday.kernel.database import in_database, until_done
from coday.kernel.errors import CodayError
from runs import commands, journal, lifecycle, steers
from runs.branching.fork import fork
from runs.commands import CommandRecord
from runs.context import RunContext, Turn
from runs.errors import AnonymousModelError, RunLostError, RunStateError
from runs.events import DurableEvent, RunChangedEvent, RunMessageEvent
from runs.models import Run
from runs.organize.runs import pin, tag
from runs.organize.titles import set_title
from runs.queries import find_run, run_snapshot
from runs.services.summary_writer import SummaryWriterService
from runs.summarizing.summaries import save, summarizable
from threads.content import TextPart
from threads.covering import covering
from threads.errors import AnonymizationUnavailableError
from threads.masks import masks_of
from threads.operations import add_message, update_thread
from threads.queries import messages_of_runs
from threads.skills import activate_skill


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of a command: what there is to tell, the context after it, whether the model is to be asked now, and why the
    run ends, if it failed and the rest is not to be done."""

    events: list[DurableEvent]
    context: RunContext
    asks: bool = False
    error: CodayError | None = None


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a command did: events that are written already, and what it came to, in words."""

    events: list[DurableEvent]
    result: str = ""
    context: RunContext | None = None


class CommandQueueService:
    """The commands of a run. One that is nothing but a prompt costs no visit to the database."""

    def __init__(self, *, summaries: SummaryWriterService) -> None:
        self._summaries = summaries

    async def carry_out(self, context: RunContext) -> Carried:
        """Carry out the next command, but for what a model has to say to it."""
        command = context.commands[0]
        if command.id is None:
            return Carried([], context, asks=True)
        if command.kind == "prompt":
            return await until_done(partial(_begin_prompt, context, command.id))
        if command.kind == commands.SEQUENCE:
            return await until_done(partial(_begin_sequence, context, command.id))
        try:
            if command.kind == "summarize":
                return await self._summarize(context, command.id)
            return await covering(partial(in_database, _carry_out, context, command.id))
        except (RunLostError, AnonymizationUnavailableError):
            raise
        except CodayError as error:
            return await self.failed(context, error)

    async def _summarize(self, context: RunContext, command_id: UUID) -> Carried:
        """Have the model write what stands for earlier runs, and let it stand for them."""
        begun, turns = await until_done(partial(_begin_summary, context, command_id))
        instructions = context.commands[0].arguments.get("instructions", "")
        text = await self._summaries.write(context, turns, instructions=instructions)
        ended = await until_done(partial(_end_summary, context, command_id, text))
        return Carried([*begun, *ended], context)

    async def answered(self, context: RunContext) -> Carried:
        """Note that nothing is open any more of the prompt that is first in the queue."""
        command_id = context.commands[0].id
        return Carried([], context) if command_id is None else await until_done(partial(_end, context, command_id))

    async def failed(self, context: RunContext, error: CodayError) -> Carried:
        """Note that the first in the queue failed."""
        command_id = context.commands[0].id
        if command_id is None:
            return Carried([], context, error=error)
        return await until_done(partial(_fail, context, command_id, error))

    async def rest(self, context: RunContext) -> tuple[CommandRecord, ...]:
        """What is still to be done."""
        if context.commands[0].id is None:
            return ()
        return await in_database(commands.remaining, run_id=context.run.id)

    async def join(self, context: RunContext) -> list[DurableEvent]:
        """Before the model is asked once more: what the person has said to the run meanwhile joins it."""
        return await until_done(partial(_join, context)) if context.model_calls else []


# --- Each in one transaction ----------------------------------------------------------------------------------------


@transaction.atomic
def _begin_prompt(context: RunContext, command_id: UUID) -> Carried:
    lifecycle.hold_running(run_id=context.run.id, thread_id=context.thread_id)
    command = context.commands[0]
    if command.status == "running":  # the run has waited since
        return Carried([], context, asks=True)
    if command.is_said:
        return Carried(journal.append([commands.begin(command_id=command_id)]), context, asks=True)
    run = _row(context)
    content = (TextPart(text=command.arguments["text"]),)
    said = lifecycle.new_message(run=run, role="user", content=content, after=context.messages[-1].id)
    add_message(said)
    begun = commands.begin(command_id=command_id, message_id=said.id)
    message = RunMessageEvent(thread_id=run.thread_id, run_id=run.pk, message=said)
    return Carried(journal.append([begun, message]), context, asks=True)


@transaction.atomic
def _begin_sequence(context: RunContext, command_id: UUID) -> Carried:
    lifecycle.hold_running(run_id=context.run.id, thread_id=context.thread_id)
    return Carried(journal.append([commands.begin(command_id=command_id)]), context)


@transaction.atomic
def _begin_summary(context: RunContext, command_id: UUID) -> tuple[list[DurableEvent], list[Turn]]:
    """What there is to tell, and the turns that are to be summarised.

    Raises:
        RunNotFoundError, RunStateError: they are not there, or not what can be.
    """
    lifecycle.hold_running(run_id=context.run.id, thread_id=context.thread_id)
    runs = summarizable(user_id=context.run.user_id, thread_id=context.thread_id, run_ids=_summarized(context))
    messages = messages_of_runs(run_ids=[run.pk for run in runs])
    turns = [Turn(run_snapshot(run), tuple(messages[run.pk])) for run in runs]
    return journal.append([commands.begin(command_id=command_id)]), turns


@transaction.atomic
def _end_summary(context: RunContext, command_id: UUID, text: str) -> list[DurableEvent]:
    run_ids = _summarized(context)
    events = save(run=context.run, run_ids=run_ids, text=text, model=context.agent.model.slug)
    count = "1 run stands" if len(run_ids) == 1 else f"{len(run_ids)} runs stand"
    result = f"{count} as a summary."
    return [*events, *journal.append([*commands.end(command_id=command_id, result=result)])]


def _summarized(context: RunContext) -> list[UUID]:
    return [UUID(run_id) for run_id in dict.fromkeys(context.commands[0].arguments["runs"])]


@transaction.atomic
def _carry_out(context: RunContext, command_id: UUID) -> Carried:
    lifecycle.hold_running(run_id=context.run.id, thread_id=context.thread_id)
    command = context.commands[0]
    begun = journal.append([commands.begin(command_id=command_id)])
    effect = _EFFECTS[command.kind](context, command.arguments)
    ended = journal.append([*commands.end(command_id=command_id, result=effect.result)])
    return Carried([*begun, *effect.events, *ended], effect.context or context)


@transaction.atomic
def _end(context: RunContext, command_id: UUID) -> Carried:
    lifecycle.hold_running(run_id=context.run.id, thread_id=context.thread_id)
    return Carried(journal.append([*commands.end(command_id=command_id)]), context)


@transaction.atomic
def _fail(context: RunContext, command_id: UUID, error: CodayError) -> Carried:
    lifecycle.hold_running(run_id=context.run.id, thread_id=context.thread_id)
    events, goes_on = commands.fail(command_id=command_id, error=error)
    return Carried(journal.append([*events]), context, error=None if goes_on else error)


@transaction.atomic
def _join(context: RunContext) -> list[DurableEvent]:
    lifecycle.hold_running(run_id=context.run.id, thread_id=context.thread_id)
    events: list[DurableEvent] = []
    for row in steers.waiting(run_id=context.run.id):
        after = context.messages[-1].id
        said = lifecycle.new_message(run=row.run, role="user", content=steers.content_of(row), after=after)
        add_message(said)
        context = context.having_said(said)
        events += journal.append([*steers.apply(row, message=said)])
    return events


def _row(context: RunContext) -> Run:
    run = find_run(run_id=context.run.id)
    if run is None:
        raise RunLostError
    return run


# --- What commands do -----------------------------------------------------------------------------------------------


def _switch_agent(context: RunContext, arguments: Mapping[str, str]) -> _Effect:
    agent = resolve_agent(agent=arguments["agent"], user_id=context.run.user_id)
    return _switch(context, agent, f"{agent.name} answers from here on.")


def _switch_model(context: RunContext, arguments: Mapping[str, str]) -> _Effect:
    agent = resolve_agent(agent=context.agent.slug, model=arguments["model"], user_id=context.run.user_id)
    return _switch(context, agent, f"{agent.model.label} answers from here on.")


def _switch(context: RunContext, agent: AgentSnapshot, result: str) -> _Effect:
    if agent.model.anonymous_only and not context.run.anonymous:
        raise AnonymousModelError
    run = _row(context)
    run.agent, run.model, run.provider = agent.slug, agent.model.slug, agent.model.provider.slug
    run.save(update_fields=["agent", "model", "provider"])
    taken_over = run_snapshot(run)
    event = RunChangedEvent(thread_id=run.thread_id, run_id=run.pk, run=taken_over, changed=("agent", "model"))
    return _Effect(journal.append([event]), result, context.answered_by(taken_over, agent))


def _activate_skill(context: RunContext, arguments: Mapping[str, str]) -> _Effect:
    run = context.run
    slug = arguments["skill"]
    activate_skill(user_id=run.user_id, thread_id=run.thread_id, slug=slug, by="person", run_id=run.id)
    return _Effect([], "The skill is active.")


def _set_title(context: RunContext, arguments: Mapping[str, str]) -> _Effect:
    run, title = context.run, _as_written(context, arguments["title"])
    if arguments["of"] == "run":
        _, events = set_title(user_id=run.user_id, run_id=run.id, title=title)
        return _Effect(events, "The run was named.")
    update_thread(user_id=run.user_id, thread_id=run.thread_id, changes={"title": title})
    return _Effect([], "The conversation was named.")


def _as_written(context: RunContext, text: str) -> str:
    """A person's words as they wrote them: who stores them covers them, and knows no other tokens than those."""
    return masks_of(thread_id=context.thread_id).unmask(text) if context.run.anonymous else text


def _tag(context: RunContext, arguments: Mapping[str, list[str]]) -> _Effect:
    run = context.run
    return _Effect(tag(user_id=run.user_id, run_id=run.id, names=arguments["tags"]), "The run was tagged.")


def _pin(context: RunContext, _: Mapping[str, str]) -> _Effect:
    return _Effect(pin(user_id=context.run.user_id, run_id=context.run.id), "The run was pinned.")


def _fork(context: RunContext, arguments: Mapping[str, str]) -> _Effect:
    run = context.run
    if run.parent is None:
        raise RunStateError("Nothing was said before this: there is nothing to fork.")
    forked = fork(user_id=run.user_id, run_id=run.parent, title=_as_written(context, arguments["title"]))
    return _Effect(forked.events, f"Forked into a new conversation: /threads/{forked.thread.id}/")


_Do: TypeAlias = Callable[[RunContext, Mapping[str, str]], _Effect]
_EFFECTS: Mapping[str, _Do] = {
    "agent": _switch_agent,
    "model": _switch_model,
    "skill": _activate_skill,
    "title": _set_title,
    "tag": _tag,  # type: ignore[dict-item]  # its arguments are a list
    "pin": _pin,
    "fork": _fork,
}
