"""What a door is told about a request that breaks the form."""

from __future__ import annotations

from typing import Any

import pytest

from coday.kernel.errors import InvalidInputError
from runs.inputs import parse_request

SAID = {"type": "user", "text": "Hi"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "input"),
        ({"input": {"type": "user", "text": 3}}, "text"),
        ({"input": {"type": "user", "images": ["x"]}}, "images"),
        ({"input": {"type": "user", "skill": 3}}, "skill"),
        ({"input": {"type": "tool_result"}}, "type"),
        ({"input": SAID, "parent": "x"}, "parent"),
        ({"input": SAID, "when_busy": "never"}, "when_busy"),
        ({"input": SAID, "bogus": 1}, "bogus"),
        ({"input": {"type": "user", "text": "a\0b"}}, "text"),
        ({"input": {"type": "user", "text": "a", "skill": "b\0"}}, "skill"),
        ({"input": {"type": "user", "text": "a", "skill": "b" * 61}}, "skill"),
    ],
    ids=str,
)
def test_the_error_names_the_field(body: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse_request(body)

    assert refused.value.details["field"] == field
