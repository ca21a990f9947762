"""``remind_me``: a timer whose end brings a text back into the conversation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from coday.kernel.database import in_database
from coday.kernel.errors import InvalidInputError
from runs import background
from runs.inference.base import ToolDefinition
from runs.tools.base import Invocation, Settled, Tool, ToolTraits

LONGEST_TEXT = 2_000
LONGEST_WAIT = timedelta(days=366)
SHOWN = 80  # characters of the text in the summary


class RemindMe(Tool):
    """Sets a timer. When it is due, a run of its own brings the text back, queued if the conversation is busy."""

    traits = ToolTraits(kind="async", title="Reminder", timeout=10.0)

    @property
    def definition(self) -> ToolDefinition:
        """A text, and either minutes from now or a time."""
        text = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT, "description": "What to be reminded of."}
        minutes = {
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": LONGEST_WAIT // timedelta(minutes=1),
            "description": "Minutes from now. Give this or at.",
        }
        at = {
            "type": "string",
            "maxLength": 40,
            "description": "A time in ISO 8601 with its offset, such as 2031-05-04T09:30:00+02:00.",
        }
        return ToolDefinition(
            name="remind_me",
            description="Comes back to this conversation with a text at a later time, up to a year from now. Answers at"
            " once; the reminder arrives by itself.",
            parameters={
                "type": "object",
                "properties": {"text": text, "in_minutes": minutes, "at": at},
                "required": ["text"],
                "additionalProperties": False,
            },
        )

    async def call(self, invocation: Invocation) -> Settled:
        """Set the timer.

        Raises:
            InvalidInputError: no time, two times, or one that is not to come within a year.
            TooManyOperationsError
        """
        text = str(invocation.arguments["text"]).replace("\0", "").strip()
        if not text:
            raise InvalidInputError("text: Say what to be reminded of.")
        due_at = _due_at(invocation.arguments)
        started = await in_database(
            background.start,
            run=invocation.context.run,
            call_id=invocation.call_id,
            tool=self.definition.name,
            summary=f"Reminder: {_shortened(text)}",
            due_at=due_at,
            deadline_at=due_at,
            state={"text": text},
        )
        when = due_at.isoformat(timespec="seconds")
        return Settled(
            f"The reminder is set for {when}. It comes by itself (operation {started.id}).", operation=started.id
        )


def _due_at(arguments: Mapping[str, Any]) -> datetime:
    minutes, at = arguments.get("in_minutes"), arguments.get("at")
    if (minutes is None) == (at is None):
        raise InvalidInputError("Give either in_minutes or at.")
    now = timezone.now()
    due_at = _parsed(str(at)) if at is not None else now + _minutes(minutes)
    if not now < due_at <= now + LONGEST_WAIT:
        raise InvalidInputError(
            f"The time has to be in the future, and within a year. Now it is {now.isoformat(timespec='seconds')}."
        )
    return due_at


def _minutes(given: Any) -> timedelta:
    """So many minutes; too many of them are just too many."""
    return timedelta(minutes=min(float(given), 2 * (LONGEST_WAIT / timedelta(minutes=1))))


def _parsed(at: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(at)
    except ValueError as error:
        raise InvalidInputError("at: Give a time in ISO 8601, such as 2031-05-04T09:30:00+02:00.") from error
    if parsed.tzinfo is None:
        raise InvalidInputError("at: Give the offset from UTC, too, such as +02:00 or Z.")
    return parsed


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"
