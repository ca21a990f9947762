"""Removing runs and branches over REST: what goes, what is shown then, undo, and who else reads what was said."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from agents.models import Agent, LanguageModel
from coday.kernel.database import in_database
from coday.kernel.ids import new_id
from runs import background
from runs.branching.purge import purge
from runs.execution.clock import forget_removed
from runs.models import Run, RunEventRecord, ToolCall, ToolOperation
from runs.search.indexing import index_pending
from runs.search.recall import recall
from runs.tools.builtin.read_result import ResultNotFoundError, find_result
from tests.runs.api.site import Site, png
from tests.runs.api.test_runs import hello, start
from tests.support.mock_provider import Call, Gate, openai_reply
from threads.models import ImageAttachment, Message, Thread
from threads.queries import thread_snapshot
from usage.models import UsageRecord

CANARY = "zeisigweibchen"


async def say(site: Site, api: httpx.AsyncClient, text: str, **body: Any) -> dict[str, Any]:
    """Say something, and wait for the answer."""
    run = await start(api, site.thread_id, hello(text, **body))
    await site.idle()
    return run


async def said(site: Site, api: httpx.AsyncClient) -> list[str]:
    """What the person said on the branch that is shown, oldest first."""
    page = (await api.get(f"threads/{site.thread_id}/messages/")).json()["results"]
    return [message["content"][-1]["text"] for message in reversed(page) if message["role"] == "user"]


async def head(site: Site, api: httpx.AsyncClient) -> str | None:
    found: str | None = (await api.get(f"threads/{site.thread_id}/")).json().get("head")
    return found


async def remove(api: httpx.AsyncClient, run: dict[str, Any], scope: str = "run") -> dict[str, Any]:
    answer = await api.delete(f"runs/{run['id']}/", params={"scope": scope})
    assert answer.status_code == 200, answer.text
    removed: dict[str, Any] = answer.json()
    return removed


async def undo(api: httpx.AsyncClient, deletion: str) -> httpx.Response:
    return await api.post(f"run-deletions/{deletion}/undo/", json={})


async def test_a_run_alone_goes_and_comes_back(site: Site, api: httpx.AsyncClient) -> None:
    runs = [await say(site, api, text) for text in ("One", "Two", "Three")]
    preview = (await api.get(f"runs/{runs[1]['id']}/deletion/")).json()
    assert preview == {"scope": "run", "runs": 1, "messages": 2, "unfinished": 0, "head_after": runs[2]["id"]}

    removed = await remove(api, runs[1])
    assert removed["runs"] == [runs[1]["id"]]
    assert await said(site, api) == ["One", "Three"]
    assert (await api.get(f"runs/{runs[2]['id']}/")).json()["parent"] == runs[0]["id"]
    for address in (f"runs/{runs[1]['id']}/", f"runs/{runs[1]['id']}/calls/", f"runs/{runs[1]['id']}/deletion/"):
        assert (await api.get(address)).status_code == 404, address
    for address in ("runs/", f"threads/{site.thread_id}/runs/", f"threads/{site.thread_id}/branches/"):
        answer = (await api.get(address)).json()
        listed = answer.get("results", answer.get("runs"))
        assert {run["id"] for run in listed} == {runs[0]["id"], runs[2]["id"]}, address
    await say(site, api, "Four")
    assert "Two" not in [message["content"] for message in site.provider.requests[-1].json["messages"]]

    answer = await undo(api, removed["deletion"])
    assert [run["id"] for run in answer.json()["runs"]] == [runs[1]["id"]]
    assert await said(site, api) == ["One", "Two", "Three", "Four"]
    assert (await undo(api, removed["deletion"])).json()["code"] == "deletion_not_found"


async def test_a_branch_goes_with_everything_behind_it(site: Site, api: httpx.AsyncClient) -> None:
    one, two = await say(site, api, "One"), await say(site, api, "Two")
    three = await say(site, api, "Three")
    beside = await say(site, api, "Beside", parent=one["id"])
    await api.patch(f"threads/{site.thread_id}/", json={"head": three["id"]})
    preview = (await api.get(f"runs/{two['id']}/deletion/", params={"scope": "branch"})).json()
    assert (preview["runs"], preview["messages"], preview["head_after"]) == (2, 4, beside["id"])

    removed = await remove(api, two, "branch")
    assert set(removed["runs"]) == {two["id"], three["id"]}
    assert await head(site, api) == beside["id"]
    await undo(api, removed["deletion"])
    assert await head(site, api) == three["id"]
    assert await said(site, api) == ["One", "Two", "Three"]

    everything = await remove(api, one, "branch")
    assert len(everything["runs"]) == 4
    assert await head(site, api) is None
    assert await said(site, api) == []
    again = await say(site, api, "Anew")
    assert "parent" not in again
    await undo(api, everything["deletion"])
    assert await said(site, api) == ["Anew"]


async def test_what_was_said_since_stays_what_is_shown(site: Site, api: httpx.AsyncClient) -> None:
    one, two = await say(site, api, "One"), await say(site, api, "Two")
    removed = await remove(api, two)
    other = await say(site, api, "Something else")
    assert (other["parent"], other["lane"] != two["lane"]) == (one["id"], True)
    await undo(api, removed["deletion"])
    assert await head(site, api) == other["id"]
    assert await said(site, api) == ["One", "Something else"]


async def test_what_runs_is_stopped_and_what_waits_behind_it_goes_on(site: Site, api: httpx.AsyncClient) -> None:
    gate = Gate()
    site.provider.reply(openai_reply("Half", gate, " of it."), openai_reply("The next."))
    running = await start(api, site.thread_id, hello("First"))
    await gate.reached
    waiting = await start(api, site.thread_id, hello("Second"))
    preview = (await api.get(f"runs/{running['id']}/deletion/", params={"scope": "branch"})).json()
    assert (preview["runs"], preview["unfinished"]) == (2, 2)

    removed = await remove(api, running)
    assert (await in_database(Run.objects.get, pk=running["id"])).status == "cancelled"
    assert not await in_database(Message.objects.filter(run_id=running["id"], removed=False).exists)
    gate.open()
    await site.idle()
    shown = (await api.get(f"runs/{waiting['id']}/")).json()
    assert (shown["status"], shown.get("parent")) == ("completed", None)
    restored = (await undo(api, removed["deletion"])).json()["runs"]
    assert [run["status"] for run in restored] == ["cancelled"]
    assert await said(site, api) == ["First", "Second"]


async def test_a_queued_run_leaves_the_queue_and_comes_back_to_it(site: Site, api: httpx.AsyncClient) -> None:
    gate = Gate()
    site.provider.reply(openai_reply("Well", gate, "."))
    await start(api, site.thread_id, hello("First"))
    await gate.reached
    second, third = [await start(api, site.thread_id, hello(text)) for text in ("Second", "Third")]

    removed = await remove(api, second)
    assert (await api.get(f"runs/{third['id']}/")).json()["position"] == 1
    (restored,) = (await undo(api, removed["deletion"])).json()["runs"]
    assert (restored["status"], restored["position"]) == ("queued", 1)
    assert (await api.get(f"runs/{third['id']}/")).json()["position"] == 2

    removed = await remove(api, second)
    gate.open()
    await site.idle()
    assert (await in_database(Run.objects.get, pk=second["id"])).status == "queued"
    assert await said(site, api) == ["First", "Third"]
    await undo(api, removed["deletion"])
    await site.idle()
    assert await said(site, api) == ["First", "Third", "Second"]
    assert (await api.get(f"runs/{second['id']}/")).json()["status"] == "completed"


async def test_what_was_delegated_goes_along(site: Site, api: httpx.AsyncClient) -> None:
    await in_database(_may_delegate)
    call = Call("delegate", (json.dumps({"agent": "other", "task": f"Look for {CANARY}."}),))
    site.provider.reply(openai_reply(call), openai_reply(f"Found {CANARY}."), openai_reply("Done."))
    run = await say(site, api, "Have it looked for.")
    child = await in_database(Run.objects.get, trigger="delegation")
    alone = await api.delete(f"runs/{child.pk}/")
    assert (alone.status_code, alone.json()["code"]) == (409, "run_state")

    removed = await remove(api, run)
    assert set(removed["runs"]) == {run["id"], str(child.pk)}
    assert (await api.get(f"runs/{child.pk}/")).status_code == 404
    await undo(api, removed["deletion"])
    assert (await api.get(f"runs/{child.pk}/")).status_code == 200


def _may_delegate() -> None:
    helper = Agent.objects.get(slug="helper")
    helper.delegates.add(Agent.objects.create(slug="other", name="Other", language_model=helper.language_model))
    LanguageModel.objects.update(tools=True)


async def test_a_reminder_of_a_removed_run_is_not_heard(site: Site, api: httpx.AsyncClient) -> None:
    run = await say(site, api, "Remind me.")
    kept = await in_database(_reminder, run["id"])
    removed = await remove(api, run)
    assert (await api.get("operations/")).json()["results"] == []
    await undo(api, removed["deletion"])
    assert [one["id"] for one in (await api.get("operations/")).json()["results"]] == [str(kept)]

    await remove(api, run)
    await in_database(ToolOperation.objects.filter(pk=kept).update, due_at=timezone.now())
    await in_database(background.end_due)
    assert (await in_database(ToolOperation.objects.get, pk=kept)).status == "cancelled"
    assert await in_database(Run.objects.count) == 1


def _reminder(run_id: str) -> UUID:
    run, due_at = Run.objects.get(pk=run_id), timezone.now() + timedelta(days=1)
    reminder = ToolOperation.objects.create(
        thread_id=run.thread_id, run_id=run.pk, call_id="call_1", user_id=run.user_id, username=run.username,
        tool="remind_me", summary="Tea", due_at=due_at, deadline_at=due_at,
    )  # fmt: skip
    return reminder.pk


async def test_nobody_else_reads_what_was_removed(site: Site, api: httpx.AsyncClient) -> None:
    """Agents that search their person's threads, results that are read on, excerpts of threads without a title."""
    run = await say(site, api, f"My {CANARY}")
    asker = site.cast.asker
    await in_database(
        ToolCall.objects.create, run_id=run["id"], call_id="call_1", name="n", status="succeeded", content=CANARY
    )
    await in_database(Thread.objects.update, title="", title_source="")
    await remove(api, run)

    recalled = partial(recall, user_id=asker.user_id, text=CANARY, besides=new_id(), threads=5, lines=3)
    assert await in_database(recalled) == []
    assert (await in_database(lambda: thread_snapshot(Thread.objects.get()))).excerpt == ""
    with pytest.raises(ResultNotFoundError):
        await in_database(find_result, thread_id=site.thread_id, call_id="call_1", nearby=())
    assert CANARY not in (await api.get("threads/")).text
    assert CANARY not in (await api.get("runs/", params={"q": CANARY})).text
    assert (await api.get(f"threads/{site.thread_id}/messages/", params={"run": run["id"]})).status_code == 400


async def test_after_a_while_it_is_gone_for_good(site: Site, api: httpx.AsyncClient) -> None:
    url = f"threads/{site.thread_id}/"
    first, shared = [
        (await api.post(f"{url}images/", files={"file": ("dot.png", png())})).json()["id"] for _ in range(2)
    ]
    site.provider.reply(openai_reply(f"I heard {CANARY}."))
    looking = {"input": {"type": "user", "text": f"Hear: {CANARY}", "images": [first, shared]}}
    run = await start(api, site.thread_id, looking)
    await site.idle()
    await api.patch(f"runs/{run['id']}/", json={"title": f"About {CANARY}", "tags": ["kept"]})
    await in_database(
        ToolCall.objects.create, run_id=run["id"], call_id="call_1", name="n", status="succeeded", content=CANARY
    )
    again = await start(api, site.thread_id, {"input": {"type": "user", "text": "Again", "images": [shared]}})
    await site.idle()
    await in_database(_index_all)
    assert "runs.RunDocument" in await in_database(_where, CANARY)
    removed = await remove(api, run)
    path = Path((await in_database(ImageAttachment.objects.get, pk=first)).file.path)
    assert await in_database(path.exists)
    assert await in_database(purge) == 0  # it can still be undone

    await in_database(_make_old)
    await forget_removed()
    assert await in_database(_where, CANARY) == set()
    assert [str(image.pk) for image in await in_database(lambda: list(ImageAttachment.objects.all()))] == [shared]
    assert not await in_database(path.exists)
    assert (await undo(api, removed["deletion"])).json()["code"] == "deletion_not_found"
    assert "parent" not in (await api.get(f"runs/{again['id']}/")).json()
    events = (await api.get(f"{url}events/", params={"limit": 200})).json()["results"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert run["id"] not in {event.get("run_id") for event in events}
    assert await in_database(UsageRecord.objects.filter(run_id=run["id"]).exists), "the bill stays"
    assert await said(site, api) == ["Again"]


def _index_all() -> None:
    while index_pending():
        pass


def _make_old() -> None:
    Run.objects.filter(deleted_at__isnull=False).update(deleted_at=timezone.now() - timedelta(days=2))


def _where(text: str) -> set[str]:
    """The tables in which a text is found: those of the models, and what a search index keeps beside them."""
    tables: dict[str, str] = {one._meta.db_table: one._meta.label for one in apps.get_models(include_auto_created=True)}
    with connection.cursor() as cursor:
        there = {table.name for table in connection.introspection.get_table_list(cursor)}
        found = set()
        for table in there:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # our own names
            if any(text in str(value) for row in cursor.fetchall() for value in row):
                found.add(tables.get(table, table))
    return found


async def test_a_run_that_still_ends_is_forgotten_later(site: Site, api: httpx.AsyncClient) -> None:
    run = await say(site, api, "Hello?")
    await remove(api, run)
    await in_database(_make_old)
    await in_database(Run.objects.update, status="running", finished_at=None)
    assert await in_database(purge) == 0
    await in_database(Run.objects.update, status="cancelled", finished_at=timezone.now())
    assert await in_database(purge) == 1
    assert not await in_database(RunEventRecord.objects.filter(run_id=run["id"]).exists)


async def test_what_is_asked_is_checked(site: Site, api: httpx.AsyncClient) -> None:
    run = await say(site, api, "Hello?")
    wrong = await api.delete(f"runs/{run['id']}/", params={"scope": "everything"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_parameter")
    assert (await api.get(f"runs/{run['id']}/deletion/", params={"scopes": "run"})).status_code == 400
    removed = await remove(api, run)
    stranger = await site.client("stranger")
    assert (await undo(stranger, removed["deletion"])).status_code == 404
    assert (await undo(api, removed["deletion"])).status_code == 200
