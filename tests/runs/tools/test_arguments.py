"""Arguments against schemas: what is said of them, and what a hostile schema cannot do (it neither hangs nor fetches)."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.tools.arguments import LONGEST_COMPLAINT, MOST_COMPLAINTS, check_arguments, check_schema
from runs.tools.schemas import ToolSchemaError

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 5},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "size": {"enum": ["small", "large"]},
        "colour": {"oneOf": [{"const": "red"}, {"const": "blue"}]},
        "days": {"type": "array", "items": {"type": "string", "format": "date"}, "uniqueItems": True, "maxItems": 3},
        "step": {"multipleOf": 0.1},
        "when": {"anyOf": [{"type": "object", "required": ["at"]}, {"type": "null"}]},
    },
    "required": ["name"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": "ann"},
        {"name": "ann", "count": 9, "size": "large", "colour": "red", "step": 0.3, "when": None},
        {"name": "ann", "days": ["2026-07-21", "2026-07-22"], "when": {"at": 1}},
    ],
)
def test_what_fits_has_no_complaints(arguments: Any) -> None:
    assert check_arguments(SCHEMA, arguments) == ()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "The value lacks 'name'."),
        ([], "The value has to be an object."),
        ({"name": 1}, "name has to be a text."),
        ({"name": ""}, "name is too short (at least 1 characters)."),
        ({"name": "ann-marie"}, "name is too long (at most 5 characters)."),
        ({"name": "ann", "count": True}, "count has to be a whole number."),
        ({"name": "ann", "count": 0}, "count has to be at least 1."),
        ({"name": "ann", "size": "huge"}, "size has to be one of 'small', 'large'."),
        ({"name": "ann", "colour": "green"}, "colour has to be one of 'red', 'blue'."),
        ({"name": "ann", "days": ["2026-07-21", "2026-02-30"]}, "days[1] has to be a date like 2026-07-21."),
        ({"name": "ann", "days": ["2026-07-21"] * 2}, "days may not name anything twice."),
        ({"name": "ann", "step": 0.35}, "step has to be a multiple of 0.1."),
        ({"name": "ann", "step": 10**400 + 0, "count": 10**400}, "count has to be at most 9."),
        (
            {"name": "ann", "when": {}},
            "when has none of the forms that it may have (nearest: when lacks 'at').",
        ),
        (
            {"name": "ann", "extra": 1},
            "The value has no 'extra'; its fields are 'name', 'count', 'size', 'colour', 'days', 'step', 'when'.",
        ),
    ],
)
def test_a_complaint_names_the_field_and_the_rule(arguments: Any, complaint: str) -> None:
    assert complaint in check_arguments(SCHEMA, arguments)


def test_complaints_are_few_and_short_whatever_the_value_is() -> None:
    everything_wrong = {f"{'x' * 10_000}{number}": "y" * 100_000 for number in range(50)} | {"name": ["z" * 100_000]}
    complaints = check_arguments({**SCHEMA, "maxProperties": 1}, everything_wrong)
    items = check_arguments({"type": "array", "items": {"type": "string"}}, list(range(1000)))
    assert len(complaints) == 3
    assert len(items) == MOST_COMPLAINTS
    assert all(len(complaint) <= LONGEST_COMPLAINT for complaint in complaints)


def _doubling(levels: int) -> dict[str, Any]:
    """References that make twice the work with each level."""
    steps = {f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(levels)}
    return {"type": "object", "$defs": {**steps, f"d{levels}": {}}, "$ref": "#/$defs/d0"}


def _nested(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth):
        value = {"not": value}
    return value


BOMB = "(a+)+$"
VICTIM = "a" * 60 + "!"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"$ref": "#"}, {}),
        (_doubling(60), {}),
        ({"items": {"$ref": "#"}}, [[[[[]]]]] * 100_000),
        ({"anyOf": [{"type": "string"}] * 3_000}, ["x" * 100] * 20_000),
        ({"$ref": "#/$defs/missing"}, {}),
        ({"type": 3}, {}),
        ({"properties": []}, {}),
        ({"required": "name"}, {}),
        (_nested(300), {}),
        (_nested(3_000), {}),
        ({"enum": ["x" * 200_000]}, {}),
    ],
)
def test_with_a_schema_that_cannot_be_used_nothing_fits(schema: Any, value: Any) -> None:
    assert len(check_arguments(schema, value)) == 1


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"pattern": BOMB}, VICTIM),
        ({"propertyNames": {"pattern": BOMB}}, {VICTIM: 1}),
        ({"patternProperties": {BOMB: False}, "additionalProperties": False}, {VICTIM: 1}),
        ({"patternProperties": {BOMB: {}}, "unevaluatedProperties": False}, {VICTIM: 1}),
        ({"properties": {"x": {"$schema": "http://json-schema.org/draft-07/schema#", "pattern": BOMB}}}, {"x": VICTIM}),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "pattern": BOMB}, VICTIM),
        ({"format": "regex"}, "("),
    ],
)
def test_a_regular_expression_of_a_stranger_is_not_run(schema: Any, value: Any) -> None:
    assert check_arguments(schema, value) == ()


def test_a_remote_reference_is_never_fetched() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/schema.json"
        for schema in (
            {"$ref": address},
            {"$id": address, "$ref": "other.json"},
            {"$schema": address, "type": "object"},
        ):
            check_arguments(schema, {})
        with pytest.raises(BlockingIOError):
            server.accept()
    assert check_arguments({"$ref": address}, {}) == ("The schema refers to something that is not part of it.",)


def test_the_dialect_of_older_servers_is_understood() -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "definitions": {"short": {"type": "string", "maxLength": 2}},
        "properties": {"pair": {"type": "array", "items": [{"$ref": "#/definitions/short"}, {"type": "number"}]}},
    }
    check_schema(schema)
    assert check_arguments(schema, {"pair": ["ab", 1]}) == ()
    assert check_arguments(schema, {"pair": ["abc", "1"]}) == (
        "pair[0] is too long (at most 2 characters).",
        "pair[1] has to be a number.",
    )


@pytest.mark.parametrize("schema", [{}, {"type": "array"}, {"type": "object", "properties": 1}, _nested(2_000)])
def test_a_tool_with_such_a_schema_is_not_offered(schema: dict[str, Any]) -> None:
    with pytest.raises(ToolSchemaError):
        check_schema(schema)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
KEYWORDS = (
    "type",
    "items",
    "properties",
    "required",
    "enum",
    "anyOf",
    "multipleOf",
    "minimum",
    "uniqueItems",
    "$ref",
    "if",
)


@given(schema=st.dictionaries(st.sampled_from(KEYWORDS), json_values), value=json_values)
def test_whatever_a_schema_says_there_is_an_answer(schema: dict[str, Any], value: Any) -> None:
    assert all(isinstance(complaint, str) and complaint for complaint in check_arguments(schema, value))
