"""``ask_choice``: the person chooses among a few options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runs.inference.base import ToolDefinition
from runs.tools.base import Answer, Invocation, Pending, Settled, Tool, ToolOutcome, ToolTraits
from runs.tools.client.base import QUESTION, UNANSWERED, UnaskableError, repeated

MOST_OPTIONS = 20
LONGEST_OTHER = 2_000  # characters of an answer of the person's own

_OPTION = {
    "type": "object",
    "properties": {
        "value": {"type": "string", "minLength": 1, "maxLength": 100, "description": "What you get back."},
        "label": {"type": "string", "minLength": 1, "maxLength": 150, "description": "What the person reads."},
        "description": {"type": "string", "maxLength": 300, "description": "What choosing it means, if not obvious."},
    },
    "required": ["value", "label"],
    "additionalProperties": False,
}


class AskChoice(Tool):
    """Asks a question with options. The run waits for the answer."""

    traits = ToolTraits(kind="client", title="Question")
    definition = ToolDefinition(
        name="ask_choice",
        description=(
            "Asks the person to choose one or several of a few options, and waits for the answer. Use it when you cannot go "
            "on without a decision that is the person's to make."
        ),
        parameters={
            "type": "object",
            "properties": {
                "question": QUESTION,
                "options": {"type": "array", "items": _OPTION, "minItems": 2, "maxItems": MOST_OPTIONS},
                "multiple": {"type": "boolean", "description": "Whether several may be chosen."},
                "allow_other": {"type": "boolean", "description": "Whether the person may write an answer instead."},
            },
            "required": ["question", "options"],
            "additionalProperties": False,
        },
    )

    async def call(self, invocation: Invocation) -> ToolOutcome:
        """Ask.

        Raises:
            UnaskableError: two options cannot be told apart.
        """
        arguments = invocation.arguments
        for field in ("value", "label"):
            twice = repeated(option[field].strip() for option in arguments["options"])
            if twice is not None:
                raise UnaskableError(f"options: two of them have the {field} {twice!r}.", field="options")
        return Pending(asks="answer", question=arguments["question"], schema=answer_schema(arguments))

    async def resume(self, invocation: Invocation, answer: Answer) -> ToolOutcome:
        """What was chosen, by label and value."""
        if not answer.content:
            return Settled(UNANSWERED)
        labels = {option["value"]: option["label"] for option in invocation.arguments["options"]}
        given = answer.content if isinstance(answer.content, list) else [answer.content]
        chosen = [f"{labels[value]} ({value})" for value in given if value in labels]
        own = [f"“{value}”" for value in given if value not in labels]
        said = [f"The person chose: {', '.join(chosen)}."] if chosen else []
        said += [f"The person wrote: {', '.join(own)}"] if own else []
        return Settled("\n".join(said))


def answer_schema(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of the answer. It carries what is needed to draw the question, in the shapes of MCP's elicitation: titled
    constants in ``oneOf``; in ``anyOf`` where one more alternative, without a constant, is the person's own text."""
    options: list[dict[str, Any]] = [_titled(option) for option in arguments["options"]]
    forms: dict[str, Any] = {"oneOf": options}
    if arguments.get("allow_other"):
        forms = {"anyOf": [*options, {"title": "Other", "minLength": 1, "maxLength": LONGEST_OTHER}]}
    question = {"title": arguments["question"]}
    if not arguments.get("multiple"):
        return {**question, "type": "string", **forms}
    return {**question, "type": "array", "items": {"type": "string", **forms}, "minItems": 1, "uniqueItems": True}


def _titled(option: Mapping[str, Any]) -> dict[str, Any]:
    description = {"description": option["description"]} if option.get("description") else {}
    return {"const": option["value"], "title": option["label"], **description}
