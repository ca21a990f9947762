"""Typed facts about a run. Use cases yield them, the journal numbers the durable ones, ``wire`` alone knows their JSON."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal, TypeAlias
from uuid import UUID

import msgspec

from threads.snapshot import MessageSnapshot

RunStatus = Literal["queued", "running", "waiting", "completed", "failed", "cancelled", "interrupted"]
StepKind = Literal["context", "command", "decision", "retry", "steer", "operation", "queue", "copy"]
ToolStatus = Literal["requested", "running", "waiting", "in_progress", "succeeded", "failed", "cancelled"]
TERMINAL_STATUSES = frozenset({"completed", "failed", "cancelled", "interrupted"})


class RunUsage(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has cost so far. ``cost`` is ``None`` where a price is unknown."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    model_calls: int = 0
    tool_calls: int = 0
    cost: Decimal | None = None
    currency: str = "USD"


class RunFault(msgspec.Struct, frozen=True, kw_only=True):
    """Why a run ended without its answer, in words for a person."""

    code: str
    message: str
    retryable: bool


class RunCause(msgspec.Struct, frozen=True, kw_only=True):
    """What brought a run about: another run's tool call."""

    run_id: UUID
    tool_call_id: str


class RunOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """The run that another one was made from: ``how`` is retry, rerun, edit, continue or fork."""

    run_id: UUID
    how: str


class RunTemplateRef(msgspec.Struct, frozen=True, kw_only=True):
    """The version of a template that a run was made from."""

    id: UUID
    version: int


class RunSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it was when it was read. ``position`` is a queued run's place in its queue (1: the next one), where that was
    asked for. ``batch`` is the same for runs that one input was given to at once; ``commanded`` ones were given more than a
    prompt."""

    id: UUID
    thread_id: UUID
    number: int
    parent: UUID | None
    lane: UUID
    kind: str
    trigger: str
    cause: RunCause | None = None
    depth: int = 0
    anonymous: bool = False
    status: RunStatus
    user_id: UUID
    username: str
    agent: str
    model: str
    title: str = ""
    importance: int = 50
    importance_by: str = "score"
    pinned: bool = False
    tags: tuple[str, ...] = ()
    group: UUID | None = None
    origin: RunOrigin | None = None
    batch: UUID | None = None
    commanded: bool = False
    deleted_at: datetime | None = None
    rating: int | None = None
    rating_reason: str = ""
    context: str = "full"
    summary: UUID | None = None
    template: RunTemplateRef | None = None
    schedule: UUID | None = None
    usage: RunUsage = RunUsage()
    error: RunFault | None = None
    cancel_requested: bool = False
    position: int | None = None
    created_at: datetime
    started_at: datetime | None = None
    first_token_at: datetime | None = None
    finished_at: datetime | None = None
    pruned_at: datetime | None = None

    @property
    def is_terminal(self) -> bool:
        """Whether the run has ended for good."""
        return self.status in TERMINAL_STATUSES


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    """What every event says. ``durable`` ones are journalled."""

    durable: ClassVar[bool] = False
    thread_id: UUID
    run_id: UUID | None = None


class _DurableEvent(_Event, frozen=True, kw_only=True):
    """An event of the journal: ``id``, ``seq`` and ``timestamp`` are given by ``journal.append``."""

    durable: ClassVar[bool] = True
    id: UUID | None = None
    seq: int = 0
    timestamp: datetime | None = None


class RunChangedEvent(_DurableEvent, frozen=True, kw_only=True, tag="run"):
    """A run's status changed or, with ``changed``, only those fields of it."""

    run: RunSnapshot
    changed: tuple[str, ...] = ()

    @property
    def ends_run(self) -> bool:
        """Whether this is the run's one terminal event."""
        return self.run.is_terminal and not self.changed


class RunMessageEvent(_DurableEvent, frozen=True, kw_only=True, tag="message"):
    """A message is there, complete or finally partial."""

    message: MessageSnapshot


class RunStepEvent(_DurableEvent, frozen=True, kw_only=True, tag="step"):
    """What a run decided and did beside messages and tools."""

    kind: StepKind
    status: str
    summary: str
    details: dict[str, Any] = {}  # msgspec copies the default


class RunToolEvent(_DurableEvent, frozen=True, kw_only=True, tag="tool", omit_defaults=True):
    """A tool call has another state. ``result`` is the beginning of what it came to; ``child`` the run that it was
    delegated to; ``operation`` what goes on after the run. What a waiting one ``asks`` for is in ``question``, ``schema`` and
    ``expires_at``."""

    tool_call_id: str
    name: str
    title: str = ""
    kind: str = "backend"
    status: ToolStatus
    arguments: dict[str, Any] | None = None
    edited: bool = False
    asks: str = ""
    question: str = ""
    schema: dict[str, Any] = {}
    expires_at: datetime | None = None
    child: UUID | None = None
    operation: UUID | None = None
    result: str = ""
    details: dict[str, Any] = {}
    started_at: datetime | None = None
    finished_at: datetime | None = None


class RunThreadEvent(_DurableEvent, frozen=True, kw_only=True, tag="thread"):
    """The thread itself changed (title, head, …)."""

    changed: dict[str, Any]


class SealedMask(msgspec.Struct, frozen=True, kw_only=True):
    """What stands for a piece of personal data in a thread, and that piece, encrypted: it is opened at the doors alone."""

    id: UUID
    token: str
    category: str
    sealed: str


class RunMasksEvent(_DurableEvent, frozen=True, kw_only=True, tag="masks"):
    """Masks that are new, before the first message that uses them. The journal keeps their ids alone."""

    masks: tuple[SealedMask, ...]


class RunErrorEvent(_DurableEvent, frozen=True, kw_only=True, tag="error"):
    """What went wrong in a run."""

    code: str
    message: str
    details: dict[str, Any] = {}
    retryable: bool = False


class RunSessionEvent(_Event, frozen=True, kw_only=True, tag="session"):
    """A watcher has joined: whether something is streaming, the journal's end, and the runs that have not ended."""

    streaming: bool
    last_seq: int
    runs: tuple[RunSnapshot, ...] = ()


class RunMessageStartEvent(_Event, frozen=True, kw_only=True, tag="message_start"):
    """A message begins to stream, or is in the middle of it: deltas follow for its id."""

    message: MessageSnapshot


class RunDeltaEvent(_Event, frozen=True, kw_only=True, tag="delta"):
    """More text of one part of a streaming message, from ``offset`` (code points of that part) on."""

    message_id: UUID
    part: int
    kind: Literal["text", "thinking", "tool_use"]
    offset: int
    text: str
    call_id: str = ""
    name: str = ""


DurableEvent: TypeAlias = (
    RunChangedEvent | RunMessageEvent | RunToolEvent | RunStepEvent | RunThreadEvent | RunMasksEvent | RunErrorEvent
)
TransientEvent: TypeAlias = RunSessionEvent | RunMessageStartEvent | RunDeltaEvent
RunEvent: TypeAlias = DurableEvent | TransientEvent
