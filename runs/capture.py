"""Captures inputs: a run (queued), the message that triggers it, and their journal entries, in one transaction.

What a person says comes by ``create``, what the server itself has to say by ``create_system``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import transaction

from agents.queries import resolve_agent
from agents.snapshot import AgentSnapshot, ModelSnapshot
from coday.kernel.ids import new_id
from coday.kernel.prepared import PreparedInsert
from runs import commands, journal, steers
from runs.errors import (
    AnonymousModelError,
    EmptyMessageError,
    KeyReusedError,
    LaneBusyError,
    MessageTooLongError,
    QueueFullError,
    RunNotFoundError,
    TooManyAlsoError,
    TooManyCommandsError,
    TooManyImagesError,
    UnsupportedInputError,
)
from runs.events import DurableEvent, RunChangedEvent, RunMessageEvent, RunSnapshot, RunThreadEvent
from runs.inputs import Asker, Choice, RunRequest, RunSystemInput, RunUserInput, Source
from runs.lifecycle import new_message
from runs.models import ACTIVE, Run
from runs.queries import (
    find_run,
    last_of_lane,
    last_shown_of_lane,
    run_of_key,
    run_snapshot,
    unfinished_of_lane,
    was_started_behind,
)
from threads import operations as threads
from threads.content import ContentPart, ImagePart, TextPart
from threads.covering import Place, cover, ensure_impersonal
from threads.models import Thread
from threads.privacy.rules import privacy_settings
from threads.queries import get_thread, images_of_thread
from threads.skills import activate_skill
from threads.snapshot import MessageRole
from usage.queries import ensure_allowance

BY_ITSELF = Source()


@dataclass(frozen=True, slots=True)
class Created:
    """A captured input. ``repeated``: nothing has to be started, because the same request was captured before (``events`` is
    empty then), or because nobody can answer (``events`` say so). ``interrupts``: the run that has to be cancelled for this
    one. ``others`` were captured beside it."""

    run: RunSnapshot
    events: list[DurableEvent]
    repeated: bool = False
    interrupts: UUID | None = None
    others: tuple[RunSnapshot, ...] = ()


@transaction.atomic
def create(*, asker: Asker, thread_id: UUID, request: RunRequest, source: Source = BY_ITSELF) -> Created:
    """Capture an input: its run (queued), its message and their journal entries, once per ``key``. ``source`` is what it was
    made from.

    Raises:
        ThreadNotFoundError, RunNotFoundError, AgentNotFoundError, ModelNotFoundError, ImageNotFoundError, SkillNotFoundError
        KeyReusedError, LaneBusyError, QueueFullError: the thread's state does not allow it.
        EmptyMessageError, MessageTooLongError, TooManyImagesError, UnsupportedInputError: the input breaks a rule.
    """
    thread = get_thread(user_id=asker.user_id, thread_id=thread_id, lock=True)
    digest = source.digest or request.digest()
    if earlier := repeated(thread_id=thread_id, request=request, digest=digest):
        return earlier
    ensure_allowance(user_id=asker.user_id)
    agent, *others = _asked(request, thread=thread, asker=asker, source=source)
    given = covered(request.input, thread=thread)
    content = content_of(given, thread=thread, agent=agent)
    place = place_of(thread=thread, parent_id=request.parent)
    ahead = unfinished_of_lane(lane=place.lane)
    if request.when_busy == "steer" and (running := _steerable(ahead)):
        return _steer(running, request=request, content=content, digest=digest)
    interrupts = _make_way(ahead, request=request)
    run = Run(
        parent_id=place.parent_id, lane=place.lane, key=request.key, input_digest=digest,
        agent=agent.slug, model=agent.model.slug, provider=agent.model.provider.slug, batch=new_id() if others else None,
        template=source.template, template_version=source.version,
    )  # fmt: skip
    if source.schedule:
        run.kind, run.trigger, run.schedule = Run.Kind.SYSTEM, Run.Trigger.SCHEDULE, source.schedule
    position = sum(other.status == Run.Status.QUEUED for other in ahead) + 1
    if skill := request.input.skill:
        activate_skill(user_id=asker.user_id, thread_id=thread_id, slug=skill, by="person", run_id=run.pk)
    changed = threads.remember_agent(thread=thread, agent=request.agent)
    events = insert(
        run=run, thread=thread, asker=asker, content=content, position=position, changed=changed, given=given
    )
    beside = tuple(_beside(run, agent=other) for other in others)
    for other_run, other in zip(beside, others, strict=True):
        said = content_of(given, thread=thread, agent=other)
        events += insert(run=other_run, thread=thread, asker=asker, content=said, shown=False, given=given)
    return Created(
        run=run_snapshot(run, position=position), events=events, interrupts=interrupts,
        others=tuple(run_snapshot(other_run, position=1) for other_run in beside),
    )  # fmt: skip


def _beside(run: Run, *, agent: AgentSnapshot) -> Run:
    """A run for somebody else who is asked the same."""
    return Run(
        parent_id=run.parent_id, lane=new_id(), batch=run.batch,
        template=run.template, template_version=run.template_version,
        agent=agent.slug, model=agent.model.slug, provider=agent.model.provider.slug,
    )  # fmt: skip


def _asked(request: RunRequest, *, thread: Thread, asker: Asker, source: Source) -> list[AgentSnapshot]:
    """Who is asked, the one whose run is shown first."""
    if len(request.also) > settings.CODAY_MAX_ALSO:
        raise TooManyAlsoError(field="also", details={"limit": settings.CODAY_MAX_ALSO})
    first = Choice(agent=request.agent or source.agent, model=request.model or source.model)
    choices: tuple[Choice, ...] = (first, *request.also)
    agents = [
        resolve_agent(agent=one.agent or thread.agent, model=one.model or thread.model, user_id=asker.user_id)
        for one in choices
    ]
    for agent in agents:
        make_anonymous_for(thread, agent.model)
    return agents


@transaction.atomic
def create_system(*, asker: Asker, thread_id: UUID, given: RunSystemInput, agent: AgentSnapshot) -> Created:
    """Capture what the server itself brings into a conversation: a system run behind whatever runs in the branch that is
    shown, however long that queue is. It runs with the rights of ``asker``, who pays.

    Raises:
        ThreadNotFoundError: it is gone, or no longer theirs.
    """
    thread = get_thread(user_id=asker.user_id, thread_id=thread_id, lock=True)
    ensure_allowance(user_id=asker.user_id)
    place = place_of(thread=thread, parent_id=None)
    ahead = unfinished_of_lane(lane=place.lane)
    run = Run(
        kind=Run.Kind.SYSTEM, trigger=given.trigger, cause_run=given.cause_run, cause_call=given.cause_call,
        parent_id=place.parent_id, lane=place.lane,
        agent=agent.slug, model=agent.model.slug, provider=agent.model.provider.slug,
    )  # fmt: skip
    position = sum(other.status == Run.Status.QUEUED for other in ahead) + 1
    content: tuple[ContentPart, ...] = tuple(TextPart(text=text) for text in (given.event, given.content) if text)
    events = insert(run=run, thread=thread, asker=asker, content=content, position=position, role="system")
    return Created(run=run_snapshot(run, position=position), events=events)


def capture_behind(*, run: Run, content: tuple[ContentPart, ...], key: str = "", digest: str = "") -> Created:
    """Capture a person's words, covered, behind the newest run of this run's lane, for its agent, in the caller's
    transaction.

    Raises:
        ThreadNotFoundError, AgentNotFoundError, ModelNotFoundError: they are gone.
    """
    asker = Asker(user_id=run.user_id, username=run.username)
    thread = get_thread(user_id=asker.user_id, thread_id=run.thread_id, lock=True)
    ensure_allowance(user_id=asker.user_id)
    agent = resolve_agent(agent=run.agent, model=run.model, user_id=asker.user_id)
    place = behind(run)
    head = find_run(run_id=thread.head) if thread.head else None
    next_run = Run(
        parent_id=place.parent_id, lane=place.lane, key=key, input_digest=digest,
        agent=agent.slug, model=agent.model.slug, provider=agent.model.provider.slug,
    )  # fmt: skip
    position = sum(other.status == Run.Status.QUEUED for other in unfinished_of_lane(lane=place.lane)) + 1
    shown = head is not None and head.lane == run.lane
    events = insert(run=next_run, thread=thread, asker=asker, content=content, position=position, shown=shown)
    return Created(run=run_snapshot(next_run, position=position), events=events)


def insert(
    *,
    run: Run,
    thread: Thread,
    asker: Asker,
    content: tuple[ContentPart, ...],
    position: int = 1,
    role: MessageRole = "user",
    shown: bool = True,
    changed: Mapping[str, Any] = MappingProxyType({}),
    given: RunUserInput | None = None,
) -> list[DurableEvent]:
    """Write a queued run with the message that triggers it, in the caller's transaction; where it is ``shown`` as the
    thread's new head. ``changed`` is what else of the thread is new, ``given`` what holds its commands, covered."""
    orders = given.commands and given.queue if given else ()
    run.thread_id = thread.pk
    run.number = thread.last_number = thread.last_number + 1
    run.user_id, run.username = asker.user_id, asker.username
    run.anonymous, run.commanded = thread.anonymous, bool(orders)
    _insert_run(run)
    message = new_message(run=run, role=role, content=content)
    threads.add_message(message)
    events: list[DurableEvent] = [
        RunChangedEvent(thread_id=thread.pk, run_id=run.pk, run=run_snapshot(run, position=position)),
        RunMessageEvent(thread_id=thread.pk, run_id=run.pk, message=message),
    ]
    if given and orders:
        events += commands.write(run=run, commands=orders, on_failure=given.on_failure, message_id=message.id)
    if shown:
        events.append(RunThreadEvent(thread_id=thread.pk, changed={**changed, "head": str(run.pk)}))
    return journal.append(events, head=run.pk if shown else None, number=run.number, touched=True)


_insert_run = PreparedInsert(Run)


def repeated(*, thread_id: UUID, request: RunRequest, digest: str) -> Created | None:
    """What the same request came to before, in a thread that the caller holds; ``None`` for a new one.

    Raises:
        KeyReusedError: something else was asked under its key.
    """
    run = _repeated(thread_id=thread_id, key=request.key, digest=digest)
    if run is None and request.when_busy == "steer":
        run = steers.accepted(thread_id=thread_id, key=request.key, digest=digest)
    return Created(run=run, events=[], repeated=True) if run else None


def _repeated(*, thread_id: UUID, key: str, digest: str) -> RunSnapshot | None:
    earlier = run_of_key(thread_id=thread_id, key=key) if key else None
    if earlier is None:
        return None
    if earlier.input_digest != digest:
        raise KeyReusedError(details={"field": "key", "run_id": str(earlier.pk)})
    return run_snapshot(earlier)


def make_anonymous_for(thread: Thread, model: ModelSnapshot) -> None:
    """A model that is reached in anonymous threads alone makes a new thread one.

    Raises:
        AnonymousModelError: in this thread something was said in clear.
    """
    if model.anonymous_only and not thread.anonymous:
        if thread.last_number or thread.title:
            raise AnonymousModelError(details={"field": "model"})
        threads.make_anonymous(thread=thread)


def covered(given: RunUserInput, *, thread: Thread) -> RunUserInput:
    """An input as it may be stored: without personal data where the thread is anonymous.

    Raises:
        EmptyMessageError, MessageTooLongError, TooManyCommandsError, PersonalTagError: it breaks a rule.
        UnsupportedInputError: it names a template, which should have been expanded.
    """
    if not given.queue:
        raise EmptyMessageError(field="text")
    if commands.names_templates(given.commands):
        raise UnsupportedInputError("A template cannot be used here.", field="commands")
    if commands.size(given.queue) > settings.CODAY_MAX_COMMANDS:
        raise TooManyCommandsError(field="commands", details={"limit": settings.CODAY_MAX_COMMANDS})
    words = commands.written(given.queue)
    if sum(map(len, words)) > settings.CODAY_MAX_MESSAGE_CHARS:
        raise MessageTooLongError(field="text", details={"limit": settings.CODAY_MAX_MESSAGE_CHARS})
    place = Place(thread.pk, thread.owner_id, thread.anonymous)
    ensure_impersonal(place, commands.tags_in(given.queue))
    by = dict(zip(words, cover(place, words), strict=True))
    text = by.get(given.text, given.text)
    return msgspec.structs.replace(given, text=text, commands=commands.replaced(given.commands, by))


def content_of(given: RunUserInput, *, thread: Thread, agent: AgentSnapshot) -> tuple[ContentPart, ...]:
    """The message of a covered input, images first, after every rule on what they may be.

    Raises:
        TooManyImagesError, UnsupportedInputError, ImageNotFoundError: it breaks one.
    """
    if len(given.images) > settings.CODAY_MAX_IMAGES:
        raise TooManyImagesError(field="images", details={"limit": settings.CODAY_MAX_IMAGES})
    if given.images:
        ensure_may_see_images(agent, thread=thread)
    images = images_of_thread(thread_id=thread.pk, ids=given.images)
    place = Place(thread.pk, thread.owner_id, thread.anonymous)
    alts = cover(place, [images[image_id].name for image_id in given.images])
    parts: list[ContentPart] = [ImagePart(id=image, alt=alt) for image, alt in zip(given.images, alts, strict=True)]
    text = commands.first_words(given.queue)
    return (*parts, TextPart(text=text)) if text.strip() else tuple(parts)


def ensure_may_see_images(agent: AgentSnapshot, *, thread: Thread) -> None:
    """Refuse images to a model that cannot see them, or is not trusted with what may be in them.

    Raises:
        UnsupportedInputError
    """
    if not agent.model.vision:
        message = f"{agent.model.label} cannot see images. Choose another model or remove them."
        raise UnsupportedInputError(message, field="images", code="model_without_vision")
    if thread.anonymous and not (agent.model.trusted and privacy_settings().images == "trusted"):
        message = (
            "Images cannot be looked through for personal data, so this model gets none in an anonymous conversation."
        )
        raise UnsupportedInputError(message, field="images", code="image_in_anonymous_thread")


@dataclass(frozen=True, slots=True)
class TreePlace:
    """Where a run stands in its thread's tree."""

    parent_id: UUID | None
    lane: UUID


def place_of(*, thread: Thread, parent_id: UUID | None) -> TreePlace:
    """Behind the given parent, else behind the newest run of the head's lane. Not the lane's last: a new lane begins."""
    anchor_id = parent_id or thread.head
    if anchor_id is None:
        return TreePlace(parent_id=None, lane=new_id())
    anchor = find_run(run_id=anchor_id)
    if anchor is None or anchor.thread_id != thread.pk or anchor.deleted_at:
        raise RunNotFoundError(details={"field": "parent"})
    place = behind(anchor)
    if parent_id and place.parent_id != anchor.pk:
        return TreePlace(parent_id=anchor.pk, lane=new_id())
    return place


def behind(anchor: Run) -> TreePlace:
    """Behind the newest run of the anchor's lane. Where newer ones were removed, in a lane of its own: an undo must not bring
    them back into the middle of what was said since. What was removed from the queue will go back into the queue."""
    last = last_of_lane(lane=anchor.lane) or anchor
    if last.deleted_at is None:
        return TreePlace(parent_id=last.pk, lane=anchor.lane)
    shown = last_shown_of_lane(lane=anchor.lane) or anchor
    return TreePlace(parent_id=shown.pk, lane=new_id() if was_started_behind(run=shown) else anchor.lane)


def _steerable(busy: list[Run]) -> Run | None:
    """The run that a person may still say something to."""
    return next((run for run in busy if run.status in ACTIVE and not run.cancel_requested_at), None)


def _steer(run: Run, *, request: RunRequest, content: tuple[ContentPart, ...], digest: str) -> Created:
    """Have the words join the run that is under way, before its next model call.

    Raises:
        UnsupportedInputError: only words and images can join one.
    """
    if request.input.commands or request.input.skill:
        raise UnsupportedInputError("Only text and images can join a run that is under way.", field="when_busy")
    events = steers.accept(run=run, content=content, key=request.key, digest=digest)
    return Created(run=run_snapshot(run), events=journal.append(events), repeated=True)


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
