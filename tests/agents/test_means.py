"""What an agent brings along: tools, skills, MCP servers, delegates, limits; for each person what they may use of it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from agents.models import Agent, AgentSkill, LanguageModel, Provider
from agents.queries import resolve_agent
from agents.snapshot import AgentLimits, AgentSnapshot, DelegateReference
from agents.validators import validate_icon, validate_language, validate_suggestions, validate_tools
from coday.accounts.models import User
from skills.models import McpServer, Skill
from skills.snapshot import SkillReference


@pytest.fixture
def agent(db: None) -> Agent:
    provider = Provider.objects.create(slug="house", name="House", kind="openai")
    LanguageModel.objects.create(provider=provider, slug="model", name="model", label="Model")
    return Agent.objects.create(slug="agent", name="Agent")


def _resolved(user: User | None = None) -> AgentSnapshot:
    return resolve_agent(agent="agent", user_id=user.pk if user else None)


def _skill(slug: str, **values: object) -> Skill:
    return Skill.objects.create(slug=slug, name=slug.title(), trigger=f"When {slug}.", **{"everyone": True, **values})


def test_sampling_limits_and_policies_arrive(agent: Agent) -> None:
    Agent.objects.filter(pk=agent.pk).update(
        top_p=0.9, max_output_tokens=100, max_iterations=7, max_seconds=60.5, max_cost=Decimal("1.5"),
        max_delegations=2, max_depth=1, tools={"calculate": "allow", "house__search": "ask"},
    )  # fmt: skip
    found = _resolved()
    assert (found.top_p, found.max_output_tokens) == (0.9, 100)
    assert found.limits == AgentLimits(
        max_iterations=7, max_seconds=60.5, max_cost=Decimal("1.5"), max_delegations=2, max_depth=1
    )
    assert found.tools == {"calculate": "allow", "house__search": "ask"}


def test_skills_are_always_on_or_on_demand(agent: Agent, owner: User, stranger: User) -> None:
    AgentSkill.objects.create(agent=agent, skill=_skill("style"), always=True)
    AgentSkill.objects.create(agent=agent, skill=_skill("travel"))
    AgentSkill.objects.create(agent=agent, skill=_skill("off", enabled=False), always=True)
    shared = _skill("shared", everyone=False)
    AgentSkill.objects.create(agent=agent, skill=shared, always=True)
    shared.groups.add(Group.objects.create(name="team"))
    owner.groups.add(Group.objects.get())
    assert _resolved(stranger).always_skills == _resolved().always_skills == ("style",)
    assert _resolved(owner).always_skills == ("shared", "style")
    assert _resolved(owner).available_skills == (SkillReference(slug="travel", name="Travel", trigger="When travel."),)


def test_servers_are_there_while_they_are_enabled(agent: Agent) -> None:
    server = McpServer.objects.create(slug="house", name="House", url="https://mcp.example", headers="X-Key: secret: 1")
    agent.mcp_servers.add(server)
    [found] = _resolved().mcp_servers
    assert (found.slug, found.headers, found.ask_first) == ("house", (("X-Key", "secret: 1"),), True)
    assert "secret" not in repr(_resolved())
    server.enabled = False
    server.save()
    assert _resolved().mcp_servers == ()


def test_delegates_are_other_agents_that_the_person_may_choose(agent: Agent, owner: User) -> None:
    helper = Agent.objects.create(slug="helper", name="Helper", description="Helps.")
    hidden = Agent.objects.create(slug="hidden", name="Hidden", everyone=False)
    off = Agent.objects.create(slug="off", name="Off", enabled=False)
    agent.delegates.set([helper, hidden, off, agent])
    assert _resolved(owner).delegates == (DelegateReference(slug="helper", name="Helper", description="Helps."),)
    agent.delegates.remove(helper)
    assert _resolved(owner).delegates == ()


@pytest.mark.parametrize("icon", ["🧭", "👩‍💻", "🇩🇪", "🏳️‍🌈", "1️⃣", "👍🏽", "A", "QA", "ÄÖ", "東京", "a1b"])
def test_an_icon_is_an_emoji_or_a_few_letters(icon: str) -> None:
    validate_icon(icon)


@pytest.mark.parametrize("icon", ["long", "<b>", "a b", "🧭<", "🧭a", "\u202e", "\n", "&lt", "-", "☃&"])
def test_an_icon_is_nothing_else(icon: str) -> None:
    with pytest.raises(ValidationError):
        validate_icon(icon)


@pytest.mark.parametrize(
    "tools", [[], "allow", {"a": "perhaps"}, {"a b": "allow"}, {"": "allow"}, {"a": None}, {"a": ["allow"]}]
)
def test_policies_are_allow_ask_or_off(tools: object) -> None:
    with pytest.raises(ValidationError):
        validate_tools(tools)


def test_languages_are_tags_and_suggestions_short_texts() -> None:
    for tag in ("de", "pt-BR", "zh-Hant-TW"):
        validate_language(tag)
    for tag in ("d", "German", "de\n", "de_DE", "de-"):
        with pytest.raises(ValidationError):
            validate_language(tag)
    validate_suggestions(["Hello"])
    for suggestions in ("Hello", [1], [""], ["x" * 501], ["x"] * 21):
        with pytest.raises(ValidationError):
            validate_suggestions(suggestions)
