"""What display tools have in common: the page draws their arguments, and the result is an acknowledgement."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from coday.kernel.errors import InvalidInputError
from runs.tools.base import Invocation, Settled, Tool

SHOWN = "Shown to the person."
LARGEST_NUMBER = 1e300

TITLE = {"type": "string", "minLength": 1, "maxLength": 200, "description": "Headline, without markup."}


class NotShownError(InvalidInputError):
    """Arguments that fit the schema and cannot be drawn all the same. The message says why, and nothing was shown."""

    code = "not_shown"
    message = "This cannot be shown."


class DisplayTool(Tool):
    """A tool whose call is what the person sees."""

    async def call(self, invocation: Invocation) -> Settled:
        """Acknowledge what is shown.

        Raises:
            NotShownError: it cannot be drawn.
        """
        self.check(invocation.arguments)
        return Settled(SHOWN)

    @abstractmethod
    def check(self, arguments: Mapping[str, Any]) -> None:
        """Check what a schema cannot say.

        Raises:
            NotShownError: it cannot be drawn.
        """


def is_finite(number: Any) -> bool:
    """Whether this is a number that can be drawn: not infinite, none that no float holds, no truth value."""
    return isinstance(number, int | float) and not isinstance(number, bool) and abs(number) <= LARGEST_NUMBER
