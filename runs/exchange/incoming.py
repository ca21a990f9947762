"""A document becomes a thread: rows with ids of their own, and a journal that tells what happened in it.

Everything belongs to whoever brings it in. Runs that had not ended there are interrupted here: nothing goes on by itself.
What they used stays what it was, and is not paid again: the ledger is not written. Nothing refers to a row that did not come
along, but for agents and models, which stay as labels where they are unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

import msgspec
from django.utils import timezone

from coday.kernel.ids import new_id
from coday.kernel.prepared import PreparedInsert
from runs import journal
from runs.calls import event_of, kept, not_executed
from runs.events import RunChangedEvent, RunErrorEvent, RunMasksEvent, RunStepEvent, RunThreadEvent, SealedMask
from runs.exchange.documents import (
    CallDocument,
    CommandDocument,
    EventDocument,
    ImagePlaceDocument,
    MessageDocument,
    PartDocument,
    RunDocument,
    SummaryDocument,
    ThreadDocument,
)
from runs.exchange.ids import PastIds
from runs.models import (
    TERMINAL,
    Run,
    RunCommand,
    RunEventRecord,
    RunFeedback,
    RunGroup,
    RunSummary,
    RunTag,
    RunTagging,
    ToolCall,
)
from runs.queries import run_snapshot
from threads.models import Message, Thread

_insert_runs, _insert_calls, _insert_commands = (
    PreparedInsert(Run),
    PreparedInsert(ToolCall),
    PreparedInsert(RunCommand),
)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
STAYS = "What this started goes on where the conversation came from."


@dataclass(frozen=True, slots=True)
class Importer:
    """Who brings conversations in, and owns them from then on."""

    user_id: UUID
    username: str


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a document refers to outside of itself: new ids of images by the old ones, of runs and threads that came in with
    it, the person's tags by their names, and those of the templates and schedules in it that are theirs."""

    images: Mapping[str, UUID] = field(default_factory=dict)
    elsewhere: Mapping[str, UUID] = field(default_factory=dict)
    tags: Mapping[str, RunTag] = field(default_factory=dict)
    templates: frozenset[UUID] = frozenset()
    schedules: frozenset[UUID] = frozenset()


class Incoming:
    """The rows of a document in a new thread. ``ids`` are the new ids by the old ones."""

    def __init__(
        self, document: ThreadDocument, *, thread: Thread, importer: Importer, surroundings: Surroundings
    ) -> None:
        self._document = document
        self._thread = thread
        self._importer = importer
        self._around = surroundings
        self.ids = _new_ids(document)
        self._texts = {old: str(new) for old, new in self.ids.items()}
        self._batches: dict[str, UUID] = {}
        self.dropped = 0  # events that are of no known kind

    # --- Rows -------------------------------------------------------------------------------------------------------

    @cached_property
    def runs(self) -> list[Run]:
        """The runs by number."""
        lanes = _Lanes(self.ids)
        return [self._run(run, parent=self._of(run.parent), lane=lanes.of(run)) for run in self._document.runs]

    def _run(self, run: RunDocument, *, parent: UUID | None, lane: UUID) -> Run:
        begun = self._past(run.created_at)
        ended = run.status in TERMINAL
        cause = self._of(run.cause.run) if run.cause else None
        origin = self._anywhere(run.origin.run) if run.origin else None
        template = _among(self._around.templates, run.template.id) if run.template else None
        row = Run(
            pk=self.ids[run.id], created_at=begun, thread=self._thread, number=run.number, parent_id=parent, lane=lane,
            kind=run.kind, trigger=run.trigger if cause or run.trigger != "delegation" else Run.Trigger.USER,
            status=run.status if ended else Run.Status.INTERRUPTED, user_id=self._importer.user_id,
            username=self._importer.username, agent=run.agent, model=run.model, provider=run.provider,
            attempt=run.attempt, title=run.title[:200], tags=[name for name in run.tags if name in self._around.tags],
            importance=run.importance, importance_by=run.importance_by, pinned=run.pinned, group_id=self._of(run.group),
            context=run.context, summary_id=self._of(run.summary), template=template,
            template_version=run.template.version if run.template and template else None,
            schedule=_among(self._around.schedules, run.schedule) if run.schedule else None,
            commanded=run.commanded and bool(run.commands), cause_run=cause,
            cause_call=run.cause.call if run.cause and cause else "",
            origin=run.origin.how if run.origin and origin else "", origin_run=origin, batch=self._batch(run.batch),
            anonymous=self._thread.anonymous, depth=run.depth, started_at=self._past(run.started_at),
            first_token_at=self._past(run.first_token_at),
            finished_at=self._past(run.finished_at if ended else None) or self._past(run.started_at) or begun,
            cancel_requested_at=self._past(run.cancel_requested_at), pruned_at=self._past(run.pruned_at),
            **msgspec.structs.asdict(run.usage),
        )  # fmt: skip
        if run.error:
            row.error_code, row.error_message = run.error.code, run.error.message
            row.error_retryable = run.error.retryable
        if run.feedback:
            row.rating, row.rating_reason = run.feedback.rating, run.feedback.reason
        if row.context == Run.Context.SUMMARISED and row.summary_id is None:
            row.context = Run.Context.FULL
        return row

    def _batch(self, batch: str | None) -> UUID | None:
        return self._batches.setdefault(batch, uuid4()) if batch else None

    def write(self) -> None:
        """Store the rows, but for messages."""
        groups = [
            RunGroup(pk=self.ids[group.id], thread=self._thread, name=group.name[:200], folded=group.folded)
            for group in self._document.groups
        ]
        RunGroup.objects.bulk_create(groups)
        RunSummary.objects.bulk_create(map(self._summary, self._document.summaries))
        _insert_runs.many(self.runs)
        _insert_calls.many(self.calls.values())
        _insert_commands.many(self._command(run, row) for run in self._document.runs for row in run.commands)
        RunTagging.objects.bulk_create(
            RunTagging(run=run, tag=self._around.tags[name]) for run in self.runs for name in run.tags
        )
        RunFeedback.objects.bulk_create(self._feedback())

    def _summary(self, summary: SummaryDocument) -> RunSummary:
        return RunSummary(
            pk=self.ids[summary.id], created_at=self._past(summary.created_at), thread=self._thread, text=summary.text,
            written_by=summary.written_by, upto=self._of(summary.upto), model=summary.model,
            made_by_run=self._of(summary.made_by_run), digest=summary.digest,
        )  # fmt: skip

    def _feedback(self) -> Iterator[RunFeedback]:
        for run in self._document.runs:
            if said := run.feedback:
                yield RunFeedback(
                    run_id=self.ids[run.id], user_id=self._importer.user_id, username=self._importer.username,
                    rating=said.rating, reason=said.reason, comment=said.comment, created_at=self._past(said.created_at),
                )  # fmt: skip

    @cached_property
    def calls(self) -> dict[tuple[str, str], ToolCall]:
        """The tool calls, by the old ids of their runs and their own."""
        return {(run.id, call.call_id): self._call(run, call) for run in self._document.runs for call in run.calls}

    def _call(self, run: RunDocument, call: CallDocument) -> ToolCall:
        open_here = call.status in ("requested", "running", "waiting", "in_progress")
        row = ToolCall(
            created_at=self._past(call.created_at), run_id=self.ids[run.id], call_id=call.call_id, name=call.name,
            title=call.title[:200], kind=call.kind, untrusted=call.untrusted, status=call.status,
            arguments=call.arguments, edited=call.edited, approved=call.approved, asks=call.asks, question=call.question,
            schema=call.schema, answer=call.answer, child=self._of(call.child), content=kept(call.content),
            is_error=call.is_error, details=self._in_json(call.details), started_at=self._past(call.started_at),
            finished_at=self._past(call.finished_at),
        )  # fmt: skip
        if open_here:
            row.content = STAYS if call.status == "in_progress" else not_executed("interrupted")
            row.status, row.is_error = ToolCall.Status.CANCELLED, True
            row.finished_at = row.started_at or row.created_at
        return row

    def _command(self, run: RunDocument, command: CommandDocument) -> RunCommand:
        status = {"queued": "skipped", "running": "failed"}.get(command.status, command.status)
        return RunCommand(
            pk=self.ids[command.id], run_id=self.ids[run.id], parent_id=self._of(command.parent),
            created_at=self._past(run.created_at), position=command.position, kind=command.kind,
            arguments=self._in_json(command.arguments), on_failure=command.on_failure, status=status,
            result=command.result[:500], error_code=command.error_code, error_message=command.error_message,
            started_at=self._past(command.started_at), finished_at=self._past(command.finished_at),
        )  # fmt: skip

    # --- What was said ----------------------------------------------------------------------------------------------

    def messages(self) -> Iterator[Message]:
        """The messages, in their stored form."""
        for run in self._document.runs:
            for message in run.messages:
                yield self._message(run, message)

    def _message(self, run: RunDocument, message: MessageDocument) -> Message:
        return Message(
            pk=self.ids[message.id], created_at=self._past(message.created_at), thread=self._thread,
            run_id=self.ids[run.id], role=message.role, agent=message.agent, model=message.model,
            status=Message.Status.PARTIAL if message.status == "streaming" else message.status,
            content=[self._part(part) for part in message.content],
        )  # fmt: skip

    def _part(self, part: PartDocument) -> dict[str, Any]:
        """A part in its stored form. An image that did not come along leaves its name."""
        if not isinstance(part, ImagePlaceDocument):
            stored: dict[str, Any] = msgspec.to_builtins(part)
            return stored
        image = self._around.images.get(part.id)
        if image is None:
            return {"type": "text", "text": f"[{part.alt or 'image'}]"}
        return {"type": "image", "id": str(image), **({"alt": part.alt} if part.alt else {})}

    # --- What is told -----------------------------------------------------------------------------------------------

    def entries(self, *, masks: Iterable[UUID]) -> Iterator[RunEventRecord]:
        """What the journal tells: the masks, run by run what happened in it and then its end, and what the thread shows."""
        sealed = tuple(SealedMask(id=mask_id, token="", category="", sealed="") for mask_id in masks)
        if sealed:
            yield journal.entry_of(RunMasksEvent(id=new_id(), thread_id=self._thread.pk, masks=sealed))
        for run, row in zip(self._document.runs, self.runs, strict=True):
            for event in run.events:
                yield from self._told(run, event)
            end = RunChangedEvent(
                id=new_id(), thread_id=self._thread.pk, run_id=row.pk, run=run_snapshot(row), timestamp=row.finished_at
            )
            yield journal.entry_of(end)
        yield journal.entry_of(RunThreadEvent(id=new_id(), thread_id=self._thread.pk, changed=self._changed()))

    def _changed(self) -> dict[str, Any]:
        groups = [
            {"id": str(self.ids[group.id]), "name": group.name, "folded": group.folded}
            for group in self._document.groups
        ]
        shown = {"head": str(self.head) if self.head else None, "groups": groups}
        return {name: value for name, value in shown.items() if value} or {"title": self._thread.title}

    def _told(self, run: RunDocument, event: EventDocument) -> Iterator[RunEventRecord]:
        at, place = self._past(event.at), {"thread_id": self._thread.pk, "run_id": self.ids[run.id]}
        record_id = self.ids[event.id]
        match event.type:
            case "message" if event.of in self._said[run.id]:
                payload = {"message_id": str(self.ids[event.of or ""])}
                yield RunEventRecord(pk=record_id, type="message", payload=payload, created_at=at, **place)
            case "tool" if (run.id, event.of or "") in self.calls:
                told = event_of(self.calls[run.id, event.of or ""], thread_id=self._thread.pk)
                yield journal.entry_of(msgspec.structs.replace(told, id=record_id, timestamp=at))
            case "step" | "error":
                kind: type[RunStepEvent | RunErrorEvent] = RunStepEvent if event.type == "step" else RunErrorEvent
                given = {**self._in_json(event.told), "type": event.type, **place, "id": record_id, "timestamp": at}
                try:
                    yield journal.entry_of(msgspec.convert(given, kind))
                except msgspec.ValidationError:
                    self.dropped += 1
            case _:
                self.dropped += 1

    @cached_property
    def _said(self) -> dict[str, set[str]]:
        return {run.id: {message.id for message in run.messages} for run in self._document.runs}

    # --- References -------------------------------------------------------------------------------------------------

    @cached_property
    def head(self) -> UUID | None:
        """The run that is shown: the document's or, where that did not come along, the newest one."""
        if self._document.head in self.ids:
            return self.ids[self._document.head or ""]
        own = [run for run in self.runs if run.trigger != Run.Trigger.DELEGATION]
        return own[-1].pk if own else None

    def _of(self, old: str | None) -> UUID | None:
        return self.ids.get(old) if old else None

    def _anywhere(self, old: str) -> UUID | None:
        return self.ids.get(old) or self._around.elsewhere.get(old)

    def _in_json(self, value: Any) -> Any:
        """A JSON value with new ids in the place of the old ones."""
        match value:
            case dict():
                return {name: self._in_json(inner) for name, inner in value.items()}
            case list():
                return [self._in_json(inner) for inner in value]
            case str():
                return self._texts.get(value, value)
        return value

    @staticmethod
    def possible(moment: datetime) -> datetime:
        """A moment that has been: nobody is served by a run of the year 9999."""
        return min(max(moment, BEGINNING), timezone.now())

    def _past(self, moment: Any) -> Any:
        return self.possible(moment) if moment else None


class _Lanes:
    """Gives runs their lanes: in each of them, a run follows the one before it. What says otherwise begins another one."""

    def __init__(self, ids: Mapping[str, UUID]) -> None:
        self._ids = ids
        self._lanes: dict[str, UUID] = {}
        self._ends: dict[UUID, str] = {}

    def of(self, run: RunDocument) -> UUID:
        """The lane of the next run by number."""
        lane = self._lanes.get(run.lane)
        if lane is None or (run.parent in self._ids and self._ends[lane] != run.parent):
            lane = new_id()
            self._lanes.setdefault(run.lane, lane)
        self._ends[lane] = run.id
        return lane


def _new_ids(document: ThreadDocument) -> dict[str, UUID]:
    runs, ids = PastIds(), dict[str, UUID]()
    for group in document.groups:
        ids[group.id] = new_id()
    for summary in document.summaries:
        ids[summary.id] = new_id()
    for run in document.runs:
        ids[run.id] = runs.at(Incoming.possible(run.created_at))
        inside = PastIds()
        told = [(message.id, message.created_at) for message in run.messages]
        told += [(event.id, event.at) for event in run.events]
        for old, moment in sorted(told):
            ids[old] = inside.at(Incoming.possible(moment))
        for command in run.commands:
            ids[command.id] = inside.at(Incoming.possible(run.created_at))
    return ids


def _among(ids: frozenset[UUID], text: str) -> UUID | None:
    return next((known for known in ids if str(known) == text), None)
