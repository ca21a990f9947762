"""Display tools: what can be drawn is acknowledged, and what cannot be is told to the model, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from runs.tools.base import Tool
from runs.tools.display.base import SHOWN, NotShownError
from runs.tools.display.chart import ShowChart
from runs.tools.display.diagram import ShowDiagram
from runs.tools.display.document import LONGEST_DOCUMENT, ShowDocument
from runs.tools.display.table import ShowTable
from tests.runs.tools.calls import call, complaints, settled

CHART: dict[str, Any] = {
    "type": "bar",
    "title": "Rain",
    "labels": ["Jan", "Feb"],
    "series": [{"name": "Berlin", "values": [42, 33.5]}],
}
TABLE: dict[str, Any] = {
    "title": "Trips",
    "columns": [{"name": "Where"}, {"name": "km", "kind": "number"}, {"name": "When", "kind": "date"}],
    "rows": [["Rome", 1184, "2026-07-21"], ["Oslo", None, "2026-07-21T10:00:00+02:00"]],
}
DIAGRAM: dict[str, Any] = {
    "title": "Tea",
    "nodes": [{"id": "a", "label": "Boil water"}, {"id": "b", "label": "Hot?", "shape": "diamond"}],
    "edges": [{"from": "a", "to": "b"}, {"from": "b", "to": "a", "label": "no"}, {"from": "b", "to": "b"}],
}
HUGE = 10**400
NAN = float("nan")


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        (ShowChart(), CHART),
        (ShowChart(), {**CHART, "stacked": True, "units": "mm", "x_title": "Month", "labels": [2025, "2026"]}),
        (ShowChart(), {**CHART, "type": "line", "series": [{"name": "Berlin", "values": [None, -1]}]}),
        (ShowChart(), {**CHART, "type": "pie"}),
        (ShowTable(), TABLE),
        (ShowTable(), {**TABLE, "rows": []}),
        (ShowTable(), {"title": "Mixed", "columns": [{"name": "What"}], "rows": [["x"], [1.5], [True], [None]]}),
        (ShowDiagram(), DIAGRAM),
        (ShowDiagram(), {**DIAGRAM, "kind": "flow", "direction": "LR", "edges": []}),
        (ShowDocument(), {"title": "Letter", "markdown": "Dear Ann,\n\n**hello**"}),
        (ShowDocument(), {"title": "Long", "markdown": "x" * LONGEST_DOCUMENT}),
    ],
)
async def test_what_can_be_drawn_is_acknowledged(tool: Tool, arguments: dict[str, Any]) -> None:
    result = await settled(tool, **arguments)
    assert tool.traits.kind == "display"
    assert (result.content, result.is_error) == (SHOWN, False)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels": ["Jan"]}, "series[0].values: 2 values for 1 labels"),
        ({"series": [{"name": "Berlin", "values": [1, HUGE]}]}, "series[0].values: a number is too large"),
        ({"series": [{"name": "Berlin", "values": [1, NAN]}]}, "series[0].values: a number is too large, or none"),
        ({"series": [{"name": "Berlin", "values": [1, float("inf")]}]}, "series[0].values: a number is too large"),
        ({"series": [{"name": "Berlin", "values": [None, None]}]}, "no value in it"),
        ({"series": CHART["series"] * 2}, "a name of its own"),
        ({"labels": ["Jan", HUGE]}, "labels: a number is too large"),
        ({"type": "line", "stacked": True}, "only bars can be stacked"),
        ({"type": "pie", "series": [*CHART["series"], {"name": "Rome", "values": [1, 2]}]}, "exactly one series"),
        ({"type": "pie", "series": [{"name": "Berlin", "values": [1, -2]}]}, "0 or more"),
        ({"type": "pie", "series": [{"name": "Berlin", "values": [1, None]}]}, "0 or more"),
        ({"type": "pie", "series": [{"name": "Berlin", "values": [0, 0]}]}, "not all 0"),
    ],
)
async def test_a_chart_that_cannot_be_drawn(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(NotShownError) as refused:
        await call(ShowChart(), **CHART | changes)
    assert said in refused.value.message


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (["Rome", 1], "rows[0] has 2 cells for 3 columns"),
        (["Rome", 1, "2026-07-21", 4], "rows[0] has 4 cells for 3 columns"),
        (["Rome", "1184", None], "rows[0], column 'km': a number is needed"),
        (["Rome", True, None], "column 'km': a number is needed"),
        (["Rome", NAN, None], "column 'km': a number is needed"),
        ([HUGE, 1, None], "column 'Where': the number is too large"),
        (["Rome", 1, "21.7.2026"], "column 'When': a date like 2026-07-21"),
        (["Rome", 1, "2026-02-30"], "column 'When': a date like 2026-07-21"),
        (["Rome", 1, "20260721"], "column 'When': a date like 2026-07-21"),
        (["Rome", 1, 20260721], "column 'When': a date like 2026-07-21"),
    ],
)
async def test_a_table_that_cannot_be_drawn(row: list[Any], said: str) -> None:
    with pytest.raises(NotShownError) as refused:
        await call(ShowTable(), **TABLE | {"rows": [row]})
    assert said in refused.value.message


async def test_a_table_is_no_place_for_a_library() -> None:
    with pytest.raises(NotShownError, match="Show a part of it"):
        await call(ShowTable(), title="Long", columns=[{"name": "Text"}], rows=[["x" * 2_000]] * 51)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"nodes": [*DIAGRAM["nodes"], {"id": "a", "label": "Again"}]}, "the id 'a' is used for 2 nodes"),
        ({"edges": [{"from": "a", "to": "c"}]}, "edges[0].to: there is no node 'c'"),
        ({"edges": [{"from": "A", "to": "b"}]}, "edges[0].from: there is no node 'A'"),
    ],
)
async def test_a_diagram_that_cannot_be_drawn(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(NotShownError) as refused:
        await call(ShowDiagram(), **DIAGRAM | changes)
    assert said in refused.value.message


async def test_an_empty_document_is_none() -> None:
    with pytest.raises(NotShownError):
        await call(ShowDocument(), title="Nothing", markdown=" \n ")


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        (ShowChart(), {**CHART, "type": "radar"}, "type has to be one of"),
        (ShowChart(), {**CHART, "labels": ["x"] * 201}, "labels has too many entries"),
        (ShowChart(), {**CHART, "series": CHART["series"] * 9}, "series has too many entries"),
        (ShowChart(), {**CHART, "series": [{"name": "a", "values": ["1"]}]}, "series[0].values[0] has to be a number"),
        (ShowChart(), {**CHART, "onclick": "alert(1)"}, "has no 'onclick'"),
        (ShowChart(), {**CHART, "title": ""}, "title is too short"),
        (ShowTable(), {**TABLE, "rows": [[None] * 3] * 201}, "rows has too many entries"),
        (ShowTable(), {**TABLE, "columns": [{"name": "x"}] * 21}, "columns has too many entries"),
        (ShowTable(), {**TABLE, "rows": [[{"html": "x"}, 1, None]]}, "rows[0][0] has to be"),
        (ShowTable(), {**TABLE, "rows": [["x" * 2_001, 1, None]]}, "rows[0][0] is too long"),
        (ShowDiagram(), {**DIAGRAM, "nodes": [{"id": "a", "label": "A"}] * 61}, "nodes has too many entries"),
        (ShowDiagram(), {**DIAGRAM, "edges": DIAGRAM["edges"] * 51}, "edges has too many entries"),
        (ShowDiagram(), {"title": "Tea", "mermaid": "graph TD"}, "has no 'mermaid'"),
        (ShowDocument(), {"title": "Long", "markdown": "x" * (LONGEST_DOCUMENT + 1)}, "markdown is too long"),
    ],
)
def test_limits_of_the_schemas(tool: Tool, arguments: dict[str, Any], said: str) -> None:
    assert any(said in complaint for complaint in complaints(tool, **arguments))
