"""``search_threads``: what was said in the person's other conversations, as the search finds it."""

from __future__ import annotations

from coday.kernel.database import in_database
from runs.inference.base import ToolDefinition
from runs.search.recall import Recalled, recall
from runs.tools.base import Invocation, Settled, Tool, ToolTraits

MOST_THREADS = 10
MOST_LINES = 3  # runs of one thread that are quoted
SPEAKERS = {"user": "The person", "assistant": "The answer"}


class SearchThreads(Tool):
    """Looks for words in the titles and texts of the person's own threads."""

    traits = ToolTraits(title="Search conversations", timeout=20.0, untrusted=True)
    definition = ToolDefinition(
        name="search_threads",
        description=(
            "Searches the person's earlier conversations with this assistant for words, in titles and in what was said. "
            "All the words have to be there, in any order and form. Use it when the person refers to something that was "
            "said before. Gives titles, dates, passages and links."
        ),
        parameters={
            "type": "object",
            "properties": {
                "query": {
                    "type": "string",
                    "minLength": 2,
                    "maxLength": 200,
                    "description": "A few words as they were probably said. Fewer words find more.",
                },
                "limit": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MOST_THREADS,
                    "description": "How many conversations to give; 5 if left out.",
                },
            },
            "required": ["query"],
            "additionalProperties": False,
        },
    )

    async def call(self, invocation: Invocation) -> Settled:
        """The conversations, those that fit best first."""
        run = invocation.context.run
        found = await in_database(
            recall,
            user_id=run.user_id,
            text=invocation.arguments["query"],
            besides=run.id,
            threads=invocation.arguments.get("limit", 5),
            lines=MOST_LINES,
        )
        if not found:
            return Settled("No earlier conversation has all of these words. Try fewer or other ones.")
        shown = [{"id": str(thread.id), "title": thread.title} for thread in found]
        here = invocation.context.thread_id
        text = "\n\n".join(_described(thread, here=thread.id == here) for thread in found)
        return Settled(text, details={"threads": shown})


def _described(thread: Recalled, *, here: bool) -> str:
    title = thread.title or "Without a title"
    place = "this conversation" if here else f"/threads/{thread.id}/"
    lines = [f"- {SPEAKERS[role]}: “{line}”" for role, line in thread.lines]
    return "\n".join([f"{title} ({thread.newest:%Y-%m-%d}, {place})", *lines])
