"""What an agent is told and can do, as its page shows it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from agents.models import Agent, ChatSettings
from coday.accounts.models import User
from coday.kernel.database import in_database
from runs.api.inspect import EffectiveAgentShape, EffectiveSkillShape, EffectiveToolShape, PromptSectionShape
from runs.models import Run
from skills.models import Skill
from tests.runs.api.site import Site
from threads.models import Thread
from threads.operations import create_thread


async def effective(api: httpx.AsyncClient, slug: str = "helper", **query: Any) -> dict[str, Any]:
    answer = await api.get(f"agents/{slug}/effective/", params=query)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def change_agent(**values: Any) -> None:
    agent = await Agent.objects.aget(slug="helper")
    for name, value in values.items():
        setattr(agent, name, value)
    await agent.asave()


async def test_the_prompt_is_shown_by_sections_with_who_wrote_them(site: Site, api: httpx.AsyncClient) -> None:
    await ChatSettings.objects.acreate(user=None, system_prompt="Be brief.")
    await ChatSettings.objects.acreate(user_id=site.cast.asker.user_id, system_prompt="Call me Ann.")
    shown = await effective(api)

    layers = [(section["name"], section["layer"]) for section in shown["sections"]]
    assert layers == [("agent", "agent"), ("rules", "coday"), ("site", "site"), ("person", "person"), ("date", "coday")]
    assert shown["sections"][0]["text"] == "Be kind."
    assert (shown["agent"], shown["model"]) == ({"slug": "helper", "name": "Helper"}, "mock-1")
    assert 0 < shown["tokens"] < shown["context_window"]


async def test_it_is_what_the_model_is_given(site: Site, api: httpx.AsyncClient) -> None:
    await change_agent(tools={"current_time": "ask"})
    await in_database(_let_the_model_call_tools)
    shown = await effective(api, thread=site.thread_id)
    await api.post(f"threads/{site.thread_id}/runs/", json={"input": {"type": "user", "text": "Hello?"}})
    await site.idle()

    asked = site.provider.requests[0].json
    *stable, _day = (section["text"] for section in shown["sections"])
    assert asked["messages"][0]["content"].startswith("\n\n".join(stable))
    assert [tool["function"]["name"] for tool in asked["tools"]] == [tool["name"] for tool in shown["tools"]]
    clock = next(tool for tool in shown["tools"] if tool["name"] == "current_time")
    assert (clock["kind"], clock["policy"], clock["origin"]) == ("backend", "ask", "built-in")


async def test_a_tool_that_the_agent_names_in_vain_is_told(site: Site, api: httpx.AsyncClient) -> None:
    await change_agent(tools={"no_such_tool": "allow", "current_time": "allow"})
    (notice,) = (await effective(api))["notices"]
    assert notice.startswith("Mock 1 cannot call tools, so the agent has none.")

    await in_database(_let_the_model_call_tools)
    await ChatSettings.objects.acreate(user_id=site.cast.asker.user_id, tools_off=["current_time"])
    shown = await effective(api)
    assert "current_time" not in {tool["name"] for tool in shown["tools"]}
    assert shown["notices"] == [
        "The agent names the tool current_time, which is switched off by the site or by you.",
        "The agent names the tool no_such_tool, which is not there.",
    ]


async def test_skills_are_active_or_available(site: Site, api: httpx.AsyncClient) -> None:
    await in_database(_give_skills)
    shown = await effective(api)

    states = {skill["slug"]: skill["state"] for skill in shown["skills"]}
    assert states == {"law": "active", "tax": "available"}
    assert "Quote the law." in next(section["text"] for section in shown["sections"] if section["name"] == "skill")


async def test_what_is_asked_for_has_to_be_the_callers(site: Site, api: httpx.AsyncClient) -> None:
    stranger = await User.objects.acreate(username="stranger")
    foreign = await in_database(create_thread, owner_id=stranger.pk, title="Mine")
    assert (await api.get("agents/helper/effective/", params={"thread": str(foreign.id)})).status_code == 404
    assert (await api.get("agents/nobody/effective/")).status_code == 404
    await change_agent(everyone=False)
    assert (await api.get("agents/helper/effective/")).status_code == 404


@pytest.mark.parametrize("query", ["?thread=x", "?other=1"])
async def test_a_parameter_that_is_none_is_refused(api: httpx.AsyncClient, query: str) -> None:
    assert (await api.get(f"agents/helper/effective/{query}")).status_code == 400


async def test_looking_leaves_nothing_behind(site: Site, api: httpx.AsyncClient) -> None:
    await effective(api)
    assert (await Run.objects.acount(), await Thread.objects.acount()) == (0, 1)


async def test_the_answer_has_the_fields_of_its_schema(site: Site, api: httpx.AsyncClient) -> None:
    await change_agent(tools={"current_time": "allow"})
    await in_database(_let_the_model_call_tools)
    await in_database(_give_skills)
    shown = await effective(api)

    assert set(shown) == set(EffectiveAgentShape().fields)
    shapes = (PromptSectionShape, EffectiveToolShape, EffectiveSkillShape)
    for name, shape in zip(("sections", "tools", "skills"), shapes, strict=True):
        assert shown[name]
        assert {key for entry in shown[name] for key in entry} <= set(shape().fields)


def _let_the_model_call_tools() -> None:
    model = Agent.objects.get(slug="helper").language_model
    assert model is not None
    model.tools = True
    model.save()


def _give_skills() -> None:
    agent = Agent.objects.get(slug="helper")
    law = Skill.objects.create(
        slug="law", name="Law", trigger="Anything legal.", instructions="Quote the law.", everyone=True
    )
    tax = Skill.objects.create(slug="tax", name="Tax", trigger="Anything with tax.", everyone=True)
    agent.skills.add(law, through_defaults={"always": True})
    agent.skills.add(tax)
