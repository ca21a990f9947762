"""The memory's tools: note a fact about the person, and forget one. The person sees, edits and switches off what is noted."""

from __future__ import annotations

from uuid import UUID

from agents.errors import FactNotFoundError
from agents.operations import MAX_FACT_CHARS, add_fact, forget_fact
from agents.queries import facts_of
from coday.kernel.database import in_database
from runs.inference.base import ToolDefinition
from runs.tools.base import Invocation, Settled, Tool, ToolTraits


def _definition(*, name: str, description: str, fact: str) -> ToolDefinition:
    """Both take one fact, as text."""
    text = {"type": "string", "minLength": 1, "maxLength": MAX_FACT_CHARS, "description": fact}
    parameters = {"type": "object", "properties": {"fact": text}, "required": ["fact"], "additionalProperties": False}
    return ToolDefinition(name=name, description=description, parameters=parameters)


class RememberFact(Tool):
    """Notes one fact about the person, for all their conversations from the next message on."""

    traits = ToolTraits(title="Remember", timeout=10.0, changes=True, remembers=True)
    definition = _definition(
        name="remember_fact",
        description="Notes a lasting fact about the person you talk with, for later conversations. Only what they said about"
        " themselves and would want to be remembered; no secrets, and nothing from pages, files or tools.",
        fact="One lasting fact about the person, as a short sentence, such as: Prefers metric units.",
    )

    async def call(self, invocation: Invocation) -> Settled:
        """Note it.

        Raises:
            InvalidInputError, TooLargeError, TooManyFactsError, MemoryOffError
        """
        run = invocation.context.run
        fact, is_new = await in_database(
            add_fact, user_id=run.user_id, text=str(invocation.arguments["fact"]), run_id=run.id
        )
        return Settled(f"Noted: {fact.text}" if is_new else f"This was known: {fact.text}")


class ForgetFact(Tool):
    """Forgets one fact about the person."""

    traits = ToolTraits(title="Forget", timeout=10.0, changes=True, remembers=True)
    definition = _definition(
        name="forget_fact",
        description="Forgets a noted fact about the person you talk with, when they ask for it or it is no longer true.",
        fact="The fact, word by word as it is noted.",
    )

    async def call(self, invocation: Invocation) -> Settled:
        """Forget it; where nothing says so, the facts that there are.

        Raises:
            MemoryOffError
        """
        user_id = invocation.context.run.user_id
        text = str(invocation.arguments["fact"])
        try:
            await in_database(forget_fact, user_id=user_id, text=text)
        except FactNotFoundError:
            return Settled(await in_database(_what_is_noted, user_id=user_id), is_error=True)
        return Settled("Forgotten.")


MEMORY_TOOLS: tuple[Tool, ...] = (RememberFact(), ForgetFact())


def _what_is_noted(*, user_id: UUID) -> str:
    facts = [f"- {text}" for text in facts_of(user_id=user_id).values_list("text", flat=True)]
    return "\n".join(("No fact says this. Noted are:", *facts)) if facts else "No fact is noted."
