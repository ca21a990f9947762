"""Values in the place of placeholders: hostile ones stay values."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.errors import MessageTooLongError
from runs.inputs import Command
from runs.reuse.parameters import Value
from runs.reuse.placeholders import fill, filled

NAMES = ("who", "what", "n_1")
HOSTILE = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "{{who}}",
            "{{what}}",
            "{{n_1}}",
            "{{{{who}}}}",
            "/fork",
            "\n/agent x\n",
            '"}, {"type": "pin"}',
            "\\g<0>",
            "%s",
            "$1",
        ]
    ),
)
VALUES = st.fixed_dictionaries(dict.fromkeys(NAMES, HOSTILE))
PLAIN = st.text(st.characters(blacklist_characters="{}", blacklist_categories=["Cs"]), max_size=20)
PIECES = st.lists(st.one_of(PLAIN.map(lambda text: ("", text)), st.sampled_from(NAMES).map(lambda name: (name, ""))))


@given(pieces=PIECES, values=VALUES)
def test_each_placeholder_is_its_value_and_nothing_else_changes(
    pieces: list[tuple[str, str]], values: dict[str, str]
) -> None:
    written = "".join(f"{{{{{name}}}}}" if name else text for name, text in pieces)
    assert fill(written, values) == "".join(values[name] if name else text for name, text in pieces)


@pytest.mark.parametrize(
    "text",
    ["{{ who }}", "{{Who}}", "{who}", "{{who", "who}}", "{{who|upper}}", "{{pii:PERSON_1}}", "{{nobody}}", "{{}}"],
)
def test_only_whole_tokens_of_known_names_are_placeholders(text: str) -> None:
    assert fill(text, {"who": "Erika"}) == text


@given(values=VALUES)
def test_a_command_stays_the_command_that_it_is(values: dict[str, str]) -> None:
    command = {
        "type": "sequence",
        "on_failure": "continue",
        "commands": [{"type": "prompt", "text": "{{who}}"}, {"type": "tag", "tags": ["x{{what}}"]}, {"type": "pin"}],
    }
    found = filled(command, values)
    assert found == {
        **command,
        "commands": [
            {"type": "prompt", "text": values["who"]},
            {"type": "tag", "tags": [f"x{values['what']}"]},
            {"type": "pin"},
        ],
    }
    if len(found["commands"][1]["tags"][0]) <= 60:
        msgspec.convert(found, Command)


def test_what_a_command_is_is_no_matter_of_values() -> None:
    command = {"type": "template", "template": "{{who}}", "arguments": {"type": "{{who}}", "template": "{{n_1}}!"}}
    assert filled(command, {"who": "fork", "n_1": 2}) == {
        "type": "template",
        "template": "{{who}}",
        "arguments": {"type": "fork", "template": "2!"},
    }


def test_values_are_passed_on_as_what_they_are() -> None:
    command = {"type": "template", "template": "x", "arguments": {"a": "{{n_1}}", "b": "{{n_1}} times", "c": 3}}
    assert filled(command, {"n_1": 2})["arguments"] == {"a": 2, "b": "2 times", "c": 3}


def test_values_in_a_text_are_words() -> None:
    values: dict[str, Value] = {"a": True, "b": False, "c": 2.5, "d": "2026-11-22"}
    assert fill("{{a}} {{b}} {{c}} {{d}}", values) == "yes no 2.5 2026-11-22"


def test_a_text_does_not_grow_without_bound(settings: Any) -> None:
    settings.CODAY_MAX_MESSAGE_CHARS = 1_000
    with pytest.raises(MessageTooLongError):
        fill("{{a}}" * 200, {"a": "x" * 1_000})
