"""A person's folders of threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.test import Client
from pytest_django import Settings

from coday.accounts.models import User
from runs import journal
from runs.wire import frame
from threads.models import Thread, ThreadFolder
from threads.operations import create_thread

URL = "/api/v1/thread-folders/"
THREADS = "/api/v1/threads/"


@pytest.fixture
def client(owner: User, client_of: Callable[[User], Client]) -> Client:
    """The owner's."""
    return client_of(owner)


def send(client: Client, method: str, url: str, body: Any = None) -> Any:
    """A JSON request; its answer."""
    content = b"" if body is None else msgspec.json.encode(body)
    return client.generic(method, url, content, content_type="application/json")


def make(client: Client, *names: str) -> list[str]:
    """Folders of these names; their ids."""
    return [send(client, "POST", URL, {"name": name}).json()["id"] for name in names]


def names(client: Client) -> list[str]:
    """The names of the folders, which stand where they say."""
    shown = client.get(URL).json()["results"]
    assert [folder["position"] for folder in shown] == list(range(len(shown)))
    return [folder["name"] for folder in shown]


def told(thread_id: UUID) -> list[Any]:
    """What the thread's journal tells as changed."""
    return [frame(event)["changed"] for event in journal.read(thread_id=thread_id, after=0)]


@pytest.mark.parametrize(
    ("moved", "place", "order"),
    [("A", 1, "BACD"), ("A", 99, "BCDA"), ("D", 0, "DABC"), ("C", 2, "ABCD"), ("C", 1, "ACBD")],
)
def test_a_folder_is_put_among_the_others(client: Client, moved: str, place: int, order: str) -> None:
    ids = dict(zip("ABCD", make(client, *"ABCD"), strict=True))
    answer = send(client, "PATCH", f"{URL}{ids[moved]}/", {"position": place})
    assert answer.status_code == 200
    assert answer.json()["position"] == order.index(moved)
    assert "".join(names(client)) == order


def test_a_folder_that_goes_leaves_no_gap(client: Client) -> None:
    ids = make(client, "A", "B", "C")
    assert send(client, "DELETE", f"{URL}{ids[1]}/").status_code == 204
    assert names(client) == ["A", "C"]
    make(client, "D")
    assert names(client) == ["A", "C", "D"]


def test_threads_are_put_into_folders_and_found_there(client: Client, owner: User) -> None:
    (folder,) = make(client, "Trips")
    inside, outside = (create_thread(owner_id=owner.pk, title=title) for title in ("In", "Out"))
    answer = send(client, "PATCH", f"{THREADS}{inside.id}/", {"folder": folder})
    assert answer.json()["folder"] == folder
    assert told(inside.id) == [{"folder": folder}]

    def found(query: str) -> list[str]:
        return [thread["title"] for thread in client.get(f"{THREADS}?{query}").json()["results"]]

    assert found(f"folder={folder}") == ["In"]
    assert found("folder=none") == ["Out"]
    assert sorted(found("")) == ["In", "Out"]
    assert client.get(URL).json()["results"][0]["threads"] == 1
    send(client, "PATCH", f"{THREADS}{inside.id}/", {"archived": True})
    assert client.get(URL).json()["results"][0]["threads"] == 0
    assert found(f"folder={folder}&archived=true") == ["In"]
    assert outside.folder is None


def test_threads_stay_when_their_folder_goes(client: Client, owner: User) -> None:
    (folder,) = make(client, "Trips")
    thread = create_thread(owner_id=owner.pk, title="In")
    send(client, "PATCH", f"{THREADS}{thread.id}/", {"folder": folder})
    send(client, "DELETE", f"{URL}{folder}/")
    assert "folder" not in client.get(f"{THREADS}{thread.id}/").json()
    assert told(thread.id) == [{"folder": folder}, {"folder": None}]


def test_folders_are_nobody_else_s(client: Client, stranger: User, client_of: Callable[[User], Client]) -> None:
    (folder,) = make(client, "Trips")
    other = client_of(stranger)
    thread = create_thread(owner_id=stranger.pk, title="Hers")
    assert other.get(URL).json()["results"] == []
    refused = [
        send(other, "PATCH", f"{URL}{folder}/", {"name": "Mine"}),
        send(other, "DELETE", f"{URL}{folder}/"),
        send(other, "PATCH", f"{THREADS}{thread.id}/", {"folder": folder}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(404, "folder_not_found")] * 3
    assert other.get(f"{THREADS}?folder={folder}").json()["results"] == []
    assert names(client) == ["Trips"]
    assert Thread.objects.get(pk=thread.id).folder_id is None


def test_two_folders_have_two_names(client: Client) -> None:
    first, _ = make(client, "Trips", "Work")
    for method, url, body in (("POST", URL, {"name": "tRIPS"}), ("PATCH", f"{URL}{first}/", {"name": "work"})):
        answer = send(client, method, url, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "folder_exists")
    assert send(client, "PATCH", f"{URL}{first}/", {"name": "TRIPS"}).json()["name"] == "TRIPS"


def test_a_person_has_only_so_many_folders(client: Client, settings: Settings) -> None:
    settings.CODAY_MAX_FOLDERS = 1
    make(client, "One")
    answer = send(client, "POST", URL, {"name": "Two"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_folders")


@pytest.mark.parametrize("body", [{"name": ""}, {"name": "x" * 101}, {"name": "x\0"}, {"position": 1}, {}])
def test_a_folder_has_a_name(client: Client, body: dict[str, Any]) -> None:
    assert send(client, "POST", URL, body).status_code == 400
    assert not ThreadFolder.objects.exists()


def test_a_folder_that_is_no_folder_s_id_is_refused(client: Client) -> None:
    answer = client.get(f"{THREADS}?folder=everywhere")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
