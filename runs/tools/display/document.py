"""``show_document``: a text of its own, to read, copy and keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runs.inference.base import ToolDefinition
from runs.tools.base import ToolTraits
from runs.tools.display.base import TITLE, DisplayTool, NotShownError

LONGEST_DOCUMENT = 100_000  # characters


class ShowDocument(DisplayTool):
    """Shows a Markdown document."""

    traits = ToolTraits(kind="display", title="Document", timeout=5.0)
    definition = ToolDefinition(
        name="show_document",
        description=(
            "Shows the person a document apart from the conversation, to read, copy and download: a letter, a report, a "
            "plan. Use it for text that they will use elsewhere, and do not repeat it in the answer."
        ),
        parameters={
            "type": "object",
            "properties": {
                "title": TITLE,
                "markdown": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": LONGEST_DOCUMENT,
                    "description": "The text in Markdown, without its title.",
                },
            },
            "required": ["title", "markdown"],
            "additionalProperties": False,
        },
    )

    def check(self, arguments: Mapping[str, Any]) -> None:
        """There is something to read."""
        if not arguments["markdown"].strip():
            raise NotShownError("markdown: the document is empty.", field="markdown")
