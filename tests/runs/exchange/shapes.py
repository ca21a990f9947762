"""Documents to import, and documents as they can be compared: with the same ids wherever the same things are meant."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from coday.accounts.models import User
from runs.exchange.documents import (
    CallDocument,
    CauseDocument,
    CommandDocument,
    ErrorDocument,
    EventDocument,
    FeedbackDocument,
    ForkDocument,
    GroupDocument,
    ImageDocument,
    ImagePlaceDocument,
    MaskDocument,
    MessageDocument,
    OriginDocument,
    RunDocument,
    SummaryDocument,
    TagDocument,
    TemplateDocument,
    TextDocument,
    ThinkingDocument,
    ThreadDocument,
    ToolResultDocument,
    ToolUseDocument,
    UsageDocument,
    encode,
)
from runs.exchange.export import Chosen, by_thread, export_json
from runs.exchange.importing import Report, import_file
from runs.exchange.incoming import Importer
from runs.models import Run
from tests.runs.api.site import png

T0 = datetime(2024, 5, 1, 9, 30, tzinfo=UTC)
Json = dict[str, Any]


def after(seconds: float) -> datetime:
    """A moment of the conversation."""
    return T0 + timedelta(seconds=seconds)


def file_of(*threads: ThreadDocument | Json, **head: Any) -> bytes:
    """A file with these threads."""
    return encode({"format": "coday", "version": 1, "threads": list(threads), **head})


def person(username: str) -> Importer:
    """Somebody, who may be new."""
    user, _ = User.objects.get_or_create(username=username)
    return Importer(user.pk, user.username)


def brought(file: bytes, *, by: str = "ben", **given: Any) -> Report:
    """Import a file."""
    return import_file(io.BytesIO(file), size=len(file), importer=person(by), **given)


def came(report: Report) -> UUID:
    """The thread that the file's first one has become."""
    entry = report.threads[0]
    assert entry.brought, entry.problems
    assert entry.thread_id
    return entry.thread_id


def exported(*thread_ids: UUID, by: str, reveal: bool = False) -> Json:
    """The file that this person gets of their threads."""
    chosen = [Chosen(thread=thread_id) for thread_id in thread_ids]
    document: Json = json.loads(b"".join(export_json(user_id=person(by).user_id, chosen=chosen, reveal=reveal)))
    return document


def exported_runs(*runs: Run, by: str, reveal: bool = False) -> Json:
    """The file that this person gets of these runs."""
    chosen = by_thread(runs)
    document: Json = json.loads(b"".join(export_json(user_id=person(by).user_id, chosen=chosen, reveal=reveal)))
    return document


def compared(file: Json) -> list[ThreadDocument]:
    """The threads of a file with names in the place of ids, in the order in which they are met."""
    names: dict[str, str] = {}
    for thread in file["threads"]:
        for found in _ids(thread):
            names.setdefault(found, f"id {len(names)}")
    return [msgspec.convert(_named(thread, names), ThreadDocument) for thread in file["threads"]]


def _ids(thread: Json) -> Iterator[str]:
    yield thread["id"]
    for row in (*thread.get("groups", ()), *thread.get("summaries", ()), *thread["runs"], *thread.get("images", ())):
        yield row["id"]
    for run in thread["runs"]:
        yield run["lane"]
        yield from filter(None, [run.get("batch")])
        for row in (*run.get("messages", ()), *run.get("commands", ()), *run.get("events", ())):
            yield row["id"]


def _named(value: Any, names: dict[str, str]) -> Any:
    match value:
        case dict():
            return {key: _named(inner, names) for key, inner in value.items()}
        case list():
            return [_named(inner, names) for inner in value]
        case str():
            return names.get(value, value)
    return value


def run(number: int, *, parent: int | None = None, **given: Any) -> RunDocument:
    """A run in which somebody asked and was answered."""
    at = after(60 * number)
    said = [
        MessageDocument(id=f"m{number}a", role="user", content=[TextDocument(text=f"{number}?")], created_at=at),
        MessageDocument(id=f"m{number}b", role="assistant", content=[TextDocument(text=f"{number}!")], created_at=at),
    ]
    events = [EventDocument(id=f"m{one.id}", type="message", of=one.id, at=at) for one in said]
    values: Json = {
        "id": f"r{number}", "number": number, "parent": f"r{parent}" if parent else None, "lane": "l1",
        "status": "completed", "created_at": at, "finished_at": at, "messages": said, "events": events, **given,
    }  # fmt: skip
    return RunDocument(**values)


def thread(*runs: RunDocument, **given: Any) -> ThreadDocument:
    """A thread with these runs."""
    values: Json = {"id": "t1", "title": "A title", "created_at": T0, "updated_at": after(3_600), **given}
    return ThreadDocument(**values, runs=list(runs))


def whole_thread() -> ThreadDocument:
    """A thread in which each field of the schema has another value than the usual, but for those that nothing here refers
    to."""
    lane, other = "lane 1", "lane 2"
    message = MessageDocument(
        id="00 m1", role="user", status="partial", agent="helper", model="mock-1", created_at=after(1),
        content=[ImagePlaceDocument(id="i1", alt="A dot"), TextDocument(text="Who is {{pii:PERSON_1}}? <b>&amp; \u2028")],
    )  # fmt: skip
    answer = MessageDocument(
        id="01 m2", role="assistant", created_at=after(2),
        content=[
            ThinkingDocument(text="Hm."), ToolUseDocument(id="call_1", name="note", arguments={"text": "x", "n": [1, 2.5]}),
            ToolUseDocument(id="call_2", name="note", arguments_text='{"text": '),
        ],
    )  # fmt: skip
    result = MessageDocument(
        id="03 m3", role="tool", created_at=after(4),
        content=[ToolResultDocument(tool_call_id="call_1", name="note", content="No.", is_error=True)],
    )  # fmt: skip
    call = CallDocument(
        call_id="call_1", name="note", title="Notebook", kind="client", untrusted=True, status="failed",
        arguments={"text": "changed"}, edited=True, approved=True, asks="approval", question="May I?",
        schema={"type": "object"}, answer={"ok": False}, child="r2", content="No.", is_error=True, details={"run": "r2"},
        created_at=after(2), started_at=after(3), finished_at=after(4),
    )  # fmt: skip
    first = CommandDocument(
        id="c1", position=1, kind="sequence", on_failure="continue", status="failed", result="Not all.", error_code="no_tag",
        error_message="There is none.", started_at=after(1), finished_at=after(5),
    )  # fmt: skip
    part = CommandDocument(
        id="c2",
        parent="c1",
        position=2,
        kind="prompt",
        arguments={"text": "Who?", "message_id": "00 m1"},
        status="done",
    )
    events = [
        EventDocument(id="00 e1", type="message", of="00 m1", at=after(1)),
        EventDocument(id="02 e2", type="tool", of="call_1", at=after(3)),
        EventDocument(
            id="02 e3", type="step", at=after(3),
            told={"kind": "decision", "status": "denied", "summary": "No", "details": {"message": "00 m1"}},
        ),
        EventDocument(
            id="04 e4", type="error", at=after(5),
            told={"code": "stalled", "message": "Silence.", "details": {}, "retryable": True},
        ),
    ]  # fmt: skip
    one = RunDocument(
        id="r1", number=1, lane=lane, kind="system", trigger="schedule", status="failed", batch="b1", depth=1, agent="gone",
        model="gone-1", provider="nowhere", attempt=2, title="First", tags=["Work", "Trip"], importance=90,
        importance_by="person", pinned=True, group="g1", context="summarised", summary="s1", commanded=True,
        usage=UsageDocument(
            input_tokens=10, output_tokens=20, cached_tokens=3, reasoning_tokens=4, model_calls=2, tool_calls=1,
            cost=Decimal("0.123000000"), currency="EUR",
        ),
        error=ErrorDocument(code="stalled", message="Silence.", retryable=True),
        feedback=FeedbackDocument(rating=-1, reason="slow", comment="Too slow.", created_at=after(9)),
        created_at=after(1), started_at=after(1), first_token_at=after(2), finished_at=after(5), cancel_requested_at=after(4),
        pruned_at=after(3_000), messages=[message, answer, result], calls=[call], commands=[first, part], events=events,
    )  # fmt: skip
    two = run(2, lane=other, trigger="delegation", cause=CauseDocument(run="r1", call="call_1"), kind="system")
    three = run(3, parent=1, lane=lane, context="excluded", batch="b1")
    four = run(4, parent=1, lane="lane 3", origin=OriginDocument(run="r3", how="edit"))
    summary = SummaryDocument(
        id="s1", text="It was about {{pii:PERSON_1}}.", written_by="person", upto="r3", model="mock-1", made_by_run="r3",
        digest="d" * 64, created_at=after(10),
    )  # fmt: skip
    return ThreadDocument(
        id="t1", title="About {{pii:PERSON_1}}", title_source="model", agent="helper", model="mock-1", anonymous=True,
        tags=["Work"], tag_colors=[TagDocument(name="Trip", color="teal"), TagDocument(name="Work", color="red")],
        pinned=True, archived=True, folder="Trips", head="r3", created_at=T0, updated_at=after(3_600),
        groups=[GroupDocument(id="g1", name="A group", folded=True), GroupDocument(id="g2", name="Empty")],
        summaries=[summary], masks=[MaskDocument(category="PERSON", number=1, value="Max Power")],
        runs=[one, two, three, four], images=[ImageDocument(id="i1", name="dot.png", data=png())],
    )  # fmt: skip


NEVER_ALONE = {
    (ThreadDocument, "forked_from"), (ThreadDocument, "skills"), (RunDocument, "template"), (RunDocument, "schedule"),
}  # fmt: skip
"""What refers to things that have to be here already."""
ELSEWHERE = (ForkDocument, TemplateDocument)
