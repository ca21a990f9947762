"""Tools that ask the person: the schema of the answer draws the question, and the model is told what was answered."""

from __future__ import annotations

from typing import Any

import pytest

from runs.tools.arguments import check_arguments
from runs.tools.client.base import UNANSWERED, UnaskableError
from runs.tools.client.choice import AskChoice
from runs.tools.client.form import AskForm
from tests.runs.tools.calls import answered, asked, call, complaints

OPTIONS: list[dict[str, Any]] = [
    {"value": "red", "label": "Red"},
    {"value": "blue", "label": "Blue", "description": "Like the sea."},
]
CHOICE: dict[str, Any] = {"question": "Which colour?", "options": OPTIONS}
FIELDS: list[dict[str, Any]] = [
    {"name": "who", "label": "Name", "type": "text", "required": True, "description": "As in your passport."},
    {"name": "why", "label": "Reason", "type": "longtext"},
    {"name": "size", "label": "Size", "type": "number"},
    {"name": "count", "label": "Count", "type": "integer"},
    {"name": "sure", "label": "Sure?", "type": "boolean", "required": True},
    {"name": "day", "label": "Day", "type": "date"},
    {"name": "mail", "label": "E-mail", "type": "email"},
    {"name": "seat", "label": "Seat", "type": "select", "options": ["window", "aisle"]},
]
FORM: dict[str, Any] = {"question": "Who flies?", "fields": FIELDS}
FILLED = {"who": "Ann", "sure": True}


async def test_a_choice_says_what_may_be_answered() -> None:
    question = await asked(AskChoice(), **CHOICE)
    assert (question.asks, question.question) == ("answer", "Which colour?")
    assert question.schema == {
        "type": "string",
        "title": "Which colour?",
        "oneOf": [
            {"const": "red", "title": "Red"},
            {"const": "blue", "title": "Blue", "description": "Like the sea."},
        ],
    }


@pytest.mark.parametrize(
    ("changes", "good", "bad"),
    [
        ({}, ["red", "blue"], ["green", "", ["red"], None, 1]),
        ({"allow_other": True}, ["red", "as the sea at night"], ["", "x" * 2_001, ["red"], None]),
        ({"multiple": True}, [["red"], ["blue", "red"]], ["red", [], ["red", "red"], ["green"], [None]]),
        ({"multiple": True, "allow_other": True}, [["red", "green"], ["green"]], ["red", [], [""], [1]]),
    ],
)
async def test_answers_to_a_choice(changes: dict[str, Any], good: list[Any], bad: list[Any]) -> None:
    schema = (await asked(AskChoice(), **CHOICE | changes)).schema
    assert [check_arguments(schema, answer) for answer in good] == [()] * len(good)
    assert all(check_arguments(schema, answer) for answer in bad)


@pytest.mark.parametrize(
    ("changes", "content", "told"),
    [
        ({}, "blue", "The person chose: Blue (blue)."),
        ({"multiple": True}, ["blue", "red"], "The person chose: Blue (blue), Red (red)."),
        ({"allow_other": True}, "green", "The person wrote: “green”"),
        (
            {"allow_other": True, "multiple": True},
            ["red", "green"],
            "The person chose: Red (red).\nThe person wrote: “green”",
        ),
        ({}, None, UNANSWERED),
    ],
)
async def test_what_the_model_is_told_of_a_choice(changes: dict[str, Any], content: Any, told: str) -> None:
    assert await answered(AskChoice(), CHOICE | changes, content) == told


@pytest.mark.parametrize("field", ["value", "label"])
async def test_options_that_look_the_same_are_not_asked(field: str) -> None:
    twins = [{"value": "1", "label": "One"}, {"value": "2", "label": "Two", field: f" {OPTIONS[0][field]}"}, OPTIONS[0]]
    with pytest.raises(UnaskableError, match=f"have the {field}"):
        await call(AskChoice(), question="Which?", options=twins)


async def test_a_form_carries_all_that_is_needed_to_draw_it() -> None:
    schema = (await asked(AskForm(), **FORM)).schema
    assert schema["x-order"] == [field["name"] for field in FIELDS]
    assert schema["required"] == ["who", "sure"]
    assert schema["properties"]["who"] == {
        "title": "Name",
        "description": "As in your passport.",
        "type": "string",
        "minLength": 1,
        "maxLength": 500,
    }
    assert schema["properties"]["why"]["format"] == "textarea"
    assert schema["properties"]["day"] == {"title": "Day", "type": "string", "format": "date"}
    assert schema["properties"]["seat"]["oneOf"][1] == {"const": "aisle", "title": "aisle"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"who": ""},
        {"who": None},
        {"sure": "yes"},
        {"size": "1"},
        {"count": 1.5},
        {"day": "21.7.2026"},
        {"mail": "nobody"},
        {"seat": "middle"},
        {"other": 1},
        {"why": "x" * 20_001},
    ],
)
async def test_answers_that_do_not_fit_the_form(wrong: dict[str, Any]) -> None:
    schema = (await asked(AskForm(), **FORM)).schema
    complaint = check_arguments(schema, FILLED | wrong)
    assert check_arguments(schema, FILLED) == ()
    assert next(iter(wrong)) in " ".join(complaint)


async def test_what_the_model_is_told_of_a_form() -> None:
    filled = FILLED | {"why": "two\nlines", "size": 1.5, "count": 2, "day": "2026-07-21", "seat": "window"}
    assert await answered(AskForm(), FORM, filled) == (
        "The person filled in the form.\n"
        "- Name (who): “Ann”\n- Reason (why): “two\nlines”\n- Size (size): 1.5\n- Count (count): 2\n- Sure? (sure): yes\n"
        "- Day (day): “2026-07-21”\n- Seat (seat): “window”\n"
        "Left empty: E-mail (mail)."
    )
    assert await answered(AskForm(), FORM, None) == UNANSWERED


async def test_a_box_that_is_not_ticked_is_a_no() -> None:
    boxes = [
        {"name": "vegan", "label": "Vegan", "type": "boolean"},
        {"name": "mail", "label": "E-mail", "type": "email"},
    ]
    told = await answered(AskForm(), {"question": "For the cook", "fields": boxes}, {})
    assert told == "The person filled in the form.\n- Vegan (vegan): no\nLeft empty: E-mail (mail)."


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ({"name": "__proto__", "type": "text"}, "begin with a letter"),
        ({"name": "who are you", "type": "text"}, "begin with a letter"),
        ({"name": "seat", "type": "select"}, "a select needs options"),
        ({"name": "seat", "type": "select", "options": []}, "a select needs options"),
        ({"name": "who", "type": "text", "options": ["a"]}, "nothing else has any"),
        ({"name": "seat", "type": "select", "options": ["a", "a"]}, "'a' is there twice"),
    ],
)
async def test_fields_that_cannot_be_asked_for(field: dict[str, Any], said: str) -> None:
    with pytest.raises(UnaskableError) as refused:
        await call(AskForm(), question="Who?", fields=[{"label": "Label", **field}])
    assert said in refused.value.message
    assert refused.value.message.startswith("fields[0]")


@pytest.mark.parametrize("part", ["name", "label"])
async def test_fields_that_look_the_same_are_not_asked_for(part: str) -> None:
    twin = {"name": "other", "label": "Other", "type": "text", part: FIELDS[0][part]}
    with pytest.raises(UnaskableError, match=f"have the {part}"):
        await call(AskForm(), question="Who?", fields=[FIELDS[0], twin])


def test_limits_of_the_schemas() -> None:
    many = [{"value": str(number), "label": str(number)} for number in range(21)]
    assert complaints(AskChoice(), question="Which?", options=many) == ("options has too many entries (at most 20).",)
    assert complaints(AskChoice(), question="Which?", options=OPTIONS[:1]) == (
        "options has too few entries (at least 2).",
    )
    assert complaints(AskForm(), question="Who?", fields=[]) == ("fields has too few entries (at least 1).",)
    assert complaints(AskForm(), question="x" * 1_001, fields=FIELDS) == (
        "question is too long (at most 1000 characters).",
    )
