"""A run's command queue: one thing after the other, each with what it came to."""

from __future__ import annotations

from typing import Any

import pytest

from agents.models import Agent, LanguageModel
from coday.kernel.database import in_database
from coday.kernel.errors import InvalidInputError
from runs.commands import as_given
from runs.errors import EmptyMessageError, MessageTooLongError, TooManyCommandsError
from runs.events import RunSnapshot
from runs.inputs import parse_request
from runs.models import RunCommand
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation, words
from tests.runs.notes import Asking
from tests.support.mock_provider import Call, MockProvider, openai_reply
from tests.support.replies import json_reply
from threads.models import Thread

PROMPT = {"type": "prompt", "text": "And then?"}
UNKNOWN = {"type": "agent", "agent": "nobody"}
TITLE = {"type": "title", "title": "Holidays"}


async def told(talk: Conversation, *commands: dict[str, Any], text: str = "", **more: Any) -> RunSnapshot:
    """Give a run commands, and wait for its end."""
    given = {"type": "user", "text": text, "commands": list(commands), **more}
    return await talk.ask(input=given)


async def queue(run: RunSnapshot) -> list[tuple[str, str]]:
    """Kind and status of a run's commands."""
    rows = RunCommand.objects.filter(run_id=run.id).order_by("position")
    return await in_database(lambda: list(rows.values_list("kind", "status")))


def steps(frames: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Kind and status of the commands that steps tell of."""
    found = [
        frame["details"].get("command") for frame in frames if frame["type"] == "step" and frame["kind"] == "command"
    ]
    return [(command["kind"], command["status"]) for command in found if command]


async def test_a_plain_message_is_one_prompt_without_rows(converse: Converse, provider: MockProvider) -> None:
    talk = await converse()
    provider.reply(openai_reply("/title is no command here."))
    run = await talk.ask("/title Nothing")

    assert (run.status, run.commanded) == ("completed", False)
    assert await queue(run) == []
    assert talk.sent[0][-1]["content"] == "/title Nothing"
    assert (await talk.thread()).title == "A title"


async def test_commands_come_one_after_the_other_and_the_text_last(converse: Converse, provider: MockProvider) -> None:
    talk = await converse()
    provider.reply(openai_reply("First."), openai_reply("Second."))
    run = await told(talk, TITLE, {"type": "prompt", "text": "One?"}, text="Two?")

    assert run.status == "completed"
    assert await queue(run) == [("title", "done"), ("prompt", "done"), ("prompt", "done")]
    assert (await talk.thread()).title == "Holidays"
    messages = await talk.messages(run)
    assert [(message.role, words(message)) for message in messages] == [
        ("user", "One?"),
        ("assistant", "First."),
        ("user", "Two?"),
        ("assistant", "Second."),
    ]
    assert [message["content"] for message in talk.sent[1]] == ["One?", "First.", "Two?"]
    assert steps(await talk.journal(run)) == [
        ("title", "running"), ("title", "done"),
        ("prompt", "running"), ("prompt", "done"),
        ("prompt", "running"), ("prompt", "done"),
    ]  # fmt: skip


async def test_the_queue_is_told_before_it_begins(converse: Converse, provider: MockProvider) -> None:
    talk = await converse()
    provider.reply(openai_reply("Yes."))
    run = await told(talk, TITLE, text="Hm?")

    first = next(frame for frame in await talk.journal(run) if frame["type"] == "step")
    assert (first["kind"], first["status"]) == ("command", "queued")
    assert [command["kind"] for command in first["details"]["commands"]] == ["title", "prompt"]


async def test_parts_of_a_sequence_come_before_the_next_beside_it(converse: Converse, provider: MockProvider) -> None:
    talk = await converse()
    provider.reply(openai_reply("1"), openai_reply("2"), openai_reply("3"))
    inner = {"type": "sequence", "commands": [{"type": "prompt", "text": "b"}]}
    run = await told(talk, {"type": "sequence", "commands": [{"type": "prompt", "text": "a"}, inner]}, text="c")

    assert [words(message) for message in await talk.messages(run) if message.role == "user"] == ["a", "b", "c"]
    assert await queue(run) == [
        ("sequence", "done"), ("prompt", "done"), ("sequence", "done"), ("prompt", "done"), ("prompt", "done"),
    ]  # fmt: skip


async def test_a_failed_command_stops_the_rest(converse: Converse, provider: MockProvider) -> None:
    talk = await converse()
    run = await told(talk, UNKNOWN, TITLE, text="Hello?")

    assert (run.status, run.error and run.error.code) == ("failed", "agent_not_found")
    assert await queue(run) == [("agent", "failed"), ("title", "skipped"), ("prompt", "skipped")]
    assert (await talk.thread()).title == "A title"
    assert talk.sent == []
    assert steps(await talk.journal(run))[-3:] == [("agent", "failed"), ("title", "skipped"), ("prompt", "skipped")]


async def test_a_failed_command_stops_nothing_where_that_was_asked(converse: Converse, provider: MockProvider) -> None:
    talk = await converse()
    provider.reply(openai_reply("Here I am."))
    run = await told(talk, UNKNOWN, TITLE, text="Hello?", on_failure="continue")

    assert run.status == "completed"
    assert await queue(run) == [("agent", "failed"), ("title", "done"), ("prompt", "done")]


async def test_the_policy_of_a_sequence_is_its_own(converse: Converse, provider: MockProvider) -> None:
    talk = await converse()
    provider.reply(openai_reply("Here I am."))
    sequence = {"type": "sequence", "commands": [UNKNOWN, TITLE], "on_failure": "stop"}
    run = await told(talk, sequence, text="Hello?", on_failure="continue")

    assert run.status == "completed"
    assert await queue(run) == [("sequence", "failed"), ("agent", "failed"), ("title", "skipped"), ("prompt", "done")]


async def test_a_prompt_that_failed_lets_the_next_one_go_on(converse: Converse, provider: MockProvider) -> None:
    talk = await converse()
    provider.reply(json_reply({"error": {"message": "no"}}, status=400), openai_reply("Well."))
    run = await told(talk, {"type": "prompt", "text": "One?"}, text="Two?", on_failure="continue")

    assert run.status == "completed"
    assert await queue(run) == [("prompt", "failed"), ("prompt", "done")]
    assert words(await talk.answer(run)) == "Well."


async def test_a_run_that_is_stopped_leaves_no_command_open(converse: Converse, provider: MockProvider) -> None:
    talk = await converse(model={"tools": True}, tools=(Asking(),))
    provider.reply(openai_reply(Call("colour")))
    run = await told(talk, TITLE, PROMPT, text="Go.")
    assert run.status == "waiting"
    await talk.cancel(run)

    assert (await talk.run(run)).status == "cancelled"
    assert await queue(run) == [("title", "done"), ("prompt", "failed"), ("prompt", "skipped")]


async def test_a_run_that_waited_goes_on_with_the_command_that_it_was_at(
    converse: Converse, provider: MockProvider
) -> None:
    talk = await converse(model={"tools": True}, tools=(Asking(),))
    provider.reply(openai_reply(Call("colour")), openai_reply("Red it is."), openai_reply("Done."))
    run = await told(talk, {"type": "prompt", "text": "Paint."}, text="Clean up.")
    assert run.status == "waiting"
    assert await queue(run) == [("prompt", "running"), ("prompt", "queued")]
    await talk.respond(run, {"tool_call_id": "call_1", "content": "red"})
    await talk.idle()

    assert (await talk.run(run)).status == "completed"
    assert await queue(run) == [("prompt", "done"), ("prompt", "done")]
    assert [words(message) for message in await talk.messages(run) if message.role == "user"] == ["Paint.", "Clean up."]


async def test_another_agent_and_another_model_take_over(converse: Converse, provider: MockProvider) -> None:
    talk = await converse()

    def colleagues() -> None:
        first = LanguageModel.objects.get(slug="mock-1")
        second = LanguageModel.objects.create(provider=first.provider, slug="mock-2", name="mock-2", label="Mock 2")
        Agent.objects.create(slug="editor", name="Editor", instructions="Edit.", language_model=second)

    await in_database(colleagues)
    provider.reply(openai_reply("One."), openai_reply("Two."), openai_reply("Three."))
    run = await told(
        talk, {"type": "prompt", "text": "1"}, {"type": "agent", "agent": "editor"}, {"type": "prompt", "text": "2"},
        {"type": "model", "model": "mock-1"}, text="3",
    )  # fmt: skip

    said = [message for message in await talk.messages(run) if message.role == "assistant"]
    assert [(message.agent, message.model) for message in said] == [
        ("helper", "mock-1"),
        ("editor", "mock-2"),
        ("editor", "mock-1"),
    ]
    assert (run.agent, run.model) == ("editor", "mock-1")
    assert [request.json["model"] for request in provider.requests] == ["mock-1", "mock-2", "mock-1"]
    assert (await talk.thread()).agent == ""  # of this run alone


async def test_tags_pins_names_and_forks_are_done_by_commands(converse: Converse, provider: MockProvider) -> None:
    talk = await converse()
    provider.reply(openai_reply("Hi."), openai_reply("Yes."))
    before = await talk.ask("Hello")
    run = await told(
        talk, {"type": "tag", "tags": ["work"]}, {"type": "pin"}, {"type": "title", "title": "Plan", "of": "run"},
        {"type": "fork", "title": "Elsewhere"}, text="Well?",
    )  # fmt: skip

    assert (run.status, run.tags, run.pinned, run.title) == ("completed", ("work",), True, "Plan")
    forked = await in_database(Thread.objects.get, title="Elsewhere")
    assert forked.forked_from == before.id
    assert (await talk.thread()).title == "A title"


async def test_a_run_without_a_prompt_asks_no_model(converse: Converse, provider: MockProvider) -> None:
    talk = await converse()
    run = await told(talk, TITLE, {"type": "tag", "tags": ["a", "b"]})

    assert run.status == "completed"
    assert [words(message) for message in await talk.messages(run)] == ["/title Holidays\n/tag a b"]
    assert talk.sent == []


async def test_a_retry_is_told_the_same(converse: Converse, provider: MockProvider) -> None:
    talk = await converse()
    sequence = {"type": "sequence", "commands": [PROMPT, TITLE], "on_failure": "continue"}
    provider.reply(json_reply({"error": {"message": "no"}}, status=400), openai_reply("1"), openai_reply("2"))
    run = await told(talk, {"type": "pin"}, PROMPT, sequence)
    assert run.status == "failed"
    again = await talk.retry(run)
    await talk.idle()

    assert await in_database(as_given, run_id=again.id) == await in_database(as_given, run_id=run.id)
    assert (await talk.run(again)).status == "completed"
    assert {status for _, status in await queue(again)} == {"done"}


def test_what_commands_may_be_is_checked() -> None:
    def parse(*commands: Any) -> None:
        parse_request({"input": {"type": "user", "text": "", "commands": list(commands)}})

    deep: dict[str, Any] = {"type": "pin"}
    for _ in range(3_000):
        deep = {"type": "sequence", "commands": [deep]}
    for bad in ({"type": "erase"}, {"type": "title", "title": ""}, {"type": "sequence", "commands": []}, deep, "pin"):
        with pytest.raises(InvalidInputError):
            parse(bad)
    with pytest.raises(InvalidInputError, match="NUL"):
        parse({"type": "title", "title": "a\0b"})


async def test_limits_hold_for_all_commands_together(converse: Converse, settings: Any) -> None:
    talk = await converse()
    settings.CODAY_MAX_COMMANDS, settings.CODAY_MAX_MESSAGE_CHARS = 3, 20
    pins = {"type": "sequence", "commands": [{"type": "pin"}, {"type": "pin"}]}
    with pytest.raises(TooManyCommandsError):
        await told(talk, pins, {"type": "pin"})
    with pytest.raises(MessageTooLongError):
        await told(talk, {"type": "prompt", "text": "a" * 11}, text="b" * 11)
    with pytest.raises(EmptyMessageError):
        await told(talk)
