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
USAGE = UsageDocument.__struct_fields__


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
        id=str(run.pk), number=run.number, parent=_id(run.parent_id), lane=str(run.lane), kind=run.kind, trigger=run.trigger,
        status=run.status, cause=CauseDocument(run=str(run.cause_run), call=run.cause_call) if run.cause_run else None,
        origin=_origin(run), batch=_id(run.batch), depth=run.depth, agent=run.agent, model=run.model, provider=run.provider,
        attempt=run.attempt, title=run.title, tags=list(run.tags), importance=run.importance,
        importance_by=run.importance_by, pinned=run.pinned, group=_id(run.group_id), context=run.context,
        summary=_id(run.summary_id),
        template=TemplateDocument(id=str(run.template), version=run.template_version) if run.template else None,
        schedule=_id(run.schedule), commanded=run.commanded, usage=_usage(run),
        error=ErrorDocument(code=run.error_code, message=run.error_message, retryable=run.error_retryable)
        if run.error_code else None,
        feedback=FeedbackDocument(
            rating=feedback.rating, reason=feedback.reason, comment=feedback.comment, created_at=feedback.created_at
        ) if feedback else None,
        created_at=run.created_at, started_at=run.started_at, first_token_at=run.first_token_at,
        finished_at=run.finished_at, cancel_requested_at=run.cancel_requested_at, pruned_at=run.pruned_at, **belongs,
    )  # type: ignore[arg-type]  # fmt: skip  # the columns' choices are the literals


def _usage(run: Run) -> UsageDocument:
    return UsageDocument(**{name: getattr(run, name) for name in USAGE})


def _origin(run: Run) -> OriginDocument | None:
    if run.origin_run is None:
        return None
    return OriginDocument(run=str(run.origin_run), how=run.origin)  # type: ignore[arg-type]


def _message(row: Message) -> MessageDocument:
    parts = (_part(part) for part in load_parts(row.content))
    return MessageDocument(
        id=str(row.pk), role=row.role, status=row.status, content=[part for part in parts if part is not None],
        agent=row.agent, model=row.model, created_at=row.created_at,
    )  # type: ignore[arg-type]  # fmt: skip


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
    return CallDocument(
        call_id=row.call_id, name=row.name, title=row.title, kind=row.kind, untrusted=row.untrusted, status=row.status,
        arguments=row.arguments, edited=row.edited, approved=row.approved, asks=row.asks, question=row.question,
        schema=row.schema, answer=row.answer, child=_id(row.child), content=row.content, is_error=row.is_error,
        details=row.details, created_at=row.created_at, started_at=row.started_at, finished_at=row.finished_at,
    )  # type: ignore[arg-type]  # fmt: skip


def _command(row: RunCommand) -> CommandDocument:
    return CommandDocument(
        id=str(row.pk), parent=_id(row.parent_id), position=row.position, kind=row.kind, arguments=row.arguments,
        on_failure=row.on_failure, status=row.status, result=row.result, error_code=row.error_code,
        error_message=row.error_message, started_at=row.started_at, finished_at=row.finished_at,
    )  # type: ignore[arg-type]  # fmt: skip


def _events(told: Sequence[RunEventRecord]) -> Iterator[EventDocument]:
    """What happened, of each tool call its newest state alone: the call itself says the rest."""
    newest = {row.payload["tool_call_id"]: row.pk for row in told if row.type == "tool"}
    for row in told:
        match row.type:
            case "message":
                yield EventDocument(type="message", of=row.payload["message_id"], at=row.created_at)
            case "tool":
                if newest[row.payload["tool_call_id"]] == row.pk:
                    yield EventDocument(type="tool", of=row.payload["tool_call_id"], at=row.created_at)
            case _:
                yield EventDocument(type=row.type, told=row.payload, at=row.created_at)  # type: ignore[arg-type]


def _id(value: UUID | None) -> str | None:
    return str(value) if value else None
