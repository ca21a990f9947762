"""``ask_form``: the person fills in a few fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from runs.inference.base import ToolDefinition
from runs.tools.base import Answer, Invocation, Pending, Settled, Tool, ToolOutcome, ToolTraits
from runs.tools.client.base import QUESTION, UNANSWERED, UnaskableError, repeated

MOST_FIELDS = 20
MOST_OPTIONS = 50
LONGEST_LINE = 500  # characters of a field of one line
LONGEST_TEXT = 20_000

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")

_FIELD = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 40, "description": "Letters, digits and _; what you get back."},
        "label": {"type": "string", "minLength": 1, "maxLength": 150, "description": "What the person reads."},
        "type": {"enum": ["text", "longtext", "number", "integer", "boolean", "date", "email", "select"]},
        "required": {"type": "boolean", "description": "Whether it has to be filled in; no if left out."},
        "options": {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": 150},
            "maxItems": MOST_OPTIONS,
            "description": "What a select offers; for no other type.",
        },
        "description": {"type": "string", "maxLength": 300, "description": "Help below the label."},
    },
    "required": ["name", "label", "type"],
    "additionalProperties": False,
}


class AskForm(Tool):
    """Asks for several things at once. The run waits for the answer."""

    traits = ToolTraits(kind="client", title="Form")
    definition = ToolDefinition(
        name="ask_form",
        description=(
            "Asks the person to fill in a form of a few fields, and waits for the answer. Use it when you need several facts "
            "that only the person knows. Never ask for passwords, keys or card numbers."
        ),
        parameters={
            "type": "object",
            "properties": {
                "question": QUESTION,
                "fields": {"type": "array", "items": _FIELD, "minItems": 1, "maxItems": MOST_FIELDS},
            },
            "required": ["question", "fields"],
            "additionalProperties": False,
        },
    )

    async def call(self, invocation: Invocation) -> ToolOutcome:
        """Ask.

        Raises:
            UnaskableError: a field cannot be drawn, or told apart from another one.
        """
        fields = invocation.arguments["fields"]
        for index, field in enumerate(fields):
            _check_field(field, place=f"fields[{index}]")
        for part in ("name", "label"):
            twice = repeated(field[part].strip() for field in fields)
            if twice is not None:
                raise UnaskableError(f"fields: two of them have the {part} {twice!r}.", field="fields")
        question = invocation.arguments["question"]
        return Pending(asks="answer", question=question, schema=answer_schema(question, fields))

    async def resume(self, invocation: Invocation, answer: Answer) -> ToolOutcome:
        """What was filled in, field by field. A box that is not ticked is a no, whether or not the answer names it."""
        given = answer.content
        if not isinstance(given, dict):
            return Settled(UNANSWERED)
        fields = invocation.arguments["fields"]
        said = {field["name"]: False for field in fields if field["type"] == "boolean"} | given
        filled = [f"- {_named(field)}: {_value(said[field['name']])}" for field in fields if field["name"] in said]
        empty = [_named(field) for field in fields if field["name"] not in said]
        left = [f"Left empty: {', '.join(empty)}."] if empty else []
        return Settled("\n".join(["The person filled in the form.", *filled, *left]))


def _named(field: Mapping[str, Any]) -> str:
    """A field, for the person who reads labels and the model that chose the name."""
    return f"{field['label']} ({field['name']})"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"“{value}”" if isinstance(value, str) else str(value)


def _check_field(field: Mapping[str, Any], *, place: str) -> None:
    if not _NAME.fullmatch(field["name"]):
        raise UnaskableError(f"{place}.name: begin with a letter; then letters, digits and _.", field="fields")
    options = field.get("options", [])
    if (field["type"] == "select") != bool(options):
        raise UnaskableError(f"{place}.options: a select needs options, and nothing else has any.", field="fields")
    twice = repeated(options)
    if twice is not None:
        raise UnaskableError(f"{place}.options: {twice!r} is there twice.", field="fields")


def answer_schema(question: str, fields: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The schema of the answer. ``x-order`` holds the order of the fields: databases that store JSON need not keep it."""
    return {
        "type": "object",
        "title": question,
        "properties": {field["name"]: _property(field) for field in fields},
        "required": [field["name"] for field in fields if field.get("required")],
        "x-order": [field["name"] for field in fields],
        "additionalProperties": False,
    }


def _property(field: Mapping[str, Any]) -> dict[str, Any]:
    described = {"description": field["description"]} if field.get("description") else {}
    return {"title": field["label"], **described, **_TYPES[field["type"]](field)}


def _text(longest: int, **more: Any) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    def schema(field: Mapping[str, Any]) -> dict[str, Any]:
        needed = {"minLength": 1} if field.get("required") else {}
        return {"type": "string", **more, **needed, "maxLength": longest}

    return schema


_TYPES: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "text": _text(LONGEST_LINE),
    "longtext": _text(LONGEST_TEXT, format="textarea"),
    "number": lambda field: {"type": "number"},
    "integer": lambda field: {"type": "integer"},
    "boolean": lambda field: {"type": "boolean"},
    "date": lambda field: {"type": "string", "format": "date"},
    "email": lambda field: {"type": "string", "format": "email", "maxLength": 254},
    "select": lambda field: {"type": "string", "oneOf": [{"const": each, "title": each} for each in field["options"]]},
}
