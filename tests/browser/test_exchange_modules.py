"""Files that leave and come in, without a server: their names, and what a report says in which order."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

CALL = """async ([name, ...given]) => {
  const module = await import("/static/js/state/exchange.js");
  return module[name](...given);
}"""

REPORT: dict[str, Any] = {
    "threads": [
        {"title": "a", "state": "known", "problems": []},
        {"title": "b", "state": "new", "problems": []},
        {"title": "c", "state": "new", "problems": ["An image is missing."]},
        {"title": "d", "state": "changed", "problems": []},
        {"title": "e", "state": "new", "refused": True, "problems": ["It cannot be read."]},
    ]
}


def call(modules: Page, name: str, *given: Any) -> Any:
    return modules.evaluate(CALL, [name, *given])


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="birds-2027-01-01.json"', "birds-2027-01-01.json"),
        ("attachment; filename*=UTF-8''V%C3%B6gel.md", "Vögel.md"),
        ("attachment; filename*=UTF-8''%E0%A4%A", "%E0%A4%A"),
        ('attachment; filename="../../etc/passwd"', "..-..-etc-passwd"),
        ("attachment", "else.json"),
        (None, "else.json"),
    ],
)
def test_a_file_has_the_name_that_the_server_gives_it(modules: Page, disposition: str | None, name: str) -> None:
    assert call(modules, "nameOfFile", disposition, "else.json") == name


def test_what_asks_for_a_look_is_listed_first(modules: Page) -> None:
    assert [row["title"] for row in call(modules, "rowsOf", REPORT)] == ["c", "e", "d", "b", "a"]


def test_what_would_come_in_is_counted(modules: Page) -> None:
    assert call(modules, "wanted", REPORT) == 2
    assert call(modules, "wanted", REPORT, {"copies": True}) == 3
    counts = call(modules, "countsOf", REPORT)
    assert counts == {"new": 3, "known": 1, "changed": 1, "problems": 2}
    assert call(modules, "saidCounts", counts) == "3 new, 1 changed since, 1 here already, 2 with problems"
    assert call(modules, "saidCounts", {"new": 0, "known": 0, "changed": 0, "problems": 0}) == "nothing"
