"""What is drawn around runs, as plain functions of the page: blocks, where runs come from, their time, two in figures."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

Run = dict[str, Any]
EMPTY: dict[str, Any] = {"groups": {}, "thread": {"head": "r1"}, "siblings": {}}


def run(number: int, **fields: Any) -> Run:
    """A run that has ended, behind the one before it."""
    parent = {"parent": f"r{number - 1}"} if number > 1 else {}
    ended = {
        "id": f"r{number}",
        "number": number,
        "kind": "user",
        "trigger": "user",
        "status": "completed",
        "thread_id": "t",
    }
    return {**ended, **parent, **fields}


def state_of(*runs: Run, **fields: Any) -> dict[str, Any]:
    """The state of a thread that has these runs."""
    return {**EMPTY, "runs": {one["id"]: one for one in runs}, **fields}


# --- Blocks ---------------------------------------------------------------------------------------------------------

BLOCKS = """async ([state, runs, kept]) => {
  const { blocks } = await import("/static/js/state/blocks.js");
  const ids = ({ run, runs }) => (runs ?? [run]).map(({ id }) => id);
  return blocks(state, runs, kept).map((block) => [block.type, block.group?.name ?? "", ids(block)]);
}"""


def blocks(
    page: Page, state: dict[str, Any], branch: list[Run], kept: dict[str, bool] | None = None
) -> list[list[Any]]:
    found: list[list[Any]] = page.evaluate(BLOCKS, [state, branch, kept or {}])
    return found


def test_neighbours_of_a_group_are_one_block(modules: Page) -> None:
    group = {"id": "g", "name": "Plan", "folded": False}
    runs = [run(1, group="g"), run(2, group="g"), run(3), run(4, group="g"), run(5, group="unknown")]
    state = state_of(*runs, groups={"g": group})
    assert blocks(modules, state, runs) == [
        ["group", "Plan", ["r1", "r2"]],
        ["run", "", ["r3"]],
        ["group", "Plan", ["r4"]],
        ["run", "", ["r5"]],
    ]


def batch() -> tuple[Run, list[Run]]:
    """A run, and behind it three that one input was given to."""
    return run(1), [run(number, parent="r1", batch="b") for number in (2, 3, 4)]


def test_answers_to_one_question_stand_side_by_side_until_one_is_kept(modules: Page) -> None:
    first, asked = batch()
    state = state_of(first, *asked)
    beside = [["run", "", ["r1"]], ["batch", "", ["r2", "r3", "r4"]]]
    assert blocks(modules, state, [first, asked[0]]) == beside
    assert blocks(modules, state, [first, asked[0]], {"b": True})[1] == ["run", "", ["r2"]]


@pytest.mark.parametrize(
    "what", ["another is the head", "gone on with", "the others were removed", "one alone is known"]
)
def test_a_batch_that_is_decided_shows_one_answer(modules: Page, what: str) -> None:
    first, asked = batch()
    branch, runs = [first, asked[0]], [first, *asked]
    if what == "another is the head":
        branch = [first, asked[1]]
    elif what == "gone on with":
        runs.append(run(5, parent="r3"))
    elif what == "the others were removed":
        runs = [first, asked[0], *({**one, "deleted_at": "2026-01-01T00:00:00Z"} for one in asked[1:])]
    else:
        runs = branch
    assert blocks(modules, state_of(*runs), branch)[-1] == ["run", "", [branch[-1]["id"]]]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_run_of_the_branch_is_in_one_block_in_its_order(modules: Page, data: st.DataObject) -> None:
    groups = {name: {"id": name, "name": name, "folded": False} for name in "gh"}
    of = st.sampled_from([{}, {"group": "g"}, {"group": "h"}, {"group": "x"}, {"batch": "b"}])
    runs = [run(number, **data.draw(of)) for number in range(1, data.draw(st.integers(0, 8)) + 1)]
    found = blocks(modules, state_of(*runs, groups=groups), runs)
    drawn = [one for kind, _, ids in found for one in ids if kind != "batch"]
    assert drawn == [one["id"] for one in runs][: len(drawn)]
    assert len(drawn) == len(runs) or found[-1][0] == "batch"


# --- What a run came from -------------------------------------------------------------------------------------------

PROVENANCE = """async ([state, run]) => {
  const { provenance } = await import("/static/js/state/provenance.js");
  const told = provenance(state, run).map(({ text, run, to, far }) => ({ text, run: run?.number, to, far }));
  return JSON.parse(JSON.stringify(told)); // without what is undefined
}"""


def test_a_run_says_what_it_came_from(modules: Page) -> None:
    def told(one: Run, **fields: Any) -> Any:
        return modules.evaluate(PROVENANCE, [state_of(run(1), run(2), **fields), one])

    assert told(run(3)) == []
    retry = run(3, origin={"run_id": "r2", "how": "retry"})
    assert told(retry) == [{"text": "Retry of", "run": 2, "to": {"threadId": "t", "runId": "r2"}}]
    [unknown] = told(run(3, origin={"run_id": "r9", "how": "edit"}))
    assert (unknown["text"], unknown.get("run"), unknown["to"]["runId"]) == ("Edited from", None, "r9")
    system = run(3, kind="system", trigger="tool", cause={"run_id": "r1", "tool_call_id": "c"})
    assert told(system) == [{"text": "Started by a finished tool", "run": 1, "to": {"threadId": "t", "runId": "r1"}}]
    assert told(run(3, kind="system", trigger="schedule")) == [{"text": "Started by a schedule"}]


def test_of_copied_runs_the_last_one_says_so(modules: Page) -> None:
    thread = {"head": "r2", "forked_from": {"run_id": "far2", "thread_id": "u"}}
    copies = [run(n, origin={"run_id": f"far{n}", "how": "fork"}) for n in (1, 2)]
    told = [modules.evaluate(PROVENANCE, [state_of(*copies, thread=thread), one]) for one in copies]
    assert told[0] == []
    assert told[1] == [{"text": "Copied up to here from", "to": {"threadId": "u", "runId": "far2"}, "far": True}]


# --- Its time -------------------------------------------------------------------------------------------------------

ROWS = """async ([timeline, options]) => {
  const { timelineRows, totalsOf } = await import("/static/js/state/timeline.js");
  return { rows: timelineRows(timeline, options), totals: totalsOf(timeline, options.now) };
}"""


def at(seconds: float) -> str:
    """So many seconds after ten."""
    return f"2026-01-01T10:{int(seconds) // 60:02}:{int(seconds) % 60:02}.{round(seconds % 1 * 1000):03}Z"


def entry(kind: str, start: float, end: float | None = None, **fields: Any) -> dict[str, Any]:
    ends = {} if end is None else {"finished_at": at(end)}
    return {"kind": kind, "label": kind, "status": "done", "started_at": at(start), **ends, "details": {}, **fields}


def test_entries_stand_where_they_were_in_time(modules: Page) -> None:
    inner = [entry("model", 6, 7)]
    timeline = {
        "started_at": at(0),
        "finished_at": at(10),
        "entries": [
            entry("queue", 0, 1),
            entry("model", 1, 5, details={"first_token_at": at(3)}),
            entry("step", 5),
            entry("delegation", 5, 10, entries=inner),
        ],
    }
    rows = modules.evaluate(ROWS, [timeline, {}])["rows"]
    assert [row["depth"] for row in rows] == [0, 0, 0, 0, 1]
    assert [(row["from"], row["until"]) for row in rows] == [(0, 0.1), (0.1, 0.5), (0.5, 0.5), (0.5, 1), (0.6, 0.7)]
    assert rows[1]["first"] == 0.3
    assert [row["seconds"] for row in rows] == [1, 4, None, 5, 1]
    assert [row["began"] for row in rows] == [0, 1, 5, 5, 6]


def test_what_goes_on_ends_now(modules: Page) -> None:
    timeline = {"started_at": at(0), "entries": [entry("queue", 0, 1), entry("model", 1, status="running")]}
    found = modules.evaluate(ROWS, [timeline, {"now": 1_767_261_604_000}])  # four seconds after ten
    assert (found["rows"][1]["until"], found["rows"][1]["seconds"], found["totals"]["seconds"]) == (1, 3, 4)


SPANS = st.lists(
    st.tuples(st.sampled_from(["queue", "wait", "model", "tool"]), st.integers(1, 90)), min_size=1, max_size=8
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spans=SPANS, skip=st.booleans())
def test_places_keep_the_order_of_time(modules: Page, spans: list[tuple[str, int]], skip: bool) -> None:
    entries, now = [], 0
    for kind, length in spans:
        entries.append(entry(kind, now, now + length))
        now += length
    timeline = {"started_at": at(0), "finished_at": at(now), "entries": entries}
    rows = modules.evaluate(ROWS, [timeline, {"skipWaits": skip}])["rows"]
    places = [place for row in rows for place in (row["from"], row["until"])]
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in places)
    assert all(one <= other + 1e-9 for one, other in pairwise(places))
    assert places[-1] == pytest.approx(1)
    if skip and {kind for kind, _ in spans} & {"model", "tool"}:
        waits = sum(row["until"] - row["from"] for row in rows if row["entry"]["kind"] in ("queue", "wait"))
        assert waits < 0.2


# --- Two runs -------------------------------------------------------------------------------------------------------

COMPARED = """async ([a, b]) => {
  const { figures, ratio, toolRows } = await import("/static/js/state/comparison.js");
  const tools = toolRows({ a, b }).map(({ name, a, b }) => [name, a?.status, b?.status]);
  return { figures: figures({ a, b }).map((row) => [row.name, row.a, row.b, ratio(row)]), tools };
}"""


def side(
    *, tools: list[tuple[str, str]] | None = None, seconds: dict[str, float] | None = None, **usage: Any
) -> dict[str, Any]:
    return {
        "run": {"usage": {"input_tokens": 10, "output_tokens": 0, "model_calls": 1, **usage}},
        "seconds": {"waiting": 0, **(seconds or {})},
        "tools": [{"name": name, "status": status} for name, status in tools or []],
        "steps": [],
    }


def test_figures_say_how_much_more_the_second_took(modules: Page) -> None:
    a = side(seconds={"working": 2.0}, output_tokens=100, cost="0.010")
    b = side(seconds={"working": 3.0, "first_answer": 0.5}, output_tokens=50)
    assert modules.evaluate(COMPARED, [a, b])["figures"] == [
        ["First word after", None, 0.5, None],
        ["Worked", 2, 3, 1.5],
        ["Tokens in", 10, 10, None],
        ["Tokens out", 100, 50, 0.5],
        ["Cost", 0.01, None, None],
        ["Model calls", 1, 1, None],
    ]


def test_calls_of_the_same_tool_stand_beside_each_other(modules: Page) -> None:
    a = side(tools=[("search", "succeeded"), ("note", "failed"), ("search", "succeeded")])
    b = side(tools=[("note", "succeeded"), ("search", "failed"), ("chart", "succeeded")])
    assert modules.evaluate(COMPARED, [a, b])["tools"] == [
        ["search", "succeeded", "failed"],
        ["note", "failed", "succeeded"],
        ["search", "succeeded", None],
        ["chart", None, "succeeded"],
    ]


CANDIDATES = """async ([state, run, siblings]) => {
  const { candidates } = await import("/static/js/state/comparison.js");
  return candidates(state, run, siblings).map(({ label, runs }) => [label, runs.map(({ id }) => id)]);
}"""


def test_attempts_at_the_same_turn_are_offered_first(modules: Page) -> None:
    runs = [run(1), run(2), run(3, parent="r1"), run(4, parent="r1"), run(5, parent="r2")]
    state = state_of(*runs, thread={"head": "r3"})
    found = modules.evaluate(CANDIDATES, [state, runs[2], ["r2", "r3", "r4"]])
    assert found == [["Other attempts", ["r2", "r4"]], ["This branch", ["r1"]], ["Elsewhere", ["r5"]]]
