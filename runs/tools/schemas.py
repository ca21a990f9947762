"""Compiled JSON schemas whose checks end: bounded work, nothing fetched, no regular expression of a stranger.

The library is as trusting as its schemas: it would fetch a remote ``$ref``, run a ``pattern`` for hours, and follow
references that double with each step. So every keyword that it applies is counted, and what cannot be bounded is not looked
at: ``pattern``, ``patternProperties``, ``unevaluated…`` and dynamic references. Whoever wrote those checks them again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from typing import Any, TypeAlias

from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from jsonschema.exceptions import SchemaError, ValidationError  # type: ignore[import-untyped]
from jsonschema.validators import extend  # type: ignore[import-untyped]
from referencing import Registry
from referencing.exceptions import Unresolvable

from coday.kernel.errors import CodayError, InvalidInputError

LONGEST_SCHEMA = 100_000  # characters of JSON
MOST_WORK = 100_000  # keywords applied in one check: under a second
WORK_PER_SIZE = 1_024  # characters that count as one more keyword: the library writes values into its messages
FORMATS = ("date", "email", "uuid", "ipv4", "ipv6")
UNCHECKED = frozenset(
    {"pattern", "patternProperties", "unevaluatedItems", "unevaluatedProperties", "$dynamicRef", "$recursiveRef"}
)

Keyword: TypeAlias = Callable[[Any, Any, Any, Any], Iterable[ValidationError] | None]


class ToolSchemaError(InvalidInputError):
    """A tool's JSON schema that nothing can be checked against."""

    code = "tool_schema_invalid"
    message = "The schema cannot be used."


class TooMuchWorkError(CodayError):
    """Schema and value together take longer than a check may."""

    code = "schema_too_much_work"
    message = "The value is too large or nested too deeply to be checked."


def errors_of(schema: Mapping[str, Any], value: Any, *, most: int) -> list[ValidationError]:
    """What is wrong with a JSON value, as far as the first so many errors.

    Raises:
        ToolSchemaError: the schema cannot be used.
        TooMuchWorkError: the check was given up.
    """
    validator = compiled(schema)
    try:
        token = _BUDGET.set(_Budget(value))
        try:
            return list(islice(validator.iter_errors(value), most))
        finally:
            _BUDGET.reset(token)
    except RecursionError as error:
        raise TooMuchWorkError from error
    except Unresolvable as error:
        raise ToolSchemaError("The schema refers to something that is not part of it.") from error


def compiled(schema: Mapping[str, Any]) -> Any:
    """The validator of a schema.

    Raises:
        ToolSchemaError: it is no JSON schema, too long or nested too deeply.
    """
    try:
        text = json.dumps(schema)
    except (TypeError, ValueError, RecursionError) as error:
        raise ToolSchemaError("The schema is no JSON, or nested too deeply.") from error
    if len(text) > LONGEST_SCHEMA:
        raise ToolSchemaError(f"The schema is longer than {LONGEST_SCHEMA:,} characters.")
    return _compile(text)


@lru_cache(maxsize=128)
def _compile(text: str) -> Any:
    schema = json.loads(text)
    old = isinstance(schema, dict) and "draft-07" in str(schema.get("$schema"))
    base, bounded = (Draft7Validator, _DRAFT_7) if old else (Draft202012Validator, _DRAFT_2020)
    try:
        schema = _without_dialects(schema)
        base.check_schema(schema, format_checker=FormatChecker(formats=()))
    except SchemaError as error:
        place = "/".join(map(str, error.absolute_path))[:100] or "its top"
        raise ToolSchemaError(f"The schema is no valid JSON schema (at {place}).") from error
    except RecursionError as error:
        raise ToolSchemaError("The schema is nested too deeply.") from error
    return bounded(schema, registry=Registry(), format_checker=FormatChecker(formats=FORMATS))


def _without_dialects(schema: Any) -> Any:
    """The schema without ``$schema``: a part with a dialect of its own would be checked by the library's own validator."""
    if isinstance(schema, dict):
        return {
            name: _without_dialects(value)
            for name, value in schema.items()
            if not (name in {"$schema", "$id"} and isinstance(value, str))
        }
    return [_without_dialects(value) for value in schema] if isinstance(schema, list) else schema


# --- Bounded keywords ---------------------------------------------------------------------------------------------


class _Budget:
    """The work that is left of one check."""

    def __init__(self, value: Any) -> None:
        self.left = MOST_WORK
        self._sizes: dict[int, int] = {}  # of lists and objects, by identity: the value lives as long as its check
        self._measure(value)

    def spend(self, value: Any) -> None:
        size = len(value) if isinstance(value, str) else self._sizes.get(id(value), 0)
        self.left -= 1 + size // WORK_PER_SIZE
        if self.left < 0:
            raise TooMuchWorkError

    def _measure(self, value: Any) -> int:
        if isinstance(value, dict):
            size = sum(len(str(name)) + self._measure(part) for name, part in value.items())
        elif isinstance(value, list | tuple):
            size = sum(self._measure(part) for part in value)
        else:
            return len(value) if isinstance(value, str) else 8
        self._sizes[id(value)] = size
        return size


_BUDGET: ContextVar[_Budget] = ContextVar("schema_check")


def _counted(keyword: Keyword) -> Keyword:
    def apply(validator: Any, given: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        _BUDGET.get().spend(value)
        yield from keyword(validator, given, value, schema) or ()

    return apply


def _additional_properties(validator: Any, given: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    """As the library has it, but for schemas with patterns: nobody knows what they leave over."""
    if not isinstance(value, dict) or "patternProperties" in schema:
        return
    extra = [name for name in value if name not in schema.get("properties", {})]
    if isinstance(given, dict):
        for name in extra:
            yield from validator.descend(value[name], given, path=name)
    elif given is False and extra:
        yield ValidationError("unknown fields")


def _unique_items(validator: Any, given: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    """By hash: the library compares each with each."""
    if given and isinstance(value, list) and len({_hashable(item) for item in value}) < len(value):
        yield ValidationError("not unique")


def _multiple_of(validator: Any, given: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    """By decimal fractions: 0.3 is a multiple of 0.1, and no number is too large."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            rest = Fraction(str(value)) % Fraction(str(given))
        except ValueError:  # infinite, or none
            rest = Fraction(1)
        if rest:
            yield ValidationError("no multiple")


def _hashable(value: Any) -> Any:
    if isinstance(value, dict):
        return "object", frozenset((name, _hashable(part)) for name, part in value.items())
    if isinstance(value, list):
        return "array", tuple(_hashable(part) for part in value)
    return isinstance(value, bool), value


def _unchecked(validator: Any, given: Any, value: Any, schema: Any) -> None:
    return


def _bounded(base: Any) -> Any:
    keywords: dict[str, Keyword] = {**base.VALIDATORS, **dict.fromkeys(UNCHECKED, _unchecked)}
    keywords |= {
        "additionalProperties": _additional_properties,
        "multipleOf": _multiple_of,
        "uniqueItems": _unique_items,
    }
    return extend(base, {name: _counted(keyword) for name, keyword in keywords.items()})


_DRAFT_7 = _bounded(Draft7Validator)
_DRAFT_2020 = _bounded(Draft202012Validator)
