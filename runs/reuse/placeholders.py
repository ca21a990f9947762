"""Placeholders such as ``{{name}}`` in a template's commands, and values in their place.

A text is read once, and only what the template says is read: a value is put in as it is and never read again, so nothing in
it becomes a placeholder, and a command stays the one that it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings

from runs.errors import MessageTooLongError
from runs.reuse.parameters import NAME, Value

_PLACEHOLDER: Final = re.compile(rf"\{{\{{({NAME})\}}\}}")
_FIXED: Final = frozenset({"type", "template", "version", "on_failure", "of"})
"""What a command is, and what it is made of: no value decides about that."""


def filled(command: Mapping[str, Any], values: Mapping[str, Value]) -> dict[str, Any]:
    """A command in its JSON form, with values in the place of placeholders. What names no parameter stays as it is.

    Raises:
        MessageTooLongError: a text would be longer than a message may be.
    """
    return {name: _filled(name, inner, values) for name, inner in command.items()}


def _filled(name: str, inner: Any, values: Mapping[str, Value]) -> Any:
    match name, inner:
        case "commands", list():
            return [filled(part, values) for part in inner]
        case "arguments", dict():
            return {argument: _passed_on(given, values) for argument, given in inner.items()}
        case _, str() if name not in _FIXED:
            return fill(inner, values)
        case _, list():
            return [fill(text, values) for text in inner]
    return inner


def _passed_on(argument: Any, values: Mapping[str, Value]) -> Any:
    """What is nothing but a placeholder stays the number, or the yes or no, that its value is."""
    if not isinstance(argument, str):
        return argument
    whole = _PLACEHOLDER.fullmatch(argument)
    return values[whole[1]] if whole and whole[1] in values else fill(argument, values)


def fill(text: str, values: Mapping[str, Value]) -> str:
    """A text with values in the place of placeholders.

    Raises:
        MessageTooLongError: it would be longer than a message may be.
    """
    written = {name: _written(value) for name, value in values.items()}
    found = [match for match in _PLACEHOLDER.finditer(text) if match[1] in written]
    length = len(text) + sum(len(written[match[1]]) - len(match[0]) for match in found)
    if length > settings.CODAY_MAX_MESSAGE_CHARS:
        raise MessageTooLongError(field="text", details={"limit": settings.CODAY_MAX_MESSAGE_CHARS})
    return _PLACEHOLDER.sub(lambda match: written.get(match[1], match[0]), text)


def _written(value: Value) -> str:
    """A value in a text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
