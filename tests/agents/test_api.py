"""REST: agents, models, chat settings."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from agents.models import Agent, ChatSettings, LanguageModel, Provider
from coday.accounts.models import User

ClientOf = Callable[[User], Client]
KEY = "sk-planted-secret"
NOTHING_CHOSEN = {"system_prompt": "", "tools_off": []}


@pytest.fixture
def models(db: None) -> list[LanguageModel]:
    provider = Provider.objects.create(slug="house", name="House", kind="openai", api_key=KEY)
    off = Provider.objects.create(slug="off", name="Off", kind="openai", enabled=False)
    return [
        LanguageModel.objects.create(
            provider=provider,
            slug="big",
            name="big-1",
            label="Big",
            tools=True,
            input_price=Decimal("2.5"),
            is_default=True,
        ),
        LanguageModel.objects.create(provider=provider, slug="small", name="small-1", label="Small"),
        LanguageModel.objects.create(provider=off, slug="off", name="off", label="Off"),
    ]


@pytest.fixture
def agents(models: list[LanguageModel]) -> None:
    tools = {"current_time": "allow", "fetch_page": "ask", "http_job": "off"}
    Agent.objects.create(
        slug="first", name="First", icon="🧭", suggestions=["Hello"], language_model=models[1], tools=tools
    )
    Agent.objects.create(slug="second", name="Second", is_default=True, language_model=models[2])
    Agent.objects.create(slug="hidden", name="Hidden", enabled=False)


def test_agents(owner: User, agents: None, client_of: ClientOf) -> None:
    assert client_of(owner).get("/api/v1/agents/").json() == {
        "results": [
            {
                "slug": "first",
                "name": "First",
                "icon": "🧭",
                "description": "",
                "model": "small",
                "suggestions": ["Hello"],
                "tools": ["current_time", "fetch_page"],
                "is_default": False,
            },
            {
                "slug": "second",
                "name": "Second",
                "description": "",
                "suggestions": [],
                "tools": [],
                "is_default": True,
            },
        ],
        "next": None,
        "previous": None,
    }


def test_models(owner: User, models: list[LanguageModel], client_of: ClientOf) -> None:
    answer = client_of(owner).get("/api/v1/models/")
    big, small = answer.json()["results"]
    assert big == {
        "slug": "big",
        "label": "Big",
        "provider": "House",
        "context_window": 128_000,
        "capabilities": {"vision": False, "tools": True, "reasoning": False},
        "prices": {"currency": "USD", "input": "2.500000"},
        "anonymous_only": False,
        "is_default": True,
    }
    assert (small["slug"], small["is_default"]) == ("small", False)
    assert KEY not in answer.text


def test_lists_cost_a_fixed_number_of_queries(
    owner: User, agents: None, client_of: ClientOf, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_of(owner)
    for path in ("/api/v1/agents/", "/api/v1/models/"):
        client.get(path)
        with django_assert_max_num_queries(6):  # two for the caller, three for the default, the list
            client.get(path)


def test_a_persons_choice_is_their_default(owner: User, stranger: User, agents: None, client_of: ClientOf) -> None:
    client = client_of(owner)
    change = {
        "agent": "first", "model": "small", "system_prompt": "Be brief.\n", "tools_off": ["fetch_page"],
        "language": "pt-BR", "send_key": "ctrl_enter", "theme": "dark", "memory": False,
    }  # fmt: skip
    assert client.get("/api/v1/chat-settings/").json() == NOTHING_CHOSEN
    assert client.patch("/api/v1/chat-settings/", change, content_type="application/json").json() == change
    assert client.get("/api/v1/chat-settings/").json() == change
    assert _default(client, "agents") == "first"
    assert _default(client, "models") == "small"
    other = client_of(stranger)
    assert other.get("/api/v1/chat-settings/").json() == NOTHING_CHOSEN
    assert _default(other, "agents") == "second"


def _default(client: Client, kind: str) -> str:
    rows = client.get(f"/api/v1/{kind}/").json()["results"]
    return str(next(row["slug"] for row in rows if row["is_default"]))


def test_a_choice_can_be_given_back(owner: User, agents: None, client_of: ClientOf) -> None:
    client = client_of(owner)
    taken = {"agent": "first", "model": "small", "language": "de", "theme": "dark", "memory": True}
    back = {"model": None, "language": "", "theme": None, "memory": None}
    for change in (taken, {"agent": ""}, back):
        answer = client.patch("/api/v1/chat-settings/", change, content_type="application/json")
        assert answer.status_code == 200
    assert answer.json() == NOTHING_CHOSEN


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"agent": "nothing"}, 404, "agent_not_found", "agent"),
        ({"agent": "hidden"}, 404, "agent_not_found", "agent"),
        ({"model": "off"}, 404, "model_not_found", "model"),
        ({"system_prompt": "x" * 20_001}, 400, "invalid_input", "system_prompt"),
        ({"system_prompt": "\x00"}, 400, "invalid_input", "system_prompt"),
        ({"system_prompt": None}, 400, "invalid_input", "system_prompt"),
        ({"tools_off": "fetch_page"}, 400, "invalid_input", "tools_off"),
        ({"tools_off": ["no such name!"]}, 400, "invalid_input", "tools_off.0"),
        ({"tools_off": ["x"] * 201}, 400, "invalid_input", "tools_off"),
        ({"tools_off": None}, 400, "invalid_input", "tools_off"),
        ({"language": "German, please"}, 400, "invalid_input", "language"),
        ({"send_key": "space"}, 400, "invalid_input", "send_key"),
        ({"theme": "pink"}, 400, "invalid_input", "theme"),
        ({"memory": "perhaps"}, 400, "invalid_input", "memory"),
    ],
)
def test_what_cannot_be_chosen(
    owner: User, agents: None, client_of: ClientOf, change: dict[str, object], status: int, code: str, field: str
) -> None:
    everything = {"system_prompt": "New.", **change}
    answer = client_of(owner).patch("/api/v1/chat-settings/", everything, content_type="application/json")
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["details"]["field"]) == (status, code, field)
    assert not ChatSettings.objects.filter(user=owner).exists()  # nothing of it was stored
