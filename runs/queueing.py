"""What a person does with messages that wait for their turn: edit one, put them in another order, send one now.

Each write holds the thread, as a claim does: a run that has started meanwhile is found started, and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from django.db import transaction

from agents.queries import resolve_agent
from runs import journal
from runs.branching.removal import reattach, tell
from runs.capture import Created, content_of, covered
from runs.errors import RunNotFoundError, RunStateError
from runs.events import DurableEvent, RunMessageEvent, RunSnapshot
from runs.inputs import Asker, RunUserInput
from runs.lifecycle import hold_thread
from runs.models import ACTIVE, Run
from runs.queries import find_run, get_run, run_snapshot, unfinished_of_lane, visible_runs, with_positions
from threads.content import ImagePart
from threads.models import Thread
from threads.operations import save_message
from threads.queries import get_thread, messages_of_run


@transaction.atomic
def edit(
    *, asker: Asker, run_id: UUID, text: str, images: tuple[UUID, ...] | None = None
) -> tuple[RunSnapshot, list[DurableEvent]]:
    """Change what a queued run is asked, by the rules of every input; without ``images`` it keeps those that it has. The key
    that it was sent with stays its key.

    Raises:
        RunNotFoundError: it does not exist for this person.
        RunStateError: it is not queued any more, no person wrote it, or it holds commands.
        EmptyMessageError, MessageTooLongError, TooManyImagesError, UnsupportedInputError, ImageNotFoundError: a rule is
            broken.
        AgentNotFoundError, ModelNotFoundError: who was asked is gone.
        NotAnalysedError: see ``threads.covering``.
    """
    hold_thread(run_id=run_id)
    run = _queued(user_id=asker.user_id, run_id=run_id)
    if run.trigger != Run.Trigger.USER:
        raise RunStateError("Only what a person wrote can be edited.")
    if run.commanded:
        raise RunStateError("A message with commands cannot be edited. Take it back and write it again.")
    thread = get_thread(user_id=asker.user_id, thread_id=run.thread_id)
    agent = resolve_agent(agent=run.agent, model=run.model, user_id=asker.user_id)
    said = messages_of_run(run_id=run.pk)[0]
    kept = tuple(part.id for part in said.content if isinstance(part, ImagePart))
    given = covered(RunUserInput(text=text, images=kept if images is None else images), thread=thread)
    content = content_of(given, thread=thread, agent=agent)
    (shown,) = with_positions([run_snapshot(run)])
    if content == said.content:
        return shown, []
    said = msgspec.structs.replace(said, content=content)
    save_message(said)
    run.unindexed = True
    run.save(update_fields=["unindexed"])
    event = RunMessageEvent(thread_id=thread.pk, run_id=run.pk, message=said)
    return shown, journal.append([event], seen=True)


@transaction.atomic
def reorder(*, user_id: UUID, thread_id: UUID, run_ids: Sequence[UUID]) -> tuple[list[RunSnapshot], list[DurableEvent]]:
    """Put the queue of a lane in the order of ``run_ids``, which are all that is queued there. Returns the queue.

    Raises:
        ThreadNotFoundError, RunNotFoundError: one of them does not exist for this person.
        RunStateError: they are not what is queued: one was started, another came.
    """
    thread = get_thread(user_id=user_id, thread_id=thread_id, lock=True)
    found = {run.pk: run for run in visible_runs(user_id=user_id).filter(thread=thread, pk__in=run_ids)}
    if found.keys() != set(run_ids):
        raise RunNotFoundError(details={"field": "runs"})
    lane = found[run_ids[0]].lane
    if sorted(run_ids) != sorted(run.pk for run in _queue(lane)):
        raise RunStateError("The queue is not what it was: a message was sent or has come. Look at it again.")
    events = _put_in_order(thread, lane=lane, run_ids=run_ids)
    return with_positions(map(run_snapshot, _queue(lane))), events


@transaction.atomic
def send_now(*, asker: Asker, run_id: UUID) -> Created:
    """Put a queued run at the front of its queue. ``interrupts`` is what has to be cancelled for it to start.

    Raises:
        RunNotFoundError: it does not exist for this person.
        RunStateError: it is not queued any more.
    """
    hold_thread(run_id=run_id)
    run = _queued(user_id=asker.user_id, run_id=run_id)
    thread = get_thread(user_id=asker.user_id, thread_id=run.thread_id)
    others = [other.pk for other in _queue(run.lane) if other.pk != run.pk]
    events = _put_in_order(thread, lane=run.lane, run_ids=[run.pk, *others])
    run.refresh_from_db()
    in_the_way = _active(run)
    return Created(run=run_snapshot(run, position=1), events=events, interrupts=in_the_way.pk if in_the_way else None)


def _queued(*, user_id: UUID, run_id: UUID) -> Run:
    run = get_run(user_id=user_id, run_id=run_id)
    if run.status != Run.Status.QUEUED:
        raise RunStateError("This message is not waiting any more.", details={"status": run.status})
    return run


def _queue(lane: UUID) -> list[Run]:
    """What is queued in a lane, next one first."""
    return [run for run in unfinished_of_lane(lane=lane) if run.status == Run.Status.QUEUED]


def _active(run: Run) -> Run | None:
    """What keeps the next run of a lane from starting: what runs in it, or what it goes on from in another lane."""
    here = next((other for other in unfinished_of_lane(lane=run.lane) if other.status in ACTIVE), None)
    parent = find_run(run_id=run.parent_id) if run.parent_id and here is None else None
    return here or (parent if parent and parent.status in ACTIVE else None)


def _put_in_order(thread: Thread, *, lane: UUID, run_ids: Sequence[UUID]) -> list[DurableEvent]:
    """Give the numbers of a queue to its runs in this order, and have each stand behind the one before it. What was taken out
    of the queue, by a cancellation or a removal that may be undone, keeps its number."""
    queue = {run.pk: run for run in _queue(lane)}
    first = min(run.number for run in queue.values())
    line = list(Run.objects.filter(lane=lane, number__gte=first).order_by("number"))
    wanted = iter(run_ids)
    order = [queue[next(wanted)] if run.pk in queue else run for run in line]
    if order == line:
        return []
    before = line[0].removed_parent or line[0].parent_id
    numbers = [run.number for run in line]
    earlier = {run.pk: (run.number, run.parent_id) for run in line if not run.deleted_at}
    for offset, run in enumerate(order, start=1):  # no number is two runs' at any moment
        Run.objects.filter(pk=run.pk).update(number=thread.last_number + offset, removed_parent=None)
    for number, run in zip(numbers, order, strict=True):
        Run.objects.filter(pk=run.pk).update(number=number, parent=before)
        before = run.pk
    reattach(thread.pk)
    places = Run.objects.filter(pk__in=earlier).values_list("pk", "number", "parent_id")
    moved = [run_id for run_id, *place in places if tuple(place) != earlier[run_id]]
    head = run_ids[-1] if thread.head in queue else thread.head
    return tell(thread, dict.fromkeys(moved, ("number", "parent", "position")), head=head)
