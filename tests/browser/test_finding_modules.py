"""The pure functions behind the list, the outline, the palette and the search."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

JsonObject = dict[str, Any]

browser_test = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def call(modules: Page, module: str, name: str, *arguments: Any) -> Any:
    """What a function of a module of the page answers."""
    script = "async ([module, name, given]) => (await import(`/static/js/state/${module}.js`))[name](...given)"
    return modules.evaluate(script, [module, name, list(arguments)])


# --- What is chosen in a list ---

CHOOSE = """async (steps) => {
  const { among, noSelection, toggled, upTo } = await import("/static/js/state/selection.js");
  const order = ["a", "b", "c", "d", "e"];
  let selection = noSelection;
  for (const [how, id] of steps) selection = how === "to" ? upTo(selection, id, order) : toggled(selection, id);
  return [...among(selection, order).ids].sort();
}"""


def test_one_is_chosen_and_from_it_up_to_another_in_either_direction(modules: Page) -> None:
    assert modules.evaluate(CHOOSE, [["one", "b"], ["to", "d"]]) == ["b", "c", "d"]
    assert modules.evaluate(CHOOSE, [["one", "d"], ["to", "b"]]) == ["b", "c", "d"]
    assert modules.evaluate(CHOOSE, [["one", "b"], ["one", "b"]]) == []
    assert modules.evaluate(CHOOSE, [["to", "c"]]) == ["c"]


def test_what_is_no_longer_listed_is_no_longer_chosen(modules: Page) -> None:
    assert modules.evaluate(CHOOSE, [["one", "gone"], ["one", "a"]]) == ["a"]


# --- The list of conversations ---

ARRANGE = """async ([threads, folders, open]) => {
  const { arranged, orderOf } = await import("/static/js/state/thread-list.js");
  const list = arranged(Object.fromEntries(threads.map((one) => [one.id, one])), folders, Date.parse("2026-03-05T12:00"));
  const ids = ({ threads }) => threads.map(({ id }) => id);
  return {
    folders: Object.fromEntries(list.folders.map((one) => [one.folder.id, ids(one)])),
    sections: Object.fromEntries(list.sections.map((one) => [one.name, ids(one)])),
    order: orderOf(list, new Set(open)),
  };
}"""


def thread(name: str, hour: int = 9, **fields: Any) -> JsonObject:
    return {"id": name, "updated_at": f"2026-03-05T{hour:02}:00:00", **fields}


def test_folders_hold_their_own_pinned_first_and_an_unknown_folder_is_none(modules: Page) -> None:
    threads = [
        thread("filed", folder="work"),
        thread("filed pinned", 8, folder="work", pinned=True),
        thread("pinned", pinned=True),
        thread("lost", 10, folder="made elsewhere"),
        thread("loose", 11),
    ]
    seen = modules.evaluate(ARRANGE, [threads, [{"id": "work", "name": "Work"}], ["work"]])
    assert seen["folders"] == {"work": ["filed pinned", "filed"]}
    assert seen["sections"] == {"Pinned": ["pinned"], "Today": ["loose", "lost"]}
    assert seen["order"] == ["pinned", "filed pinned", "filed", "loose", "lost"]
    assert modules.evaluate(ARRANGE, [threads, [{"id": "work", "name": "Work"}], []])["order"] == [
        "pinned",
        "loose",
        "lost",
    ]


def test_a_mark_tells_what_asks_for_the_person_first(modules: Page) -> None:
    def mark(*threads: JsonObject, current: str | None = None) -> Any:
        return call(modules, "thread-marks", "markOf", list(threads), current)

    everything = {"id": "a", "waiting": True, "failed": True, "running": True, "unread": True}
    assert mark(everything) == "waiting"
    assert mark({**everything, "waiting": False}) == "failed"
    assert mark({**everything, "waiting": False}, current="a") == "running"
    assert mark({"id": "a", "unread": True}, current="a") is None
    assert mark({"id": "a", "unread": True}, {"id": "b", "running": True}) == "running"
    assert mark({"id": "a"}) is None


def test_the_tab_counts_what_waits_failed_or_is_unread_and_not_what_runs(modules: Page) -> None:
    script = """async (threads) => {
      const { wanting, withMark } = await import("/static/js/state/thread-marks.js");
      return wanting(threads.reduce(withMark, {}));
    }"""
    threads = [{"id": "a", "unread": True}, {"id": "b", "running": True}, {"id": "c", "waiting": True, "unread": True}]
    assert modules.evaluate(script, threads) == 2
    assert modules.evaluate(script, [*threads, {"id": "a"}, {"id": "d", "failed": True}]) == 2
    assert modules.evaluate(script, [{"id": "a", "unread": True, "running": True}]) == 0


# --- Tags ---


def test_the_tags_of_several_are_told_as_all_or_some(modules: Page) -> None:
    objects = [{"tags": ["Work", "Idea"]}, {"tags": ["Work"]}, {"tags": ["Work", "Other"]}]
    assert call(modules, "tags", "taggedBy", objects) == {"Work": "all", "Idea": "some", "Other": "some"}


def test_a_new_tag_is_offered_unless_there_is_one_of_that_name_in_any_case(modules: Page) -> None:
    tags = {name: {"name": name} for name in ("Client", "Urgent", "Old client")}
    found = call(modules, "tags", "matchingTags", tags, " cli")
    assert [tag["name"] for tag in found["found"]] == ["Client", "Old client"]
    assert found["isNew"]
    assert not call(modules, "tags", "matchingTags", tags, "CLIENT")["isNew"]
    assert not call(modules, "tags", "matchingTags", tags, "  ")["isNew"]


# --- Snippets ---


@browser_test
@given(
    words=st.lists(
        st.sampled_from(["heron", "über", "😀😀", "{{pii:PERSON_1}}", "{{pii:PHONE_2}}", "a b"]), max_size=6
    ),
    marked=st.sets(st.integers(0, 5)),
)
def test_a_snippet_is_marked_where_the_server_says_and_shows_no_token(
    modules: Page, words: list[str], marked: set[int]
) -> None:
    """Python counts code points, as the server does: an oracle for the page, which counts UTF-16 units."""
    shown = {"{{pii:PERSON_1}}": "Ada", "{{pii:PHONE_2}}": "Phone number 2"}
    text, marks, expected = "", [], []
    for index, word in enumerate(words):
        start = len(text)
        text += word
        if index in marked:
            marks.append([start, len(text)])
            expected.append(shown.get(word, word))
        text += " "
    masks = {"{{pii:PERSON_1}}": {"token": "{{pii:PERSON_1}}", "category": "PERSON", "value": "Ada"}}
    pieces = call(modules, "snippet", "snippetPieces", {"text": text, "marks": marks}, masks)
    assert [piece["text"] for piece in pieces if piece["marked"]] == expected
    assert "".join(piece["text"] for piece in pieces) == "".join(f"{shown.get(word, word)} " for word in words)


def test_what_looks_like_a_token_stays_where_nothing_is_masked(modules: Page) -> None:
    snippet = {"text": "write {{pii:PERSON_1}} here", "marks": [[0, 5]]}
    pieces = call(modules, "snippet", "snippetPieces", snippet, None)
    assert "".join(piece["text"] for piece in pieces) == snippet["text"]


# --- The outline ---

OUTLINE = """async ([branches, state, options]) => {
  const { groupedRows, isBehind, outlineRows } = await import("/static/js/state/outline.js");
  const rows = outlineRows(branches, state, options);
  return {
    rows: rows.map(({ number, beside }) => [number, Boolean(beside)]),
    groups: groupedRows(rows).map(({ group, rows: own }) => [group, own.length]),
    behind: isBehind(branches, state),
  };
}"""


def run(number: int, parent: int | None = None, **fields: Any) -> JsonObject:
    above = {"parent": f"r{parent}"} if parent else {}
    return {"id": f"r{number}", "number": number, "lane": "x", "status": "completed", **above, **fields}


BRANCHES = {"head": "r4", "runs": [run(1), run(2, 1), run(3, 1, lane="y"), run(4, 3, lane="y", group="g")]}


def outline(modules: Page, *runs: JsonObject, head: str = "r4", **options: Any) -> Any:
    state = {"runs": {one["id"]: one for one in runs}, "thread": {"head": head}}
    return modules.evaluate(OUTLINE, [BRANCHES, state, options])


def test_an_outline_shows_the_branch_of_the_head_or_all_of_them(modules: Page) -> None:
    assert outline(modules)["rows"] == [[1, False], [3, False], [4, False]]
    assert outline(modules, head="r2")["rows"] == [[1, False], [2, False]]
    assert outline(modules, all=True)["rows"] == [[1, False], [2, True], [3, False], [4, False]]
    assert outline(modules)["groups"] == [[None, 2], ["g", 1]]


def test_an_outline_leaves_out_what_was_removed_and_goes_on_behind_it(modules: Page) -> None:
    seen = outline(modules, run(3, 1, lane="y", deleted_at="2026-01-01T00:00:00Z"))
    assert seen["rows"] == [[1, False], [4, False]]
    assert not seen["behind"]


def test_an_outline_is_behind_when_the_page_knows_another_run(modules: Page) -> None:
    assert outline(modules, run(5, 4, lane="y"))["behind"]
    assert not outline(modules, run(5, 4, trigger="delegation"))["behind"]
    assert not outline(modules, run(4, 3, lane="y"))["behind"]


def test_rows_are_found_by_their_words_tags_status_and_number(modules: Page) -> None:
    rows = [
        run(1, label="Where do herons sleep?", tags=["Urgent"]),
        run(12, status="failed", title="The poem", pinned=True),
    ]

    def found(typed: str, **options: Any) -> list[int]:
        script = """async ([rows, typed, options]) =>
          (await import("/static/js/state/outline.js")).filteredRows(rows, typed, options).map(({ number }) => number)"""
        return list(modules.evaluate(script, [rows, typed, options]))

    assert found("HERONS sleep") == [1]
    assert found("urgent") == [1]
    assert found("failed") == [12]
    assert found("#12") == [12]
    assert found("") == [1, 12]
    assert found("", pinned=True) == [12]
    assert found("herons poem") == []


# --- The palette and the search ---


def test_commands_are_found_by_the_beginnings_of_their_words(modules: Page) -> None:
    commands = [
        {"label": "New conversation"},
        {"label": "Settings", "words": "theme"},
        {"label": "Archive this conversation"},
    ]

    def found(typed: str) -> list[str]:
        return [command["label"] for command in call(modules, "palette", "matchingCommands", commands, typed)]

    assert found("conv") == ["New conversation", "Archive this conversation"]
    assert found("arch conv") == ["Archive this conversation"]
    assert found("theme") == ["Settings"]
    assert found("ettings") == []
    assert found("") == ["New conversation", "Settings", "Archive this conversation"]


def test_a_conversation_that_is_listed_and_found_is_offered_once(modules: Page) -> None:
    listed = [{"id": "a", "title": "Herons"}, {"id": "b", "title": "Bicycles"}]
    found = [{"id": "a", "title": "Herons", "snippet": {"text": "…"}}, {"id": "c", "title": "Birds"}]
    merged = call(modules, "palette", "mergedThreads", listed, found, "her")
    assert [one["id"] for one in merged] == ["a", "c"]
    assert "snippet" in merged[0]


filters = st.dictionaries(
    st.sampled_from(["q", "tag", "status", "agent", "tool", "since", "importance", "pinned", "thread"]),
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1).map(str.strip).filter(bool),
)


@browser_test
@given(wanted=filters)
def test_an_address_shows_the_search_that_it_was_made_of(modules: Page, wanted: dict[str, str]) -> None:
    script = """async (wanted) => {
      const { addressOfSearch, filtersOf } = await import("/static/js/state/search.js");
      return filtersOf(new URL(addressOfSearch(wanted), location.origin).searchParams);
    }"""
    assert modules.evaluate(script, wanted) == wanted


def test_a_day_that_is_searched_until_is_searched_to_its_end(modules: Page) -> None:
    script = """async (filters) => {
      const { since, until, q } = (await import("/static/js/state/search.js")).parametersOf(filters);
      return [new Date(since).toString().slice(4, 24), new Date(until).toString().slice(4, 24), q];
    }"""
    seen = modules.evaluate(script, {"since": "2026-02-27", "until": "2026-02-28", "q": "x"})
    assert seen == ["Feb 27 2026 00:00:00", "Mar 01 2026 00:00:00", "x"]
