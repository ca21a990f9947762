"""What a document has to be before anything of it is written: texts that a database takes, and runs that make a tree.

Files come from anywhere. Whatever is wrong in one of their conversations is told in words, and the others come in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
from django.conf import settings

from runs.exchange.documents import ThreadDocument
from runs.exchange.errors import BrokenThreadError, ImportTooLargeError

T = TypeVar("T")

REPLACED = "\ufffd"


def thread_of(value: Any) -> ThreadDocument:
    """A thread's document out of JSON values.

    Raises:
        BrokenThreadError: it does not have the form, or its runs are no tree.
        ImportTooLargeError: too deep, or too many runs.
    """
    try:
        document = msgspec.convert(cleaned(value), ThreadDocument)
    except msgspec.ValidationError as error:
        raise BrokenThreadError(f"This conversation does not have the right form: {error}.") from error
    ensure_sound(document)
    return document


def decoded(raw: bytes | memoryview | msgspec.Raw) -> Any:
    """JSON values out of their bytes.

    Raises:
        BrokenThreadError: they are no JSON.
        ImportTooLargeError: they are too deep.
    """
    try:
        return msgspec.json.decode(raw)
    except RecursionError as error:
        raise _too_deep() from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BrokenThreadError(f"This conversation is no JSON: {error}.") from error


def cleaned(value: Any, *, depth: int = 0) -> Any:
    """JSON values as databases take them: without NUL, which PostgreSQL refuses, and numbers that JSON does not know.

    Raises:
        ImportTooLargeError: they are too deep.
    """
    if depth > settings.CODAY_MAX_IMPORT_DEPTH:
        raise _too_deep()
    match value:
        case str():
            return value.replace("\0", REPLACED) if "\0" in value else value
        case dict():
            return {cleaned(key): cleaned(inner, depth=depth + 1) for key, inner in value.items()}
        case list():
            return [cleaned(inner, depth=depth + 1) for inner in value]
        case float() if not math.isfinite(value):
            return None
    return value


def _too_deep() -> ImportTooLargeError:
    limit = settings.CODAY_MAX_IMPORT_DEPTH
    return ImportTooLargeError(
        f"This conversation is nested more than {limit} levels deep.", details={"limit": limit, "unit": "levels"}
    )


def ensure_sound(document: ThreadDocument) -> None:
    """Refuse what makes no sense, though it has the right form; and put the runs in the order of their numbers.

    Raises:
        BrokenThreadError, ImportTooLargeError
    """
    limit = settings.CODAY_MAX_IMPORT_RUNS
    if len(document.runs) > limit:
        raise ImportTooLargeError(
            f"This conversation has more than {limit} runs.", details={"limit": limit, "unit": "runs"}
        )
    document.runs.sort(key=lambda run: run.number)
    runs = document.runs
    _once((run.id for run in runs), "the id of a run")
    _once((run.number for run in runs), "the number of a run")
    _once((message.id for run in runs for message in run.messages), "the id of a message")
    _once((event.id for run in runs for event in run.events), "the id of an event")
    _once((command.id for run in runs for command in run.commands), "the id of a command")
    _once((group.id for group in document.groups), "the id of a group")
    _once((summary.id for summary in document.summaries), "the id of a summary")
    _once((image.id for image in document.images), "the id of an image")
    numbers = {run.id: run.number for run in runs}
    for run in runs:
        if numbers.get(run.parent or "", 0) >= run.number:
            raise BrokenThreadError(f"Run {run.number} follows a run that comes after it, or itself.")
        _once((call.call_id for call in run.calls), f"the id of a tool call of run {run.number}")
        _once((command.position for command in run.commands), f"the position of a command of run {run.number}")
        commands = {command.id: command.position for command in run.commands}
        if any(commands.get(command.parent or "", 0) >= command.position for command in run.commands):
            raise BrokenThreadError(
                f"A command of run {run.number} is a part of one that comes after it, or of itself."
            )


def _once(values: Iterable[T], what: str) -> None:
    seen = set[T]()
    for value in values:
        if value in seen:
            raise BrokenThreadError(f"There is twice {what}: {value}.")
        seen.add(value)
