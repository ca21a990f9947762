"""Captures inputs: a run (queued), the message that triggers it, and their journal entries, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction

from agents.queries import resolve_agent
from agents.snapshot import AgentSnapshot
from coday.kernel.ids import new_id
from coday.kernel.prepared import PreparedInsert
from runs import journal
from runs.errors import (
    EmptyMessageError,
    KeyReusedError,
    LaneBusyError,
    MessageTooLongError,
    QueueFullError,
    RunNotFoundError,
    TooManyImagesError,
    UnsupportedInputError,
)
from runs.events import DurableEvent, RunChangedEvent, RunMessageEvent, RunSnapshot, RunThreadEvent
from runs.inputs import Asker, RunRequest, RunUserInput
from runs.lifecycle import new_message
from runs.models import ACTIVE, Run
from runs.queries import find_run, last_of_lane, run_of_key, run_snapshot, unfinished_of_lane
from threads import operations as threads
from threads.content import ContentPart, ImagePart, TextPart
from threads.models import Thread
from threads.queries import get_thread, images_of_thread
from usage.queries import ensure_allowance


@dataclass(frozen=True, slots=True)
class Created:
    """A captured input. ``repeated``: the same request was captured before, and ``events`` is empty.
    ``interrupts``: the run that has to be cancelled for this one."""

    run: RunSnapshot
    events: list[DurableEvent]
    repeated: bool = False
    interrupts: UUID | None = None


@transaction.atomic
def create(*, asker: Asker, thread_id: UUID, request: RunRequest) -> Created:
    """Capture an input: its run (queued), its message and their journal entries, once per ``key``.

    Raises:
        ThreadNotFoundError, RunNotFoundError, AgentNotFoundError, ModelNotFoundError, ImageNotFoundError
        KeyReusedError, LaneBusyError, QueueFullError: the thread's state does not allow it.
        EmptyMessageError, MessageTooLongError, TooManyImagesError, UnsupportedInputError: the input breaks a rule.
    """
    thread = get_thread(user_id=asker.user_id, thread_id=thread_id, lock=True)
    digest = request.digest()
    repeated = _repeated(thread_id=thread_id, key=request.key, digest=digest)
    if repeated:
        return Created(run=repeated, events=[], repeated=True)
    ensure_allowance(user_id=asker.user_id)
    agent = resolve_agent(
        agent=request.agent or thread.agent, model=request.model or thread.model, user_id=asker.user_id
    )
    content = _content(request.input, thread_id=thread_id, agent=agent)
    place = _place(thread=thread, parent_id=request.parent)
    ahead = unfinished_of_lane(lane=place.lane)
    interrupts = _make_way(ahead, request=request)
    run = Run(
        parent_id=place.parent_id, lane=place.lane, key=request.key, input_digest=digest,
        agent=agent.slug, model=agent.model.slug, provider=agent.model.provider.slug,
    )  # fmt: skip
    position = sum(other.status == Run.Status.QUEUED for other in ahead) + 1
    events = insert(run=run, thread=thread, asker=asker, content=content, position=position)
    return Created(run=run_snapshot(run, position=position), events=events, interrupts=interrupts)


def insert(
    *, run: Run, thread: Thread, asker: Asker, content: tuple[ContentPart, ...], position: int = 1
) -> list[DurableEvent]:
    """Write a queued run with the message that triggers it, as the thread's new head, in the caller's transaction."""
    run.thread_id = thread.pk
    run.number = thread.last_number + 1
    run.user_id, run.username = asker.user_id, asker.username
    _insert_run(run)
    message = new_message(run=run, role="user", content=content)
    threads.add_message(message)
    events: list[DurableEvent] = [
        RunChangedEvent(thread_id=thread.pk, run_id=run.pk, run=run_snapshot(run, position=position)),
        RunMessageEvent(thread_id=thread.pk, run_id=run.pk, message=message),
        RunThreadEvent(thread_id=thread.pk, changed={"head": str(run.pk)}),
    ]
    return journal.append(events, head=run.pk, number=run.number, touched=True)


_insert_run = PreparedInsert(Run)


def _repeated(*, thread_id: UUID, key: str, digest: str) -> RunSnapshot | None:
    earlier = run_of_key(thread_id=thread_id, key=key) if key else None
    if earlier is None:
        return None
    if earlier.input_digest != digest:
        raise KeyReusedError(details={"field": "key", "run_id": str(earlier.pk)})
    return run_snapshot(earlier)


def _content(given: RunUserInput, *, thread_id: UUID, agent: AgentSnapshot) -> tuple[ContentPart, ...]:
    """The message's parts, images first, after every rule on what a person may say."""
    if not given.text.strip() and not given.images:
        raise EmptyMessageError(field="text")
    if len(given.text) > settings.CODAY_MAX_MESSAGE_CHARS:
        raise MessageTooLongError(field="text", details={"limit": settings.CODAY_MAX_MESSAGE_CHARS})
    if len(given.images) > settings.CODAY_MAX_IMAGES:
        raise TooManyImagesError(field="images", details={"limit": settings.CODAY_MAX_IMAGES})
    if given.images and not agent.model.vision:
        message = f"{agent.model.label} cannot see images. Choose another model or remove them."
        raise UnsupportedInputError(message, field="images", code="model_without_vision")
    images = images_of_thread(thread_id=thread_id, ids=given.images)
    parts: list[ContentPart] = [ImagePart(id=image_id, alt=images[image_id].name) for image_id in given.images]
    return (*parts, TextPart(text=given.text)) if given.text.strip() else tuple(parts)


@dataclass(frozen=True, slots=True)
class _Place:
    parent_id: UUID | None
    lane: UUID


def _place(*, thread: Thread, parent_id: UUID | None) -> _Place:
    """Behind the given parent, else behind the newest run of the head's lane. Not the lane's last: a new lane begins."""
    anchor_id = parent_id or thread.head
    if anchor_id is None:
        return _Place(parent_id=None, lane=new_id())
    anchor = find_run(run_id=anchor_id)
    if anchor is None or anchor.thread_id != thread.pk:
        raise RunNotFoundError(details={"field": "parent"})
    last = last_of_lane(lane=anchor.lane) or anchor
    if parent_id and last.pk != anchor.pk:
        return _Place(parent_id=anchor.pk, lane=new_id())
    return _Place(parent_id=last.pk, lane=anchor.lane)


def _make_way(busy: list[Run], *, request: RunRequest) -> UUID | None:
    """Apply ``when_busy`` to what has not ended in the lane; returns the run to interrupt, if any."""
    if not busy:
        return None
    if request.when_busy == "reject":
        raise LaneBusyError
    if len(busy) > settings.CODAY_MAX_QUEUED_RUNS:
        raise QueueFullError(details={"limit": settings.CODAY_MAX_QUEUED_RUNS})
    active = [run.pk for run in busy if run.status in ACTIVE]
    return active[0] if active and request.when_busy == "interrupt" else None
