"""An agent that a person may not choose does not exist for them, at any door, and from the moment on in which it is so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from agents.errors import AgentNotFoundError
from agents.models import Agent, ChatSettings, LanguageModel, Provider
from agents.operations import change_chat_settings
from agents.queries import default_slugs, enabled_agents, resolve_agent
from coday.accounts.models import User

ClientOf = Callable[[User], Client]


@pytest.fixture
def team(owner: User) -> Group:
    """A group that the owner is in."""
    group = Group.objects.create(name="team")
    owner.groups.add(group)
    return group


@pytest.fixture
def agents(team: Group) -> dict[str, Agent]:
    provider = Provider.objects.create(slug="house", name="House", kind="openai")
    LanguageModel.objects.create(provider=provider, slug="model", name="model", label="Model")
    made = {
        "secret": Agent.objects.create(slug="secret", name="Secret", everyone=False, is_default=True, position=1),
        "open": Agent.objects.create(slug="open", name="Open", position=2),
        "nobody": Agent.objects.create(slug="nobody", name="Nobody's", everyone=False, position=3),
    }
    made["secret"].groups.add(team, Group.objects.create(name="another"))
    return made


def _visible(user: User | None) -> list[str]:
    return [agent.slug for agent in enabled_agents(user_id=user.pk if user else None)]


def test_groups_decide_who_sees_an_agent(agents: dict[str, Agent], owner: User, stranger: User) -> None:
    assert _visible(owner) == ["secret", "open"]
    assert _visible(stranger) == _visible(None) == ["open"]
    assert resolve_agent(agent="secret", user_id=owner.pk).slug == "secret"
    for somebody in (stranger.pk, None):
        with pytest.raises(AgentNotFoundError):
            resolve_agent(agent="secret", user_id=somebody)


def test_a_default_that_one_may_not_see_is_none(agents: dict[str, Agent], owner: User, stranger: User) -> None:
    ChatSettings.objects.create(user=None, agent=agents["secret"])
    assert (default_slugs(user_id=owner.pk)[0], resolve_agent(user_id=owner.pk).slug) == ("secret", "secret")
    assert (default_slugs(user_id=stranger.pk)[0], resolve_agent(user_id=stranger.pk).slug) == ("open", "open")


def test_nobody_chooses_what_they_may_not_see(agents: dict[str, Agent], stranger: User, client_of: ClientOf) -> None:
    with pytest.raises(AgentNotFoundError):
        change_chat_settings(user_id=stranger.pk, agent="secret")
    client = client_of(stranger)
    assert [agent["slug"] for agent in client.get("/api/v1/agents/").json()["results"]] == ["open"]
    answer = client.post("/api/v1/threads/", {"agent": "secret"}, content_type="application/json")
    absent = client.post("/api/v1/threads/", {"agent": "no-such"}, content_type="application/json")
    assert (answer.status_code, answer.content) == (404, absent.content)


def test_who_leaves_the_group_loses_the_agent_at_once(agents: dict[str, Agent], owner: User, team: Group) -> None:
    change_chat_settings(user_id=owner.pk, agent="secret")
    leaving: list[Callable[[], object]] = [
        lambda: owner.groups.remove(team),
        lambda: agents["secret"].groups.clear(),
        lambda: team.delete(),
    ]
    for leave in leaving:
        assert resolve_agent(agent="secret", user_id=owner.pk).slug == "secret"
        leave()
        with pytest.raises(AgentNotFoundError):
            resolve_agent(agent="secret", user_id=owner.pk)
        assert resolve_agent(user_id=owner.pk).slug == "open"
        if leave is not leaving[-1]:
            owner.groups.set([team])
            agents["secret"].groups.set([team])


def test_what_one_person_sees_is_not_remembered_for_another(
    agents: dict[str, Agent], owner: User, stranger: User
) -> None:
    assert resolve_agent(agent="secret", model="model", user_id=owner.pk).slug == "secret"
    with pytest.raises(AgentNotFoundError):
        resolve_agent(agent="secret", model="model", user_id=stranger.pk)
