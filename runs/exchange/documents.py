"""The JSON schema of an export, version 1: what a thread, with all that was said and done in it, is outside of a database.

What is absent is empty, unknown or usual. Ids are texts that are unique in their file, and those of the messages and events
of a run sort as they came; an import gives new ones. Times are ISO 8601 with their zone. ``docs/exchange.md`` describes every
field, and a test keeps it true.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta, field

from runs.calls import LONGEST_KEPT

FORMAT: Final = "coday"
VERSION: Final = 1

Id: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
Name: TypeAlias = Annotated[str, Meta(max_length=200)]
Slug: TypeAlias = Annotated[str, Meta(max_length=60)]
ModelSlug: TypeAlias = Annotated[str, Meta(max_length=100)]
Text: TypeAlias = Annotated[str, Meta(max_length=LONGEST_KEPT + 100)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Number: TypeAlias = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Moment: TypeAlias = Annotated[datetime, Meta(tz=True)]
TagName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=60)]
Object: TypeAlias = dict[str, Any]


class _Document(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A part of an export."""


# --- What was said --------------------------------------------------------------------------------------------------


class TextDocument(_Document, kw_only=True, tag_field="type", tag="text"):
    """Plain or Markdown text."""

    text: Text


class ThinkingDocument(_Document, kw_only=True, tag_field="type", tag="thinking"):
    """What a model thought aloud. The provider's proof that it did is no part of an export."""

    text: Text


class ImagePlaceDocument(_Document, kw_only=True, tag_field="type", tag="image"):
    """Where an image of the thread is shown."""

    id: Id
    alt: Text = ""


class ToolUseDocument(_Document, kw_only=True, tag_field="type", tag="tool_use"):
    """A model's call of a tool; ``arguments_text`` is what it wrote where that was malformed."""

    id: Id
    name: Name
    arguments: Object | None = None
    arguments_text: Text = ""


class ToolResultDocument(_Document, kw_only=True, tag_field="type", tag="tool_result"):
    """What a tool call came to, as text for the model."""

    tool_call_id: Id
    name: Name
    content: Text
    is_error: bool = False


PartDocument: TypeAlias = (
    TextDocument | ThinkingDocument | ImagePlaceDocument | ToolUseDocument | ToolResultDocument
)  # fmt: skip


class MessageDocument(_Document, kw_only=True):
    """What was said at once, in one run."""

    id: Id
    role: Literal["user", "assistant", "system", "tool"]
    status: Literal["streaming", "complete", "partial"] = "complete"
    content: list[PartDocument] = field(default_factory=list)
    agent: Slug = ""
    model: ModelSlug = ""
    created_at: Moment


class ImageDocument(_Document, kw_only=True):
    """An image, with its bytes."""

    id: Id
    name: Name = ""
    data: bytes


# --- What was done --------------------------------------------------------------------------------------------------


class CallDocument(_Document, kw_only=True):
    """A tool call with its result. ``child`` is the run that it was delegated to."""

    call_id: Id
    name: Name
    title: Name = ""
    kind: Annotated[str, Meta(max_length=12)] = "backend"
    untrusted: bool = False
    status: Literal["requested", "running", "waiting", "in_progress", "succeeded", "failed", "cancelled"]
    arguments: Object | None = None
    edited: bool = False
    approved: bool | None = None
    asks: Literal["", "approval", "answer", "run"] = ""
    question: Text = ""
    schema: Object = field(default_factory=dict)
    answer: Any = None
    child: Id | None = None
    content: Text = ""
    is_error: bool = False
    details: Object = field(default_factory=dict)
    created_at: Moment
    started_at: Moment | None = None
    finished_at: Moment | None = None


class CommandDocument(_Document, kw_only=True):
    """A command of a run's input; ``parent`` is the one that it is a part of."""

    id: Id
    parent: Id | None = None
    position: Number
    kind: Annotated[str, Meta(max_length=20)]
    arguments: Object = field(default_factory=dict)
    on_failure: Literal["stop", "continue"] = "stop"
    status: Literal["queued", "running", "done", "failed", "skipped", "returned"]
    result: Annotated[str, Meta(max_length=500)] = ""
    error_code: Slug = ""
    error_message: Text = ""
    started_at: Moment | None = None
    finished_at: Moment | None = None


class EventDocument(_Document, kw_only=True):
    """What the journal tells of a run, in its order: that a ``message`` or the newest state of a ``tool`` call was there
    (``of``: its id), a ``step``, an ``error``."""

    id: Id
    type: Literal["message", "tool", "step", "error"]
    of: Id | None = None
    told: Object = field(default_factory=dict)
    at: Moment


class CauseDocument(_Document, kw_only=True):
    """The run, and the tool call in it, that brought another one about."""

    run: Id
    call: Annotated[str, Meta(max_length=200)] = ""


class OriginDocument(_Document, kw_only=True):
    """The run that another one was made from, and how."""

    run: Id
    how: Literal["retry", "rerun", "edit", "continue", "fork"]


class TemplateDocument(_Document, kw_only=True):
    """The template that a run was started from. It comes in where the person has it."""

    id: Id
    version: Count | None = None


class UsageDocument(_Document, kw_only=True):
    """What a run has used. ``cost`` is a decimal number as text."""

    input_tokens: Count = 0
    output_tokens: Count = 0
    cached_tokens: Count = 0
    reasoning_tokens: Count = 0
    model_calls: Count = 0
    tool_calls: Count = 0
    cost: Decimal | None = None
    currency: Annotated[str, Meta(min_length=3, max_length=3)] = "USD"


class ErrorDocument(_Document, kw_only=True):
    """Why a run ended without its answer."""

    code: Annotated[str, Meta(min_length=1, max_length=60)]
    message: Text = ""
    retryable: bool = False


class FeedbackDocument(_Document, kw_only=True):
    """What the thread's owner said of the answer."""

    rating: Literal[1, -1]
    reason: Literal["", "wrong", "incomplete", "ignored", "style", "slow", "harmful", "helpful", "other"] = ""
    comment: Annotated[str, Meta(max_length=2_000)] = ""
    created_at: Moment


class RunDocument(_Document, kw_only=True):
    """A run with all that belongs to it. ``parent`` is the run before it on its branch; ``group`` and ``summary`` are ids of
    the thread's."""

    id: Id
    number: Number
    parent: Id | None = None
    lane: Id
    kind: Literal["user", "system"] = "user"
    trigger: Literal["user", "tool", "schedule", "webhook", "delegation"] = "user"
    status: Literal["queued", "running", "waiting", "completed", "failed", "cancelled", "interrupted"]
    cause: CauseDocument | None = None
    origin: OriginDocument | None = None
    batch: Id | None = None
    depth: Annotated[int, Meta(ge=0, le=100)] = 0
    agent: Slug = ""
    model: ModelSlug = ""
    provider: Slug = ""
    attempt: Annotated[int, Meta(ge=1, le=1_000)] = 1
    title: Name = ""
    tags: list[TagName] = field(default_factory=list)
    importance: Annotated[int, Meta(ge=0, le=100)] = 50
    importance_by: Literal["score", "person"] = "score"
    pinned: bool = False
    group: Id | None = None
    context: Literal["full", "summarised", "excluded"] = "full"
    summary: Id | None = None
    template: TemplateDocument | None = None
    schedule: Id | None = None
    commanded: bool = False
    usage: UsageDocument = field(default_factory=UsageDocument)
    error: ErrorDocument | None = None
    feedback: FeedbackDocument | None = None
    created_at: Moment
    started_at: Moment | None = None
    first_token_at: Moment | None = None
    finished_at: Moment | None = None
    cancel_requested_at: Moment | None = None
    pruned_at: Moment | None = None
    messages: list[MessageDocument] = field(default_factory=list)
    calls: list[CallDocument] = field(default_factory=list)
    commands: list[CommandDocument] = field(default_factory=list)
    events: list[EventDocument] = field(default_factory=list)


# --- Where ----------------------------------------------------------------------------------------------------------


class GroupDocument(_Document, kw_only=True):
    """A named group of runs."""

    id: Id
    name: Name
    folded: bool = False


class SummaryDocument(_Document, kw_only=True):
    """A text that stands for runs in the model's view: for those whose ``summary`` it is or, with ``upto``, for what would be
    left out on the way to that run."""

    id: Id
    text: Text
    written_by: Literal["model", "person"] = "model"
    upto: Id | None = None
    model: ModelSlug = ""
    made_by_run: Id | None = None
    digest: Annotated[str, Meta(max_length=64)] = ""
    created_at: Moment


class MaskDocument(_Document, kw_only=True):
    """What a token of an anonymous thread stands for. Without a ``value`` the token stays what is seen."""

    category: Annotated[str, Meta(pattern=r"^[A-Z]{2,20}(?:_[A-Z]{2,20}){0,3}$", max_length=30)]
    number: Annotated[int, Meta(ge=1, le=999_999)]
    value: Text = ""


class ForkDocument(_Document, kw_only=True):
    """The run, and its thread, whose branch was copied."""

    run: Id
    thread: Id


class TagDocument(_Document, kw_only=True):
    """A tag and its colour."""

    name: TagName
    color: Literal["gray", "red", "orange", "yellow", "green", "teal", "blue", "violet", "pink"] = "gray"


class ThreadDocument(_Document, kw_only=True):
    """A thread. In an anonymous one texts hold tokens, and ``masks`` says what they stand for."""

    id: Id
    title: Name = ""
    title_source: Literal["", "model", "person"] = ""
    agent: Slug = ""
    model: ModelSlug = ""
    anonymous: bool = False
    tags: list[TagName] = field(default_factory=list)
    tag_colors: list[TagDocument] = field(default_factory=list)
    pinned: bool = False
    archived: bool = False
    folder: Annotated[str, Meta(max_length=100)] = ""
    head: Id | None = None
    forked_from: ForkDocument | None = None
    skills: list[Slug] = field(default_factory=list)
    created_at: Moment
    updated_at: Moment
    groups: list[GroupDocument] = field(default_factory=list)
    summaries: list[SummaryDocument] = field(default_factory=list)
    masks: list[MaskDocument] = field(default_factory=list)
    runs: list[RunDocument] = field(default_factory=list)
    images: list[ImageDocument] = field(default_factory=list)


def encode(document: Any) -> bytes:
    """A document as JSON."""
    return _encoder.encode(document)


_encoder: Final = msgspec.json.Encoder(decimal_format="string")
ALL: Final[tuple[type[msgspec.Struct], ...]] = (
    ThreadDocument, GroupDocument, SummaryDocument, MaskDocument, ForkDocument, TagDocument, RunDocument, CauseDocument,
    OriginDocument, TemplateDocument, UsageDocument, ErrorDocument, FeedbackDocument, MessageDocument, TextDocument,
    ThinkingDocument, ImagePlaceDocument, ToolUseDocument, ToolResultDocument, CallDocument, CommandDocument, EventDocument,
    ImageDocument,
)  # fmt: skip
"""All parts of the schema."""
