"""Runs as documents: the rows that belong to them, read for a page of runs at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model

from runs.commands import STEER
from runs.exchange.documents import (
    CallDocument,
    CauseDocument,
    CommandDocument,
    ErrorDocument,
    EventDocument,
    FeedbackDocument,
    ImagePlaceDocument,
    MessageDocument,
    OriginDocument,
    PartDocument,
    RunDocument,
    TemplateDocument,
    TextDocument,
    ThinkingDocument,
    ToolResultDocument,
    ToolUseDocument,
    UsageDocument,
)
from runs.models import Run, RunCommand, RunEventRecord, RunFeedback, ToolCall
from threads.content import ContentPart, ImagePart, TextPart, ThinkingPart, ToolResultPart, ToolUsePart, load_parts
from threads.copying import messages_of
from threads.models import Message

M = TypeVar("M", bound=Model)

TOLD = ("message", "step", "tool", "error")
"""The types of events that tell what happened in a run; its end is told by its status."""
RUN = (
    "number", "kind", "trigger", "status", "depth", "agent", "model", "provider", "attempt", "title", "tags", "importance",
    "importance_by", "pinned", "context", "commanded", "created_at", "started_at", "first_token_at", "finished_at",
    "cancel_requested_at", "pruned_at",
)  # fmt: skip
MESSAGE = ("role", "status", "agent", "model", "created_at")
CALL = tuple(name for name in CallDocument.__struct_fields__ if name != "child")
COMMAND = tuple(name for name in CommandDocument.__struct_fields__ if name not in ("id", "parent"))


def run_documents(runs: Sequence[Run]) -> list[RunDocument]:
    """These runs with all that belongs to them, in six queries."""
    ids = [run.pk for run in runs]
    messages = _by_run(messages_of(run_ids=ids))
    calls = _by_run(ToolCall.objects.filter(run_id__in=ids).order_by("id"))
    commands = RunCommand.objects.filter(run_id__in=ids).exclude(kind=STEER, status=RunCommand.Status.QUEUED)
    commanded = _by_run(commands.order_by("position"))
    told = _by_run(RunEventRecord.objects.filter(run_id__in=ids, type__in=TOLD).order_by("seq"))
    said = {(row.run_id, row.user_id): row for row in RunFeedback.objects.filter(run_id__in=ids)}
    return [
        _run(
            run,
            feedback=said.get((run.pk, run.user_id)),
            messages=[_message(row) for row in messages[run.pk]],
            calls=[_call(row) for row in calls[run.pk]],
            commands=[_command(row) for row in commanded[run.pk]],
            events=list(_events(told[run.pk])),
        )
        for run in runs
    ]


def _by_run(rows: Iterable[M]) -> defaultdict[UUID, list[M]]:
    found: defaultdict[UUID, list[M]] = defaultdict(list)
    for row in rows:
        found[row.run_id].append(row)  # type: ignore[attr-defined]  # all of them belong to a run
    return found


def _run(run: Run, *, feedback: RunFeedback | None, **belongs: Any) -> RunDocument:
    return RunDocument(
        **_values(run, RUN),
        id=str(run.pk),
        parent=_id(run.parent_id),
        lane=str(run.lane),
        cause=CauseDocument(run=str(run.cause_run), call=run.cause_call) if run.cause_run else None,
        origin=_origin(run) if run.origin_run else None,
        batch=_id(run.batch),
        group=_id(run.group_id),
        summary=_id(run.summary_id),
        template=TemplateDocument(id=str(run.template), version=run.template_version) if run.template else None,
        schedule=_id(run.schedule),
        usage=UsageDocument(**_values(run, UsageDocument.__struct_fields__)),
        error=_error(run) if run.error_code else None,
        feedback=FeedbackDocument(**_values(feedback, FeedbackDocument.__struct_fields__)) if feedback else None,
        **belongs,
    )


def _origin(run: Run) -> OriginDocument:
    how: Any = run.origin  # the column's choices are the literals
    return OriginDocument(run=str(run.origin_run), how=how)


def _error(run: Run) -> ErrorDocument:
    return ErrorDocument(code=run.error_code, message=run.error_message, retryable=run.error_retryable)


def _message(row: Message) -> MessageDocument:
    parts = (_part(part) for part in load_parts(row.content))
    content = [part for part in parts if part is not None]
    return MessageDocument(**_values(row, MESSAGE), id=str(row.pk), content=content)


def _part(part: ContentPart) -> PartDocument | None:
    """A part. Thinking of which there is only the provider's proof is none: that stays between us and the provider."""
    match part:
        case TextPart():
            return TextDocument(text=part.text)
        case ThinkingPart():
            return ThinkingDocument(text=part.text) if part.text else None
        case ImagePart():
            return ImagePlaceDocument(id=str(part.id), alt=part.alt)
        case ToolUsePart():
            return ToolUseDocument(
                id=part.id, name=part.name, arguments=part.arguments, arguments_text=part.arguments_text
            )
        case ToolResultPart():
            return ToolResultDocument(
                tool_call_id=part.tool_call_id, name=part.name, content=part.content, is_error=part.is_error
            )


def _call(row: ToolCall) -> CallDocument:
    return CallDocument(**_values(row, CALL), child=_id(row.child))


def _command(row: RunCommand) -> CommandDocument:
    return CommandDocument(**_values(row, COMMAND), id=str(row.pk), parent=_id(row.parent_id))


def _values(row: Model, names: Iterable[str]) -> dict[str, Any]:
    """The columns that are called alike in a document."""
    return {name: getattr(row, name) for name in names}


def _events(told: Sequence[RunEventRecord]) -> Iterator[EventDocument]:
    """What happened, of each tool call its newest state alone: the call itself says the rest."""
    newest = {row.payload["tool_call_id"]: row.pk for row in told if row.type == "tool"}
    for row in told:
        match row.type:
            case "message":
                yield EventDocument(id=str(row.pk), type="message", of=row.payload["message_id"], at=row.created_at)
            case "tool":
                if newest[row.payload["tool_call_id"]] == row.pk:
                    call = row.payload["tool_call_id"]
                    yield EventDocument(id=str(row.pk), type="tool", of=call, at=row.created_at)
            case _:
                yield EventDocument(id=str(row.pk), type=row.type, told=row.payload, at=row.created_at)  # type: ignore[arg-type]


def _id(value: UUID | None) -> str | None:
    return str(value) if value else None
