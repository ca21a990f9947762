"""What the tools that ask the person have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from coday.kernel.errors import InvalidInputError

QUESTION = {
    "type": "string",
    "minLength": 1,
    "maxLength": 1_000,
    "description": "What the person is asked, as plain text, with all they need to know to answer.",
}
UNANSWERED = "The person did not want to answer."


class UnaskableError(InvalidInputError):
    """A question that fits the schema and cannot be asked. The message says why; nobody was asked."""

    code = "unaskable"
    message = "This cannot be asked."


def repeated(values: Iterable[str]) -> str | None:
    """The first value that is there more than once."""
    return next((value for value, count in Counter(values).items() if count > 1), None)
