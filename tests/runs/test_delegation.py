"""Tasks that an agent hands to another one."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from agents.models import Agent
from coday.kernel.database import in_database
from coday.kernel.errors import CodayError
from runs import answers
from runs.models import Run, ToolCall
from runs.queries import run_snapshot
from runs.tools.base import Tool
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation, words
from tests.runs.notes import ASKS_FIRST, Asking, Notes
from tests.runs.test_tool_loop import results
from tests.support.mock_provider import HANG, Call, MockProvider, Reply, Tokens, openai_reply

MODEL = {"tools": True, "input_price": 500_000, "output_price": 0}


def make_researcher(*, to_itself: bool = False, **values: Any) -> None:
    """A second agent, which the first one may delegate to."""
    helper = Agent.objects.get(slug="helper")
    researcher = Agent.objects.create(
        slug="researcher", name="Researcher", language_model=helper.language_model, description="Finds out.", **values
    )
    helper.delegates.add(researcher)
    if to_itself:
        researcher.delegates.add(Agent.objects.create(slug="third", name="Third", language_model=helper.language_model))


@pytest.fixture
def team(converse: Converse) -> Any:
    """A conversation with an agent that may delegate to another."""

    async def begin(*tools: Tool, agent: dict[str, Any] | None = None, **values: Any) -> Conversation:
        talk = await converse(model=MODEL, tools=tools or (Notes(),), agent=agent)
        await in_database(make_researcher, **values)
        return talk

    return begin


def task(text: str = "Find out.", *, agent: str = "researcher", id: str = "call_1") -> Call:  # noqa: A002
    """A call that delegates."""
    return Call("delegate", (json.dumps({"agent": agent, "task": text}),), id=id)


async def child_of(talk: Conversation) -> Run:
    """The one delegated run."""
    return await in_database(Run.objects.get, thread_id=talk.thread_id, trigger="delegation")


async def test_the_answer_of_another_agent_is_the_result(team: Any, provider: MockProvider) -> None:
    talk = await team()
    provider.reply(openai_reply(task()), openai_reply("It is 42."), openai_reply("They say 42."))
    run = await talk.ask()

    child = await child_of(talk)
    assert run.status == "completed"
    assert [part.content for part in results(await talk.messages(run))] == ["It is 42."]
    assert words(await talk.answer(run)) == "They say 42."
    assert (child.status, child.agent, child.kind, child.depth) == ("completed", "researcher", "system", 1)
    assert (child.cause_run, child.cause_call, child.parent_id) == (run.id, "call_1", None)
    assert child.lane != run.lane


async def test_the_other_agent_knows_its_task_alone(team: Any, provider: MockProvider) -> None:
    talk = await team()
    provider.reply(openai_reply(task("Only this.")), openai_reply("Yes."), openai_reply("Done."))
    await talk.ask("A secret plan.")

    assert [message["content"] for message in talk.sent[1]] == ["Only this."]


async def test_a_delegated_run_is_never_what_the_thread_shows(team: Any, provider: MockProvider) -> None:
    talk = await team()
    provider.reply(openai_reply(task()), openai_reply("Yes."), openai_reply("Done."), openai_reply("More."))
    run = await talk.ask()
    assert (await talk.thread()).head == run.id
    second = await talk.ask()
    assert second.parent == run.id


async def test_its_cost_is_part_of_the_bill(team: Any, provider: MockProvider) -> None:
    talk = await team()
    tokens = Tokens(input=2, output=1)
    provider.reply(*(openai_reply(part, tokens=tokens) for part in (task(), "Yes.", "Done.")))
    run = await talk.ask()

    child = run_snapshot(await child_of(talk))
    assert child.usage.cost == Decimal(1)
    assert run.usage.cost == Decimal(3)
    assert (run.usage.model_calls, run.usage.input_tokens) == (3, 6)


async def test_tasks_are_done_side_by_side_and_keep_the_order_of_the_calls(team: Any, provider: MockProvider) -> None:
    talk = await team()
    provider.reply(openai_reply(task("a", id="a"), task("b", id="b")), openai_reply("One."), openai_reply("Two."))
    provider.reply(openai_reply("Done."))
    run = await talk.ask()

    contents = [part.content for part in results(await talk.messages(run))]
    assert run.status == "completed"
    assert [part.tool_call_id for part in results(await talk.messages(run))] == ["a", "b"]
    assert sorted(contents) == ["One.", "Two."]


async def test_a_task_that_fails_is_told_as_a_failure(team: Any, provider: MockProvider) -> None:
    talk = await team()
    provider.reply(openai_reply(task()), Reply(status=401), openai_reply("A pity."))
    run = await talk.ask()

    [result] = results(await talk.messages(run))
    assert run.status == "completed"
    assert result.is_error
    assert "failed" in result.content


@pytest.mark.parametrize(
    ("to", "why"),
    [("helper", "itself"), ("nobody", "no agent"), ("third", "no agent")],
    ids=["self", "none", "foreign"],
)
async def test_a_task_goes_to_delegates_alone(team: Any, provider: MockProvider, to: str, why: str) -> None:
    talk = await team(to_itself=True)
    provider.reply(openai_reply(task(agent=to)), openai_reply("I see."))
    run = await talk.ask()

    [result] = results(await talk.messages(run))
    assert result.is_error
    assert why in result.content
    assert await in_database(Run.objects.filter(trigger="delegation").count) == 0


async def test_an_agent_that_the_person_may_not_see_gets_no_task(team: Any, provider: MockProvider) -> None:
    talk = await team(everyone=False)
    provider.reply(openai_reply(task()), openai_reply("I see."))
    run = await talk.ask()

    assert run.status == "completed"
    assert results(await talk.messages(run))[0].is_error
    assert await in_database(Run.objects.filter(trigger="delegation").count) == 0


async def test_depth_and_number_of_tasks_are_limited(team: Any, provider: MockProvider) -> None:
    talk = await team(to_itself=True, agent={"max_delegations": 1})
    await in_database(Agent.objects.filter(slug="researcher").update, max_depth=1)
    provider.reply(openai_reply(task(id="a"), task(id="b")), openai_reply(task(agent="third", id="c")))
    provider.reply(openai_reply("Alone."), openai_reply("Done."))
    run = await talk.ask()

    first, second = results(await talk.messages(run))
    assert (first.content, second.is_error) == ("Alone.", True)
    assert "At most 1 tasks" in second.content
    child = run_snapshot(await child_of(talk))
    assert "1 levels deep" in results(await talk.messages(child))[0].content


async def test_a_question_of_the_delegated_run_is_the_persons(team: Any, provider: MockProvider) -> None:
    talk = await team(Asking(), tools={"colour": "allow"})
    provider.reply(
        openai_reply(task()), openai_reply(Call("colour", id="q")), openai_reply("Red."), openai_reply("Done.")
    )
    run = await talk.ask()
    child = run_snapshot(await child_of(talk))
    assert (run.status, child.status) == ("waiting", "waiting")

    with pytest.raises(CodayError) as caught:
        await talk.respond(run, {"tool_call_id": "call_1", "content": "red"})
    assert caught.value.code == "call_not_pending"
    await talk.respond(child, {"tool_call_id": "q", "content": "red"})
    await talk.idle()
    assert (await talk.run(run)).status == "completed"
    assert [part.content for part in results(await talk.messages(run))] == ["Red."]


async def test_a_cancellation_reaches_delegated_runs(team: Any, provider: MockProvider) -> None:
    talk = await team()
    provider.reply(openai_reply(task()), openai_reply(HANG))
    async with talk.watch() as watcher:
        run = await talk.say()
        await watcher.frame(lambda frame: frame["type"] == "run" and frame["run"]["status"] == "waiting")
        await watcher.frame(
            lambda frame: (
                frame["type"] == "run"
                and frame["run"]["trigger"] == "delegation"
                and frame["run"]["status"] == "running"
            )
        )
        cancelled = await talk.cancel(run)
        assert cancelled.status == "cancelled"
        await talk.idle()
    assert (await child_of(talk)).status == "cancelled"
    rows = await in_database(lambda: list(ToolCall.objects.values_list("status", flat=True)))
    assert rows == ["cancelled"]


async def test_a_delegated_run_that_takes_too_long_is_given_up(team: Any, provider: MockProvider) -> None:
    talk = await team(Notes(traits=ASKS_FIRST), tools={"note": "ask"})
    provider.reply(openai_reply(task()), openai_reply(Call("note")), openai_reply("Without, then."))
    run = await talk.ask()
    await in_database(ToolCall.objects.filter(run_id=run.id).update, expires_at="2020-01-01T00:00Z")
    await in_database(answers.expire)
    talk.driver.wake(run.lane)
    await talk.idle()

    assert (await child_of(talk)).status == "cancelled"
    assert (await talk.run(run)).status == "completed"
    assert "did not end in time" in results(await talk.messages(run))[0].content


async def test_a_delegated_run_is_not_repeated_by_hand(team: Any, provider: MockProvider) -> None:
    talk = await team()
    provider.reply(openai_reply(task()), openai_reply("Yes."), openai_reply("Done."))
    await talk.ask()
    child = run_snapshot(await child_of(talk))

    with pytest.raises(CodayError) as caught:
        await talk.rerun(child)
    assert caught.value.code == "run_state"
