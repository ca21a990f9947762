"""A run's commands as rows: what its input told it to do, one thing after the other, and how far that is.

Most runs are given one prompt and have no rows: they are that prompt. Each function is part of its caller's transaction, and
returns the events that tell what it wrote, not yet numbered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec
from django.utils import timezone

from coday.kernel.errors import CodayError
from runs.events import RunStepEvent
from runs.inputs import Command, OnFailure, PromptCommand, SequenceCommand, TagCommand, TemplateCommand
from runs.models import Run, RunCommand
from threads.content import load_parts, text_of

CommandStatus = Literal["queued", "running", "done", "failed", "skipped", "returned"]
OPEN = ("queued", "running")
STEER = "steer"
SEQUENCE = "sequence"
WORDS = ("text", "title", "instructions")
"""The arguments of commands that hold a person's own words."""


class CommandRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A command as its row has it; one without an ``id`` is the prompt of a run that has no rows. ``on_failure`` says what
    becomes of those beside it when it fails."""

    id: UUID | None = None
    parent: UUID | None = None
    position: int = 1
    kind: str = "prompt"
    arguments: dict[str, Any] = {}  # msgspec copies the default
    on_failure: OnFailure = "stop"
    status: CommandStatus = "queued"
    result: str = ""

    @property
    def is_said(self) -> bool:
        """Whether the prompt is in the transcript already."""
        return self.id is None or "message_id" in self.arguments


LONE_PROMPT = CommandRecord()


def write(
    *, run: Run, commands: Sequence[Command], on_failure: OnFailure, message_id: UUID | None
) -> list[RunStepEvent]:
    """Write down what a run was told to do. ``message_id`` is the message that holds the first prompt, if there is one."""
    rows = list(_rows(run, commands, on_failure=on_failure, parent=None))
    for position, row in enumerate(rows, start=1):
        row.position = position
    first = next((row for row in rows if row.kind == "prompt"), None)
    if first and message_id:
        first.arguments["message_id"] = str(message_id)
    RunCommand.objects.bulk_create(rows)
    details = {"commands": [command_object(row) for row in rows]}
    summary = f"{len(rows)} commands" if len(rows) > 1 else "1 command"
    return [_step(run.thread_id, run.pk, status="queued", summary=summary, details=details)]


def _rows(
    run: Run, commands: Sequence[Command], *, on_failure: OnFailure, parent: RunCommand | None
) -> Iterator[RunCommand]:
    """A row for each command, the parts of one before the next one beside it."""
    for command in commands:
        arguments = msgspec.to_builtins(command)
        row = RunCommand(run=run, parent=parent, kind=arguments.pop("type"), on_failure=on_failure)
        if isinstance(command, SequenceCommand):
            yield row
            yield from _rows(run, command.commands, on_failure=command.on_failure, parent=row)
        else:
            row.arguments = arguments
            yield row


def of_run(*, run_id: UUID) -> list[RunCommand]:
    """All commands of a run in their order, what was said to it meanwhile included."""
    return list(RunCommand.objects.filter(run_id=run_id).order_by("position"))


def remaining(*, run_id: UUID) -> tuple[CommandRecord, ...]:
    """What is still to be carried out, in its order: first the one that has begun, if there is one. A sequence that has begun
    stands for nothing but its parts."""
    rows = [row for row in of_run(run_id=run_id) if row.kind != STEER]
    if not rows:
        return (LONE_PROMPT,)  # it is commanded because somebody steered it
    there = (row for row in rows if row.status in OPEN and not (row.kind == SEQUENCE and row.status == "running"))
    return tuple(_record(row) for row in there)


def as_given(*, run_id: UUID) -> tuple[tuple[Command, ...], OnFailure]:
    """What a run was told to do, to tell it to another one, and what becomes of the rest when one fails."""
    rows = [row for row in of_run(run_id=run_id) if row.kind != STEER]
    first = next((row for row in rows if row.parent_id is None), None)
    return _given(rows, parent=None), first.on_failure if first else "stop"  # type: ignore[return-value]  # its choices


def _given(rows: Sequence[RunCommand], *, parent: UUID | None) -> tuple[Command, ...]:
    beside = [row for row in rows if row.parent_id == parent]
    return tuple(msgspec.convert(_told(rows, row), Command) for row in beside)


def _told(rows: Sequence[RunCommand], row: RunCommand) -> dict[str, Any]:
    if row.kind != SEQUENCE:
        told = {name: value for name, value in row.arguments.items() if name != "message_id"}
        return {"type": row.kind, **told}
    parts = _given(rows, parent=row.pk)
    policy = next((part.on_failure for part in rows if part.parent_id == row.pk), "stop")
    return {"type": SEQUENCE, "commands": parts, "on_failure": policy}


def begin(*, command_id: UUID, message_id: UUID | None = None) -> RunStepEvent:
    """Note that a command is being carried out; ``message_id`` is the message that its prompt has become."""
    row = RunCommand.objects.select_related("run").get(pk=command_id)
    row.status, row.started_at = RunCommand.Status.RUNNING, timezone.now()
    if message_id:
        row.arguments = {**row.arguments, "message_id": str(message_id)}
    row.save(update_fields=["status", "started_at", "arguments"])
    return _told_of(row)


def end(*, command_id: UUID, result: str = "") -> list[RunStepEvent]:
    """Note that a command is done, and with the last of a sequence the sequence."""
    row = RunCommand.objects.select_related("run", "parent").get(pk=command_id)
    return [_close(row, "done", result=result), *_end_sequence(row.parent)]


def fail(*, command_id: UUID, error: CodayError) -> tuple[list[RunStepEvent], bool]:
    """Note that a command failed. Where the rest beside it stops, that is skipped, and the sequence that they are part of has
    failed, too. The second value says whether the run goes on."""
    row: RunCommand | None = RunCommand.objects.select_related("run", "parent").get(pk=command_id)
    events = []
    while row is not None:
        events.append(_close(row, "failed", error=error))
        if row.on_failure == RunCommand.OnFailure.CONTINUE:
            return [*events, *_end_sequence(row.parent)], True
        beside = RunCommand.objects.filter(run_id=row.run_id, parent_id=row.parent_id, status__in=OPEN)
        events += _skip(beside.exclude(kind=STEER).order_by("position"))
        row = row.parent
    return events, False


def end_rest(*, run: Run) -> list[RunStepEvent]:
    """Close what a run that ends leaves open: what was being carried out ended as the run did, the rest was not begun."""
    completed = run.status == Run.Status.COMPLETED
    events = []
    for row in RunCommand.objects.filter(run=run, status__in=OPEN).exclude(kind=STEER).order_by("position"):
        begun = row.status == RunCommand.Status.RUNNING
        events.append(_close(row, ("done" if completed else "failed") if begun else "skipped"))
    return events


def _skip(rows: Any) -> list[RunStepEvent]:
    events = []
    for row in rows:
        events.append(_close(row, "skipped"))
        events += _skip(row.parts.filter(status__in=OPEN).order_by("position"))
    return events


def _end_sequence(row: RunCommand | None) -> list[RunStepEvent]:
    if row is None or row.parts.filter(status__in=OPEN).exists():
        return []
    return [_close(row, "done"), *_end_sequence(row.parent)]


def _close(
    row: RunCommand, status: CommandStatus, *, result: str = "", error: CodayError | None = None
) -> RunStepEvent:
    row.status, row.finished_at, row.result = status, timezone.now(), result[:500]
    if error:
        row.error_code, row.error_message = error.code, error.message
    row.save(update_fields=["status", "finished_at", "result", "error_code", "error_message"])
    return _told_of(row)


def _told_of(row: RunCommand) -> RunStepEvent:
    summary = f"{describe(row.kind, row.arguments)}: {row.error_message or row.result or row.status}"
    details = {"command": command_object(row)}
    return _step(row.run.thread_id, row.run_id, status=row.status, summary=summary, details=details)


def _step(thread_id: UUID, run_id: UUID, *, status: str, summary: str, details: dict[str, Any]) -> RunStepEvent:
    return RunStepEvent(
        thread_id=thread_id, run_id=run_id, kind="command", status=status, summary=summary, details=details
    )


def size(commands: Sequence[Command]) -> int:
    """How many commands these are, those inside others included."""
    inside = (size(command.commands) for command in commands if isinstance(command, SequenceCommand))
    return len(commands) + sum(inside)


def replaced(commands: Sequence[Command], by: Mapping[str, str]) -> tuple[Command, ...]:
    """The commands with other words in the place of those that a person wrote (``written``)."""
    told = [_replaced(msgspec.to_builtins(command), by) for command in commands]
    return msgspec.convert(told, tuple[Command, ...])


def written(commands: Sequence[Command]) -> list[str]:
    """All words in the commands that a person wrote, as opposed to names of what there is."""
    told = map(msgspec.to_builtins, _flat(commands))
    return list(dict.fromkeys(command[name] for command in told for name in WORDS if command.get(name)))


def names_templates(commands: Sequence[Command]) -> bool:
    """Whether one of them is a template, which has to be expanded before it can be carried out."""
    return any(isinstance(command, TemplateCommand) for command in _flat(commands))


def tags_in(commands: Sequence[Command]) -> list[str]:
    """All tags that the commands put on something."""
    return [tag for command in _flat(commands) if isinstance(command, TagCommand) for tag in command.tags]


def _replaced(command: dict[str, Any], by: Mapping[str, str]) -> dict[str, Any]:
    changed: dict[str, Any] = {name: by[command[name]] for name in WORDS if command.get(name)}
    if "commands" in command:
        changed["commands"] = [_replaced(part, by) for part in command["commands"]]
    return {**command, **changed}


def describe(kind: str, arguments: Mapping[str, Any]) -> str:
    """A command as a person would write it, in one short line."""
    match kind:
        case "prompt":
            return " ".join(str(arguments["text"]).split())[:80]
        case "agent":
            return f"@{arguments['agent']}"
        case "tag":
            return f"/tag {' '.join(arguments['tags'])}"
        case "summarize":
            count = len(arguments["runs"])
            return f"/summarize {count} {'run' if count == 1 else 'runs'}"
        case "sequence":
            return "Several commands"
    told = next((value for value in (arguments.get(name) for name in ("title", "skill", "model")) if value), "")
    return f"/{kind} {told}".strip()


def first_words(commands: Sequence[Command]) -> str:
    """What a run's message says: its first prompt or, where it has none, its commands."""
    prompt = next((command for command in _flat(commands) if isinstance(command, PromptCommand)), None)
    if prompt:
        return prompt.text
    told = (msgspec.to_builtins(command) for command in _flat(commands))
    return "\n".join(describe(command["type"], command) for command in told)


def _flat(commands: Sequence[Command]) -> Iterator[Command]:
    """Commands without the sequences that they are in."""
    for command in commands:
        if isinstance(command, SequenceCommand):
            yield from _flat(command.commands)
        else:
            yield command


def _record(row: RunCommand) -> CommandRecord:
    return CommandRecord(
        id=row.pk, parent=row.parent_id, position=row.position, kind=row.kind, arguments=row.arguments,
        on_failure=row.on_failure, status=row.status, result=row.result,  # type: ignore[arg-type]  # the columns' choices
    )  # fmt: skip


def command_object(row: RunCommand) -> dict[str, Any]:
    """A command for the doors: absent rather than null or empty."""
    shown: dict[str, Any] = {
        "id": str(row.pk),
        "parent": str(row.parent_id) if row.parent_id else None,
        "position": row.position,
        "kind": row.kind,
        "arguments": _shown(row),
        "status": row.status,
        "on_failure": row.on_failure,
        "result": row.result or None,
        "error": {"code": row.error_code, "message": row.error_message} if row.error_code else None,
        "started_at": _time(row.started_at),
        "finished_at": _time(row.finished_at),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _shown(row: RunCommand) -> dict[str, Any]:
    """A command's arguments. What was said to a run is kept as the parts of a message, and shown as its text."""
    if row.kind != STEER:
        return dict(row.arguments)
    return {"text": text_of(load_parts(row.arguments["content"]))}


def _time(moment: Any) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
