"""The parameters of a template: what may be said about them, and arguments checked against them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from django.conf import settings

from runs.reuse.errors import ArgumentsInvalidError, TemplateInvalidError

Value: TypeAlias = str | bool | int | float
"""A number stays one; a date is its ISO form."""

NAME: Final = r"[a-z][a-z0-9_]{0,39}"
TYPES: Final = ("text", "number", "boolean", "choice", "date")
TODAY: Final = "today"
"""Stands for the day on which a run is started, where a date is asked for."""

MOST = 50  # parameters of a template
LARGEST = 10**15  # up to here a number is exact everywhere
_Label = Annotated[str, msgspec.Meta(max_length=100)]


class Parameter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a template asks for. ``choices`` belong to a choice; ``default`` is used where nothing is given."""

    name: Annotated[str, msgspec.Meta(pattern=rf"\A{NAME}\Z")]
    label: _Label = ""
    type: Literal["text", "number", "boolean", "choice", "date"] = "text"
    required: bool = False
    default: Any = msgspec.UNSET
    choices: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200)], ...], msgspec.Meta(max_length=100)
    ] = ()
    help: Annotated[str, msgspec.Meta(max_length=300)] = ""


def parse_parameters(given: Sequence[Any]) -> tuple[Parameter, ...]:
    """The parameters as a person describes them, checked.

    Raises:
        TemplateInvalidError: a description has the wrong form, a name comes twice, a default does not fit.
    """
    try:
        parameters = msgspec.convert(given, tuple[Parameter, ...])
    except msgspec.ValidationError as error:
        raise _refusal(f"parameters: {error}") from error
    if b"\\u0000" in msgspec.json.encode(parameters):  # PostgreSQL cannot store it
        raise _refusal("parameters: NUL characters are not allowed.")
    if len(parameters) > MOST:
        raise _refusal(f"A template has at most {MOST} parameters.")
    names = [parameter.name for parameter in parameters]
    if twice := {name for name in names if names.count(name) > 1}:
        raise _refusal(f"{min(twice)} is there twice.")
    for parameter in parameters:
        _check(parameter)
    return parameters


def _check(parameter: Parameter) -> None:
    if (parameter.type == "choice") != bool(parameter.choices):
        raise _refusal(f"{parameter.name}: a choice, and nothing else, has choices.")
    if parameter.default is not msgspec.UNSET:
        try:
            _CHECKS[parameter.type](parameter, parameter.default)
        except ValueError as error:
            raise _refusal(f"The default of {parameter.name}: {error}") from error


def _refusal(message: str) -> TemplateInvalidError:
    return TemplateInvalidError(message, field="parameters")


# --- Arguments ------------------------------------------------------------------------------------------------------


def bind(parameters: Sequence[Parameter], arguments: Mapping[str, Any], *, today: date) -> dict[str, Value]:
    """A value for each parameter: what was given, else its default, else nothing (an empty text, no).

    Raises:
        ArgumentsInvalidError: something required is missing, unknown, or of another type.
    """
    errors = dict.fromkeys(arguments.keys() - {one.name for one in parameters}, "There is no such parameter.")
    values: dict[str, Value] = {}
    for parameter in parameters:
        try:
            values[parameter.name] = _value(parameter, arguments.get(parameter.name), today=today)
        except ValueError as error:
            errors[parameter.name] = str(error)
    if errors:
        raise ArgumentsInvalidError(dict(sorted(errors.items())))
    return values


def _value(parameter: Parameter, given: Any, *, today: date) -> Value:
    if given is None or given == "":
        given = parameter.default
    if given is msgspec.UNSET:
        if parameter.required:
            raise ValueError("This is required.")
        return False if parameter.type == "boolean" else ""
    value = _CHECKS[parameter.type](parameter, given)
    return today.isoformat() if parameter.type == "date" and value == TODAY else value


def _text(_: Parameter, given: Any) -> Value:
    if not isinstance(given, str):
        raise ValueError("This has to be a text.")  # one kind of refusal for all
    if len(given) > settings.CODAY_MAX_MESSAGE_CHARS:
        raise ValueError(f"This is longer than {settings.CODAY_MAX_MESSAGE_CHARS} characters.")
    if "\0" in given:
        raise ValueError("NUL characters are not allowed.")
    return given


def _number(_: Parameter, given: Any) -> Value:
    """A number, or a text that is one, as a form or a command line has it."""
    if isinstance(given, str) and re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", given):
        given = float(given) if "." in given else int(given)
    if isinstance(given, bool) or not isinstance(given, int | float) or not -LARGEST < given < LARGEST:
        raise ValueError("This has to be a number.")
    return given


def _boolean(_: Parameter, given: Any) -> Value:
    """Yes or no, or a text that says so."""
    said = {"true": True, "yes": True, "false": False, "no": False}
    given = said.get(given.casefold(), given) if isinstance(given, str) else given
    if not isinstance(given, bool):
        raise ValueError("This has to be yes or no.")  # one kind of refusal for all
    return given


def _choice(parameter: Parameter, given: Any) -> Value:
    if given not in parameter.choices:
        raise ValueError("This has to be one of its choices.")
    return str(given)


def _date(_: Parameter, given: Any) -> Value:
    if given == TODAY:
        return TODAY
    if not isinstance(given, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", given):
        raise ValueError("This has to be a date, as 2026-12-31.")
    return date.fromisoformat(given).isoformat()


_CHECKS: Mapping[str, Callable[[Parameter, Any], Value]] = {
    "text": _text, "number": _number, "boolean": _boolean, "choice": _choice, "date": _date,
}  # fmt: skip
