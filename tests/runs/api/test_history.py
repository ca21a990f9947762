"""Reading: messages, runs and events of a thread, page by page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from coday.kernel.ids import new_id
from tests.runs.api.history import History
from threads.models import Message, Thread


def follow(client: Client, url: str, link: str = "next") -> list[dict[str, Any]]:
    """The pages from this one on."""
    pages = []
    following: str | None = url
    while following:
        page = client.get(following).json()
        assert page.keys() - {"runs", "siblings", "steps", "tools"} == {"results", "next", "previous"}
        pages.append(page)
        following = page[link]
    return pages


def texts(pages: list[dict[str, Any]]) -> list[str]:
    """What the messages on these pages say."""
    return [shown["content"][0]["text"] for page in pages for shown in page["results"]]


# --- Messages -------------------------------------------------------------------------------------------------------


def test_an_empty_thread_has_an_empty_page(history: History) -> None:
    empty: dict[str, Any] = {"results": [], "next": None, "previous": None}
    for name in ("runs", "events"):
        assert history.client().get(f"{history.url}{name}/").json() == empty
    page = history.client().get(f"{history.url}messages/").json()
    assert page == {**empty, "runs": [], "siblings": {}, "steps": [], "tools": []}


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_messages_come_newest_first_each_once(history: History, limit: int) -> None:
    for number in range(5):
        history.turn(number)
    pages = follow(history.client(), f"{history.url}messages/?limit={limit}")
    assert texts(pages) == [f"{kind} {number}" for number in reversed(range(5)) for kind in ("answer", "question")]
    assert all(len(page["results"]) == limit for page in pages[:-1])
    assert all(page["previous"] is None for page in pages)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_an_answer_that_came_after_a_queued_question_is_not_lost_between_pages(history: History, limit: int) -> None:
    first = history.ask("question 0")
    history.start(first)
    second = history.ask("question 1")  # its message is older than the answer that it waits for
    history.say(first, "answer 0")
    history.finish(first)
    history.answer(second, "answer 1")
    pages = follow(history.client(), f"{history.url}messages/?limit={limit}")
    assert texts(pages) == ["answer 1", "question 1", "answer 0", "question 0"]


def test_messages_are_those_of_the_branch_that_is_shown(history: History) -> None:
    history.turn(0)
    left = history.turn(1)
    again = history.rerun(left)
    history.answer(again, "another answer")
    pages = follow(history.client(), f"{history.url}messages/?limit=1")
    assert texts(pages) == ["another answer", "question 1", "answer 0", "question 0"]


def test_a_page_goes_on_where_it_began_when_the_thread_moves_on(history: History) -> None:
    history.turn(0)
    history.turn(1)
    client = history.client()
    first = client.get(f"{history.url}messages/?limit=2").json()
    history.turn(2)
    assert texts(follow(client, first["next"])) == ["answer 0", "question 0"]


@pytest.mark.parametrize(
    "query", ["cursor=x", "cursor=00000000-0000-7000-8000-000000000000", "limit=0", "limit=201", "limit="]
)
def test_a_page_of_messages_that_is_none_is_refused(history: History, query: str) -> None:
    history.turn(0)
    answer = history.client().get(f"{history.url}messages/?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


@pytest.mark.parametrize("turns", [1, 30, 80])
def test_a_page_of_messages_costs_the_same_few_queries_in_any_thread(
    history: History, django_assert_num_queries: DjangoAssertNumQueries, turns: int
) -> None:
    for number in range(turns):
        history.turn(number)
    client = history.client()
    client.get(f"{history.url}messages/")
    # Token, user, thread, head, its branch, messages, runs of the page with those before them, their siblings, steps.
    with django_assert_num_queries(10):
        client.get(f"{history.url}messages/")


def test_a_page_of_messages_tells_the_steps_of_its_runs_as_the_journal_does(history: History) -> None:
    first = history.turn(0)
    history.step(first, "Trying again.")
    second = history.turn(1)
    history.step(second, "Something was left out.")
    history.step(second, "Trying again.")
    client = history.client()
    told = [event for event in client.get(f"{history.url}events/").json()["results"] if event["type"] == "step"]
    pages = follow(client, f"{history.url}messages/?limit=2")
    assert [page["steps"] for page in pages] == [told[1:], told[:1]]


def test_a_page_of_messages_has_its_runs_in_the_order_of_their_branch(history: History) -> None:
    for number in range(3):
        history.turn(number)
    client = history.client()
    listed = client.get(f"{history.url}runs/").json()["results"][::-1]
    pages = follow(client, f"{history.url}messages/?limit=4")
    assert [page["runs"] for page in pages] == [listed[1:], listed[:1]]


# --- Runs -----------------------------------------------------------------------------------------------------------


def test_runs_of_a_thread_come_newest_first(history: History) -> None:
    ids = [str(history.turn(number).id) for number in range(5)]
    pages = follow(history.client(), f"{history.url}runs/?limit=2")
    assert [[run["id"] for run in page["results"]] for page in pages] == [ids[:2:-1], ids[2:0:-1], ids[:1]]
    last = pages[-1]["previous"]
    assert [run["id"] for run in history.client().get(last).json()["results"]] == ids[2:0:-1]


def test_runs_are_found_by_what_they_are(history: History) -> None:
    completed = str(history.turn(0).id)
    queued = str(history.ask("and then?").id)

    def ids(query: str) -> list[str]:
        return [run["id"] for run in history.client().get(f"/api/v1/runs/?{query}").json()["results"]]

    assert ids("") == [queued, completed]
    assert ids("status=completed") == [completed]
    assert ids("status=queued&kind=user&agent=helper&since=2020-01-01T00:00:00Z") == [queued]
    assert ids("kind=system") == ids("agent=nobody") == ids("since=2100-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    "query", ["status=done", "kind=x", "agent=%00", "since=yesterday", "since=0001-01-01T00:00:00%2B14:00", "limit=x"]
)
def test_a_filter_of_the_wrong_form_is_refused(history: History, query: str) -> None:
    answer = history.client().get(f"/api/v1/runs/?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
    assert answer.json()["details"]["field"] == query.partition("=")[0]


def test_a_run_is_shown_alone_as_in_its_list(history: History) -> None:
    run = history.turn(0)
    client = history.client()
    shown = client.get(f"/api/v1/runs/{run.id}/").json()
    assert shown["status"] == "completed"
    assert client.get(f"{history.url}runs/").json()["results"] == [shown]


# --- Conversations --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "excerpt"),
    [
        ("Where  to?\n\nNorth.", "Where to? North."),
        ("Wörter😀" * 50, "Wörter😀" * 11 + "Wö…"),
    ],
)
def test_a_conversation_without_a_title_shows_how_it_begins(history: History, text: str, excerpt: str) -> None:
    client = history.client()
    history.ask(text)
    history.ask("What came later.")
    assert "excerpt" not in client.get(history.url).json()
    shown = client.patch(history.url, {"title": ""}, content_type="application/json").json()
    assert "title" not in shown
    assert shown["excerpt"] == excerpt
    assert client.get(history.url).json() == shown
    [listed] = client.get("/api/v1/threads/").json()["results"]
    assert listed["excerpt"] == excerpt


def test_a_conversation_that_begins_with_images_shows_the_words_after_them(history: History) -> None:
    thread = Thread.objects.get(pk=history.thread_id)
    thread.title = ""
    thread.save()
    images = [{"type": "image", "id": str(new_id())} for _ in range(10)]
    said = [*images, {"type": "text", "text": "All of them."}]
    Message.objects.create(thread=thread, run_id=new_id(), role="user", content=said)
    assert history.client().get(history.url).json()["excerpt"] == "All of them."


def test_excerpts_cost_one_query_for_a_whole_list(
    history: History, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Thread.objects.bulk_create(Thread(owner_id=history.asker.user_id) for _ in range(20))
    client = history.client()
    client.get("/api/v1/threads/")
    with django_assert_num_queries(7):  # token, user, threads, what they show, what runs, excerpts, skills
        client.get("/api/v1/threads/")


# --- Events ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 3, 200])
def test_events_come_in_the_order_of_their_numbers_without_a_gap(history: History, limit: int) -> None:
    history.turn(0)
    history.turn(1)
    client = history.client()
    pages = follow(client, f"{history.url}events/?limit={limit}")
    numbers = [event["seq"] for page in pages for event in page["results"]]
    assert numbers == list(range(1, client.get(history.url).json()["last_seq"] + 1))
    back = follow(client, f"{history.url}events/?limit={limit}&after={numbers[-1]}", link="previous")
    assert [event["seq"] for page in reversed(back) for event in page["results"]] == numbers


def test_events_after_a_number(history: History) -> None:
    history.turn(0)
    page = history.client().get(f"{history.url}events/?after=3").json()
    assert page["results"][0]["seq"] == 4
    assert page["next"] is None


@pytest.mark.parametrize("after", ["-1", "x", "1.5", str(2**63), "9" * 5000])
def test_a_number_that_is_none_is_refused(history: History, after: str) -> None:
    answer = history.client().get(f"{history.url}events/?after={after}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


def test_events_beyond_the_end_are_none(history: History) -> None:
    history.turn(0)
    assert history.client().get(f"{history.url}events/?after={2**63 - 1}").json()["results"] == []
