"""What is wrong with a call's arguments, or with an answer, in sentences that a model or a person can act on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jsonschema.exceptions import ValidationError  # type: ignore[import-untyped]

from runs.tools.schemas import ToolSchemaError, TooMuchWorkError, compiled, errors_of

MOST_COMPLAINTS = 5
LONGEST_COMPLAINT = 300  # characters
LONGEST_NAME = 60

_TYPES = {
    "object": "an object",
    "array": "a list",
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}
_FORMATS = {
    "date": "a date like 2026-07-21",
    "email": "an e-mail address",
    "uuid": "a UUID",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
}


def check_schema(schema: Mapping[str, Any]) -> None:
    """Check that calls can be checked against a tool's schema.

    Raises:
        ToolSchemaError: it is no JSON schema of an object, or it is too long, nested too deeply, or not whole.
    """
    if schema.get("type") != "object":
        raise ToolSchemaError("The schema of a tool's arguments has to be of the type object.")
    compiled(schema)


def check_arguments(schema: Mapping[str, Any], arguments: Any) -> tuple[str, ...]:
    """What is wrong with a JSON value: a few sentences that each name the field; none where it fits the schema.

    With a schema that cannot be used nothing fits: no call is made with arguments that nobody checked.
    """
    try:
        errors = errors_of(schema, arguments, most=MOST_COMPLAINTS)
    except (ToolSchemaError, TooMuchWorkError) as error:
        return (error.message,)
    return tuple(dict.fromkeys(_complaint(error) for error in errors))


def _complaint(error: ValidationError) -> str:
    return _cut(f"{_place(error.absolute_path)} {_reason(error)}.", LONGEST_COMPLAINT)


def _place(path: Iterable[str | int]) -> str:
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{_cut(step, LONGEST_NAME)}" for step in path)
    return place.removeprefix(".") or "The value"


def _reason(error: ValidationError) -> str:
    describe = _REASONS.get(error.validator)
    return describe(error) if describe else "is not allowed here"


def _missing(error: ValidationError) -> str:
    missing = [name for name in error.validator_value if name not in error.instance]
    return f"lacks {_listed(missing)}"


def _unknown(error: ValidationError) -> str:
    known = error.schema.get("properties", {})
    unknown = [name for name in error.instance if name not in known]
    fields = f"its fields are {_listed(known)}" if known else "it has none"
    return f"has no {_listed(unknown)}; {fields}"


def _type(error: ValidationError) -> str:
    wanted = error.validator_value
    names = [wanted] if isinstance(wanted, str) else wanted
    return "has to be " + " or ".join(_TYPES.get(name, name) for name in names)


def _alternatives(error: ValidationError) -> str:
    choices = [
        choice.get("const") for choice in error.validator_value if isinstance(choice, dict) and "const" in choice
    ]
    if len(choices) == len(error.validator_value):
        return f"has to be one of {_listed(choices)}"
    if not error.context:
        return "fits more than one of the forms that it may have"
    nearest = max(error.context, key=lambda tried: len(tried.absolute_path))
    return f"has none of the forms that it may have (nearest: {_complaint(nearest).removesuffix('.')})"


def _limit(text: str) -> Callable[[ValidationError], str]:
    return lambda error: text.format(error.validator_value)


_REASONS: dict[str, Callable[[ValidationError], str]] = {
    "required": _missing,
    "additionalProperties": _unknown,
    "type": _type,
    "enum": lambda error: f"has to be one of {_listed(error.validator_value)}",
    "const": lambda error: f"has to be {_listed([error.validator_value])}",
    "anyOf": _alternatives,
    "oneOf": _alternatives,
    "minimum": _limit("has to be at least {}"),
    "maximum": _limit("has to be at most {}"),
    "exclusiveMinimum": _limit("has to be more than {}"),
    "exclusiveMaximum": _limit("has to be less than {}"),
    "multipleOf": _limit("has to be a multiple of {}"),
    "minLength": _limit("is too short (at least {} characters)"),
    "maxLength": _limit("is too long (at most {} characters)"),
    "minItems": _limit("has too few entries (at least {})"),
    "maxItems": _limit("has too many entries (at most {})"),
    "minProperties": _limit("has too few fields (at least {})"),
    "maxProperties": _limit("has too many fields (at most {})"),
    "uniqueItems": _limit("may not name anything twice"),
    "format": lambda error: f"has to be {_FORMATS.get(error.validator_value, 'written differently')}",
}


def _listed(values: Iterable[Any]) -> str:
    """Some of them, in quotes where they are text."""
    given = list(values)
    shown = ", ".join(_cut(repr(value), LONGEST_NAME) for value in given[:10])
    return f"{shown} …" if len(given) > 10 else shown


def _cut(text: str, limit: int) -> str:
    one_line = " ".join(text[: 4 * limit].split())
    return one_line if len(one_line) <= limit else f"{one_line[: limit - 1]}…"
