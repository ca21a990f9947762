"""Twins of runs, in another thread: rows like theirs with ids of their own, and a journal that tells the same.

New ids of messages, and of what is told between them, sort as the old ones did: pages put both in order by them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from django.db.models import Model

from coday.kernel.ids import new_id
from coday.kernel.prepared import PreparedInsert
from runs import journal
from runs.calls import event_of
from runs.commands import STEER
from runs.events import RunChangedEvent
from runs.models import Run, RunCommand, RunEventRecord, RunGroup, RunSummary, RunTagging, ToolCall
from runs.queries import run_snapshot
from threads.copying import images_in, messages_of
from threads.models import Message

M = TypeVar("M", bound=Model)

STAYS = "What this started goes on in the conversation that this one was forked from."
TOLD = ("message", "step", "tool", "error")
"""The types of events that tell what happened in a run; that it ended is told of its twin anew."""
KEPT = (
    "created_at", "kind", "trigger", "status", "user_id", "username", "agent", "model", "provider", "attempt", "title",
    "importance", "importance_by", "pinned", "tags", "context", "cause_call", "anonymous", "commanded", "depth", "error_code",
    "error_message", "error_retryable", "started_at", "finished_at", "pruned_at",
)  # fmt: skip
"""What a run's twin has of it. What it cost is not among it: the bill is paid once."""


class Told(NamedTuple):
    """An entry of the journal."""

    pk: UUID
    type: str
    payload: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Original:
    """Runs that have ended, by number, with all that belongs to them. ``line`` are those of one branch, oldest first; the
    others were delegated."""

    runs: Sequence[Run]
    line: Sequence[UUID]
    messages: Sequence[Message]
    told: Mapping[UUID, Sequence[Told]]
    calls: Sequence[ToolCall]
    commands: Sequence[RunCommand]
    groups: Sequence[RunGroup]
    summaries: Sequence[RunSummary]
    taggings: Sequence[RunTagging]

    @property
    def images(self) -> set[UUID]:
        """The images that are shown in them."""
        return {image for message in self.messages for image in images_in(message)}


def read(*, runs: Sequence[Run], line: Sequence[UUID]) -> Original:
    """Runs with what belongs to them, in a constant number of queries. What a run was told and has not heard is no part of
    it."""
    ids = [run.pk for run in runs]
    told: dict[UUID, list[Told]] = defaultdict(list)
    records = RunEventRecord.objects.filter(run_id__in=ids, type__in=TOLD).order_by("seq")
    for run_id, *values in records.values_list("run_id", "pk", "type", "payload", "created_at"):
        if run_id:
            told[run_id].append(Told(*values))
    commands = RunCommand.objects.filter(run_id__in=ids).exclude(kind=STEER, status=RunCommand.Status.QUEUED)
    return Original(
        runs=runs,
        line=line,
        messages=messages_of(run_ids=ids),
        told=told,
        calls=list(ToolCall.objects.filter(run_id__in=ids).order_by("id")),
        commands=list(commands.order_by("position")),
        groups=list(RunGroup.objects.filter(pk__in={run.group_id for run in runs if run.group_id}).order_by("id")),
        summaries=_whole_summaries(runs),
        taggings=list(RunTagging.objects.filter(run_id__in=ids).order_by("id")),
    )


def _whole_summaries(runs: Sequence[Run]) -> list[RunSummary]:
    """The summaries that stand for some of these runs and no others."""
    found = {run.summary_id for run in runs if run.summary_id}
    if not found:
        return []
    others = Run.objects.filter(summary__in=found).exclude(pk__in=[run.pk for run in runs])
    return list(RunSummary.objects.filter(pk__in=found).exclude(pk__in=others.values("summary")).order_by("id"))


class Twins:
    """The twins in the thread ``thread_id``. ``images`` are the new ids of images by the old ones."""

    def __init__(self, original: Original, *, thread_id: UUID, images: Mapping[UUID, UUID]) -> None:
        self._original = original
        self._thread_id = thread_id
        self.ids = {**images, **_new_ids(original)}
        self._texts = {str(old): str(new) for old, new in self.ids.items()}
        self._line = new_id()
        self._lanes: dict[UUID, UUID] = defaultdict(new_id)

    @cached_property
    def runs(self) -> list[Run]:
        """Numbered from 1: the branch in one lane, what was delegated in others."""
        line = self._original.line
        before = dict(zip(line[1:], line, strict=False))
        runs = enumerate(self._original.runs, start=1)
        return [self._run(run, number=number, on_line=run.pk in self._places, before=before) for number, run in runs]

    @cached_property
    def _places(self) -> frozenset[UUID]:
        return frozenset(self._original.line)

    def _run(self, run: Run, *, number: int, on_line: bool, before: Mapping[UUID, UUID]) -> Run:
        kept = {name: getattr(run, name) for name in KEPT}
        twin = Run(
            **kept, pk=self.ids[run.pk], thread_id=self._thread_id, number=number, parent_id=self._of(before.get(run.pk)),
            lane=self._line if on_line else self._lanes[run.lane], group_id=self._of(run.group_id),
            cause_run=self._of(run.cause_run), origin=Run.Origin.FORK, origin_run=run.pk, currency=run.currency,
        )  # fmt: skip
        twin.cause_call = run.cause_call if twin.cause_run else ""
        twin.summary_id = self._of(run.summary_id)
        if run.context == Run.Context.SUMMARISED and twin.summary_id is None:
            twin.context = Run.Context.FULL  # some of what was summarised is not here
        return twin

    @cached_property
    def groups(self) -> list[RunGroup]:
        """The groups that some of the runs are in."""
        return [
            RunGroup(pk=self.ids[group.pk], thread_id=self._thread_id, name=group.name, folded=group.folded)
            for group in self._original.groups
        ]

    def write(self) -> None:
        """Store the rows, but for the messages."""
        RunGroup.objects.bulk_create(self.groups)
        RunSummary.objects.bulk_create(map(self._summary, self._original.summaries))
        _insert_runs.many(self.runs)
        _insert_calls.many(self._calls.values())
        RunCommand.objects.bulk_create(map(self._command, self._original.commands))
        taggings = (RunTagging(run_id=self.ids[row.run_id], tag_id=row.tag_id) for row in self._original.taggings)
        RunTagging.objects.bulk_create(taggings)

    @cached_property
    def _calls(self) -> dict[tuple[UUID, str], ToolCall]:
        return {(call.run_id, call.call_id): self._call(call) for call in self._original.calls}

    def _call(self, call: ToolCall) -> ToolCall:
        """A call with its result. Of an operation that goes on elsewhere it says so: nothing here would ever end it."""
        twin = _like(call, run_id=self.ids[call.run_id], child=self._of(call.child), operation=None, state={})
        if call.status == ToolCall.Status.IN_PROGRESS:
            twin.status, twin.content = ToolCall.Status.CANCELLED, STAYS
        return twin

    def _summary(self, summary: RunSummary) -> RunSummary:
        """A copy, which nothing will make stale: what it was made of stays as it is."""
        return _like(summary, pk=self.ids[summary.pk], thread_id=self._thread_id, made_by_run=None, digest="")

    def _command(self, command: RunCommand) -> RunCommand:
        return _like(
            command, pk=self.ids[command.pk], run_id=self.ids[command.run_id], parent_id=self._of(command.parent_id),
            arguments=self._in_json(command.arguments),
        )  # fmt: skip

    def entries(self) -> Iterator[RunEventRecord]:
        """What the journal tells of the twins, run by run: what happened in it, at the time it did, and then its end."""
        for run, twin in zip(self._original.runs, self.runs, strict=True):
            yield from self._told(run)
            end = RunChangedEvent(
                id=new_id(), thread_id=self._thread_id, run_id=twin.pk, run=run_snapshot(twin), timestamp=run.finished_at
            )  # fmt: skip
            yield journal.entry_of(end)

    def _told(self, run: Run) -> Iterator[RunEventRecord]:
        told = self._original.told.get(run.pk, ())
        newest = {record.payload["tool_call_id"]: record.pk for record in told if record.type == "tool"}
        for record in told:
            place = {"pk": self.ids[record.pk], "thread_id": self._thread_id, "run_id": self.ids[run.pk]}
            if record.type != "tool":
                payload = self._in_json(record.payload)
                yield RunEventRecord(**place, type=record.type, payload=payload, created_at=record.created_at)
            elif record.pk in newest.values():
                event = event_of(self._calls[run.pk, record.payload["tool_call_id"]], thread_id=self._thread_id)
                yield journal.entry_of(msgspec.structs.replace(event, id=place["pk"], timestamp=record.created_at))

    def _of(self, old: UUID | None) -> UUID | None:
        """The new id; ``None`` for what is not there."""
        return self.ids.get(old) if old else None

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


_insert_runs, _insert_calls = PreparedInsert(Run), PreparedInsert(ToolCall)


def _new_ids(original: Original) -> dict[UUID, UUID]:
    rows: Iterable[Model] = (*original.groups, *original.summaries, *original.runs, *original.commands)
    ids = {row.pk: new_id() for row in rows}
    said: dict[UUID, list[UUID]] = defaultdict(list)
    for message in original.messages:
        said[message.run_id].append(message.id)
    for run in original.runs:
        told = (record.pk for record in original.told.get(run.pk, ()))
        ids.update((old, new_id()) for old in sorted((*said[run.pk], *told)))
    return ids


def _like(row: M, **changed: Any) -> M:
    """A new row with the values of another one."""
    values = {
        field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key
    }
    return type(row)(**{**values, **changed})
