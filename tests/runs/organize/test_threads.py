"""Many threads at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.runs.api.history import History
from tests.runs.api.site import Site
from tests.runs.organize.conftest import Api, told
from tests.support.mock_provider import openai_reply
from tests.support.replies import HANG
from threads.models import Thread

ABSENT = str(UUID(int=0))


def test_many_threads_are_changed_at_once(history: History, api: Api) -> None:
    folder = api("POST", "thread-folders/", {"name": "Trips"}, status=201)["id"]
    other = api("POST", "threads/", {"title": "Other"}, status=201)["id"]
    api("PATCH", f"threads/{other}/", {"tags": ["Old", "Kept"]})
    body = {"archived": True, "pinned": True, "folder": folder, "add_tags": ["New"], "remove_tags": ["OLD"]}
    asked = [other, str(history.thread_id)]
    answer = api("POST", "threads/bulk/", {"threads": asked, **body})
    assert [thread["id"] for thread in answer["threads"]] == asked
    assert answer["deleted"] == []
    for thread, tags in zip(answer["threads"], (["Kept", "New"], ["New"]), strict=True):
        assert thread == api("GET", f"threads/{thread['id']}/")
        assert (thread["archived"], thread["pinned"], thread["folder"], thread["tags"]) == (True, True, folder, tags)
    (event,) = told(history.thread_id)
    assert event["changed"] == {"archived": True, "pinned": True, "folder": folder, "tags": ["New"]}
    assert api("POST", "threads/bulk/", {"threads": asked, "folder": None})["threads"][0].get("folder") is None


def test_one_thread_that_is_not_theirs_keeps_all_as_they_are(history: History, api: Api, elsewhere: Api) -> None:
    own = str(history.thread_id)
    for someone, threads in ((api, [own, str(uuid4())]), (elsewhere, [own])):
        for change in ({"archived": True}, {"delete": True}):
            answer = someone("POST", "threads/bulk/", {"threads": threads, **change}, status=404)
            assert answer["code"] == "thread_not_found"
    assert not Thread.objects.get(pk=history.thread_id).archived


def test_somebody_else_s_folder_is_not_there(history: History, api: Api, elsewhere: Api) -> None:
    folder = elsewhere("POST", "thread-folders/", {"name": "Hers"}, status=201)["id"]
    body = {"threads": [str(history.thread_id)], "folder": folder, "pinned": True}
    assert api("POST", "threads/bulk/", body, status=404)["code"] == "folder_not_found"
    assert not Thread.objects.get(pk=history.thread_id).pinned


@pytest.mark.parametrize(
    "body",
    [
        {"threads": [ABSENT]},
        {"threads": [], "archived": True},
        {"threads": [ABSENT] * 201, "archived": True},
        {"threads": [ABSENT], "delete": False},
        {"threads": [ABSENT], "delete": True, "archived": True},
        {"threads": [ABSENT], "title": "Mine"},
    ],
)
def test_a_bulk_names_threads_and_what_becomes_of_them(history: History, api: Api, body: dict[str, Any]) -> None:
    assert api("POST", "threads/bulk/", body, status=400)["code"] == "invalid_input"


@pytest.mark.parametrize("count", [1, 2])
async def test_what_runs_in_a_deleted_thread_is_cancelled_first(
    site: Site, owner_api: httpx.AsyncClient, count: int
) -> None:
    threads = [str(site.thread_id)] + [
        (await owner_api.post("threads/", json={})).json()["id"] for _ in range(count - 1)
    ]
    for thread in threads:
        site.provider.reply(openai_reply("Half", HANG))
        body = {"input": {"type": "user", "text": "Hello?"}}
        assert (await owner_api.post(f"threads/{thread}/runs/", json=body)).status_code == 202
    answer = await owner_api.post("threads/bulk/", json={"threads": threads, "delete": True})
    assert answer.json() == {"threads": [], "deleted": threads}
    assert (await owner_api.get("threads/")).json()["results"] == []
    await site.idle()
