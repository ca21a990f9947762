"""What a share shows: what people and agents said on a branch, or in one run, as it was when it was shared.

A snapshot is an export that holds much less: no other branches, no queue, nothing that its owner put the runs in order with,
no cost, no thoughts of models, and of tools what they showed, else their names alone: what they were given and what they
answered may hold more than anybody wants to show. What is not in it cannot be told by any door.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from django.conf import settings

from runs.errors import RunNotFoundError, RunStateError
from runs.exchange.documents import (
    CallDocument,
    ImagePlaceDocument,
    MaskDocument,
    MessageDocument,
    PartDocument,
    RunDocument,
    TextDocument,
    ThreadDocument,
    ToolResultDocument,
    ToolUseDocument,
    encode,
)
from runs.exchange.share_errors import NothingToShareError, ShareTooLargeError
from runs.models import Run, ToolCall
from runs.queries import branch, find_run, get_run
from threads.content import ContentPart, ImagePart, TextPart, ToolResultPart, ToolUsePart
from threads.masks import MaskSnapshot, masks_of
from threads.models import Thread
from threads.privacy.tokens import TOKEN, name_of_match
from threads.queries import messages_of_runs
from threads.snapshot import MessageSnapshot

AT_ONCE: Final = 100  # runs that are read at once
SHOWN: Final = "display"  # the kind of tools whose arguments are shown to people: charts, tables …
NOT_SHARED: Final = "(What tools answered is not shared.)"

Shown = Mapping[str, ToolCall]
"""The calls of a run that show something, by the model's ids."""


def runs_to_share(*, user_id: UUID, thread: Thread, run_id: UUID | None) -> list[Run]:
    """The runs that have ended on the branch that is shown, oldest first; or the one run.

    Raises:
        RunNotFoundError: the run does not exist for this person, or is not of this thread.
        RunStateError: the run has not ended.
        NothingToShareError: no run has ended, or its words are gone.
        ShareTooLargeError: the branch has too many.
    """
    if run_id is not None:
        run = get_run(user_id=user_id, run_id=run_id)
        if run.thread_id != thread.pk:
            raise RunNotFoundError
        if run.finished_at is None:
            raise RunStateError("What has not ended cannot be shared yet.", details={"status": run.status})
        if run.pruned_at is not None:
            raise NothingToShareError("The words of this run are gone.")
        return [run]
    head = find_run(run_id=thread.head) if thread.head else None
    found: list[Run] = []
    for runs in branch(run=head, size=AT_ONCE) if head else ():
        found += [run for run in runs if run.finished_at is not None and run.pruned_at is None]
        if len(found) > settings.CODAY_MAX_FORK_RUNS:
            raise ShareTooLargeError(details={"limit": settings.CODAY_MAX_FORK_RUNS, "unit": "runs"})
    if not found:
        raise NothingToShareError
    return found[::-1]


def take(*, thread: Thread, runs: Sequence[Run], title: str, reveal: bool) -> ThreadDocument:
    """The snapshot of these runs of a thread, oldest first. With ``reveal`` it has the values of the masks in it; without, it
    has no images of an anonymous thread: nothing is masked in those."""
    said, calls = _said_in([run.pk for run in runs]), _calls([run.pk for run in runs])
    documents = [
        _run(run, said=said[run.pk], calls=calls.get(run.pk, ()), with_images=reveal or not thread.anonymous)
        for run in runs
    ]
    for number, one in enumerate(documents, start=1):  # one line, whatever it was there
        one.number, one.lane = number, documents[0].id
        one.parent = documents[number - 2].id if number > 1 else None
    document = ThreadDocument(
        id=str(thread.pk), title=title, title_source="person" if title else "", agent=thread.agent, model=thread.model,
        anonymous=thread.anonymous, head=documents[-1].id, created_at=thread.created_at,
        updated_at=runs[-1].finished_at or thread.updated_at, runs=documents,
    )  # fmt: skip
    if thread.anonymous:
        document.masks = _masks(document, thread_id=thread.pk, reveal=reveal)
    return document


def _said_in(run_ids: Sequence[UUID]) -> dict[UUID, list[MessageSnapshot]]:
    """The messages of each run, however many there are."""
    said: dict[UUID, list[MessageSnapshot]] = {}
    for start in range(0, len(run_ids), AT_ONCE):
        said |= messages_of_runs(run_ids=run_ids[start : start + AT_ONCE])
    return said


def images_in(document: ThreadDocument) -> set[UUID]:
    """The images that a snapshot shows."""
    parts = (part for run in document.runs for message in run.messages for part in message.content)
    return {UUID(part.id) for part in parts if isinstance(part, ImagePlaceDocument)}


def store(document: ThreadDocument) -> str:
    """A snapshot as it is stored.

    Raises:
        ShareTooLargeError: it has too many bytes.
    """
    stored = encode(document)
    if len(stored) > settings.CODAY_MAX_SHARE_BYTES:
        raise ShareTooLargeError(details={"limit": settings.CODAY_MAX_SHARE_BYTES, "unit": "bytes"})
    return stored.decode()


def load(stored: str) -> ThreadDocument:
    """A stored snapshot."""
    return _decoder.decode(stored)


_decoder: Final = msgspec.json.Decoder(ThreadDocument)


# --- What is in it --------------------------------------------------------------------------------------------------


def _run(run: Run, *, said: Iterable[MessageSnapshot], calls: Sequence[ToolCall], with_images: bool) -> RunDocument:
    shown = {call.call_id: call for call in calls if call.kind == SHOWN}
    return RunDocument(
        id=str(run.pk), number=run.number, lane=str(run.lane),
        kind=run.kind, status=run.status,  # type: ignore[arg-type]  # the columns' choices are the literals
        agent=run.agent, model=run.model, title=run.title, created_at=run.created_at, started_at=run.started_at,
        finished_at=run.finished_at, messages=[_message(one, shown, with_images=with_images) for one in said],
        calls=[_call(call) for call in calls],
    )  # fmt: skip


def _message(message: MessageSnapshot, shown: Shown, *, with_images: bool) -> MessageDocument:
    parts = (_part(part, message, shown, with_images=with_images) for part in message.content)
    return MessageDocument(
        id=str(message.id), role=message.role, status=message.status, content=[part for part in parts if part],
        agent=message.agent, model=message.model, created_at=message.created_at,
    )  # fmt: skip


def _part(part: ContentPart, of: MessageSnapshot, shown: Shown, *, with_images: bool) -> PartDocument | None:
    match part:
        case TextPart() if of.role == "system":  # what an operation of a tool's brought
            return TextDocument(text=NOT_SHARED)
        case TextPart():
            return TextDocument(text=part.text)
        case ImagePart() if with_images:
            return ImagePlaceDocument(id=str(part.id), alt=part.alt)
        case ToolUsePart():
            given = part.arguments if part.id in shown else {}
            return ToolUseDocument(id=part.id, name=part.name, arguments=given)
        case ToolResultPart():
            return ToolResultDocument(
                tool_call_id=part.tool_call_id, name=part.name, content=NOT_SHARED, is_error=part.is_error
            )
    return None


def _calls(run_ids: Collection[UUID]) -> dict[UUID, list[ToolCall]]:
    found: dict[UUID, list[ToolCall]] = {}
    for call in ToolCall.objects.filter(run_id__in=run_ids).order_by("id"):
        found.setdefault(call.run_id, []).append(call)
    return found


def _call(call: ToolCall) -> CallDocument:
    """A call by its name. What goes on after its run is as good as ended: nothing here would ever end it."""
    goes_on = call.status == ToolCall.Status.IN_PROGRESS
    is_shown = call.kind == SHOWN
    return CallDocument(
        call_id=call.call_id, name=call.name, title=call.title, kind=SHOWN if is_shown else "backend",
        status="succeeded" if goes_on else call.status,  # type: ignore[arg-type]  # the column's choices are the literals
        arguments=call.arguments if is_shown else {}, content=NOT_SHARED, is_error=call.is_error,
        created_at=call.created_at, started_at=call.started_at, finished_at=call.finished_at,
    )  # fmt: skip


def _masks(document: ThreadDocument, *, thread_id: UUID, reveal: bool) -> list[MaskDocument]:
    """The masks whose tokens stand in the snapshot, and no others: those belong to what is not shared."""
    named = {name_of_match(match) for text in _texts(msgspec.to_builtins(document)) for match in TOKEN.finditer(text)}
    found: Iterable[MaskSnapshot] = masks_of(thread_id=thread_id).entries
    return [
        MaskDocument(category=mask.category, number=mask.number, value=mask.value if reveal else "")
        for mask in found
        if mask.name in named
    ]


def _texts(value: Any) -> Iterable[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, inner in value.items():
                yield key
                yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)
