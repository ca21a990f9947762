"""What a run is given: frozen values, checked for their form when they are made at a door."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, TypeVar
from uuid import UUID

import msgspec

from coday.kernel.errors import InvalidInputError

WhenBusy = Literal["queue", "reject", "interrupt", "steer"]
OnFailure = Literal["stop", "continue"]


Slug: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a run, and pays for it."""

    user_id: UUID
    username: str


class _Command(msgspec.Struct, frozen=True, tag_field="type", kw_only=True, forbid_unknown_fields=True):
    """One entry of a run's command queue."""


class PromptCommand(_Command, frozen=True, tag="prompt", kw_only=True):
    """Something to ask the model."""

    text: str


class AgentCommand(_Command, frozen=True, tag="agent", kw_only=True):
    """From here on another agent (a slug) answers in this run."""

    agent: Slug


class ModelCommand(_Command, frozen=True, tag="model", kw_only=True):
    """From here on another model (a slug) answers in this run."""

    model: Slug


class SkillCommand(_Command, frozen=True, tag="skill", kw_only=True):
    """Activates a skill (a slug) in the thread."""

    skill: Slug


class TitleCommand(_Command, frozen=True, tag="title", kw_only=True):
    """Names the thread, or this run."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    of: Literal["thread", "run"] = "thread"


class TagCommand(_Command, frozen=True, tag="tag", kw_only=True):
    """Puts tags on this run."""

    tags: Annotated[tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=60)], ...], msgspec.Meta(min_length=1)]


class PinCommand(_Command, frozen=True, tag="pin", kw_only=True):
    """Pins this run."""


class ForkCommand(_Command, frozen=True, tag="fork", kw_only=True):
    """Copies what was said before this run into a new thread."""

    title: Annotated[str, msgspec.Meta(max_length=200)] = ""


class SummarizeCommand(_Command, frozen=True, tag="summarize", kw_only=True):
    """Has a model write a summary that stands for these runs of the thread in the model's view. ``instructions`` say what
    matters to the person."""

    runs: Annotated[tuple[UUID, ...], msgspec.Meta(min_length=1, max_length=1_000)]
    instructions: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class TemplateCommand(_Command, frozen=True, tag="template", kw_only=True):
    """Does what a template says, filled in with these arguments. ``template`` is its id or slug, ``version`` the number of
    one that was saved earlier. It is expanded before the input is captured (``runs.reuse``)."""

    template: Slug
    arguments: dict[str, str | int | float | bool | None] = {}  # msgspec copies the default
    version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None


class SequenceCommand(_Command, frozen=True, tag="sequence", kw_only=True):
    """Commands that come one after the other, before the next one beside it. ``on_failure``: of one of them."""

    commands: Annotated[tuple[Command, ...], msgspec.Meta(min_length=1)]
    on_failure: OnFailure = "stop"


Command: TypeAlias = (
    PromptCommand
    | AgentCommand
    | ModelCommand
    | SkillCommand
    | TitleCommand
    | TagCommand
    | PinCommand
    | ForkCommand
    | SummarizeCommand
    | TemplateCommand
    | SequenceCommand
)


class RunUserInput(msgspec.Struct, frozen=True, tag_field="type", tag="user", kw_only=True, forbid_unknown_fields=True):
    """What a person said: text, images (ids of the thread's attachments), or both. ``skill`` is the slug of a skill that they
    picked for it, which is active in the thread from then on. ``commands`` come before the text; what becomes of the rest
    when one fails is ``on_failure``. Images go with the first prompt. No text is ever read as a command."""

    text: str = ""
    images: tuple[UUID, ...] = ()
    skill: Annotated[str, msgspec.Meta(max_length=60)] = ""
    commands: tuple[Command, ...] = ()
    on_failure: OnFailure = "stop"

    @property
    def queue(self) -> tuple[Command, ...]:
        """All its commands in their order: the text is the last one."""
        asks = self.text.strip() or (self.images and not any(map(_asks, self.commands)))
        return (*self.commands, PromptCommand(text=self.text)) if asks else self.commands


def _asks(command: Command) -> bool:
    parts = command.commands if isinstance(command, SequenceCommand) else ()
    return isinstance(command, PromptCommand) or any(map(_asks, parts))


class CallAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person says to a waiting tool call: ``content`` where it asks for an answer; where it asks for approval
    ``approved``, perhaps with other ``arguments``, for the rest of the thread (``remember``), or with a ``reason``."""

    tool_call_id: str
    content: Any = msgspec.UNSET
    approved: bool | msgspec.UnsetType = msgspec.UNSET
    arguments: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    remember: Literal["thread"] | msgspec.UnsetType = msgspec.UNSET
    reason: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class RunToolResultInput(
    msgspec.Struct, frozen=True, tag_field="type", tag="tool_result", kw_only=True, forbid_unknown_fields=True
):
    """The answers to some of a run's waiting tool calls: all of them count, or none."""

    results: Annotated[tuple[CallAnswer, ...], msgspec.Meta(min_length=1, max_length=100)]


class AnswerRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``run.input`` and of ``POST runs/{id}/input/``."""

    input: RunToolResultInput


RunInput: TypeAlias = RunUserInput


class RunSystemInput(msgspec.Struct, frozen=True, kw_only=True):
    """What the server itself brings into a conversation; no door takes it.

    Attributes:
        event: what happened, in our own words.
        content: what others gave (a tool's result): data for the model, marked off as such.
        cause_run, cause_call: the run, and its tool call, that brought it about.
    """

    event: str
    content: str = ""
    trigger: Literal["tool", "schedule", "webhook"] = "tool"
    cause_run: UUID
    cause_call: str


class Choice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is asked: slugs of an agent and a model, empty for the thread's."""

    agent: str = ""
    model: str = ""


class RunRequest(Choice, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``run.create`` and of ``POST threads/{id}/runs/``.

    ``key`` makes it idempotent in its thread. Without ``parent`` the input goes behind the newest run of the branch that is
    shown. ``agent`` and ``model`` are slugs, empty for the thread's. ``also`` are others who are asked the same at once, each
    beside the first.
    """

    input: RunInput
    key: Annotated[str, msgspec.Meta(max_length=100)] = ""
    parent: UUID | None = None
    when_busy: WhenBusy = "queue"
    also: tuple[Choice, ...] = ()

    def digest(self) -> str:
        """A fingerprint of what is asked, to tell a repeated request from another one under the same key."""
        asked = (self.input, self.agent, self.model, self.parent, *self.also)
        return hashlib.sha256(msgspec.json.encode(asked)).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an input comes from, beside its person; no door takes it.

    Attributes:
        template, version: the template that it was made from.
        schedule: what started it, if no person did.
        agent, model: slugs of who answers where the request names nobody.
        digest: the fingerprint of what was asked, where the request is not that any more.
    """

    template: UUID | None = None
    version: int | None = None
    schedule: UUID | None = None
    agent: str = ""
    model: str = ""
    digest: str = ""


class RerunRequest(Choice, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST runs/{id}/rerun/``. Without an ``input`` it is the run's own; without agent and model, they are."""

    input: RunInput | None = None


R = TypeVar("R")


def parse_request(body: Mapping[str, Any]) -> RunRequest:
    """The request in a frame or body, checked for its form.

    Raises:
        InvalidInputError: a field is missing, unknown or of another type; the message names it.
    """
    request = _converted(body, RunRequest)
    _refuse_nul(request, input=request.input, key=request.key, also=request.also)
    if request.also and request.when_busy == "steer":
        raise InvalidInputError("also: what joins a run that is under way goes to nobody else.", field="also")
    return request


def parse_rerun(body: Mapping[str, Any]) -> RerunRequest:
    """What is to be other than it was, in a body, checked for its form.

    Raises:
        InvalidInputError: a field is unknown or of another type; the message names it.
    """
    request = _converted(body, RerunRequest)
    _refuse_nul(request, input=request.input)
    return request


def _converted(body: Mapping[str, Any], kind: type[R]) -> R:
    try:
        return msgspec.convert(dict(body), kind)
    except msgspec.ValidationError as error:
        raise InvalidInputError(str(error), field=_field_of(error)) from error
    except RecursionError as error:
        raise InvalidInputError("commands: too deeply nested.", field="commands") from error


def _refuse_nul(choice: Choice, *, input: RunUserInput | None, **others: Any) -> None:  # noqa: A002  # as the wire has it
    """PostgreSQL cannot store it."""
    said = {"text": input.text, "skill": input.skill, "commands": input.commands} if input else {}
    for field, value in {**said, "agent": choice.agent, "model": choice.model, **others}.items():
        if value and ("\0" in value if isinstance(value, str) else b"\\u0000" in msgspec.json.encode(value)):
            raise InvalidInputError(f"{field}: NUL characters are not allowed.", field=field)


def parse_answer(body: Mapping[str, Any]) -> RunToolResultInput:
    """The answers in a frame or body, checked for their form.

    Raises:
        InvalidInputError: a field is missing, unknown or of another type; the message names it.
    """
    try:
        given = msgspec.convert(dict(body), AnswerRequest).input
    except msgspec.ValidationError as error:
        raise InvalidInputError(str(error), field=_field_of(error)) from error
    if b"\\u0000" in msgspec.json.encode(given):  # PostgreSQL cannot store it
        raise InvalidInputError("results: NUL characters are not allowed.", field="results")
    return given


def _field_of(error: msgspec.ValidationError) -> str | None:
    """The field that msgspec's message names: "… field `input`", or the end of "… at `$.input.images[0]`"."""
    named = re.search(r"field `(\w+)`|(\w+)(?:\[\d+\])?`$", str(error))
    return (named[1] or named[2]) if named else None
