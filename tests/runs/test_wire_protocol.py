"""docs/wire-protocol.md says what the server sends and takes: its tables are held against the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from runs import events, wire
from runs.consumers import ThreadConsumer
from runs.events import RunCause, RunFault, RunOrigin, RunSnapshot, RunTemplateRef, RunUsage
from runs.inputs import RunRequest
from threads import content
from threads.snapshot import ImageSnapshot, MessageSnapshot, ThreadSnapshot
from threads.wire import image_object, message_object, part_object, thread_object

PAGE = (Path(__file__).parents[2] / "docs" / "wire-protocol.md").read_text()
ENVELOPE = {"type", "id", "seq", "thread_id", "run_id", "timestamp"}
NOW = timezone.now()
THREAD, RUN = uuid4(), uuid4()


def _table(heading: str) -> Iterator[list[str]]:
    """The cells of the rows of the tables below a heading, without their head."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| ") and cells[0] not in ("object", "part", "type", "---"):
            yield cells


def _fields(cell: str) -> tuple[set[str], set[str]]:
    """Names that are always there, and names that may be."""
    names = re.findall(r"`([a-z_?]+)`", cell)
    return {n for n in names if not n.endswith("?")}, {n.rstrip("?") for n in names if n.endswith("?")}


def _run(**given: Any) -> RunSnapshot:
    return RunSnapshot(
        id=RUN, thread_id=THREAD, number=1, lane=uuid4(), kind="user", trigger="user", user_id=uuid4(), username="ann",
        agent="a", model="m", created_at=NOW, **{"parent": None, "status": "queued", **given},
    )  # fmt: skip


FULL_RUN = _run(
    parent=uuid4(),
    status="failed",
    title="Named",
    usage=RunUsage(cost=Decimal("0.1")),
    error=RunFault(code="c", message="m", retryable=True),
    cause=RunCause(run_id=RUN, tool_call_id="c"),
    group=uuid4(),
    origin=RunOrigin(run_id=RUN, how="edit"),
    batch=uuid4(),
    summary=uuid4(),
    commanded=True,
    template=RunTemplateRef(id=uuid4(), version=1),
    schedule=uuid4(),
    rating=1,
    started_at=NOW,
    first_token_at=NOW,
    pruned_at=NOW,
    finished_at=NOW,
    deleted_at=NOW,
)
MESSAGE = MessageSnapshot(
    id=uuid4(), thread_id=THREAD, run_id=RUN, role="assistant", status="complete", content=(), agent="a", model="m",
    created_at=NOW,
)  # fmt: skip
DURABLE: dict[str, Any] = {"id": uuid4(), "seq": 1, "thread_id": THREAD, "run_id": RUN, "timestamp": NOW}
STREAMED: dict[str, Any] = {
    "thread_id": THREAD,
    "run_id": RUN,
    "message_id": uuid4(),
    "part": 0,
    "offset": 0,
    "text": "x",
}
EVENTS: dict[str, list[events.RunEvent]] = {
    "session": [events.RunSessionEvent(thread_id=THREAD, streaming=False, last_seq=0)],
    "run": [
        events.RunChangedEvent(run=FULL_RUN, **DURABLE),
        events.RunChangedEvent(run=FULL_RUN, changed=("title",), **DURABLE),
    ],
    "message": [events.RunMessageEvent(message=MESSAGE, **DURABLE)],
    "message_start": [events.RunMessageStartEvent(thread_id=THREAD, run_id=RUN, message=MESSAGE)],
    "delta": [
        events.RunDeltaEvent(kind="text", **STREAMED),
        events.RunDeltaEvent(kind="tool_use", call_id="c", name="n", **STREAMED),
    ],
    "tool": [
        events.RunToolEvent(tool_call_id="c", name="n", status="running", **DURABLE),
        events.RunToolEvent(
            tool_call_id="c",
            name="n",
            title="t",
            kind="mcp",
            status="waiting",
            arguments={},
            edited=True,
            asks="approval",
            question="q",
            schema={"type": "object"},
            expires_at=NOW,
            child=uuid4(),
            operation=uuid4(),
            result="r",
            details={"sources": []},
            started_at=NOW,
            finished_at=NOW,
            **DURABLE,
        ),
    ],
    "step": [events.RunStepEvent(kind="retry", status="waiting", summary="s", **DURABLE)],
    "thread": [events.RunThreadEvent(changed={"title": "t"}, **DURABLE)],
    "error": [events.RunErrorEvent(code="c", message="m", **DURABLE)],
}
THREAD_FIELDS: dict[str, Any] = {
    "id": THREAD, "owner_id": uuid4(), "anonymous": False, "tags": (), "pinned": False, "archived": False, "last_seq": 0,
    "created_at": NOW, "updated_at": NOW,
}  # fmt: skip
FORK: dict[str, Any] = {"folder": uuid4(), "forked_from": uuid4(), "forked_from_thread": uuid4()}
OBJECTS: dict[str, list[dict[str, Any]]] = {
    "thread": [
        thread_object(ThreadSnapshot(title="", agent="", model="", head=None, **THREAD_FIELDS)),
        thread_object(ThreadSnapshot(title="", excerpt="e", agent="", model="", head=None, **THREAD_FIELDS)),
        thread_object(ThreadSnapshot(title="t", agent="a", model="m", head=RUN, **THREAD_FIELDS, **FORK)),
    ],
    "message": [
        message_object(MESSAGE),
        message_object(
            MessageSnapshot(
                id=uuid4(), thread_id=THREAD, run_id=RUN, role="user", status="complete", content=(), created_at=NOW
            )
        ),
    ],
    "run": [wire.run_object(_run()), wire.run_object(_run(position=1)), wire.run_object(FULL_RUN)],
    "usage": [wire.run_object(_run())["usage"], wire.run_object(FULL_RUN)["usage"]],
    "image": [
        image_object(
            ImageSnapshot(id=uuid4(), thread_id=THREAD, name="n", media_type="image/png", size=1, width=1, height=1)
        )
    ],
}
PARTS: dict[str, list[content.ContentPart]] = {
    "text": [content.TextPart(text="t")],
    "thinking": [content.ThinkingPart(text="t", signature="secret", provider="p")],
    "image": [content.ImagePart(id=uuid4(), alt="a")],
    "tool_use": [
        content.ToolUsePart(id="c", name="n", arguments={}),
        content.ToolUsePart(id="c", name="n", arguments_text="{"),
    ],
    "tool_result": [content.ToolResultPart(tool_call_id="c", name="n", content="r")],
}
SERVER_FRAMES = {cells[0].strip("`"): cells[1:] for cells in _table("Frames from the server")}
CLIENT_FRAMES = {cells[0].strip("`"): cells[1] for cells in _table("Frames from the client")}
NOT_EVENTS = {"ack", "heartbeat"}  # the answer to a frame, and silence


def test_every_event_has_a_row_and_every_row_an_event() -> None:
    assert SERVER_FRAMES.keys() - NOT_EVENTS == EVENTS.keys()


@pytest.mark.parametrize("type_", EVENTS)
def test_a_frame_has_the_fields_of_its_row(type_: str) -> None:
    durable, payload = SERVER_FRAMES[type_]
    always, sometimes = _fields(payload)
    shown = [wire.frame(event) for event in EVENTS[type_]]

    envelope = ENVELOPE if durable == "yes" else {"type"}
    for event, frame in zip(EVENTS[type_], shown, strict=True):
        assert frame["type"] == type_
        assert event.durable == (durable == "yes")
        assert frame.keys() >= envelope
        assert always <= frame.keys() - envelope <= always | sometimes
    assert set().union(*shown) - envelope == always | sometimes


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_has_the_fields_of_its_row(name: str) -> None:
    row = next(cells for cells in _table("Objects") if cells[0] == name)
    always, sometimes = _fields(row[1])

    for shown in OBJECTS[name]:
        assert always <= shown.keys() <= always | sometimes
    assert set().union(*OBJECTS[name]) == always | sometimes


@pytest.mark.parametrize("type_", PARTS)
def test_a_part_has_the_fields_of_its_row(type_: str) -> None:
    row = next(cells for cells in _table("Objects") if cells[0] == f"`{type_}`")
    documented = set().union(*_fields(row[1]))
    shown = [part_object(part, thread_id=THREAD) for part in PARTS[type_]]

    assert set().union(*shown) == documented | {"type"}
    assert all(part["type"] == type_ for part in shown)


def test_the_client_may_send_the_frames_of_the_table_and_no_others() -> None:
    assert CLIENT_FRAMES.keys() == ThreadConsumer.handlers.keys()


def test_run_create_takes_the_documented_fields() -> None:
    always, sometimes = _fields(CLIENT_FRAMES["run.create"])
    assert always | sometimes == {"ref", *RunRequest.__struct_fields__}
