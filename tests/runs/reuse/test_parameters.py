"""Parameters of templates, and arguments for them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.reuse.errors import ArgumentsInvalidError, TemplateInvalidError
from runs.reuse.parameters import TYPES, bind, parse_parameters

TODAY = date(2026, 11, 22)


def bound(parameters: list[dict[str, Any]], **arguments: Any) -> dict[str, Any]:
    return bind(parse_parameters(parameters), arguments, today=TODAY)


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("text", "Erika", "Erika"),
        ("number", 7, 7),
        ("number", 0.5, 0.5),
        ("number", "12", 12),
        ("number", "-1.5", -1.5),
        ("boolean", True, True),
        ("boolean", "no", False),
        ("date", "2026-12-31", "2026-12-31"),
        ("date", "today", "2026-11-22"),
    ],
)
def test_a_value_of_its_type_is_taken(kind: str, given: Any, value: Any) -> None:
    found = bound([{"name": "one", "type": kind}], one=given)["one"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("text", 7),
        ("text", "a\0b"),
        ("text", ["a"]),
        ("number", "seven"),
        ("number", True),
        ("number", float("nan")),
        ("number", 10**400),
        ("number", "٣"),
        ("boolean", "perhaps"),
        ("boolean", 1),
        ("date", "2026-02-30"),
        ("date", "20261231"),
        ("date", 7),
    ],
)
def test_a_value_of_another_type_is_refused_by_its_name(kind: str, given: Any) -> None:
    with pytest.raises(ArgumentsInvalidError) as refused:
        bound([{"name": "one", "type": kind}, {"name": "two"}], one=given, two="fine")
    assert list(refused.value.details["errors"]) == ["one"]


def test_a_choice_is_one_of_its_choices() -> None:
    parameters = [{"name": "tone", "type": "choice", "choices": ["kind", "strict"], "default": "kind"}]
    assert bound(parameters) == {"tone": "kind"}
    assert bound(parameters, tone="strict") == {"tone": "strict"}
    with pytest.raises(ArgumentsInvalidError):
        bound(parameters, tone="rude")


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(ArgumentsInvalidError) as refused:
        bound([{"name": "who", "required": True}, {"name": "many", "type": "number"}], many="x", else_="?")
    assert refused.value.status == 422
    assert refused.value.details == {
        "field": "else_",
        "errors": {
            "else_": "There is no such parameter.",
            "many": "This has to be a number.",
            "who": "This is required.",
        },
    }


def test_what_is_not_given_is_its_default_or_nothing() -> None:
    parameters = [{"name": "a", "default": "x"}, {"name": "b"}, {"name": "c", "type": "boolean"}]
    assert bound(parameters, a="") == {"a": "x", "b": "", "c": False}


@pytest.mark.parametrize(
    "parameter",
    [
        {"name": "Upper"},
        {"name": "a b"},
        {"name": "a\n"},
        {"name": "a", "type": "colour"},
        {"name": "a", "else": 1},
        {"name": "a", "type": "number", "default": "many"},
        {"name": "a", "type": "choice"},
        {"name": "a", "choices": ["b"]},
        {"name": "a", "label": "\0"},
        "a",
    ],
)
def test_a_description_that_makes_no_sense_is_refused(parameter: Any) -> None:
    with pytest.raises(TemplateInvalidError) as refused:
        parse_parameters([parameter])
    assert refused.value.details["field"] == "parameters"


def test_a_name_comes_once() -> None:
    with pytest.raises(TemplateInvalidError, match="twice"):
        parse_parameters([{"name": "a"}, {"name": "a"}])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(kind=st.sampled_from(TYPES), value=JSON)
def test_any_value_is_taken_or_refused_by_name(kind: str, value: Any) -> None:
    parameter = {"name": "one", "type": kind, **({"choices": ["a", "b"]} if kind == "choice" else {})}
    try:
        found = bound([parameter], one=value)
    except ArgumentsInvalidError as error:
        found = error.details["errors"]
    assert list(found) == ["one"]
    assert isinstance(found["one"], str | bool | int | float)
