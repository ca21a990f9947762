"""``show_table``: rows and columns that the person can sort and copy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from runs.inference.base import ToolDefinition
from runs.tools.base import ToolTraits
from runs.tools.display.base import TITLE, DisplayTool, NotShownError, is_finite

MOST_ROWS = 200
MOST_COLUMNS = 20
LONGEST_CELL = 2_000  # characters
MOST_TEXT = 100_000  # characters of all cells together

_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?")

_COLUMN = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 100},
        "kind": {
            "enum": ["text", "number", "date"],
            "description": "How the column is aligned and sorted; text if left out.",
        },
    },
    "required": ["name"],
    "additionalProperties": False,
}


class ShowTable(DisplayTool):
    """Shows a table."""

    traits = ToolTraits(kind="display", title="Table", timeout=5.0)
    definition = ToolDefinition(
        name="show_table",
        description=(
            "Shows the person a table that can be sorted and copied. Use it for more than a few rows of facts. The person "
            "sees it in the conversation: do not repeat it as text."
        ),
        parameters={
            "type": "object",
            "properties": {
                "title": TITLE,
                "columns": {"type": "array", "items": _COLUMN, "minItems": 1, "maxItems": MOST_COLUMNS},
                "rows": {
                    "type": "array",
                    "maxItems": MOST_ROWS,
                    "items": {
                        "type": "array",
                        "maxItems": MOST_COLUMNS,
                        "items": {"type": ["string", "number", "boolean", "null"], "maxLength": LONGEST_CELL},
                    },
                    "description": (
                        "One list of cells for each row, as long as the columns. null for an empty cell, numbers as "
                        "numbers without units, dates like 2026-07-21 or 2026-07-21T10:00."
                    ),
                },
            },
            "required": ["title", "columns", "rows"],
            "additionalProperties": False,
        },
    )

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Rows are as long as the columns, and cells of their kinds."""
        columns, rows = arguments["columns"], arguments["rows"]
        for index, row in enumerate(rows):
            if len(row) != len(columns):
                raise NotShownError(f"rows[{index}] has {len(row)} cells for {len(columns)} columns.", field="rows")
            for column, cell in zip(columns, row, strict=True):
                _check_cell(cell, kind=column.get("kind", "text"), place=f"rows[{index}], column {column['name']!r}")
        if sum(len(cell) for row in rows for cell in row if isinstance(cell, str)) > MOST_TEXT:
            raise NotShownError(f"rows: more than {MOST_TEXT:,} characters. Show a part of it.", field="rows")


def _check_cell(cell: Any, *, kind: str, place: str) -> None:
    if cell is None:
        return
    if kind == "number" and not is_finite(cell):
        raise NotShownError(f"{place}: a number is needed, without units and quotes.", field="rows")
    if kind == "date" and not _is_date(cell):
        raise NotShownError(f"{place}: a date like 2026-07-21 or 2026-07-21T10:00 is needed.", field="rows")
    if kind == "text" and not isinstance(cell, str | bool) and not is_finite(cell):
        raise NotShownError(f"{place}: the number is too large.", field="rows")


def _is_date(cell: Any) -> bool:
    if isinstance(cell, str) and _DATE.fullmatch(cell):
        with suppress(ValueError):
            return bool(datetime.fromisoformat(cell))
    return False
