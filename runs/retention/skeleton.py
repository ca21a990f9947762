"""What is left of a run whose words go: its place, who answered, when, how it ended, and what it cost.

The journal keeps all its numbers. What told words tells nothing any more, or only that something happened; so whoever replays
it sees what whoever watched sees now. Each function is part of its caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Field, JSONField, Min, Model, QuerySet, TextField
from django.db.models.functions import Cast

from runs.branching.purge import images_of_other_commands
from runs.models import (
    ContextText,
    ModelCall,
    Run,
    RunCommand,
    RunDocument,
    RunEventRecord,
    RunFeedback,
    RunGroup,
    RunSummary,
    ToolCall,
    ToolOperation,
)
from threads.models import Thread
from threads.removal import empty, forget_masks

NOTHING: Final[Mapping[str, Any]] = {"changed": {}}
"""The payload of a ``thread`` entry that tells nothing: what every reader of a journal knows."""
TOLD_OF_A_CALL: Final = ("tool_call_id", "name", "kind", "status", "edited", "child", "started_at", "finished_at")
AT_ONCE: Final = 200  # journal entries that are written at once


def strip(*, thread_id: UUID, run_ids: Collection[UUID], now: datetime) -> None:
    """Take the words out of these runs of one thread, and whatever was kept because of them."""
    left = empty(
        thread_id=thread_id, run_ids=run_ids, kept_images=images_of_other_commands(thread_id, run_ids)
    )  # fmt: skip
    _silence_journal(run_ids, messages=left)
    ToolOperation.objects.filter(run_id__in=run_ids, ended_at__isnull=False).delete()
    RunCommand.objects.filter(run__in=run_ids).delete()
    RunDocument.objects.filter(run__in=run_ids).delete()
    RunFeedback.objects.filter(run__in=run_ids).update(comment="")
    ToolCall.objects.filter(run__in=run_ids).update(
        title="", arguments=None, question="", schema={}, state={}, answer=None, content="", details={}
    )
    _forget_model_calls(thread_id, run_ids)
    summaries = list(RunSummary.objects.filter(runs__in=run_ids).values_list("pk", flat=True).distinct())
    Run.objects.filter(pk__in=run_ids).update(
        title="", error_message="", input_digest="", commanded=False, unindexed=False, context=Run.Context.FULL, summary=None,
        pruned_at=now,
    )  # fmt: skip
    RunSummary.objects.filter(pk__in=summaries, runs__isnull=True).delete()
    _forget_memories(thread_id, run_ids)
    if Thread.objects.filter(pk=thread_id, anonymous=True).exists():
        forget_masks(thread_id=thread_id, texts=texts_of(thread_id))


def _forget_memories(thread_id: UUID, run_ids: Collection[UUID]) -> None:
    """Delete the summaries that were made to fit a window and may speak of these runs: they go beyond the first of them."""
    first = Run.objects.filter(pk__in=run_ids).aggregate(first=Min("number"))["first"]
    before = Run.objects.filter(thread_id=thread_id, number__lt=first).values("pk")
    RunSummary.objects.filter(thread_id=thread_id, upto__isnull=False).exclude(upto__in=before).delete()


# --- The journal ----------------------------------------------------------------------------------------------------


def _silence_journal(run_ids: Collection[UUID], *, messages: Collection[UUID]) -> None:
    """Have the journal tell of these runs what is left. Messages other than ``messages`` are gone."""
    left = set(map(str, messages))
    changed: list[RunEventRecord] = []
    for record in RunEventRecord.objects.filter(run_id__in=run_ids).order_by("seq"):
        if record.type == "message" and record.payload["message_id"] in left:
            continue
        record.type, record.payload = _silent(record.type, record.payload)
        changed.append(record)
    RunEventRecord.objects.bulk_update(changed, ["type", "payload"], batch_size=AT_ONCE)


def _silent(kind: str, payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """An entry without words."""
    match kind:
        case "run":
            run = {**payload["run"], "title": ""}
            fault = run.get("error")
            return kind, {**payload, "run": {**run, "error": {**fault, "message": ""}} if fault else run}
        case "tool":
            return kind, {name: payload[name] for name in TOLD_OF_A_CALL if name in payload}
        case "error":
            return kind, {**payload, "message": "", "details": {}}
    return "thread", dict(NOTHING)


# --- What models were shown -----------------------------------------------------------------------------------------


def _forget_model_calls(thread_id: UUID, run_ids: Collection[UUID]) -> None:
    """Delete the records of what models were shown in these runs, and the texts that no other record names."""
    calls = ModelCall.objects.filter(run__in=run_ids)
    named = _as_text(calls, "manifest")
    texts = {
        pk: digest
        for pk, digest in ContextText.objects.filter(thread_id=thread_id).values_list("pk", "digest")
        if any(digest in manifest for manifest in named)
    }
    calls.delete()
    others = _as_text(ModelCall.objects.filter(run__thread_id=thread_id), "manifest") if texts else []
    unused = [pk for pk, digest in texts.items() if not any(digest in manifest for manifest in others)]
    ContextText.objects.filter(pk__in=unused).delete()


def _as_text(rows: QuerySet[Any], column: str) -> list[str]:
    return [str(text) for text in rows.order_by().values_list(Cast(column, TextField()), flat=True)]


# --- Masks ----------------------------------------------------------------------------------------------------------


def texts_of(thread_id: UUID) -> Iterator[str]:
    """Everything that is written about a thread and in it, but for its messages: whatever may hold a token of a mask."""
    of_thread: list[tuple[type[Model], str]] = [
        (Thread, "pk"), (Run, "thread"), (RunGroup, "thread"), (RunSummary, "thread"), (ContextText, "thread"),
        (RunEventRecord, "thread"), (ToolOperation, "thread"), (ToolCall, "run__thread"), (RunCommand, "run__thread"),
        (RunFeedback, "run__thread"),
    ]  # fmt: skip
    for model, path in of_thread:
        names = [field.name for field in model._meta.concrete_fields if _holds_text(field)]
        rows: QuerySet[Any, tuple[Any, ...]] = QuerySet(model).filter(**{path: thread_id})
        for values in rows.order_by().values_list(*names).iterator(chunk_size=AT_ONCE):
            yield "\n".join(value if isinstance(value, str) else json.dumps(value) for value in values)


def _holds_text(field: Field[Any, Any]) -> bool:
    return isinstance(field, JSONField) or field.get_internal_type() in ("CharField", "TextField")
