"""Conversations that were really had: exported, brought in by somebody else, and shown as they were."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID

import msgspec

from coday.kernel.database import in_database
from runs.exchange.importing import Report
from runs.models import Run, RunFeedback, RunSummary
from runs.organize.groups import create_group
from runs.organize.runs import change_runs
from runs.queries import run_snapshot
from tests.runs.api.site import png
from tests.runs.branching.screens import paged, replayed, words
from tests.runs.conftest import Converse
from tests.runs.exchange.shapes import brought, came, compared, exported
from tests.runs.notes import Notes
from tests.runs.test_delegation import MODEL, make_researcher, task
from tests.support.mock_provider import CUT, Call, MockProvider, openai_reply
from threads.models import Thread
from threads.operations import add_image
from usage.models import UsageRecord


def copied(thread_id: UUID, *, by: str = "ben") -> Report:
    file = exported(thread_id, by="ann")
    return brought(msgspec.json.encode(file), by=by)


async def test_a_rich_conversation_comes_in_as_it_was(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(model={**MODEL, "vision": True}, tools=(Notes(),))
    await in_database(make_researcher)
    provider.reply(
        openai_reply("Thinking.", Call("note", ('{"text": "x"}',))), openai_reply("Noted."),
        openai_reply(task()), openai_reply("It is 42."), openai_reply("They say 42."), openai_reply("Another."),
    )  # fmt: skip
    place = {"user_id": talk.asker.user_id, "thread_id": talk.thread_id}
    image = await in_database(lambda: add_image(**place, name="dot.png", file=io.BytesIO(png()), size=len(png())))
    first = await talk.say("Look.", input={"type": "user", "text": "Look.", "images": [str(image.id)]})
    await talk.idle()
    second = await talk.ask("Ask them.")
    await talk.ask("Instead.", parent=str(first.id))

    def arrange() -> None:
        create_group(**place, name="G", run_ids=[second.id])
        changes = {"tags": ["Trip"], "pinned": True, "importance": 77}
        change_runs(user_id=talk.asker.user_id, run_ids=[first.id], changes=changes)
        summary = RunSummary.objects.create(thread_id=talk.thread_id, text="In short.", digest="d")
        Run.objects.filter(pk=second.id).update(context="summarised", summary=summary)
        RunFeedback.objects.create(run_id=second.id, user_id=talk.asker.user_id, username="ann", rating=1)

    await in_database(arrange)
    before = await in_database(exported, talk.thread_id, by="ann")
    shown = await in_database(paged, talk.thread_id)
    assert len(before["threads"][0]["runs"]) == 4
    assert len(before["threads"][0]["images"]) == 1

    report = await in_database(copied, talk.thread_id)
    assert report.threads[0].problems == ()
    after = await in_database(exported, came(report), by="ben")
    assert compared(after) == compared(before)
    told, here = await in_database(replayed, came(report)), await in_database(paged, came(report))
    assert told == here
    assert words(here) == words(shown)


async def test_what_came_in_is_not_paid_again(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(model=MODEL)
    run = await talk.ask()
    assert run.usage.cost
    records = await in_database(UsageRecord.objects.count)
    thread_id = came(await in_database(copied, talk.thread_id))

    there = await in_database(lambda: run_snapshot(Run.objects.get(thread=thread_id)))
    assert there.usage == run.usage
    assert await in_database(UsageRecord.objects.count) == records


async def test_one_goes_on_where_it_ended(converse: Converse, provider: MockProvider) -> None:
    talk = await converse()
    provider.reply(openai_reply("First."), openai_reply("Second."))
    await talk.ask("1?")
    entry = (await in_database(copied, talk.thread_id, by="ann")).threads[0]
    assert entry.state == "known"  # it is there already: nothing is doubled

    def gone() -> Report:
        file = exported(talk.thread_id, by="ann")
        Thread.objects.filter(pk=talk.thread_id).delete()
        return brought(msgspec.json.encode(file), by="ann")

    talk.thread_id = came(await in_database(gone))
    after = await talk.ask("2?")
    assert [message["content"] for message in talk.sent[-1]] == ["1?", "First.", "2?"]
    assert after.number == 2


async def test_what_had_not_ended_is_interrupted(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(tools=(Notes(),), model={"tools": True})
    provider.reply(openai_reply("Noted."))
    run = await talk.ask()

    def running() -> Any:
        Run.objects.filter(pk=run.id).update(status="running", finished_at=None)
        thread_id = came(copied(talk.thread_id))
        Run.objects.filter(pk=run.id).update(status="completed", finished_at=run.finished_at)
        return Run.objects.get(thread=thread_id)

    there = await in_database(running)
    assert (there.status, there.runner, there.finished_at) == ("interrupted", None, run.started_at)


async def test_a_cut_answer_keeps_its_words(converse: Converse, provider: MockProvider) -> None:
    talk = await converse()
    provider.reply(openai_reply("Half an", CUT))
    await talk.ask()
    there = came(await in_database(copied, talk.thread_id))
    assert words(await in_database(paged, there)) == words(await in_database(paged, talk.thread_id))
