"""The loop of model calls and tool calls, and what it never does."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import pytest

from coday.kernel.database import in_database
from runs.models import Run, ToolCall
from runs.tools.base import ToolTraits
from tests.runs.conftest import Converse
from tests.runs.conversation import words
from tests.runs.notes import Broken, Gated, Notes, Refusing
from tests.support.mock_provider import CUT, Call, MockProvider, Reply, openai_reply
from threads.content import ToolResultPart, ToolUsePart
from threads.models import Message
from threads.snapshot import MessageSnapshot

TOOLS = {"tools": True}


def results(messages: Iterable[MessageSnapshot]) -> list[ToolResultPart]:
    """The tool results of stored messages."""
    return [part for message in messages for part in message.content if isinstance(part, ToolResultPart)]


async def test_a_call_is_answered_and_the_model_goes_on(converse: Converse, provider: MockProvider) -> None:
    notes = Notes()
    talk = await converse(model=TOOLS, tools=(notes,))
    provider.reply(openai_reply("Let me see.", Call("note", ('{"text":', '"x"}'))), openai_reply("Done."))
    run = await talk.ask()

    assert run.status == "completed"
    assert notes.calls == [{"text": "x"}]
    assert [message.role for message in await talk.messages(run)] == ["user", "assistant", "tool", "assistant"]
    assert results(await talk.messages(run)) == [ToolResultPart("call_1", "note", "noted")]
    assert [message["role"] for message in talk.sent[1]] == ["user", "assistant", "tool"]
    assert talk.sent[1][2]["content"] == "noted"
    assert (run.usage.model_calls, run.usage.tool_calls) == (2, 1)


async def test_calls_of_one_turn_run_side_by_side_and_keep_their_order(
    converse: Converse, provider: MockProvider
) -> None:
    slow, quick = Gated("slow", answer="late"), Gated("quick", answer="early")
    talk = await converse(model=TOOLS, tools=(slow, quick))
    provider.reply(openai_reply(Call("slow", id="c1"), Call("quick", id="c2")), openai_reply("Done."))
    run = await talk.say()
    await slow.gate.reached
    await quick.gate.reached
    quick.gate.open()
    slow.gate.open()
    await talk.idle()

    assert [(part.tool_call_id, part.content) for part in results(await talk.messages(run))] == [
        ("c1", "late"),
        ("c2", "early"),
    ]


async def test_an_unknown_tool_is_told_to_the_model(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(model=TOOLS, tools=(Notes(),))
    provider.reply(openai_reply(Call("erase")), openai_reply("I see."))
    run = await talk.ask()

    assert run.status == "completed"
    [result] = results(await talk.messages(run))
    assert result.is_error
    assert "erase" in result.content
    assert "note" in result.content
    assert words(await talk.answer(run)) == "I see."


async def test_a_failure_is_told_as_a_failure(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(model=TOOLS, tools=(Refusing(),))
    provider.reply(openai_reply(Call("note")), openai_reply("I see."))
    run = await talk.ask()

    assert results(await talk.messages(run)) == [
        ToolResultPart("call_1", "note", "The notebook is closed.", is_error=True)
    ]
    assert talk.sent[1][-1]["content"] == "Error: The notebook is closed."


@pytest.mark.parametrize(
    "fragments",
    [('{"text": ',), ("[1, 2]",), ('"x"',), ("{'text': 1}",), ('{"a":1}{"b":2}',), ('{"text": "\\u0000"}',)],
    ids=repr,
)
async def test_malformed_arguments_are_never_executed(
    converse: Converse, provider: MockProvider, fragments: tuple[str, ...]
) -> None:
    notes = Notes()
    talk = await converse(model=TOOLS, tools=(notes,))
    provider.reply(openai_reply(Call("note", fragments)), openai_reply("Sorry."))
    run = await talk.ask()

    assert notes.calls == []
    assert run.status == "completed"
    [result] = results(await talk.messages(run))
    assert result.is_error
    calls = [part for m in await talk.messages(run) for part in m.content if isinstance(part, ToolUsePart)]
    assert (calls[0].arguments, calls[0].arguments_text) == (None, "".join(fragments))


@pytest.mark.parametrize("fragments", [(), ('{"text":',)], ids=["nothing yet", "a beginning"])
async def test_arguments_cut_by_the_length_limit_are_never_executed(
    converse: Converse, provider: MockProvider, fragments: tuple[str, ...]
) -> None:
    notes = Notes()
    talk = await converse(model=TOOLS, tools=(notes,))
    provider.reply(openai_reply("Let me", Call("note", fragments), finish="length"), openai_reply("Sorry."))
    run = await talk.ask()

    assert notes.calls == []
    assert [part.is_error for part in results(await talk.messages(run))] == [True]


async def test_a_call_without_arguments_is_executed(converse: Converse, provider: MockProvider) -> None:
    notes = Notes()
    talk = await converse(model=TOOLS, tools=(notes,))
    provider.reply(openai_reply(Call("note", ())), openai_reply("Done."))
    await talk.ask()

    assert notes.calls == [{}]


async def test_the_same_failure_three_times_ends_the_run(converse: Converse, provider: MockProvider) -> None:
    notes = Notes(answer="no pen", is_error=True)
    talk = await converse(model=TOOLS, tools=(notes,))
    provider.answer = lambda _: openai_reply("Once more.", Call("note"))
    run = await talk.ask()

    assert run.error
    assert (run.status, run.error.code) == ("failed", "repeated_tool_failure")
    assert len(notes.calls) == 3
    assert [message.role for message in await talk.messages(run)] == ["user", *("assistant", "tool") * 3]


async def test_different_failures_do_not_end_the_run(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(
        model=TOOLS, tools=(Notes("a", answer="no", is_error=True), Notes("b", answer="never", is_error=True))
    )
    provider.reply(*(openai_reply(Call(name)) for name in "aabab"), openai_reply("I give up."))
    run = await talk.ask()

    assert run.status == "completed"
    assert run.usage.tool_calls == 5


async def test_the_iteration_limit_ends_the_run_and_keeps_what_was_done(
    converse: Converse, provider: MockProvider
) -> None:
    notes = Notes()
    talk = await converse(model=TOOLS, agent={"max_iterations": 2}, tools=(notes,))
    provider.answer = lambda _: openai_reply("On.", Call("note"))
    run = await talk.ask()

    assert run.error
    assert (run.status, run.error.code) == ("failed", "iteration_limit")
    assert (len(notes.calls), len(provider.requests)) == (2, 2)
    assert len(results(await talk.messages(run))) == 2


async def test_a_call_of_a_broken_answer_is_not_executed_and_gets_its_result(
    converse: Converse, provider: MockProvider
) -> None:
    notes = Notes()
    talk = await converse(model=TOOLS, tools=(notes,))
    provider.reply(openai_reply("Let me see.", Call("note"), CUT), openai_reply("More."))
    run = await talk.ask("One?")

    assert run.status == "failed"
    assert notes.calls == []
    [result] = results(await talk.messages(run))
    assert (result.tool_call_id, result.is_error) == ("call_1", True)


async def test_unpaired_calls_never_reach_the_provider(converse: Converse, provider: MockProvider) -> None:
    """A process that was killed after the model's call and before its result leaves the call alone in the thread."""
    talk = await converse(model=TOOLS, tools=(Notes(),))
    provider.reply(openai_reply("Let me see.", Call("note")), openai_reply("Done."), openai_reply("Again."))
    run = await talk.ask("One?")
    await in_database(_drop_results, run.id)
    await talk.ask("Two?")

    assert not any("tool_calls" in message for message in talk.sent[-1])
    assert [message["role"] for message in talk.sent[-1]] == ["user", "assistant", "assistant", "user"]


async def test_a_call_that_reuses_an_answered_id_is_paired_too(converse: Converse, provider: MockProvider) -> None:
    """Some model servers number the calls of each answer from the beginning again."""
    tool = Gated()
    talk = await converse(model=TOOLS, tools=(tool,))
    provider.reply(openai_reply("First.", Call("erase")), openai_reply("Second.", Call("note")), openai_reply("Third."))
    run = await talk.say("One?")
    await tool.gate.reached
    await talk.cancel(run)
    await talk.idle()
    await talk.ask("Two?")

    assert [result.is_error for result in results(await talk.messages(run))] == [True, True]
    calls = [call["id"] for message in talk.sent[-1] for call in message.get("tool_calls", ())]
    answers = [message["tool_call_id"] for message in talk.sent[-1] if message["role"] == "tool"]
    assert calls == answers
    assert len(set(calls)) == len(calls)


def _drop_results(run_id: UUID) -> None:
    Message.objects.filter(run_id=run_id, role="tool").delete()


async def test_a_tool_with_a_bug_fails_without_its_internals(
    converse: Converse, provider: MockProvider, caplog: pytest.LogCaptureFixture
) -> None:
    talk = await converse(model=TOOLS, tools=(Broken(),))
    provider.reply(openai_reply(Call("note")), openai_reply("I see."))
    run = await talk.ask()

    assert run.status == "completed"
    assert "secret internals" in caplog.text
    assert "secret internals" not in str(await talk.journal())
    assert [part.is_error for part in results(await talk.messages(run))] == [True]


async def test_a_long_result_is_cut_for_the_model_and_kept_for_the_person(
    converse: Converse, provider: MockProvider
) -> None:
    talk = await converse(model=TOOLS, tools=(Notes(answer="x" * 30_000),))
    provider.reply(openai_reply(Call("note")), openai_reply("Done."))
    run = await talk.ask()

    [result] = results(await talk.messages(run))
    assert len(result.content) < 20_200
    assert "10000 more characters" in result.content
    call = await in_database(ToolCall.objects.get, run_id=run.id)
    assert call.content == "x" * 30_000


async def test_a_tool_that_hangs_is_given_up_and_told(converse: Converse, provider: MockProvider) -> None:
    slow = Gated(traits=ToolTraits(policy="allow", timeout=0.05))
    talk = await converse(model=TOOLS, tools=(slow,))
    provider.reply(openai_reply(Call("note")), openai_reply("I see."))
    run = await talk.ask()

    [result] = results(await talk.messages(run))
    assert (run.status, result.is_error) == ("completed", True)
    assert "did not answer within 0.05 seconds" in result.content
    assert slow.calls == []


async def test_of_five_megabytes_some_are_kept_and_less_is_sent(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(model=TOOLS, tools=(Notes(answer="<b>\0x</b>" * 500_000),))
    provider.reply(openai_reply(Call("note")), openai_reply("Done."))
    run = await talk.ask()

    call = await in_database(ToolCall.objects.get, run_id=run.id)
    assert run.status == "completed"
    assert len(call.content) < 1_000_100
    assert call.content.startswith("<b>x</b><b>x</b>")
    assert "were not kept" in call.content
    assert len(talk.sent[1][2]["content"]) < 20_200


async def test_a_model_without_tools_is_offered_none(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(tools=(Notes(),))
    run = await talk.ask()

    assert run.status == "completed"
    assert "tools" not in provider.requests[0].json


async def test_a_refused_call_after_a_tool_keeps_the_transcript(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(model=TOOLS, tools=(Notes(),))
    provider.reply(openai_reply(Call("note")), Reply(status=401))
    run = await talk.ask()

    assert run.status == "failed"
    assert [message.role for message in await talk.messages(run)] == ["user", "assistant", "tool"]
    assert await in_database(Run.objects.filter(status="running").count) == 0
