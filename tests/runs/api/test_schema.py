"""The OpenAPI schema says what the doors do: the shapes in it are those of the objects that ``wire`` makes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from coday.kernel.ids import new_id
from runs.api.operations import OperationShape
from runs.api.schema import CauseShape, FaultShape, NewRunShape, RunShape, StepShape, UsageShape, UserInputShape
from runs.events import RunCause, RunFault, RunOrigin, RunSnapshot, RunStepEvent, RunTemplateRef, RunUsage
from runs.inputs import RunRequest, RunUserInput
from runs.models import ToolOperation
from runs.wire import frame, operation_object, run_object
from tests.security.doors import addresses
from threads.api.schema import ImageShape, MessageShape, PartShape, Shape, ThreadShape
from threads.content import ImagePart, TextPart, ThinkingPart, ToolResultPart, ToolUsePart
from threads.snapshot import ImageSnapshot, MessageSnapshot, ThreadSnapshot
from threads.wire import image_object, message_object, thread_object

ID = new_id()
NOW = datetime(2026, 1, 1, tzinfo=UTC)

THREAD = ThreadSnapshot(
    id=ID, owner_id=ID, title="t", excerpt="e", agent="a", model="m", anonymous=False, head=ID, tags=("x",), pinned=True,
    archived=False, folder=ID, forked_from=ID, forked_from_thread=ID, last_seq=1, created_at=NOW, updated_at=NOW,
)  # fmt: skip
PARTS = (
    TextPart(text="x"),
    ThinkingPart(text="x"),
    ImagePart(id=ID, alt="x"),
    ToolUsePart(id="1", name="x", arguments={}),
    ToolUsePart(id="1", name="x", arguments_text="{"),
    ToolResultPart(tool_call_id="1", name="x", content="x"),
)
MESSAGE = MessageSnapshot(
    id=ID, thread_id=ID, run_id=ID, role="assistant", status="complete", content=PARTS, agent="a", model="m", created_at=NOW
)  # fmt: skip
IMAGE = ImageSnapshot(id=ID, thread_id=ID, name="x", media_type="image/png", size=1, width=1, height=1)
RUN = RunSnapshot(
    id=ID, thread_id=ID, number=1, parent=ID, lane=ID, kind="user", trigger="user", status="failed", position=1, user_id=ID,
    username="x", agent="a", model="m", title="t", usage=RunUsage(cost=Decimal("0.1")),
    cause=RunCause(run_id=ID, tool_call_id="1"), error=RunFault(code="x", message="x", retryable=True), created_at=NOW,
    started_at=NOW, finished_at=NOW, group=ID, origin=RunOrigin(run_id=ID, how="fork"), batch=ID, commanded=True,
    deleted_at=NOW, template=RunTemplateRef(id=ID, version=1), schedule=ID, rating=1, first_token_at=NOW, pruned_at=NOW,
    summary=ID,
)  # fmt: skip
LEAST_RUN = RunSnapshot(
    id=ID, thread_id=ID, number=1, parent=None, lane=ID, kind="user", trigger="user", status="queued", user_id=ID,
    username="x", agent="a", model="m", created_at=NOW,
)  # fmt: skip
STEP = RunStepEvent(
    id=ID, seq=1, thread_id=ID, run_id=ID, timestamp=NOW, kind="retry", status="x", summary="x",
)  # fmt: skip
LEAST_OPERATION = ToolOperation(
    id=ID, thread_id=ID, run_id=ID, call_id="1", tool="x", summary="x", deadline_at=NOW, created_at=NOW
)  # fmt: skip
ENDED = ToolOperation(
    id=ID, thread_id=ID, run_id=ID, call_id="1", tool="x", summary="x", deadline_at=NOW, created_at=NOW, due_at=NOW,
    result="x", ended_at=NOW, ended_by_run=ID,
)  # fmt: skip
LEAST_THREAD = ThreadSnapshot(
    id=ID, owner_id=ID, title="", agent="", model="", anonymous=False, head=None, tags=(), pinned=False,
    archived=False, last_seq=0, created_at=NOW, updated_at=NOW,
)  # fmt: skip


def fields(shape: type[Shape], *, required: bool = False) -> set[str]:
    """The names of a shape's fields, all or those that are always there."""
    return {name for name, field in shape().fields.items() if field.required or not required}


@pytest.mark.parametrize(
    ("shape", "shown", "least"),
    [
        (ThreadShape, thread_object(THREAD), thread_object(LEAST_THREAD)),
        (MessageShape, message_object(MESSAGE), None),
        (ImageShape, image_object(IMAGE), image_object(IMAGE)),
        (RunShape, run_object(RUN), run_object(LEAST_RUN)),
        (UsageShape, run_object(RUN)["usage"], run_object(LEAST_RUN)["usage"]),
        (StepShape, frame(STEP), frame(STEP)),
        (FaultShape, run_object(RUN)["error"], run_object(RUN)["error"]),
        (CauseShape, run_object(RUN)["cause"], run_object(RUN)["cause"]),
        (OperationShape, operation_object(ENDED), operation_object(LEAST_OPERATION)),
    ],
)
def test_a_shape_has_the_fields_of_its_object(
    shape: type[Shape], shown: dict[str, Any], least: dict[str, Any] | None
) -> None:
    assert fields(shape) == shown.keys()
    if least is not None:
        assert fields(shape, required=True) == least.keys()


def test_a_part_has_no_other_fields_than_its_shape() -> None:
    parts = message_object(MESSAGE)["content"]
    assert {name for part in parts for name in part} == fields(PartShape)


@pytest.mark.parametrize(("shape", "struct"), [(NewRunShape, RunRequest), (UserInputShape, RunUserInput)])
def test_a_body_has_the_fields_that_are_read(shape: type[Shape], struct: Any) -> None:
    assert fields(shape) - {"type"} == set(struct.__struct_fields__)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of what the schema tells of threads and runs."""
    schema = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    for path, methods in schema["paths"].items():
        if path.startswith(("/api/v1/threads/", "/api/v1/runs/")):
            for method, operation in methods.items():
                yield path, method.upper(), operation


def test_every_endpoint_is_in_the_schema_with_an_answer_and_a_summary() -> None:
    told = list(operations())
    roots = ("api/v1/threads/", "api/v1/runs/")
    assert len(told) == sum(len(one.methods) for one in addresses().values() if one.route.startswith(roots))
    assert len({operation["operationId"] for _, _, operation in told}) == len(told)
    for path, method, operation in told:
        assert operation["description"], (path, method)
        answers = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
        assert len(answers) == 1, (path, method, answers)
        assert method == "DELETE" or all(answer.get("content") for answer in answers.values()), (path, method)
