"""The tree of a thread in the page: which part of which branch is drawn, who stands beside whom, and the map of it all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

Frame = dict[str, Any]
THREAD = str(UUID(int=10**6))

VIEW = """async (sequences) => {
  const { emptyThread, reduce } = await import("/static/js/state/thread-state.js");
  const { queueOf, stretch } = await import("/static/js/state/thread-view.js");
  const { siblingsOf } = await import("/static/js/state/branches.js");
  const numbers = (runs) => runs.map(({ number }) => number);
  return sequences.map((frames) => {
    const state = frames.reduce(reduce, emptyThread);
    const runs = stretch(state);
    const siblings = runs.map((run) => siblingsOf(state, run).map((id) => state.runs[id]?.number ?? id));
    return { drawn: numbers(runs), queued: numbers(queueOf(runs)), siblings, view: state.view };
  });
}"""

MAP = """async ([map, opened]) => {
  const { mapRows } = await import("/static/js/state/branch-map.js");
  return mapRows(map, { opened: new Set(opened) }).map((row) =>
    row.hidden ? { hidden: row.hidden.map(({ number }) => number), column: row.column }
      : { number: row.run.number, column: row.column, rails: row.rails, begins: row.begins, shown: row.isShown });
}"""


def id_of(number: int) -> str:
    return str(UUID(int=number))


def run(number: int, parent: int = 0, status: str = "completed", **fields: Any) -> Frame:
    above = {"parent": id_of(parent)} if parent else {}
    return {"id": id_of(number), "number": number, "lane": "x", "status": status, **above, **fields}


def said(*numbers: int) -> list[Frame]:
    content = [{"type": "text", "text": "?"}]
    return [
        {"id": id_of(1000 + number), "run_id": id_of(number), "role": "user", "status": "complete", "content": content}
        for number in numbers
    ]


def page(runs: list[Frame], *, head: int, read: list[int], first: int | None = None, last: int | None = None) -> Frame:
    """What was read to be drawn: the messages of some runs, between two of them (None: the beginning, the end)."""
    view = {"from": first and id_of(first), "until": last and id_of(last)}
    thread = {"id": THREAD, "head": id_of(head)}
    return {"type": "page", "thread": thread, "runs": runs, "messages": said(*read), "view": view}


def shows(head: int) -> Frame:
    return {"type": "thread", "thread_id": THREAD, "changed": {"head": id_of(head)}}


#     1 ─ 2 ─ 3 ─ 4
#      └─ 5 ─ 6
TREE = [run(1), run(2, 1), run(3, 2), run(4, 3), run(5, 1, lane="y"), run(6, 5, lane="y")]


def test_another_branch_is_drawn_when_it_has_been_read(modules: Page) -> None:
    first = page(TREE, head=4, read=[1, 2, 3, 4])
    later = page([], head=6, read=[5, 6])
    held, drawn, known = modules.evaluate(
        VIEW, [[first, shows(6)], [first, shows(6), later], [first, shows(6), later, shows(4)]]
    )
    assert held["drawn"] == [1, 2, 3, 4]
    assert held["view"]["held"] == id_of(4)
    assert drawn["drawn"] == [1, 5, 6]
    assert known["drawn"] == [1, 2, 3, 4]
    assert known["view"]["held"] is None


def test_a_branch_that_leaves_before_what_was_read_has_to_be_read(modules: Page) -> None:
    begun = page(TREE, head=4, read=[3, 4], first=3)
    reread = page([], head=6, read=[1, 5, 6])
    held, drawn = modules.evaluate(VIEW, [[begun, shows(6)], [begun, shows(6), reread]])
    assert held["drawn"] == [3, 4]
    assert drawn["drawn"] == [1, 5, 6]


def test_in_the_middle_of_a_branch_nothing_is_drawn_behind_its_end(modules: Page) -> None:
    middle = page(TREE, head=4, read=[2, 3], first=2, last=3)
    grown = {"type": "page", "runs": [run(7, 4)], "messages": said(7), "thread": {"id": THREAD, "head": id_of(7)}}
    shown, more, elsewhere = modules.evaluate(VIEW, [[middle], [middle, grown], [middle, shows(6)]])
    assert shown["drawn"] == more["drawn"] == elsewhere["drawn"] == [2, 3]
    assert more["view"]["held"] is None
    assert elsewhere["view"]["held"] == id_of(4)


def test_siblings_are_what_pages_tell_and_what_came_since(modules: Page) -> None:
    told = {"type": "page", "siblings": {id_of(2): [id_of(2), id_of(5), id_of(8)]}}
    gone = {"type": "run", "run": {**TREE[4], "deleted_at": "2027-01-01T00:00:00Z"}}
    live, read, removed = modules.evaluate(
        VIEW, [[page(TREE, head=4, read=[1, 2, 3, 4]), *more] for more in ([], [told], [told, gone])]
    )
    assert live["siblings"] == [[], [2, 5], [], []]
    assert read["siblings"] == [[], [2, 5, id_of(8)], [], []]
    assert removed["siblings"] == [[], [2, id_of(8)], [], []]


def test_what_was_removed_is_not_drawn_until_it_comes_back(modules: Page) -> None:
    first = page(TREE, head=4, read=[1, 2, 3, 4])
    gone = [
        {"type": "run", "run": {**TREE[2], "deleted_at": "2027-01-01T00:00:00Z"}},
        {"type": "run", "run": run(4, 2)},
    ]
    back = [{"type": "run", "run": TREE[2]}, {"type": "run", "run": TREE[3]}]
    without, again = modules.evaluate(VIEW, [[first, *gone], [first, *gone, *back]])
    assert without["drawn"] == [1, 2, 4]
    assert again["drawn"] == [1, 2, 3, 4]


def test_the_queue_is_what_waits_for_another_run_in_its_order(modules: Page) -> None:
    runs = [run(1, 0, "running"), run(2, 1, "queued", position=2), run(3, 2, "queued", position=1)]
    idle = [run(1), run(2, 1, "queued", position=1)]
    busy, first = modules.evaluate(VIEW, [[page(runs, head=3, read=[1, 2, 3])], [page(idle, head=2, read=[1, 2])]])
    assert busy["queued"] == [3, 2]
    assert first["queued"] == []


# --- The map --------------------------------------------------------------------------------------------------------


def test_the_shown_branch_is_one_straight_line_and_others_leave_it(modules: Page) -> None:
    rows = modules.evaluate(MAP, [{"head": id_of(4), "runs": TREE}, []])
    assert [(row["number"], row["column"], row["begins"]) for row in rows] == [
        (1, 0, False), (5, 1, True), (6, 1, False), (2, 0, False), (3, 0, False), (4, 0, False),
    ]  # fmt: skip
    assert [row["number"] for row in rows if row["shown"]] == [1, 2, 3, 4]
    assert rows[1]["rails"] == [0]


def test_a_long_stretch_is_one_row_until_it_is_opened(modules: Page) -> None:
    runs = [run(number, number - 1) for number in range(1, 21)]
    closed = modules.evaluate(MAP, [{"head": id_of(20), "runs": runs}, []])
    assert closed[1]["hidden"] == list(range(2, 20))
    assert len(closed) == 3
    opened = modules.evaluate(MAP, [{"head": id_of(20), "runs": runs}, [id_of(2)]])
    assert [row["number"] for row in opened] == list(range(1, 21))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), size=st.integers(1, 40))
def test_every_run_stands_in_the_map_once_below_its_parent(modules: Page, data: st.DataObject, size: int) -> None:
    parents = [data.draw(st.integers(0, number - 1)) for number in range(1, size + 1)]
    runs = [run(number, parent) for number, parent in enumerate(parents, start=1)]
    rows = modules.evaluate(MAP, [{"head": id_of(data.draw(st.integers(1, size))), "runs": runs}, []])
    listed = [number for row in rows for number in row.get("hidden", [row.get("number")])]
    assert sorted(listed) == list(range(1, size + 1))
    places = {number: place for place, number in enumerate(listed)}
    assert all(places[parent] < places[number] for number, parent in enumerate(parents, start=1) if parent)


def test_a_map_of_two_thousand_runs_on_fifty_branches_is_laid_out_at_once(modules: Page) -> None:
    runs = [run(number, number - 1 if number % 40 != 1 else max(0, number - 60)) for number in range(1, 2001)]
    measure = """async (map) => {
      const { mapRows } = await import("/static/js/state/branch-map.js");
      mapRows(map);
      const before = performance.now();
      const rows = mapRows(map).length;
      return { rows, time: performance.now() - before };
    }"""
    measured = modules.evaluate(measure, {"head": id_of(2000), "runs": runs})
    assert measured["rows"] < 400
    assert measured["time"] < 200  # ms; some 10 on an idle machine
