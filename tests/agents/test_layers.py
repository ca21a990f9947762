"""Where a chat setting comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from agents.layers import EffectiveSetting, effective_settings
from agents.models import Agent, ChatSettings, LanguageModel, Provider
from agents.operations import change_chat_settings
from agents.queries import chat_prompts
from coday.accounts.models import User


@pytest.fixture
def house(db: None) -> Provider:
    """Two models and two agents; the second agent has a model of its own."""
    provider = Provider.objects.create(slug="house", name="House", kind="openai")
    models = [
        LanguageModel.objects.create(provider=provider, slug=slug, name=slug, label=slug) for slug in ("big", "small")
    ]
    Agent.objects.create(slug="first", name="First", position=1)
    Agent.objects.create(slug="second", name="Second", position=2, language_model=models[1])
    return provider


def _setting(user: User, name: str) -> EffectiveSetting:
    return next(setting for setting in effective_settings(user_id=user.pk) if setting.name == name)


def _comes_from(user: User, name: str) -> tuple[Any, str]:
    setting = _setting(user, name)
    return setting.value, setting.layer


def test_without_a_choice_the_defaults_hold(house: Provider, owner: User) -> None:
    found = {setting.name: (setting.value, setting.layer) for setting in effective_settings(user_id=owner.pk)}
    assert found == {
        "system_prompt": ("", "default"),
        "agent": ("first", "default"),
        "model": ("big", "default"),
        "language": (None, "default"),
        "send_key": ("enter", "default"),
        "theme": ("system", "default"),
        "memory": (True, "default"),
        "anonymous": (False, "default"),
        "tools_off": ([], "default"),
    }


def test_a_person_wins_over_the_site(house: Provider, owner: User, stranger: User) -> None:
    ChatSettings.objects.create(user=None, theme="light", language="de", agent=Agent.objects.get(slug="second"))
    change_chat_settings(user_id=owner.pk, theme="dark", agent="first")
    assert _comes_from(owner, "theme") == ("dark", "person")
    assert dict(_setting(owner, "theme").layers) == {"default": "system", "site": "light", "person": "dark"}
    assert _comes_from(owner, "language") == ("de", "site")
    assert _comes_from(owner, "agent") == ("first", "person")
    assert _comes_from(stranger, "agent") == ("second", "site")
    assert chat_prompts(user_id=owner.pk).language == "de"


def test_the_agents_own_model_wins_over_all(house: Provider, owner: User) -> None:
    change_chat_settings(user_id=owner.pk, model="big")
    assert _comes_from(owner, "model") == ("big", "person")
    change_chat_settings(user_id=owner.pk, agent="second")
    assert _comes_from(owner, "model") == ("small", "agent")


def test_a_choice_that_is_gone_does_not_count(house: Provider, owner: User) -> None:
    change_chat_settings(user_id=owner.pk, agent="second", model="small")
    Agent.objects.filter(slug="second").update(everyone=False)
    LanguageModel.objects.filter(slug="small").update(enabled=False)
    assert (_comes_from(owner, "agent"), _comes_from(owner, "model")) == (("first", "default"), ("big", "default"))


def test_prompts_and_tools_that_are_off_add_up(owner: User) -> None:
    ChatSettings.objects.create(user=None, system_prompt="Site.", tools_off=["b", "a"])
    change_chat_settings(user_id=owner.pk, system_prompt="Person.", tools_off=["c", "a"])
    assert _comes_from(owner, "system_prompt") == ("Site.\n\nPerson.", "person")
    assert _comes_from(owner, "tools_off") == (["a", "b", "c"], "person")
    assert _setting(owner, "tools_off").adds_up
    assert chat_prompts(user_id=owner.pk).tools_off == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("site", "person", "expected"),
    [
        (None, True, (True, "person")),
        (True, None, (True, "site")),
        (True, False, (False, "person")),
        (False, True, (False, "site")),
        (False, None, (False, "site")),
    ],
)
def test_anybody_can_switch_the_memory_off(
    owner: User, site: bool | None, person: bool | None, expected: tuple[bool, str]
) -> None:
    ChatSettings.objects.create(user=None, memory=site)
    change_chat_settings(user_id=owner.pk, memory=person)
    assert _comes_from(owner, "memory") == expected


def test_what_programs_are_told(
    house: Provider,
    owner: User,
    client_of: Callable[[User], Client],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    ChatSettings.objects.create(user=None, theme="dark")
    client = client_of(owner)
    client.get("/api/v1/chat-settings/effective/")
    with django_assert_max_num_queries(5):  # two for the caller
        answer = client.get("/api/v1/chat-settings/effective/").json()
    shown = {setting.pop("name"): setting for setting in answer["results"]}
    assert shown["theme"] == {
        "value": "dark",
        "layer": "site",
        "layers": [{"layer": "default", "value": "system"}, {"layer": "site", "value": "dark"}],
        "adds_up": False,
    }
    assert "value" not in shown["language"]
