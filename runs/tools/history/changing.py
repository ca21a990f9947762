"""``tag_run`` and ``summarize_runs``: what an agent does to runs, as the person would do it themselves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import msgspec
from django.db import transaction

from coday.kernel.database import in_database
from coday.kernel.errors import InvalidInputError
from runs import capture
from runs.capture import Created
from runs.errors import RunNotFoundError
from runs.events import DurableEvent, RunSnapshot
from runs.inference.base import ToolDefinition
from runs.inputs import Asker, RunRequest, RunUserInput, SummarizeCommand
from runs.organize.runs import change_run
from runs.queries import get_runs
from runs.tools.base import Invocation, Settled, Tool, ToolTraits
from runs.tools.history.found import RUN_ID, run_id_of
from threads.covering import covering
from threads.masks import masks_of

MOST_TAGS: Final = 10
MOST_SUMMARISED: Final = 100
TAG_LENGTH: Final = 50

_TAGS: Final[dict[str, Any]] = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": TAG_LENGTH},
    "maxItems": MOST_TAGS,
}


class TagRun(Tool):
    """Puts tags on one of the person's runs, and takes tags off."""

    traits = ToolTraits(title="Tag a run", timeout=20.0, changes=True)
    definition = ToolDefinition(
        name="tag_run",
        description="Puts tags on a run of the person's conversations, or takes tags off, so that they find it again. Tags"
        " that do not exist yet are made.",
        parameters={
            "type": "object",
            "properties": {
                "run": RUN_ID,
                "add": {**_TAGS, "description": "Names of tags to put on it."},
                "remove": {**_TAGS, "description": "Names of tags to take off."},
            },
            "required": ["run"],
            "additionalProperties": False,
        },
    )

    async def call(self, invocation: Invocation) -> Settled:
        """Change the tags.

        Raises:
            RunNotFoundError: the run does not exist for this person.
            PersonalTagError: its conversation is anonymous, and a tag would name somebody.
            TooManyTagsError, TooManyTagsOfRunError, InvalidInputError
        """
        given = invocation.arguments
        changes = {"add_tags": _names(given.get("add", [])), "remove_tags": _names(given.get("remove", []))}
        if not any(changes.values()):
            return Settled("Say which tags to add or to remove.", is_error=True)
        run_id = run_id_of(given["run"])
        change = partial(change_run, user_id=invocation.context.run.user_id, run_id=run_id, changes=changes)
        run, events = await covering(partial(in_database, change))
        said = ", ".join(run.tags) or "none"
        return Settled(f"Run #{run.number} has these tags now: {said}.", events=tuple(events))


def _names(given: Sequence[str]) -> list[str]:
    """Names of tags in one line each.

    Raises:
        InvalidInputError: one of them is empty or has a comma.
    """
    names = [" ".join(name.split()) for name in given]
    if any(not name or "," in name for name in names):
        raise InvalidInputError("A tag has a name, without a comma.")
    return names


class SummarizeRuns(Tool):
    """Has runs of this conversation summarised, once the run that asks for it has ended."""

    traits = ToolTraits(title="Summarise runs", timeout=20.0, changes=True)
    definition = ToolDefinition(
        name="summarize_runs",
        description="Has a model write a summary of earlier runs of this conversation, which stands for them in what you are"
        " shown from then on. It is written after your answer; the person sees it, and can undo it.",
        parameters={
            "type": "object",
            "properties": {
                "runs": {
                    "type": "array",
                    "items": RUN_ID,
                    "minItems": 1,
                    "maxItems": MOST_SUMMARISED,
                    "uniqueItems": True,
                },
                "instructions": {"type": "string", "maxLength": 1_000, "description": "What matters in the summary."},
            },
            "required": ["runs"],
            "additionalProperties": False,
        },
    )

    async def call(self, invocation: Invocation) -> Settled:
        """Queue the summary behind the run.

        Raises:
            RunNotFoundError: one of the runs does not exist in this conversation.
            QueueFullError, AllowanceError
        """
        given, run = invocation.arguments, invocation.context.run
        command = SummarizeCommand(
            runs=tuple(run_id_of(text) for text in given["runs"]), instructions=given.get("instructions", "")
        )
        key = f"summarize {invocation.call_id}"[:100]
        created = await covering(partial(in_database, _queue, run=run, command=command, key=key))
        events: tuple[DurableEvent, ...] = tuple(created.events)
        return Settled(f"The summary will be written by run #{created.run.number}, after this one.", events=events)


@transaction.atomic
def _queue(*, run: RunSnapshot, command: SummarizeCommand, key: str) -> Created:
    found = get_runs(user_id=run.user_id, run_ids=command.runs)
    if any(one.thread_id != run.thread_id for one in found):
        raise RunNotFoundError("Only runs of this conversation can be summarised here.")
    if run.anonymous:  # what is captured is covered, and knows no token
        said = masks_of(thread_id=run.thread_id).unmask(command.instructions)
        command = msgspec.structs.replace(command, instructions=said)
    request = RunRequest(
        input=RunUserInput(commands=(command,)), key=key, parent=run.id, agent=run.agent, model=run.model
    )
    asker = Asker(user_id=run.user_id, username=run.username)
    return capture.create(asker=asker, thread_id=run.thread_id, request=request)
