"""Pruning takes words and leaves the skeleton: everything that was said is gone from every row and file, and nothing else."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db.models import QuerySet
from pytest_django import Settings

from coday.kernel.database import in_database
from runs import journal
from runs.branching.continuation import go_on
from runs.branching.fork import fork
from runs.branching.repeat import rerun, retry
from runs.context import load_context
from runs.errors import RunPrunedError
from runs.execution.clock import prune_by_policy
from runs.models import (
    ContextText,
    ModelCall,
    RetentionPolicy,
    RetentionReport,
    Run,
    RunFeedback,
    RunSummary,
    ToolCall,
)
from runs.queries import run_snapshot
from runs.retention.policies import Conditions, claim
from runs.retention.prune import apply, apply_due, prune
from runs.search.find import ask, threads_with
from runs.search.indexing import index_pending
from tests.runs.api.history import History
from tests.runs.api.site import png
from tests.runs.branching.screens import paged, replayed
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation
from tests.runs.notes import Notes
from tests.runs.retention.conftest import age, policy, pruned, tag, turns
from tests.runs.test_anonymous import ERIKA, MAX, hide
from tests.support import pii
from tests.support.mock_provider import Call, MockProvider, openai_reply
from threads import covering
from threads.masks import masks_of
from threads.models import ImageAttachment, Mask, Message, Thread
from threads.operations import add_image
from threads.privacy import service
from usage.models import UsageRecord

CANARY = "zeisigweibchen"


def holding(text: str) -> list[str]:
    """The columns in which a text stands, in any row of any table."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed:
            for values in QuerySet(model).values():
                found += [f"{model._meta.label}.{name}" for name, value in values.items() if text in _plain(value)]
    return found


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def test_a_run_without_words_keeps_its_place_and_its_bill(history: History) -> None:
    runs = turns(history, 3)
    tag(runs[1], "old")
    Run.objects.filter(pk=runs[1]).update(input_tokens=7, cost="0.5", title="A title")
    before, last_seq = Run.objects.get(pk=runs[1]), Thread.objects.get().last_seq
    applied, report = apply(policy(history, tags=["old"]), seconds=60)

    assert pruned() == {runs[1]}
    assert (applied.runs, applied.complete, report and (report.runs, report.spared)) == (1, True, (1, 0))
    after = Run.objects.get(pk=runs[1])
    for name in (
        "number",
        "parent_id",
        "lane",
        "status",
        "agent",
        "model",
        "tags",
        "cost",
        "input_tokens",
        "finished_at",
    ):
        assert getattr(after, name) == getattr(before, name), name
    assert (after.title, after.input_digest, after.context) == ("", "", "full")
    assert [message.content for message in Message.objects.filter(run_id=runs[1])] == [[]]
    seqs = [event.seq for event in journal.read(thread_id=history.thread_id, after=0, limit=1_000)]
    assert seqs == list(range(1, last_seq + 2))


def test_the_words_are_nowhere_any_more(history: History) -> None:
    run = history.ask(f"About {CANARY}").id
    history.start(run_snapshot(Run.objects.get(pk=run)))
    history.say(run_snapshot(Run.objects.get(pk=run)), f"{CANARY}!")
    history.step(run_snapshot(Run.objects.get(pk=run)), f"{CANARY}?")
    row = Run.objects.get(pk=run)
    ToolCall.objects.create(
        run=row, call_id="c", name="look_up", status="succeeded", arguments={"q": CANARY}, content=CANARY, question=CANARY,
        details={"of": CANARY}, answer={CANARY: 1},
    )  # fmt: skip
    history.finish(run_snapshot(row))
    history.turn(2)
    row.refresh_from_db()
    RunFeedback.objects.create(run=row, user_id=row.user_id, username="ann", rating=1, comment=CANARY)
    ContextText.objects.create(thread_id=row.thread_id, digest="a" * 64, text=CANARY)
    ContextText.objects.create(thread_id=row.thread_id, digest="b" * 64, text="Be kind.")
    manifest = {"system": ["a" * 64, "b" * 64], "why": CANARY}
    ModelCall.objects.create(run=row, position=1, model="mock-1", manifest=manifest)
    other = Run.objects.exclude(pk=run).get()
    ModelCall.objects.create(run=other, position=1, model="mock-1", manifest={"system": ["b" * 64]})
    summary = RunSummary.objects.create(thread_id=row.thread_id, text=CANARY, digest="0" * 64)
    Run.objects.filter(pk=run).update(title=CANARY, error_code="x", error_message=CANARY, summary=summary)
    index_pending()
    tag(run, "old")
    assert len(holding(CANARY)) > 10

    apply(policy(history, tags=["old"]), seconds=60)
    assert holding(CANARY) == []
    assert list(ContextText.objects.values_list("digest", flat=True)) == ["b" * 64]
    assert list(RunFeedback.objects.values_list("rating", flat=True)) == [1]
    assert list(ToolCall.objects.values_list("name", "status")) == [("look_up", "succeeded")]
    question = ask(user_id=history.asker.user_id, text=CANARY)
    assert not Thread.objects.filter(threads_with(user_id=history.asker.user_id, question=question)).exists()


def test_an_image_goes_with_the_last_run_that_holds_it(history: History, tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    images = [
        add_image(
            user_id=history.asker.user_id, thread_id=history.thread_id, name="a.png", file=io.BytesIO(png()), size=9
        )
        for _ in range(2)
    ]
    runs = turns(history, 2)
    parts = [[{"type": "image", "id": str(image.id)} for image in images], [{"type": "image", "id": str(images[1].id)}]]
    for run, content in zip(runs, parts, strict=True):
        Message.objects.filter(run_id=run, role="user").update(content=content)
    tag(runs[0], "old")
    apply(policy(history, tags=["old"]), seconds=60)
    assert [image.pk for image in ImageAttachment.objects.all()] == [images[1].id]


def test_the_bill_stays(history: History) -> None:
    [run] = turns(history, 1)
    UsageRecord.objects.create(
        user_id=history.asker.user_id, username="ann", thread_id=history.thread_id, run_id=run, model="m", provider="p",
        input_tokens=3,
    )  # fmt: skip
    apply(policy(history, older_than_days=30), seconds=60)
    assert UsageRecord.objects.get().input_tokens == 3


def test_nothing_can_be_made_of_it_any_more(history: History) -> None:
    runs = turns(history, 3)
    tag(runs[1], "old")
    apply(policy(history, tags=["old"]), seconds=60)
    for make in (retry, rerun, go_on):
        with pytest.raises(RunPrunedError):
            make(asker=history.asker, run_id=runs[1])
    with pytest.raises(RunPrunedError):
        fork(user_id=history.asker.user_id, run_id=runs[1])
    copy = fork(user_id=history.asker.user_id, run_id=runs[2]).thread
    assert list(Run.objects.filter(thread=copy.id, pruned_at__isnull=False).values_list("number", flat=True)) == [2]


def test_no_model_is_shown_what_is_left(history: History) -> None:
    runs = turns(history, 3)
    tag(runs[1], "old")
    apply(policy(history, tags=["old"]), seconds=60)
    context = load_context(run=history.ask("And now?"))
    assert [turn.run.id for turn in context.history] == [runs[0], runs[2]]


@pytest.fixture
def analyzer(settings: Settings) -> Iterator[None]:
    """A quick one."""
    settings.CODAY_PII_ENGINE = pii.ENGINE
    covering.forget()
    yield
    service.close()


@pytest.mark.usefixtures("analyzer")
async def test_a_name_that_nobody_says_any_more_is_forgotten(talk: Conversation) -> None:
    await in_database(hide, talk)
    first = await talk.ask(f"Ask {ERIKA} and {MAX}.")
    await talk.ask(f"Call {MAX}.")
    assert await in_database(Mask.objects.count) == 2
    await in_database(tag, first.id, "old")
    site_wide = await in_database(policy, tags=["old"])
    await in_database(apply, site_wide, seconds=60)
    book = await in_database(masks_of, thread_id=talk.thread_id)
    assert [entry.value for entry in book.entries] == [MAX]
    assert await in_database(replayed, talk.thread_id) == await in_database(paged, talk.thread_id)


async def test_what_tools_were_told_and_said_goes_too(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(tools=(Notes(),), model={"tools": True})
    provider.reply(openai_reply(Call("note", (json.dumps({"text": CANARY}),))), openai_reply(f"{CANARY} noted."))
    run = await talk.ask(f"Note {CANARY}.")
    await in_database(index_pending)
    await in_database(age, run.id, days=100)
    site_wide = await in_database(policy, older_than_days=30)
    await in_database(apply, site_wide, seconds=60)
    assert await in_database(holding, CANARY) == []
    assert await in_database(replayed, talk.thread_id) == await in_database(paged, talk.thread_id)


async def test_the_clock_prunes_and_tells_whoever_watches(talk: Conversation) -> None:
    run = await talk.ask("Hello?")
    await in_database(age, run.id, days=100)
    await in_database(policy, older_than_days=30)
    async with talk.watch() as watcher:
        for created in await prune_by_policy():
            talk.delivery.publish(created.events, owner_id=talk.asker.user_id)
        told = await watcher.frame(lambda frame: "pruned_at" in frame.get("run", {}))
    assert "pruned_at" in told["changed"]
    assert await in_database(RetentionReport.objects.count) == 1
    assert list(await prune_by_policy()) == []
    assert await in_database(RetentionReport.objects.count) == 1


def test_a_policy_that_is_off_does_nothing_by_itself(history: History) -> None:
    turns(history, 2)
    policy(history, older_than_days=30, enabled=False)
    assert list(apply_due()) == []
    assert pruned() == set()


def test_a_policy_is_one_processes_at_a_time(history: History) -> None:
    mine = policy(history, older_than_days=30)
    theirs = RetentionPolicy.objects.get()
    assert claim(mine)
    assert not claim(theirs)


def test_who_stops_in_the_middle_is_followed_by_who_goes_on(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = turns(history, 5)
    monkeypatch.setattr("runs.retention.prune.RUNS_AT_ONCE", 2)
    policy(history, older_than_days=30)
    with closing(apply_due()) as steps:
        assert [len(next(steps)), len(next(steps))] == [0, 1]
    assert pruned() == set(runs[:2])
    assert len([step for step in apply_due() if step]) == 2
    assert pruned() == set(runs)
    assert list(RetentionReport.objects.order_by("id").values_list("runs", flat=True)) == [2, 3]


def test_what_was_pinned_after_the_look_stays(history: History) -> None:
    runs = turns(history, 2)
    Run.objects.filter(pk=runs[0]).update(pinned=True)
    done = prune(
        thread_id=history.thread_id,
        run_ids=runs,
        conditions=Conditions(older_than_days=30),
        owner_id=history.asker.user_id,
    )
    assert done
    assert pruned() == {runs[1]}


def test_a_summary_goes_with_the_last_of_its_runs(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = turns(history, 3)
    summary = RunSummary.objects.create(thread_id=history.thread_id, text="Both.", digest="0" * 64)
    Run.objects.filter(pk__in=runs[:2]).update(summary=summary)
    monkeypatch.setattr("runs.retention.prune.RUNS_AT_ONCE", 1)
    policy(history, older_than_days=30)
    with closing(apply_due()) as steps:
        next(steps), next(steps)
    assert RunSummary.objects.exists()
    list(apply_due())
    assert pruned() == set(runs)
    assert not RunSummary.objects.exists()


def test_what_was_made_to_fit_a_window_goes_if_it_may_speak_of_them(history: History) -> None:
    runs = turns(history, 3)
    for run in runs:
        RunSummary.objects.create(thread_id=history.thread_id, text="So far.", upto=run)
    tag(runs[1], "old")
    apply(policy(history, tags=["old"]), seconds=60)
    assert list(RunSummary.objects.values_list("upto", flat=True)) == [runs[0]]
