"""``show_chart``: bars, lines and pies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runs.inference.base import ToolDefinition
from runs.tools.base import ToolTraits
from runs.tools.display.base import TITLE, DisplayTool, NotShownError, is_finite

MOST_POINTS = 200
MOST_SERIES = 8

_SERIES = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 100, "description": "For the legend."},
        "values": {
            "type": "array",
            "items": {"type": ["number", "null"]},
            "minItems": 1,
            "maxItems": MOST_POINTS,
            "description": "One number for each label, null where there is none.",
        },
    },
    "required": ["name", "values"],
    "additionalProperties": False,
}


class ShowChart(DisplayTool):
    """Draws series of numbers over labels."""

    traits = ToolTraits(kind="display", title="Chart", timeout=5.0)
    definition = ToolDefinition(
        name="show_chart",
        description=(
            "Shows the person a chart. Bars compare, lines show a course, a pie shows shares of a whole. The person sees it "
            "drawn in the conversation: do not repeat its numbers as text."
        ),
        parameters={
            "type": "object",
            "properties": {
                "type": {"enum": ["bar", "line", "pie"]},
                "title": TITLE,
                "labels": {
                    "type": "array",
                    "items": {"type": ["string", "number"], "maxLength": 100},
                    "minItems": 1,
                    "maxItems": MOST_POINTS,
                    "description": "What stands along the axis, or the names of a pie's slices.",
                },
                "series": {
                    "type": "array",
                    "items": _SERIES,
                    "minItems": 1,
                    "maxItems": MOST_SERIES,
                    "description": "Rows of numbers; a pie has exactly one.",
                },
                "units": {"type": "string", "maxLength": 40, "description": "Of the numbers, such as € or kWh."},
                "x_title": {"type": "string", "maxLength": 100, "description": "What the labels are, such as Month."},
                "stacked": {"type": "boolean", "description": "Bars of one label on top of each other."},
            },
            "required": ["type", "title", "labels", "series"],
            "additionalProperties": False,
        },
    )

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Lengths agree, numbers are finite, and a pie has slices."""
        labels, series = arguments["labels"], arguments["series"]
        if not all(isinstance(label, str) or is_finite(label) for label in labels):
            raise NotShownError("labels: a number is too large.", field="labels")
        for index, row in enumerate(series):
            _check_values(f"series[{index}].values", row["values"], labels=len(labels))
        names = [row["name"] for row in series]
        if len(set(names)) < len(names):
            raise NotShownError("series: give each series a name of its own.", field="series")
        if arguments.get("stacked") and arguments["type"] != "bar":
            raise NotShownError("stacked: only bars can be stacked.", field="stacked")
        if arguments["type"] == "pie":
            _check_pie(series)


def _check_values(field: str, values: list[Any], *, labels: int) -> None:
    if len(values) != labels:
        raise NotShownError(f"{field}: {len(values)} values for {labels} labels. Give one for each label.", field=field)
    if not all(value is None or is_finite(value) for value in values):
        raise NotShownError(f"{field}: a number is too large, or none.", field=field)
    if all(value is None for value in values):
        raise NotShownError(f"{field}: there is no value in it.", field=field)


def _check_pie(series: list[Any]) -> None:
    if len(series) != 1:
        raise NotShownError("series: a pie has exactly one series. Use bars for several.", field="series")
    values = series[0]["values"]
    if any(value is None or value < 0 for value in values) or not sum(values):
        raise NotShownError("series[0].values: slices of a pie are numbers of 0 or more, not all 0.", field="series")
