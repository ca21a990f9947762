"""What a person finds over REST, on every database alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from coday.accounts.models import User
from coday.kernel.ids import new_id
from runs.events import RunSnapshot
from runs.models import Run, RunDocument, RunGroup, RunTag, RunTagging, ToolCall
from runs.organize.titles import set_title
from runs.search.full_text import INDEX
from runs.search.indexing import index_pending, is_pending
from tests.runs.api.history import History
from tests.runs.search.conftest import Find
from threads.content import ImagePart, ToolUsePart
from threads.models import Message, Thread
from threads.operations import create_thread, delete_thread

HOSTILE = [
    '"', "'", "\\", "*", "a*b", "NEAR(a b)", "a AND OR NOT", "words:a", "scope : u", "-a", "^a", "(a", "a & | ! <-> b", "a:*",
    "';DROP TABLE x;--", '" OR words:"', ":*", "%s %d {allowed}", "🚀", "é" * 500, "{a b} : c", "a " * 250, " ",
]  # fmt: skip


def said(history: History, question: str, answer: str = "Yes.") -> RunSnapshot:
    """A whole run."""
    run = history.ask(question)
    history.answer(run, answer)
    return run


def ids(page: dict[str, Any]) -> list[str]:
    return [run["id"] for run in page["results"]]


def test_a_run_that_just_ended_is_found_by_what_either_side_said(history: History, find: Find) -> None:
    run = said(history, "What is the notice period?", "Die Kündigungsfrist\nbeträgt drei Monate.")
    said(history, "And the weather?", "Sunny.")
    for words in ("notice", "Kündigungen", "frist", "PERIOD monat"):
        assert ids(find(words)) == [str(run.id)], words
    (hit,) = find("frist")["results"]
    assert hit["thread"] == {"id": str(history.thread_id), "title": "A title", "anonymous": False}
    assert hit["snippet"] == {"text": "Die Kündigungsfrist beträgt drei Monate.", "marks": [[4, 19]]}
    assert hit["number"] == 1
    assert ids(find("notice weather")) == []
    assert find()["results"][0]["snippet"] == {"text": "And the weather?", "marks": []}


def test_the_best_come_first_and_a_title_counts_most(history: History, find: Find) -> None:
    aside = said(history, "Many words " * 60 + "and a refund", "None.")
    much = said(history, "Refund, refund, refund?", "A refund.")
    titled = said(history, "Something " * 60, "Else.")
    set_title(user_id=history.asker.user_id, run_id=titled.id, title="The refund")
    assert ids(find("refund")) == [str(run.id) for run in (titled, much, aside)]
    assert find("refund")["results"][0]["snippet"]["marks"] == []


def test_what_is_called_and_shown_is_found(history: History, find: Find) -> None:
    run = said(history, "Look at this")
    Message.objects.filter(run_id=run.id, role="user").update(
        content=[{"type": "image", "id": str(new_id()), "alt": "A gecko"}]
    )
    call = {"type": "tool_use", "id": "1", "name": "fetch_page", "arguments": {"url": "https://nowhere.test"}}
    Message.objects.filter(run_id=run.id, role="assistant").update(content=[call])
    assert ids(find("gecko")) == ids(find("fetch page")) == [str(run.id)]
    assert ids(find("nowhere")) == []


def test_filters_hold_with_words_and_without(history: History, find: Find) -> None:
    plain, special = said(history, "One apple"), said(history, "Two apples")
    user_id = history.asker.user_id
    tag = RunTag.objects.create(user_id=user_id, name="fruit")
    RunTagging.objects.create(run_id=special.id, tag=tag)
    others = RunTag.objects.create(user_id=new_id(), name="fruit")
    RunTagging.objects.create(run_id=plain.id, tag=others)
    group = RunGroup.objects.create(thread_id=history.thread_id, name="g")
    ToolCall.objects.create(run_id=special.id, call_id="1", name="calculate")
    late = timezone.now() + timedelta(days=1)
    Run.objects.filter(pk=special.id).update(
        group=group, kind="system", trigger="tool", status="failed", agent="other", model="big", importance=80, cost="0.5",
        pinned=True, created_at=late,
    )  # fmt: skip
    wanted: dict[str, Any] = {
        "tag": "fruit", "group": str(group.pk), "tool": "calculate", "kind": "system", "trigger": "tool", "status": "failed",
        "agent": "other", "model": "big", "importance": 80, "cost": "0.5", "pinned": "true", "since": late.isoformat(),
    }  # fmt: skip
    for words in ("", "apple"):
        for name, value in wanted.items():
            assert ids(find(words, **{name: value})) == [str(special.id)], (words, name)
        assert ids(find(words, **wanted, thread=str(history.thread_id))) == [str(special.id)]
        assert ids(find(words, until=late.isoformat())) == ids(find(words, pinned="false")) == [str(plain.id)]
        assert ids(find(words, cost="0.6")) == ids(find(words, importance=81)) == []
    assert ids(find("one", **wanted)) == []


def test_pages_go_on_in_the_same_order(history: History, find: Find, client: Client) -> None:
    runs = [str(said(history, f"apple {number}").id) for number in range(5)]
    for words in ("", "apple"):
        page, seen = find(words, limit=2), []
        while True:
            seen += ids(page)
            if page["next"] is None:
                break
            page = client.get(page["next"]).json()
        assert seen == runs[::-1]


@pytest.mark.parametrize("cursor", ["x", "-1", "1" * 6, "٣", "1.5"])
def test_a_place_that_was_made_up_is_refused(client: Client, cursor: str) -> None:
    answer = client.get("/api/v1/runs/", {"q": "a", "cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


@pytest.mark.parametrize("question", HOSTILE)
def test_what_looks_like_a_query_means_nothing(history: History, find: Find, client: Client, question: str) -> None:
    said(history, "zebra")
    for words in (question, f"{question} zebra"):
        assert len(find(words[:500])["results"]) <= 1
        assert client.get("/api/v1/threads/", {"q": words[:200]}).status_code == 200
        assert client.get("/api/v1/search/", {"q": words[:500]}).status_code == 200
    assert find('"')["results"] == []


def test_nobody_finds_what_is_not_theirs(history: History, stranger: User, client_of: Callable[[User], Client]) -> None:
    said(history, "apple")
    other = client_of(stranger)
    index_pending()
    assert other.get("/api/v1/runs/", {"q": "apple"}).json()["results"] == []
    assert other.get("/api/v1/threads/", {"q": "apple"}).json()["results"] == []
    assert other.get("/api/v1/search/", {"q": "apple"}).json() == {"threads": [], "runs": []}
    group = RunGroup.objects.create(thread_id=history.thread_id, name="g")
    for named in ({"thread": str(history.thread_id)}, {"group": str(group.pk)}):
        assert other.get("/api/v1/runs/", named).json()["results"] == []
    scope = f"u{history.asker.user_id.hex}"
    assert other.get("/api/v1/runs/", {"q": scope}).json()["results"] == []


def test_a_removed_run_is_not_found_until_it_is_back(history: History, find: Find) -> None:
    run = said(history, "apple")
    assert ids(find("apple")) == [str(run.id)]
    Run.objects.filter(pk=run.id).update(deleted_at=timezone.now())
    assert ids(find("apple")) == ids(find()) == []
    Run.objects.filter(pk=run.id).update(deleted_at=None)
    assert ids(find("apple")) == [str(run.id)]


def held(word: str) -> int:
    """How many documents the index itself finds for a word."""
    sql = {
        "sqlite": f"SELECT count(*) FROM {INDEX} WHERE {INDEX} MATCH %s",  # noqa: S608
        "postgresql": "SELECT count(*) FROM runs_rundocument WHERE vector @@ to_tsquery('simple', %s)",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(sql, [word])
        return int(cursor.fetchone()[0])


def test_what_is_changed_or_deleted_leaves_nothing_behind(history: History, find: Find) -> None:
    run = said(history, "apple")
    find("apple")
    Message.objects.filter(run_id=run.id, role="user").update(content=[{"type": "text", "text": "pear"}])
    Run.objects.filter(pk=run.id).update(unindexed=True)
    assert ids(find("pear")) == [str(run.id)]
    assert (ids(find("apple")), held("apple"), held("pear")) == ([], 0, 1)
    delete_thread(user_id=history.asker.user_id, thread_id=history.thread_id)
    assert (RunDocument.objects.count(), held("pear")) == (0, 0)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {INDEX} ({INDEX}) VALUES ('integrity-check')")  # noqa: S608


# --- Threads, and the palette ---------------------------------------------------------------------------------------


def test_threads_are_found_by_their_titles_and_by_what_was_said(history: History, client: Client) -> None:
    said(history, "Wie lang ist die Kündigungsfrist?")
    user_id = history.asker.user_id
    titled = create_thread(owner_id=user_id, title="Übungen zur FRIST")
    archived = create_thread(owner_id=user_id, title="Fristen, alt")
    Thread.objects.filter(pk=archived.id).update(archived=True)

    def threads(**query: str) -> list[str]:
        return [shown["id"] for shown in client.get("/api/v1/threads/", query).json()["results"]]

    assert set(threads(q="frist")) == {str(titled.id), str(history.thread_id)}
    assert threads(q="ubung frist") == [str(titled.id)]
    assert threads(q="frist", archived="true") == [str(archived.id)]
    assert threads(q="ubung kündigung") == threads(q="…") == []


def test_the_palette_shows_titles_first_then_what_was_said(history: History, client: Client) -> None:
    run = said(history, "Wie lang ist die Kündigungsfrist?")
    titled = create_thread(owner_id=history.asker.user_id, title="Fristen")
    found = client.get("/api/v1/search/", {"q": "frist"}).json()
    assert [shown["id"] for shown in found["threads"]] == [str(titled.id), str(history.thread_id)]
    assert "snippet" not in found["threads"][0]
    assert found["threads"][1]["run_id"] == str(run.id) == found["runs"][0]["id"]
    assert found["threads"][1]["snippet"] == found["runs"][0]["snippet"]
    assert client.get("/api/v1/search/").json() == {"threads": [], "runs": []}


def test_the_palette_shows_a_few(history: History, client: Client) -> None:
    for number in range(9):
        create_thread(owner_id=history.asker.user_id, title=f"apple {number}")
        said(history, f"apple {number}")
    found = client.get("/api/v1/search/", {"q": "apple"}).json()
    assert (len(found["threads"]), len(found["runs"])) == (8, 8)


# --- Up to date -----------------------------------------------------------------------------------------------------


def test_what_runs_is_left_alone_until_it_ends(history: History, find: Find) -> None:
    run = history.ask("apple")
    assert ids(find("apple")) == [str(run.id)]
    Run.objects.filter(pk=run.id).update(unindexed=True)
    history.start(run)
    assert index_pending() == 0
    assert ids(find("apple")) == [str(run.id)]
    history.say(run, "A pear.")
    history.finish(run)
    assert is_pending()
    assert ids(find("pear")) == [str(run.id)]
    assert not is_pending()


def test_a_batch_is_bounded_and_the_rest_comes_later(history: History) -> None:
    for number in range(3):
        said(history, f"apple {number}")
    assert [index_pending(limit=2) for _ in range(3)] == [2, 1, 0]
    assert held("apple") == 3


def test_parts_have_the_names_that_are_read_here() -> None:
    assert {ImagePart.__struct_config__.tag, ToolUsePart.__struct_config__.tag} == {"image", "tool_use"}
