"""One input for several agents or models at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pytest_django import Settings

from agents.models import Agent, LanguageModel
from coday.kernel.database import in_database
from coday.kernel.errors import CodayError
from runs.branching.switch import switch_head
from runs.errors import KeyReusedError
from runs.events import RunSnapshot
from runs.inputs import parse_request
from runs.models import Run
from tests.runs.conftest import Converse
from tests.runs.conversation import Conversation, words
from tests.support.mock_provider import Gate, MockProvider, openai_reply
from tests.support.replies import PATIENCE


def make_others() -> None:
    model = LanguageModel.objects.get()
    LanguageModel.objects.create(provider=model.provider, slug="mock-2", name="mock-2", label="Mock 2")
    Agent.objects.create(slug="poet", name="Poet", language_model=model)


ALSO = [{"agent": "poet"}, {"model": "mock-2"}]


async def batch_of(run: RunSnapshot) -> list[Run]:
    """All runs that were asked at once, by number."""
    return await in_database(lambda: list(Run.objects.filter(batch=run.batch).order_by("number")))


async def test_each_answers_beside_the_first(talk: Conversation) -> None:
    await in_database(make_others)
    before = await talk.ask("Hello.")
    first = await talk.ask("Sing.", also=ALSO)
    runs = await batch_of(first)

    assert [(run.agent, run.model) for run in runs] == [("helper", "mock-1"), ("poet", "mock-1"), ("helper", "mock-2")]
    assert runs[0].pk == first.id
    assert {run.parent_id for run in runs} == {before.id}
    assert [run.number for run in runs] == [2, 3, 4]
    assert len({run.lane for run in runs}) == 3
    assert runs[0].lane == before.lane
    assert {run.status for run in runs} == {"completed"}
    for run in runs:
        said = await talk.messages(await talk.run(first) if run.pk == first.id else _snapshot(run))
        assert words(said[0]) == "Sing."
        assert said[-1].role == "assistant"
    assert (await talk.thread()).head == first.id
    assert (await talk.thread()).agent == ""


def _snapshot(run: Run) -> Any:
    return type("Of", (), {"id": run.pk})


async def test_they_answer_side_by_side(talk: Conversation, provider: MockProvider) -> None:
    await in_database(make_others)
    gates = [Gate(), Gate(), Gate()]
    provider.reply(*(openai_reply("La", gate, "!") for gate in gates))
    await talk.say("Sing.", also=ALSO)
    async with asyncio.timeout(PATIENCE):
        for gate in gates:
            await gate.reached
    for gate in gates:
        gate.open()
    await talk.idle()


async def test_the_best_one_is_kept(talk: Conversation) -> None:
    await in_database(make_others)
    first = await talk.ask("Sing.", also=ALSO)
    best = (await batch_of(first))[1]
    await in_database(switch_head, user_id=talk.asker.user_id, thread_id=talk.thread_id, run_id=best.pk)
    assert (await talk.ask("More!")).parent == best.pk


async def test_behind_a_run_that_is_under_way_all_wait_for_it(talk: Conversation, provider: MockProvider) -> None:
    await in_database(make_others)
    gate = Gate()
    provider.reply(openai_reply("One", gate, "."))
    under_way = await talk.say("1?")
    await gate.reached
    first = await talk.say("2?", also=ALSO)
    assert [run.status for run in await batch_of(first)] == ["queued"] * 3
    gate.open()
    await talk.idle()
    runs = await batch_of(first)
    assert [(run.status, run.parent_id) for run in runs] == [("completed", under_way.id)] * 3
    for request in talk.sent[1:]:
        assert [message["content"] for message in request] == ["1?", "One.", "2?"]


async def test_a_repeated_key_asks_nobody_again(talk: Conversation) -> None:
    await in_database(make_others)
    first = await talk.ask("Sing.", key="k", also=ALSO)
    assert (await talk.ask("Sing.", key="k", also=ALSO)).id == first.id
    assert await in_database(Run.objects.count) == 3
    with pytest.raises(KeyReusedError):
        await talk.ask("Sing.", key="k", also=ALSO[:1])


async def test_one_agent_that_is_not_there_refuses_all(talk: Conversation) -> None:
    with pytest.raises(CodayError) as refused:
        await talk.ask("Sing.", also=[{}, {"agent": "nobody"}])
    assert refused.value.code == "agent_not_found"
    assert await in_database(Run.objects.count) == 0


async def test_commands_are_carried_out_by_each(talk: Conversation) -> None:
    await in_database(make_others)
    first = await talk.ask(
        also=[{"agent": "poet"}],
        input={"type": "user", "text": "Sing.", "commands": [{"type": "title", "title": "A song", "of": "run"}]},
    )
    assert [run.title for run in await batch_of(first)] == ["A song", "A song"]


async def test_it_has_a_limit(converse: Converse, settings: Settings) -> None:
    settings.CODAY_MAX_ALSO = 2
    talk = await converse()
    with pytest.raises(CodayError) as refused:
        await talk.ask("Sing.", also=[{}, {}, {}])
    assert refused.value.code == "too_many_also"


@pytest.mark.parametrize(
    "body",
    [
        {"also": [{"agent": "a\0"}]},
        {"also": [{"agents": "a"}]},
        {"also": "all"},
        {"also": [{}], "when_busy": "steer"},
    ],
)
def test_its_form_is_checked(body: dict[str, Any]) -> None:
    with pytest.raises(CodayError) as refused:
        parse_request({"input": {"type": "user", "text": "x"}, **body})
    assert refused.value.code == "invalid_input"
