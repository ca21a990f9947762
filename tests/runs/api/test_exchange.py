"""Exports and imports over REST: files that are streamed, and reports of what came in."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from django.test import override_settings

from coday.kernel.database import in_database
from runs.models import Run
from tests.runs.api.site import Site
from tests.runs.exchange.shapes import compared, file_of, run, thread
from tests.support.mock_provider import MockProvider, openai_reply


@pytest.fixture
async def talked(site: Site, api: httpx.AsyncClient, provider: MockProvider) -> list[str]:
    """The ids of two runs of the site's thread, of which the second is shown, and of a third that is not."""
    provider.reply(openai_reply("One."), openai_reply("Two."), openai_reply("Other two."))
    ids: list[str] = []
    for text, more in (("1?", {}), ("2?", {}), ("Other 2?", {"parent": "first"})):
        given = {"parent": ids[0]} if more else {}
        body = {"input": {"type": "user", "text": text}, **given}
        ids.append((await api.post(f"threads/{site.thread_id}/runs/", json=body)).json()["id"])
        await site.idle()
    await api.patch(f"threads/{site.thread_id}/", json={"head": ids[1]})
    return ids


def upload(content: bytes) -> dict[str, Any]:
    return {"file": ("export.json", content)}


def runs_of(answer: httpx.Response) -> list[str]:
    return [one["id"] for thread in answer.json()["threads"] for one in thread["runs"]]


async def test_a_conversation_is_a_file_with_a_name(site: Site, api: httpx.AsyncClient, talked: list[str]) -> None:
    answer = await api.get(f"threads/{site.thread_id}/export/")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="a-title-')
    assert (answer.json()["format"], answer.json()["version"]) == ("coday", 1)
    assert runs_of(answer) == talked


async def test_one_run_a_branch_a_selection_or_everything(
    site: Site, api: httpx.AsyncClient, talked: list[str]
) -> None:
    first, second, third = talked
    assert runs_of(await api.get(f"runs/{second}/export/")) == [second]
    assert runs_of(await api.get(f"threads/{site.thread_id}/export/?branch=shown")) == [first, second]
    assert runs_of(await api.post("exports/", json={"runs": [third, first]})) == [first, third]
    assert runs_of(await api.post("exports/", json={"threads": [str(site.thread_id)]})) == talked
    assert runs_of(await api.post("exports/", json={"everything": True})) == talked


async def test_what_was_removed_is_not_exported(site: Site, api: httpx.AsyncClient, talked: list[str]) -> None:
    await api.delete(f"runs/{talked[2]}/")
    assert runs_of(await api.get(f"threads/{site.thread_id}/export/")) == talked[:2]


@pytest.mark.parametrize(
    "body", [{}, {"runs": []}, {"runs": ["x"]}, {"everything": True, "threads": ["x"]}, {"everything": False}]
)
async def test_an_export_of_nothing_in_particular_is_refused(api: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await api.post("exports/", json=body)).status_code == 400


async def test_markdown_reads_as_a_conversation(site: Site, api: httpx.AsyncClient, talked: list[str]) -> None:
    answer = await api.get(f"threads/{site.thread_id}/export/?format=markdown&branch=shown")
    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer.headers["Content-Disposition"].endswith('.md"')
    text = answer.text
    assert text.startswith("# A title\n")
    places = [text.index(words) for words in ("## 1.", "1?", "One.", "completed", "## 2.", "2?", "Two.")]
    assert places == sorted(places)
    assert "Other" not in text


async def test_it_says_what_would_come_and_then_it_comes_once(
    site: Site, api: httpx.AsyncClient, talked: list[str]
) -> None:
    file = (await api.get(f"threads/{site.thread_id}/export/")).content
    other = await site.client("ben")
    tried = (await other.post("imports/?dry_run=true", files=upload(file))).json()
    assert (tried["source"], tried["dry_run"]) == ("coday", True)
    assert tried["threads"][0] == {
        "source_id": str(site.thread_id), "title": "A title", "runs": 3, "messages": 6, "images": 0, "state": "new",
        "problems": [],
    }  # fmt: skip
    assert (await other.get("threads/")).json()["results"] == []

    done = (await other.post("imports/", files=upload(file))).json()
    entry = done["threads"][0]
    assert (entry["state"], entry["brought"], done["counts"]["brought"]) == ("new", True, 1)
    there = (await other.get(f"threads/{entry['thread_id']}/export/")).json()
    assert compared(there) == compared((await api.get(f"threads/{site.thread_id}/export/")).json())

    again = (await other.post("imports/", files=upload(file))).json()["threads"][0]
    assert (again["state"], again["thread_id"], "brought" in again) == ("known", entry["thread_id"], False)


async def test_a_changed_conversation_comes_in_when_it_is_asked_for(site: Site, api: httpx.AsyncClient) -> None:
    first = (await api.post("imports/", files=upload(file_of(thread(run(1)))))).json()["threads"][0]
    more = file_of(thread(run(1), run(2, parent=1)))
    told = (await api.post("imports/", files=upload(more))).json()["threads"][0]
    assert (told["state"], told["thread_id"], "brought" in told) == ("changed", first["thread_id"], False)
    copied = (await api.post("imports/?changed=copy", files=upload(more))).json()["threads"][0]
    assert (copied["state"], copied["brought"]) == ("changed", True)
    assert copied["thread_id"] != first["thread_id"]
    last = (await api.post("imports/?changed=copy", files=upload(more))).json()["threads"][0]
    assert (last["state"], last["thread_id"]) == ("known", copied["thread_id"])


async def test_what_came_in_is_found(site: Site, api: httpx.AsyncClient) -> None:
    entry = (await api.post("imports/", files=upload(file_of(thread(run(7)))))).json()["threads"][0]
    found = (await api.get("runs/?q=7")).json()["results"]
    assert [one["thread_id"] for one in found] == [entry["thread_id"]]


async def test_what_was_said_then_stands_behind_what_was_said_since(
    site: Site, api: httpx.AsyncClient, talked: list[str]
) -> None:
    await api.post("imports/", files=upload(file_of(thread(run(1)))))
    listed = (await api.get("runs/")).json()["results"]
    assert [one["id"] for one in listed[:3]] == talked[::-1]


@pytest.mark.parametrize(
    ("content", "code"), [(b"{}", "unknown_format"), (b"x", "unreadable_file"), (b"", "unreadable_file")]
)
async def test_what_is_no_export_is_a_problem(api: httpx.AsyncClient, content: bytes, code: str) -> None:
    answer = await api.post("imports/", files=upload(content))
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_file_that_is_too_large_is_refused_before_it_is_read(api: httpx.AsyncClient) -> None:
    with override_settings(CODAY_MAX_IMPORT_BYTES=1_000):
        answer = await api.post("imports/", files=upload(b" " * 200_000))
    assert (answer.status_code, answer.json()["code"]) == (413, "import_too_large")
    assert (await api.post("imports/")).status_code == 400


async def test_a_long_conversation_is_sent_while_it_is_read(site: Site, api: httpx.AsyncClient) -> None:
    """Behind this server a synchronous stream would be collected whole first."""
    file = file_of(thread(*(run(number, parent=number - 1 or None) for number in range(1, 601))))
    there = (await api.post("imports/", files=upload(file))).json()["threads"][0]["thread_id"]
    pieces: list[bytes] = []
    async with api.stream("GET", f"threads/{there}/export/") as answer:
        assert "Content-Length" not in answer.headers
        async for piece in answer.aiter_raw():
            if not pieces:  # what is removed now is not read any more
                await in_database(lambda: Run.objects.filter(thread=there, number=600).delete())
            pieces.append(piece)
    assert b'"number":599' in b"".join(pieces)
    assert b'"number":600' not in b"".join(pieces)
