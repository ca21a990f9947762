"""Markdown for people: what was said in its order, the rest folded, and nothing in it that gets out of its place."""

from __future__ import annotations

import pytest

from runs.exchange.documents import TextDocument
from runs.exchange.export import Chosen
from runs.exchange.markdown import export_markdown
from runs.models import Run
from tests.runs.exchange.shapes import brought, came, file_of, person, run, thread, whole_thread
from tests.runs.exchange.test_round_trip import analyzer

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["analyzer"]  # used as a fixture


def written(*runs: str, title: str = "A title") -> str:
    """What somebody reads of answers."""
    rows = [run(number, parent=number - 1 or None) for number in range(1, len(runs) + 1)]
    for row, text in zip(rows, runs, strict=True):
        row.messages[1].content = [TextDocument(text=text)]
    there = came(brought(file_of(thread(*rows, title=title))))
    return markdown(Chosen(thread=there))


def markdown(chosen: Chosen) -> str:
    return b"".join(export_markdown(user_id=person("ben").user_id, chosen=[chosen], reveal=False)).decode()


def test_a_conversation_with_all_that_there_is() -> None:
    there = came(brought(file_of(whole_thread())))
    text = markdown(Chosen(thread=there))
    expected = (
        "# About {{pii:PERSON", "Summary of earlier runs", "## 1. First",
        "*Started by a schedule.*",
        "**You** (partial)",
        "*[image: A dot]*", "Who is {{pii:PERSON_1}}? &lt;b>", "<summary>Thinking</summary>",
        "<summary>Tool Notebook: failed</summary>", '"text": "changed"', "No.", "> **stalled**: Silence.",
        "> 👎 slow Too slow.",
        "*failed · gone · gone-1 · 4.0 s · 10 + 20 tokens · 0.123 EUR · tags: Work, Trip",
        "context: summarised · words removed*",
        "## 2. Run", "*Started by another agent.*",
    )  # fmt: skip
    text = text.replace("\\", "")
    places = [text.index(one) for one in expected]
    assert places == sorted(places)


def test_a_branch_is_no_other_branch() -> None:
    there = came(brought(file_of(thread(run(1), run(2, parent=1), run(3, parent=1, lane="l2")))))
    first, second, _ = Run.objects.filter(thread=there).order_by("number")
    text = markdown(Chosen(thread=there, runs=frozenset({first.pk, second.pk})))
    assert "2!" in text
    assert "3!" not in text
    assert "*On another branch.*" in markdown(Chosen(thread=there))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
        ("a < b and `<b>` and\n```\n<i>\n```\n<u>", "a < b and `<b>` and\n```\n<i>\n```\n&lt;u>"),
        ("</details>", "&lt;/details>"),
        ("`half <b>", "`half &lt;b>"),
    ],
)
def test_html_is_shown_and_not_carried_out(said: str, shown: str) -> None:
    assert shown in written(said)


def test_a_block_without_an_end_ends_with_its_message() -> None:
    text = written("```python\nx = 1", "After.")
    assert text.index("x = 1\n```\n") < text.index("After.")


def test_a_title_is_one_line_of_plain_text() -> None:
    assert written("x", title="# A\n<b>*title*").startswith("# \\# A \\<b\\>\\*title\\*\n")
