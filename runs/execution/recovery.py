"""What becomes of a run whose process died: it is interrupted, keeps its text, and its agent may have it repeated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from agents.queries import resolve_agent
from coday.kernel.errors import CodayError
from runs.branching import repeat
from runs.context import read_ahead
from runs.events import DurableEvent, RunSnapshot
from runs.inference.base import ModelMessage, UsageDelta
from runs.inputs import Asker
from runs.lifecycle import Outcome, finish, hold_thread
from runs.queries import active_run, find_run, run_snapshot
from runs.services.collect_usage import bill_of
from runs.services.token_estimate import estimate_messages
from threads.content import ToolUsePart
from threads.queries import messages_of_run
from threads.snapshot import MessageSnapshot


@dataclass(frozen=True, slots=True)
class Recovered:
    """A run that was ended for a process that could not, with everything there is to tell about it."""

    run: RunSnapshot
    events: list[DurableEvent]


@transaction.atomic
def recover(*, run_id: UUID) -> Recovered | None:
    """End a run that nobody executes any more; ``None`` where it has ended already.

    A run whose answer was stored to its last word is completed: only its end was still to be written. The model call that
    was under way is on the bill, estimated: the provider may charge for it.
    """
    hold_thread(run_id=run_id)
    run = active_run(run_id=run_id)
    if run is None or run.status != run.Status.RUNNING:
        return None
    messages = messages_of_run(run_id=run_id)
    answered = _is_answered(messages)
    if not answered:
        _charge_open_call(run_snapshot(run), messages)
    events = finish(run_id=run_id, outcome=Outcome(status="completed" if answered else "stopped"))
    run.refresh_from_db()
    return Recovered(run_snapshot(run), events + repeat_interrupted(run_id=run_id))


@transaction.atomic
def repeat_interrupted(*, run_id: UUID) -> list[DurableEvent]:
    """Repeat an interrupted run once, if its agent has it so."""
    run = find_run(run_id=run_id)
    if run is None or run.status != run.Status.INTERRUPTED or run.attempt > 1:
        return []
    try:
        agent = resolve_agent(agent=run.agent, model=run.model, user_id=run.user_id)
        if not agent.retry_interrupted:
            return []
        asker = Asker(user_id=run.user_id, username=run.username)
        return repeat.retry(asker=asker, run_id=run_id, attempt=run.attempt + 1).events
    except CodayError:
        return []  # the agent is gone, the budget is spent: a person may still decide


def _is_answered(messages: list[MessageSnapshot]) -> bool:
    """Whether the last thing said is a whole answer that waits for no tool."""
    last = messages[-1] if messages else None
    if last is None or last.role != "assistant" or last.status != "complete":
        return False
    return not any(isinstance(part, ToolUsePart) for part in last.content)


def _charge_open_call(run: RunSnapshot, messages: list[MessageSnapshot]) -> None:
    loaded = read_ahead(run=run)
    if loaded.context is None:
        return  # its agent or model is gone, and with it the prices
    earlier = (message for turn in loaded.context.history for message in turn.messages)
    said = [message for message in messages if message.status == "streaming"]
    sent = [*earlier, *(message for message in messages if message.status != "streaming")]
    spent = UsageDelta(input_tokens=_tokens(sent), output_tokens=_tokens(said))
    began = said[0].created_at if said else None
    bill_of(loaded.context, spent, estimated=True, complete=False, started_at=began)()


def _tokens(messages: Iterable[MessageSnapshot]) -> int:
    return estimate_messages(ModelMessage("user", message.content) for message in messages)
