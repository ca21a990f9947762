"""What the model sees, as pure functions: the window, numbers of runs, summaries in their places, what a call saw."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

WINDOW = {"window": 1000, "answer": 200, "system": 100, "tools": 50, "history": 250, "message": 0, "free": 400}


def of(modules: Page, module: str, name: str, *given: Any) -> Any:
    """What a function of a module of state/ gives."""
    script = "async ([module, name, given]) => (await import(`/static/js/state/${module}.js`))[name](...given)"
    return modules.evaluate(script, [module, name, list(given)])


# --- The window -----------------------------------------------------------------------------------------------------


def test_a_window_is_as_full_as_what_is_sent_of_what_the_answer_leaves(modules: Page) -> None:
    assert of(modules, "context", "fullness", WINDOW) == {"taken": 400, "room": 800, "percent": 50}
    assert of(modules, "context", "fullness", {**WINDOW, "history": 5000})["percent"] == 100


def test_the_parts_of_a_window_stand_beside_each_other(modules: Page) -> None:
    parts = of(modules, "context", "segmentsOf", WINDOW)
    assert [part["name"] for part in parts] == ["system", "tools", "history", "answer", "free"]
    assert [round(part["from"], 3) for part in parts] == [0, 0.1, 0.15, 0.4, 0.6]
    assert parts[-1]["until"] == pytest.approx(1)


def test_more_than_fits_is_all_of_the_bar(modules: Page) -> None:
    parts = of(modules, "context", "segmentsOf", {**WINDOW, "history": 2000, "free": 0})
    assert parts[-1]["until"] == pytest.approx(1)


def test_what_is_being_written_counts(modules: Page) -> None:
    drafted = of(modules, "context", "withDraft", WINDOW, "ä" * 35)
    assert (drafted["message"], drafted["free"]) == (20, 380)
    assert of(modules, "context", "withDraft", WINDOW, " \n")["message"] == 0


def test_the_window_is_looked_at_again_for_what_changes_it_and_for_nothing_else(modules: Page) -> None:
    def sign(**fields: Any) -> str:
        run = {"id": "a", "status": "completed", "context": "full", "pinned": False, "importance": 40, **fields}
        return str(of(modules, "context", "signOf", {"runs": {"a": run}, "thread": {"head": "a"}}))

    same = sign()
    assert sign(title="Named", tags=["x"]) == same
    assert len({same, sign(context="excluded"), sign(pinned=True), sign(importance=90), sign(status="running")}) == 5


# --- Numbers of runs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "said"),
    [([3], "3"), ([4, 3], "3, 4"), ([3, 4, 5], "3–5"), ([1, 3, 4, 5, 9, 5], "1, 3–5, 9"), ([], "")],
)
def test_numbers_are_said_in_ranges(modules: Page, numbers: list[int], said: str) -> None:
    assert of(modules, "run-numbers", "rangesOf", numbers) == said


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.integers(1, 60), min_size=1))
def test_what_is_said_of_numbers_names_them_again(modules: Page, numbers: set[int]) -> None:
    said = of(modules, "run-numbers", "rangesOf", sorted(numbers))
    named = of(modules, "run-numbers", "numbersIn", f"{said} and more")
    assert {n for one in named["ranges"] for n in range(one["from"], one["until"] + 1)} == numbers
    assert named["rest"] == "and more"


def parse(modules: Page, text: str) -> Any:
    script = """async ([text, runs]) => {
      const { parse } = await import("/static/js/state/commands.js");
      return parse(text, { runs: () => runs });
    }"""
    return modules.evaluate(script, [text, [{"id": f"r{n}", "number": n} for n in (1, 2, 3, 5)]])


def test_runs_are_summarised_by_their_numbers(modules: Page) -> None:
    parsed = parse(modules, "/summarize 2-3, 5 Keep the figures\nAnd now?")
    command = {"type": "summarize", "runs": ["r2", "r3", "r5"], "instructions": "Keep the figures"}
    assert (parsed["commands"], parsed["text"]) == ([command], "And now?")
    assert parse(modules, "/summarize all")["commands"] == [{"type": "summarize", "runs": ["r1", "r2", "r3", "r5"]}]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("/summarize", "needs"),
        ("/summarize everything", "needs the numbers"),
        ("/summarize 4", "no run 4 that has ended"),
        ("/summarize 1, 7-9", "no runs 7"),
        (f"/summarize 1 {'x' * 2001}", "too long"),
    ],
)
def test_what_cannot_be_summarised_is_said(modules: Page, text: str, says: str) -> None:
    parsed = parse(modules, text)
    assert says in parsed["problem"]
    assert parsed["commands"] == []


# --- Summaries in the transcript --------------------------------------------------------------------------------------


def run(number: int, **fields: Any) -> dict[str, Any]:
    before = f"r{number - 1}" if number > 1 else None
    return {"id": f"r{number}", "number": number, "parent": before, "lane": "l", "status": "completed", **fields}


def thread(*runs: dict[str, Any], summaries: tuple[dict[str, Any], ...] = (), **fields: Any) -> dict[str, Any]:
    return {
        "thread": {"head": runs[-1]["id"]},
        "runs": {one["id"]: one for one in runs},
        "groups": {},
        "summaries": {one["id"]: one for one in summaries},
        "view": {"held": None, "from": None, "until": None},
        **fields,
    }


def blocks(modules: Page, state: dict[str, Any]) -> list[Any]:
    script = """async (state) => {
      const { blocks } = await import("/static/js/state/blocks.js");
      const { branch } = await import("/static/js/state/thread-view.js");
      const brief = (block) => {
        if (block.type === "run") return block.run.number;
        if (block.type === "group") return { group: block.blocks.map(brief) };
        return { summary: block.runs.map(({ number }) => number), isFirst: block.isFirst };
      };
      return blocks(state, branch(state)).map(brief);
    }"""
    found: list[Any] = modules.evaluate(script, state)
    return found


def summarised(number: int, **fields: Any) -> dict[str, Any]:
    return run(number, context="summarised", summary="s", **fields)


def test_a_summary_stands_where_its_runs_are(modules: Page) -> None:
    summary = {"id": "s", "runs": ["r2", "r3", "r5"]}
    runs = [run(1), summarised(2), summarised(3), run(4), summarised(5), run(6)]
    first, later = {"summary": [2, 3], "isFirst": True}, {"summary": [5], "isFirst": False}
    assert blocks(modules, thread(*runs, summaries=(summary,))) == [1, first, 4, later, 6]
    assert blocks(modules, thread(*runs)) == [1, 2, 3, 4, 5, 6], "not read yet"


def test_a_summary_that_speaks_of_another_branch_does_not_count_here(modules: Page) -> None:
    summary = {"id": "s", "runs": ["r2", "x3"]}
    beside = run(7, context="summarised", summary="s") | {"id": "x3", "parent": "r2"}
    state = thread(beside, run(1), summarised(2), run(3), summaries=(summary,))
    assert blocks(modules, state) == [1, 2, 3]
    removed = thread(
        run(1), summarised(2), summarised(3, deleted_at="now"), run(4), summaries=({"id": "s", "runs": ["r2", "r3"]},)
    )
    assert blocks(modules, removed) == [1, 2, 4]


def test_runs_that_were_not_read_are_not_in_the_way_of_their_summary(modules: Page) -> None:
    state = thread(summarised(2, parent="r1"), run(3), summaries=({"id": "s", "runs": ["r1", "r2"]},))
    assert blocks(modules, state) == [{"summary": [2], "isFirst": True}, 3]


def test_a_group_holds_the_summaries_of_its_runs(modules: Page) -> None:
    groups = {"g": {"id": "g", "name": "Begin"}}
    state = thread(
        summarised(1, group="g"),
        summarised(2, group="g"),
        run(3, group="g"),
        run(4),
        summaries=({"id": "s", "runs": ["r1", "r2"]},),
        groups=groups,
    )
    assert blocks(modules, state) == [{"group": [{"summary": [1, 2], "isFirst": True}, 3]}, 4]


# --- What a model call saw --------------------------------------------------------------------------------------------


def test_what_was_seen_is_told_run_by_run(modules: Page) -> None:
    messages = [
        {"role": "user", "number": 2, "form": "summary", "content": []},
        {"role": "user", "number": 5, "run_id": "r5", "form": "whole", "content": []},
        {"role": "tool", "number": 5, "run_id": "r5", "form": "shortened", "content": []},
    ]
    sections = of(modules, "model-call", "sectionsOf", {"messages": messages})
    assert [(one["number"], len(one["messages"])) for one in sections] == [(2, 1), (5, 2)]
    assert of(modules, "model-call", "leftOutOf", {"left_out": [1, 3, 4, 5]}) == "Runs 1, 3–5 were left out."
    assert of(modules, "model-call", "leftOutOf", {"left_out": []}) == ""


def test_calls_and_images_are_told_in_words(modules: Page) -> None:
    content = [
        {"type": "text", "text": "Look."},
        {"type": "image", "alt": "A heron"},
        {"type": "tool_use", "name": "find", "arguments": {"q": "x"}},
        {"type": "tool_use", "name": "find", "arguments_text": "{broken"},
        {"type": "tool_result", "content": "42"},
    ]
    said = of(modules, "model-call", "textOf", {"content": content})
    assert said == 'Look.\n\n[Image: A heron]\n\n[Calls find: {"q":"x"}]\n\n[Calls find: {broken]\n\n42'
