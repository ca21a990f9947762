"""Another try at a turn: with the same input or another one, by the same agent or another one."""

from __future__ import annotations

import io
from typing import Any

import pytest

from agents.models import Agent, LanguageModel
from coday.kernel.database import in_database
from coday.kernel.errors import CodayError
from runs.branching import repeat
from runs.errors import RunStateError
from runs.events import RunOrigin, RunSnapshot
from runs.inputs import parse_rerun
from runs.models import Run, RunCommand
from skills.models import Skill
from tests.runs.api.site import png
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation, words
from tests.support.mock_provider import CUT, MockProvider, openai_reply
from threads.operations import add_image


async def again(talk: Conversation, run: RunSnapshot, **body: Any) -> RunSnapshot:
    """A rerun as the door asks for it, when it has ended."""
    made = await talk.driver.capture(repeat.rerun, asker=talk.asker, run_id=run.id, request=parse_rerun(body))
    await talk.idle()
    return await talk.run(made)


def make_poet() -> None:
    model = LanguageModel.objects.get()
    other = LanguageModel.objects.create(provider=model.provider, slug="mock-2", name="mock-2", label="Mock 2")
    Agent.objects.create(slug="poet", name="Poet", language_model=other)


async def test_an_edit_stands_beside_the_original(talk: Conversation, provider: MockProvider) -> None:
    provider.reply(*(openai_reply(text) for text in ("One.", "Two.", "Better.")))
    first = await talk.ask("1?")
    second = await talk.ask("2?")
    edited = await again(talk, second, input={"text": "Two, please?"})

    assert (edited.parent, edited.number, edited.status) == (first.id, 3, "completed")
    assert edited.lane != second.lane
    assert edited.origin == RunOrigin(run_id=second.id, how="edit")
    assert [message["content"] for message in talk.sent[-1]] == ["1?", "One.", "Two, please?"]
    assert (await talk.thread()).head == edited.id
    assert [words(message) for message in await talk.messages(second)] == ["2?", "Two."]


async def test_what_an_edit_leaves_out_is_left_out(converse: Converse) -> None:
    talk = await converse(model={"vision": True})

    def upload() -> str:
        file = io.BytesIO(png())
        image = add_image(user_id=talk.asker.user_id, thread_id=talk.thread_id, name="a.png", file=file, size=9)
        return str(image.id)

    image = await in_database(upload)
    run = await talk.ask(input={"type": "user", "text": "Look", "images": [image]})
    assert len((await talk.messages(await again(talk, run)))[0].content) == 2
    assert len((await talk.messages(await again(talk, run, input={"text": "Look"})))[0].content) == 1
    edited = await again(talk, run, input={"text": "Look", "images": [image]})
    assert len((await talk.messages(edited))[0].content) == 2


async def test_another_agent_answers_with_its_own_model_this_once(talk: Conversation, provider: MockProvider) -> None:
    await in_database(make_poet)
    run = await talk.ask("Sing.")
    sung = await again(talk, run, agent="poet")
    assert (sung.agent, sung.model) == ("poet", "mock-2")
    assert sung.origin == RunOrigin(run_id=run.id, how="rerun")
    with_model = await again(talk, sung, model="mock-1")
    assert (with_model.agent, with_model.model) == ("poet", "mock-1")
    assert (await talk.thread()).agent == ""
    assert (await talk.ask("On.")).agent == "helper"


async def test_an_edit_may_pick_a_skill(talk: Conversation) -> None:
    await in_database(Skill.objects.create, slug="knots", name="Knots", trigger="Rope.", everyone=True)
    run = await talk.ask()
    await again(talk, run, input={"text": "Tie.", "skill": "knots"})
    frames = await talk.journal()
    assert [frame["changed"]["skills"] for frame in frames if "skills" in frame.get("changed", {})] == [["knots"]]


async def test_commands_are_carried_out_again(talk: Conversation) -> None:
    commands = [{"type": "title", "title": "Named", "of": "run"}]
    run = await talk.ask(input={"type": "user", "text": "Hi", "commands": commands})
    repeated = await again(talk, run)
    assert repeated.commanded
    rows = RunCommand.objects.filter(run_id=repeated.id)
    kinds = await in_database(lambda: list(rows.values_list("kind", "status")))
    assert kinds == [("title", "done"), ("prompt", "done")]
    assert (repeated.title, words((await talk.messages(repeated))[0])) == ("Named", "Hi")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"input": {"text": " "}}, "empty_message"),
        ({"input": {"text": "x" * 200_001}}, "message_too_long"),
        ({"input": {"text": "x", "images": ["00000000-0000-0000-0000-000000000000"]}}, "image_not_found"),
        ({"input": {"text": "x", "skill": "none"}}, "skill_not_found"),
        ({"agent": "nobody"}, "agent_not_found"),
        ({"model": "none"}, "model_not_found"),
        ({"model": "a\0"}, "invalid_input"),
        ({"input": {"text": "a\0"}}, "invalid_input"),
        ({"input": {"text": "a", "colour": 1}}, "invalid_input"),
        ({"surprise": 1}, "invalid_input"),
    ],
)
async def test_it_keeps_the_rules_of_an_input(converse: Converse, body: dict[str, Any], code: str) -> None:
    talk = await converse(model={"vision": True})
    run = await talk.ask()
    with pytest.raises(CodayError) as refused:
        await again(talk, run, **body)
    assert refused.value.code == code
    assert await in_database(Run.objects.count) == 1


async def test_images_are_not_shown_to_a_model_that_is_blind(converse: Converse) -> None:
    talk = await converse(model={"vision": True})
    await in_database(make_poet)

    def upload() -> str:
        file = io.BytesIO(png())
        return str(add_image(user_id=talk.asker.user_id, thread_id=talk.thread_id, name="a", file=file, size=9).id)

    run = await talk.ask(input={"type": "user", "text": "Look", "images": [await in_database(upload)]})
    with pytest.raises(CodayError) as refused:
        await again(talk, run, agent="poet")
    assert refused.value.code == "model_without_vision"


async def test_what_nobody_wrote_is_not_edited(talk: Conversation) -> None:
    run = await talk.ask()
    await in_database(Run.objects.filter(pk=run.id).update, kind="system", trigger="tool")
    with pytest.raises(RunStateError):
        await again(talk, run, input={"text": "Mine"})
    assert (await again(talk, run)).kind == "system"


async def test_a_retry_says_that_it_is_one(talk: Conversation, provider: MockProvider) -> None:
    provider.reply(openai_reply("Half", CUT))
    failed = await talk.ask()
    retried = await talk.retry(failed)
    assert retried.origin == RunOrigin(run_id=failed.id, how="retry")
