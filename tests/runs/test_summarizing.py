"""What a model is shown of earlier runs: left out and taken back, summarised by command, summed up where there is no room."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from coday.kernel.database import in_database
from runs.branching import removal
from runs.errors import RunStateError
from runs.events import RunSnapshot
from runs.models import ContextText, ModelCall, Run, RunSummary
from runs.summarizing import calls, states, summaries
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation
from tests.support.mock_provider import MockProvider, ReceivedRequest, openai_reply
from tests.support.replies import Reply, json_reply
from usage.models import UsageRecord

SUMMARY = "The person likes tea and lives in Ghent."


def texts(sent: dict[str, Any]) -> list[str]:
    """What was said in a request, without the system prompt."""
    return [str(message["content"]) for message in sent["messages"] if message["role"] != "system"]


async def summarize(talk: Conversation, *runs: RunSnapshot, instructions: str = "") -> RunSnapshot:
    command = {"type": "summarize", "runs": [str(run.id) for run in runs], "instructions": instructions}
    return await talk.ask(input={"type": "user", "commands": [command]})


async def show(talk: Conversation, run: RunSnapshot, context: states.Shown) -> None:
    await in_database(lambda: states.show(user_id=run.user_id, run_ids=[run.id], context=context))


async def all_summaries(run: RunSnapshot) -> list[summaries.Summary]:
    return await in_database(lambda: summaries.of_thread(user_id=run.user_id, thread_id=run.thread_id))


def sums_up_or_tells(request: ReceivedRequest) -> Reply:
    """A provider's answer: to a summary what is in it so far and more, to anything else a long story."""
    is_summary = "You condense" in request.json["messages"][0]["content"]
    return openai_reply("They heard stories. " if is_summary else "And then they sailed on. " * 300)


async def test_a_run_that_is_left_out_is_not_shown_until_it_is_taken_back(talk: Conversation) -> None:
    secret = await talk.ask("Secret?")
    await show(talk, secret, "excluded")
    await talk.ask("And now?")
    await show(talk, secret, "full")
    await talk.ask("And again?")

    assert not any("Secret" in text for text in texts(talk.provider.requests[-2].json))
    assert any("Secret" in text for text in texts(talk.provider.requests[-1].json))


async def test_a_run_that_has_not_ended_cannot_be_left_out(talk: Conversation) -> None:
    run = await talk.ask("Done")
    await in_database(lambda: Run.objects.filter(pk=run.id).update(finished_at=None, status="queued"))

    with pytest.raises(RunStateError):
        await show(talk, run, "excluded")


async def test_a_summary_stands_for_its_runs_and_is_paid_by_the_run_that_made_it(
    talk: Conversation, provider: MockProvider
) -> None:
    first, second = await talk.ask("I like tea."), await talk.ask("I live in Ghent.")
    provider.reply(openai_reply(SUMMARY))
    made = await summarize(talk, first, second, instructions="Mind the tea.")
    request = texts(provider.requests[-1].json)[0]
    await talk.ask("Where do I live?")
    shown = texts(provider.requests[-1].json)

    assert made.status == "completed"
    assert "I like tea." in request
    assert "I live in Ghent." in request
    assert "Mind the tea." in request
    assert SUMMARY in shown[0]
    assert not any("I like tea." in text for text in shown)
    assert [text for text in shown if "Where do I live?" in text]
    [kept] = await all_summaries(made)
    assert (kept.text, kept.runs, kept.stale) == (SUMMARY, (first.id, second.id), False)
    bills = await in_database(
        lambda: list(UsageRecord.objects.filter(run_id=made.id).values_list("purpose", flat=True))
    )
    assert bills == ["summary"]
    assert made.usage.output_tokens > 0


async def test_a_summary_that_is_taken_back_leaves_its_runs_whole(talk: Conversation, provider: MockProvider) -> None:
    first = await talk.ask("I like tea.")
    provider.reply(openai_reply(SUMMARY))
    await summarize(talk, first)
    [kept] = await all_summaries(first)
    await in_database(lambda: summaries.take_back(user_id=first.user_id, summary_id=kept.id))
    await talk.ask("And now?")

    assert any("I like tea." in text for text in texts(provider.requests[-1].json))
    assert await all_summaries(first) == []


async def test_a_summary_is_stale_once_one_of_its_runs_has_left_it(talk: Conversation, provider: MockProvider) -> None:
    first, second = await talk.ask("One"), await talk.ask("Two")
    provider.reply(openai_reply(SUMMARY))
    await summarize(talk, first, second)
    await show(talk, first, "full")
    [kept] = await all_summaries(first)
    await in_database(
        lambda: summaries.edit(user_id=first.user_id, summary_id=kept.id, text="Only the second one counts.")
    )
    [edited] = await all_summaries(first)

    assert kept.stale
    assert kept.runs == (second.id,)
    assert (edited.stale, edited.written_by, edited.text) == (False, "person", "Only the second one counts.")


async def test_a_summary_counts_only_where_all_of_its_runs_are(talk: Conversation, provider: MockProvider) -> None:
    first, second = await talk.ask("I like tea."), await talk.ask("I live in Ghent.")
    provider.reply(openai_reply(SUMMARY))
    await summarize(talk, first, second)
    await talk.ask("On another branch", parent=str(first.id))
    shown = texts(provider.requests[-1].json)

    assert any("I like tea." in text for text in shown)
    assert not any(SUMMARY in text for text in shown)


async def test_a_model_that_fails_to_summarise_changes_nothing(talk: Conversation, provider: MockProvider) -> None:
    first = await talk.ask("I like tea.")
    provider.reply(json_reply({"error": {"message": "No."}}, status=400))
    made = await summarize(talk, first)

    assert made.status == "failed"
    assert (await talk.run(first)).context == "full"
    assert await all_summaries(first) == []


async def test_what_a_person_said_is_in_what_is_summarised_however_long_the_answers_are(
    converse: Converse, provider: MockProvider
) -> None:
    talk = await converse(model={"context_window": 8_000})
    provider.reply(*(openai_reply("blah " * 3_000) for _ in range(4)))
    said = [f"Remember the number {number * 1111}." for number in range(1, 5)]
    runs = [await talk.ask(text) for text in said]
    before = len(provider.requests)
    provider.reply(*(openai_reply(f"Summary {part}") for part in range(8)))
    await summarize(talk, *runs)
    read = "".join(texts(request.json)[0] for request in provider.requests[before:])

    assert all(text in read for text in said)


async def test_what_has_no_room_is_summed_up_and_shown_whole_again_in_a_larger_window(
    converse: Converse, provider: MockProvider
) -> None:
    talk = await converse(model={"context_window": 3_000})
    provider.reply(openai_reply("A long story. " * 650))
    story = await talk.ask("My cat is called Mitzi.")
    provider.reply(openai_reply("The cat is called Mitzi."), openai_reply("Mitzi."))
    run = await talk.ask("What is my cat called? " * 20)
    summing, answering = (request.json for request in provider.requests[-2:])
    steps = [frame["summary"] for frame in await talk.journal(run) if frame["type"] == "step"]

    assert "My cat is called Mitzi." in texts(summing)[0]
    assert "The cat is called Mitzi." in texts(answering)[0]
    assert steps == ["1 earlier run was summed up, because the model's window is full."]
    assert (await talk.run(story)).context == "full"
    assert [kept.upto for kept in await all_summaries(run)] == [story.id]


async def test_what_was_left_out_by_a_person_is_in_no_summary_from_then_on(
    converse: Converse, provider: MockProvider
) -> None:
    talk = await converse(model={"context_window": 3_000})
    provider.reply(openai_reply("A long story. " * 650))
    story = await talk.ask("My cat is called Mitzi.")
    provider.reply(openai_reply("The cat is called Mitzi."))
    await talk.ask("What is my cat called? " * 20)
    await show(talk, story, "excluded")

    assert await all_summaries(story) == []


async def test_where_no_model_sums_up_the_run_goes_on_without(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(model={"context_window": 3_000})
    provider.reply(openai_reply("A long story. " * 650))
    await talk.ask("My cat is called Mitzi.")
    provider.reply(json_reply({"error": {"message": "No."}}, status=400), openai_reply("I do not know."))
    run = await talk.ask("What is my cat called? " * 20)
    steps = [frame["summary"] for frame in await talk.journal(run) if frame["type"] == "step"]

    assert run.status == "completed"
    assert steps == ["1 earlier run was left out, because the model's window is full."]


async def test_a_thread_that_outgrows_its_window_ten_times_still_shows_its_first_pinned_run(
    converse: Converse, provider: MockProvider
) -> None:
    talk = await converse(model={"context_window": 4_000})
    provider.answer = sums_up_or_tells
    first = await talk.ask("My name is Ada.")
    await in_database(lambda: Run.objects.filter(pk=first.id).update(pinned=True))
    for number in range(14):
        await talk.ask(f"Tell me story {number}.")
    run = await talk.ask("What is my name?")
    shown = texts(provider.requests[-1].json)

    assert any("My name is Ada." in text for text in shown)
    assert any("They heard" in text for text in shown)
    assert any("summed up" in frame["summary"] for frame in await talk.journal(run) if frame["type"] == "step")
    assert await in_database(RunSummary.objects.filter(upto__isnull=False).count) == 1


async def test_what_a_call_saw_is_kept(talk: Conversation) -> None:
    await talk.ask("First")
    run = await talk.ask("Second")
    [kept] = await in_database(lambda: calls.of_run(user_id=run.user_id, run_id=run.id))
    digests = [section["text"] for section in kept.manifest["sections"]]
    told = await in_database(lambda: calls.texts_of(thread_id=run.thread_id, digests=digests))
    sent = next(m["content"] for m in talk.provider.requests[-1].json["messages"] if m["role"] == "system")

    assert "\n\n".join(told[digest] for digest in digests) == sent
    assert kept.manifest["earlier"] == [[1, 1, "whole", ""]]
    assert await in_database(ModelCall.objects.filter(run__thread_id=run.thread_id).count) == 2


async def test_texts_that_were_pruned_are_kept_again(talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    await talk.ask("First")
    await in_database(ContextText.objects.all().delete)
    monkeypatch.setattr(calls, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + calls.KNOWN_SECONDS))
    run = await talk.ask("Second")
    [kept] = await in_database(lambda: calls.of_run(user_id=run.user_id, run_id=run.id))
    digests = [section["text"] for section in kept.manifest["sections"]]

    assert set(await in_database(lambda: calls.texts_of(thread_id=run.thread_id, digests=digests))) == set(digests)


async def test_what_was_summed_up_is_not_used_once_one_of_its_runs_is_removed(
    converse: Converse, provider: MockProvider
) -> None:
    talk = await converse(model={"context_window": 3_000})
    provider.reply(openai_reply("A long story. " * 650))
    story = await talk.ask("My cat is called Mitzi.")
    provider.reply(openai_reply("The cat is called Mitzi."), openai_reply("Another story. " * 600))
    await talk.ask("What is my cat called? " * 20)
    await in_database(lambda: removal.remove(user_id=story.user_id, run_id=story.id, scope="run"))
    before = len(provider.requests)
    await talk.ask("And what does it eat? " * 20)
    sent = [text for request in provider.requests[before:] for text in texts(request.json)]

    assert any("Another story." in text for text in sent)
    assert not any("The cat is called Mitzi." in text for text in sent)
