"""What the page computes for tools, by itself: the state of calls, forms of answers, and the geometry of what is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

Frame = dict[str, Any]

browser_test = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


# --- State ----------------------------------------------------------------------------------------------------------

STATE = """async (sequences) => {
  const { emptyThread, reduce } = await import("/static/js/state/thread-state.js");
  return sequences.map((frames) => frames.reduce(reduce, emptyThread).tools);
}"""


def tool(seq: int, *, run: str = "r1", call: str = "c1", status: str = "running", **more: Any) -> Frame:
    return {"type": "tool", "seq": seq, "run_id": run, "tool_call_id": call, "name": "note", "status": status, **more}


def test_calls_of_two_runs_may_have_the_same_id(modules: Page) -> None:
    [tools] = modules.evaluate(STATE, [[tool(1, status="succeeded"), tool(2, run="r2", status="waiting")]])
    assert tools["r1"]["c1"]["status"] == "succeeded"
    assert tools["r2"]["c1"]["status"] == "waiting"


@pytest.mark.parametrize("page_first", [True, False])
def test_a_page_never_takes_back_what_a_call_has_come_to(modules: Page, page_first: bool) -> None:
    page: Frame = {"type": "page", "tools": [tool(1)]}
    news = tool(2, status="succeeded")
    [tools] = modules.evaluate(STATE, [[page, news] if page_first else [news, page]])
    assert tools["r1"]["c1"]["status"] == "succeeded"


WAITS = """async ([runs, tools]) => {
  const { emptyThread, reduce } = await import("/static/js/state/thread-state.js");
  const { waitsForPerson } = await import("/static/js/state/tool-calls.js");
  const state = [{ type: "page", runs, tools }].reduce(reduce, emptyThread);
  return waitsForPerson(state, runs[0].id);
}"""


def waits(modules: Page, *tools: Frame) -> bool:
    runs = [{"id": one, "status": "waiting", "number": index} for index, one in enumerate(("r1", "r2"))]
    answer: bool = modules.evaluate(WAITS, [runs, list(tools)])
    return answer


def test_a_run_waits_for_the_person_when_one_of_its_tasks_does(modules: Page) -> None:
    handed = tool(1, status="waiting", asks="run", child="r2")
    assert not waits(modules, handed, tool(2, run="r2"))
    assert waits(modules, handed, tool(2, run="r2", status="waiting", asks="answer"))
    assert waits(modules, tool(1, status="waiting", asks="approval"))
    assert not waits(modules, handed, tool(2, run="r2", status="waiting", asks="run", child="r1"))  # a circle


SOURCES = """async (calls) => {
  const { sourcesOf } = await import("/static/js/state/tool-calls.js");
  return sourcesOf(calls);
}"""


def test_sources_are_named_once_with_all_their_passages_and_no_strange_address(modules: Page) -> None:
    def read(seq: int, *sources: Any) -> Frame:
        return tool(seq, call=f"c{seq}", details={"sources": list(sources)})

    first = {"id": "1", "skill": "a", "title": "One", "passage": "x", "offset": 5, "url": "javascript:alert(1)"}
    calls = [
        read(2, {**first, "passage": "y"}, first),
        read(1, first),
        read(3, {"id": "1", "skill": "b"}, None, {}, "?"),
    ]
    found = modules.evaluate(SOURCES, {one["tool_call_id"]: one for one in calls})
    assert [(source["skill"], source["title"], source["url"]) for source in found] == [
        ("a", "One", ""),
        ("b", "Source", ""),
    ]
    assert [passage["text"] for passage in found[0]["passages"]] == ["x", "y"]


# --- Forms of answers -----------------------------------------------------------------------------------------------

FORM = """async ([schema, held]) => {
  const { formOf, blank, answerOf } = await import("/static/js/state/answer-form.js");
  const form = formOf(schema);
  return { types: form.fields.map(({ type }) => type), ...answerOf(form, { ...blank(form), ...held }) };
}"""
ONE_OF = {"oneOf": [{"const": "a", "title": "A"}, {"const": "b", "title": "B"}]}
OR_OTHER = {"anyOf": [*ONE_OF["oneOf"], {"title": "Other", "maxLength": 10}]}


def chosen(*values: str, other: str | None = None) -> Frame:
    return {"answer": {"chosen": list(values), "other": other is not None, "text": other or ""}}


@pytest.mark.parametrize(
    ("schema", "held", "content"),
    [
        ({"type": "string", **ONE_OF}, chosen("b"), "b"),
        ({"type": "string", **ONE_OF}, chosen(), None),
        ({"type": "string", "enum": ["x", "y"], "enumNames": ["X", "Y"]}, chosen("y"), "y"),
        ({"type": "string", **OR_OTHER}, chosen(other=" mine "), "mine"),
        ({"type": "string", **OR_OTHER}, chosen(other=" "), None),
        ({"type": "array", "minItems": 1, "items": OR_OTHER}, chosen("a", other="mine"), ["a", "mine"]),
        ({"type": "array", "minItems": 2, "items": ONE_OF}, chosen("a"), None),
        ({"type": "boolean"}, {"answer": False}, False),
        ({"type": "integer", "minimum": 2}, {"answer": "1"}, None),
        ({"type": "integer"}, {"answer": "12"}, 12),
        ({"type": "number"}, {"answer": "1,5"}, 1.5),
        ({"type": "number"}, {"answer": "NaN"}, None),
        ({"type": "string", "format": "email"}, {"answer": "nobody"}, None),
        ({"type": "string", "maxLength": 2}, {"answer": "😀😀"}, "😀😀"),
        ({"type": "object", "properties": {}}, {}, {}),
        ({"type": "array", "items": {"type": "number"}}, {"answer": "[1, 2]"}, [1, 2]),
        ({"type": "array", "items": {"type": "number"}}, {"answer": "1, 2"}, None),
        ({}, {"answer": '{"a": 1}'}, {"a": 1}),
    ],
)
def test_an_answer_is_what_was_filled_in_or_an_error(modules: Page, schema: Frame, held: Frame, content: Any) -> None:
    read = modules.evaluate(FORM, [schema, held])
    if content is None:
        assert read["errors"]
    else:
        assert (read["errors"], read["content"]) == ({}, content)


def test_fields_stand_in_the_order_that_was_meant_and_empty_ones_are_left_out(modules: Page) -> None:
    properties = {
        "note": {"type": "string", "format": "textarea"},
        "day": {"type": "string", "format": "date"},
        "ok": {"type": "boolean"},
        "size": {"type": "string", **ONE_OF},
    }
    schema = {"type": "object", "properties": properties, "x-order": ["size", "day", "gone"], "required": ["day"]}
    read = modules.evaluate(FORM, [schema, {"day": "2026-07-21"}])
    assert read["types"] == ["choice", "date", "longtext", "boolean"]
    assert (read["errors"], read["content"]) == ({}, {"day": "2026-07-21"})


# --- What is shown --------------------------------------------------------------------------------------------------

READ = """async ([file, name, values]) => {
  const read = (await import(`/static/js/render/${file}.js`))[name];
  return values.map((value) => read(value) !== null);
}"""
SERIES = [{"name": "a", "values": [1, None]}]
CHART = {"type": "bar", "title": "t", "labels": ["x", "y"], "series": SERIES}


@pytest.mark.parametrize(
    ("file", "name", "good", "bad"),
    [
        (
            "chart",
            "chartOf",
            [CHART, {**CHART, "type": "line"}, {**CHART, "type": "pie", "series": [{"name": "", "values": [0, 2]}]}],
            [
                None,
                {},
                {**CHART, "type": "radar"},
                {**CHART, "labels": ["x"]},
                {**CHART, "series": []},
                {**CHART, "series": [None]},
                {**CHART, "series": [{"name": "a", "values": ["1", 2]}]},
                {**CHART, "type": "pie"},
                {**CHART, "type": "pie", "series": [{"name": "a", "values": [-1, 2]}]},
                {**CHART, "type": "pie", "series": [{"name": "a", "values": [0, 0]}]},
            ],
        ),
        (
            "table",
            "tableOf",
            [{"columns": [{"name": "a"}], "rows": []}, {"columns": [{}], "rows": [[{"x": 1}]]}],
            [None, {}, {"columns": [], "rows": []}, {"columns": ["a"], "rows": []}, {"columns": [{}], "rows": [[]]}],
        ),
        (
            "diagram",
            "diagramOf",
            [{"nodes": [{"id": "a"}]}, {"nodes": [{"id": "a"}], "edges": [{"from": "a", "to": "a"}]}],
            [
                None,
                {},
                {"nodes": []},
                {"nodes": [{}]},
                {"nodes": [{"id": "a"}, {"id": "a"}]},
                {"nodes": [{"id": "a"}], "edges": [{"from": "a", "to": "b"}]},
            ],
        ),
    ],
)
def test_only_what_can_be_drawn_is_taken(modules: Page, file: str, name: str, good: list[Any], bad: list[Any]) -> None:
    assert modules.evaluate(READ, [file, name, good]) == [True] * len(good)
    assert modules.evaluate(READ, [file, name, bad]) == [False] * len(bad)


SCALES = """async (ranges) => {
  const { niceScale } = await import("/static/js/render/chart.js");
  return ranges.map(([low, high]) => niceScale(low, high));
}"""
numbers = st.floats(-1e12, 1e12, allow_nan=False).map(lambda value: round(value, 6))


@browser_test
@given(pairs=st.lists(st.tuples(numbers, numbers).map(sorted), min_size=1, max_size=20))
def test_an_axis_covers_its_values_with_few_round_steps(modules: Page, pairs: list[list[float]]) -> None:
    for (low, high), scale in zip(pairs, modules.evaluate(SCALES, pairs), strict=True):
        unseen = scale["step"] * 1e-6
        assert scale["low"] <= low + unseen
        assert scale["high"] >= high - unseen
        assert 2 <= len(scale["ticks"]) <= 9


BARS = """async (chart) => {
  const { chartOf, layOut } = await import("/static/js/render/chart.js");
  const measure = (text) => text.length * 7;
  return layOut(chartOf(chart), { width: 600, height: 300, measure, format: String });
}"""


def test_stacked_bars_stand_on_each_other_above_and_below_zero(modules: Page) -> None:
    series = [{"name": str(index), "values": [value]} for index, value in enumerate((4, -2, 3, -1))]
    drawn = modules.evaluate(BARS, {**CHART, "labels": ["x"], "series": series, "stacked": True})
    first, below, second, lowest = drawn["bars"]
    assert second["y"] + second["height"] == pytest.approx(first["y"])
    assert first["y"] + first["height"] == pytest.approx(drawn["zero"])
    assert below["y"] == pytest.approx(drawn["zero"])
    assert lowest["y"] == pytest.approx(below["y"] + below["height"])


def test_a_line_is_broken_where_there_is_no_value(modules: Page) -> None:
    series = [{"name": "a", "values": [1, 2, None, 3, 4]}]
    drawn = modules.evaluate(BARS, {**CHART, "type": "line", "labels": list("abcde"), "series": series})
    assert len(drawn["lines"][0]["paths"]) == 2
    assert len(drawn["lines"][0]["points"]) == 4


LAYOUT = """async (diagrams) => {
  const { diagramOf, layOut } = await import("/static/js/render/diagram.js");
  const sizeOf = ({ label }) => ({ width: 40 + 8 * label.length, height: 40 });
  return diagrams.map((one) => layOut(diagramOf(one), { sizeOf, labelSizeOf: () => ({ width: 50, height: 18 }) }));
}"""


@st.composite
def diagrams(draw: st.DrawFn) -> Frame:
    names = [f"n{index}" for index in range(draw(st.integers(1, 14)))]
    ends = st.sampled_from(names)
    edges = draw(st.lists(st.tuples(ends, ends, st.sampled_from(["", "yes"])), max_size=30))
    return {
        "nodes": [{"id": name, "label": name * draw(st.integers(1, 6))} for name in names],
        "edges": [{"from": source, "to": target, "label": label} for source, target, label in edges],
        "direction": draw(st.sampled_from(["TB", "LR"])),
    }


def overlap(one: Frame, other: Frame) -> bool:
    return all(
        abs(one[axis] - other[axis]) < (one[size] + other[size]) / 2 - 0.5
        for axis, size in (("x", "width"), ("y", "height"))
    )


@browser_test
@given(drawn=st.lists(diagrams(), min_size=1, max_size=8))
def test_no_box_of_a_diagram_lies_on_another_or_outside(modules: Page, drawn: list[Frame]) -> None:
    for diagram, layout in zip(drawn, modules.evaluate(LAYOUT, drawn), strict=True):
        labels = [edge["labelAt"] for edge in layout["edges"] if "labelAt" in edge]
        boxes = [*layout["nodes"], *labels]
        assert len(layout["edges"]) == len(diagram["edges"])
        assert len(labels) == sum(bool(edge["label"]) for edge in diagram["edges"])
        assert not [(a, b) for index, a in enumerate(boxes) for b in boxes[index + 1 :] if overlap(a, b)]
        for box in boxes:
            assert box["x"] - box["width"] / 2 >= 0
            assert box["x"] + box["width"] / 2 <= layout["width"] + 0.5
            assert box["y"] - box["height"] / 2 >= 0
            assert box["y"] + box["height"] / 2 <= layout["height"] + 0.5
        assert "NaN" not in json.dumps(layout["edges"])


NAMES = """async (titles) => {
  const { fileName } = await import("/static/js/ui/tools/document.js");
  return titles.map(fileName);
}"""


def test_a_documents_file_name_is_safe_everywhere(modules: Page) -> None:
    titles = ["../../etc/passwd", "Über: uns?", "  ", "a" * 300, "con\0.txt"]
    assert modules.evaluate(NAMES, titles) == [
        "etc-passwd.md",
        "Über-uns.md",
        "document.md",
        f"{'a' * 80}.md",
        "con-txt.md",
    ]
