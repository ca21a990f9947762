"""Another branch is shown, what stands beside a run is told, and the map shows it all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from coday.accounts.models import User
from coday.kernel.ids import new_id
from runs import capture, journal, lifecycle
from runs.inputs import parse_request
from runs.models import Run
from runs.wire import frame
from tests.runs.api.history import History
from tests.runs.conversation import make_cast
from threads.models import Thread
from threads.operations import create_thread
from threads.queries import excerpt_of


@pytest.fixture
def history(db: None) -> History:
    return History(make_cast(base_url="http://127.0.0.1:9/v1"))


@pytest.fixture
def owner_client(history: History) -> Client:
    return history.client()


def say(history: History, text: str, *, parent: UUID | None = None) -> UUID:
    """A run that completed."""
    behind = {"parent": str(parent)} if parent else {}
    request = parse_request({"input": {"type": "user", "text": text}, **behind})
    run = capture.create(asker=history.asker, thread_id=history.thread_id, request=request).run
    history.start(run)
    history.say(run, f"{text}!")
    history.finish(run)
    return run.id


@pytest.fixture
def tree(history: History) -> dict[str, UUID]:
    """root → a → b; root → c → d, the newest; d is beside e."""
    runs: dict[str, UUID] = {}
    for name, parent in {"root": None, "a": "root", "b": "a", "c": "root", "e": "c", "d": "c"}.items():
        runs[name] = say(history, name, parent=runs.get(parent or ""))
    return runs


def show(client: Client, history: History, run_id: UUID | str, **fields: Any) -> Any:
    return client.patch(history.url, {"head": str(run_id), **fields}, content_type="application/json")


def said(client: Client, history: History) -> list[str]:
    page = client.get(f"{history.url}messages/").json()
    return ["".join(part["text"] for part in message["content"]) for message in page["results"][::-1]]


def test_the_branch_of_a_run_is_shown_down_to_its_newest_leaf(
    owner_client: Client, history: History, tree: dict[str, UUID]
) -> None:
    for named, head, line in (
        ("a", "b", "root a b"),
        ("c", "d", "root c d"),
        ("e", "e", "root c e"),
        ("root", "d", "root c d"),
    ):
        assert show(owner_client, history, tree[named]).json()["head"] == str(tree[head])
        assert said(owner_client, history) == [text for name in line.split() for text in (name, f"{name}!")]


def test_it_is_told_once(owner_client: Client, history: History, tree: dict[str, UUID]) -> None:
    last = Thread.objects.get(pk=history.thread_id).last_seq
    before = Thread.objects.get(pk=history.thread_id).updated_at
    for _ in range(2):
        assert show(owner_client, history, tree["a"]).status_code == 200
    [told] = [frame(event) for event in journal.read(thread_id=history.thread_id, after=last)]
    assert (told["type"], told["changed"]) == ("thread", {"head": str(tree["b"])})
    assert Thread.objects.get(pk=history.thread_id).updated_at == before


def test_it_may_come_with_other_changes(owner_client: Client, history: History, tree: dict[str, UUID]) -> None:
    shown = show(owner_client, history, tree["a"], title="Mine", pinned=True).json()
    assert (shown["head"], shown["title"], shown["pinned"]) == (str(tree["b"]), "Mine", True)
    refused = show(owner_client, history, new_id(), title="Never")
    assert (refused.status_code, refused.json()["code"]) == (404, "run_not_found")
    assert Thread.objects.get(pk=history.thread_id).title == "Mine"


def test_what_is_on_no_branch_of_the_thread_cannot_be_shown(
    owner_client: Client, history: History, tree: dict[str, UUID], client_of: Callable[[User], Client], stranger: User
) -> None:
    other = create_thread(owner_id=history.asker.user_id).id
    answer = owner_client.patch(f"/api/v1/threads/{other}/", {"head": str(tree["a"])}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (404, "run_not_found")
    Run.objects.filter(pk=tree["e"]).update(trigger="delegation")
    assert show(owner_client, history, tree["e"]).json()["code"] == "run_state"
    assert show(client_of(stranger), history, tree["a"]).status_code == 404
    assert show(owner_client, history, "x").status_code == 400


def test_pages_tell_what_stands_beside_their_runs(
    owner_client: Client, history: History, tree: dict[str, UUID]
) -> None:
    page = owner_client.get(f"{history.url}messages/").json()
    a, c, d, e = (str(tree[name]) for name in "acde")
    assert page["siblings"] == {c: [a, c], d: [e, d]}
    page = owner_client.get(f"{history.url}messages/?limit=2").json()
    assert page["siblings"] == {d: [e, d]}


def test_beginnings_of_a_thread_stand_beside_each_other(owner_client: Client, history: History) -> None:
    first = say(history, "1")
    run = Run.objects.get(pk=first)
    other = Run.objects.create(
        thread_id=history.thread_id, number=2, lane=new_id(), user_id=run.user_id, username="ann", agent="helper",
        model="mock-1", status="completed", finished_at=run.finished_at,
    )  # fmt: skip
    page = owner_client.get(f"{history.url}messages/").json()
    assert page["siblings"] == {str(first): [str(first), str(other.pk)]}


def test_the_map_shows_every_branch(owner_client: Client, history: History, tree: dict[str, UUID]) -> None:
    Run.objects.filter(pk=tree["a"]).update(title="Named", pinned=True, tags=["good"], batch=new_id())
    Run.objects.filter(pk=tree["e"]).update(trigger="delegation")
    shown = owner_client.get(f"{history.url}branches/").json()
    names = {str(run_id): name for name, run_id in tree.items()}

    assert names[shown["head"]] == "d"
    assert [(names[run["id"]], names.get(run.get("parent", ""))) for run in shown["runs"]] == [
        ("root", None), ("a", "root"), ("b", "a"), ("c", "root"), ("d", "c"),
    ]  # fmt: skip
    assert [run["label"] for run in shown["runs"]] == ["root", "Named", "b", "c", "d"]
    assert (shown["runs"][1]["pinned"], shown["runs"][1]["tags"]) == (True, ["good"])
    assert "batch" in shown["runs"][1]
    assert "batch" not in shown["runs"][0]


def test_the_map_of_an_empty_thread_is_empty(owner_client: Client, history: History) -> None:
    assert owner_client.get(f"{history.url}branches/").json() == {"runs": []}


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("Two\n lines", "Two lines"),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
        ("x" * 70 + " {{pii:PERSON_1}} and more", "x" * 70 + "…"),
        ("x" * 60 + " {{pii:PERSON_1}} and more", "x" * 60 + " {{pii:PERSON_1}} a…"),
    ],
)
def test_a_label_is_short_and_cuts_no_token(text: str, beginning: str) -> None:
    assert excerpt_of(text) == beginning


def test_a_queued_run_may_be_shown(owner_client: Client, history: History, tree: dict[str, UUID]) -> None:
    request = parse_request({"input": {"type": "user", "text": "Later"}, "parent": str(tree["b"])})
    queued = capture.create(asker=history.asker, thread_id=history.thread_id, request=request).run
    show(owner_client, history, tree["e"])
    assert show(owner_client, history, tree["a"]).json()["head"] == str(queued.id)
    assert lifecycle.claim_next(lane=queued.lane)
