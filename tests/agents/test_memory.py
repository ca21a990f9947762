"""The memory: facts about a person that they see, edit and switch off, and that nobody else does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import Settings

from agents.errors import FactNotFoundError, MemoryOffError
from agents.models import ChatSettings, Fact
from agents.operations import add_fact, change_chat_settings, forget_fact
from agents.queries import chat_prompts
from coday.accounts.models import User

FACTS = "/api/v1/chat-settings/facts/"
RUN = UUID(int=1)


@pytest.fixture
def client(owner: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(owner)


def _send(client: Client, method: str, text: object, address: str = FACTS) -> Any:
    return getattr(client, method)(address, {"text": text}, content_type="application/json")


def _told(user: User) -> tuple[str, ...]:
    return chat_prompts(user_id=user.pk).facts


def test_a_person_writes_changes_and_deletes_facts(client: Client, owner: User) -> None:
    made = _send(client, "post", " Is called\nAnn. ")
    assert (made.status_code, made.json()["text"], made.json()["source"]) == (201, "Is called Ann.", "person")
    assert client.get(FACTS).json() == {"results": [made.json()], "next": None, "previous": None}
    assert _told(owner) == ("Is called Ann.",)
    address = f"{FACTS}{made.json()['id']}/"
    assert _send(client, "patch", "Is called Anna.", address).json()["text"] == "Is called Anna."
    assert _told(owner) == ("Is called Anna.",)
    assert client.delete(address).status_code == 204
    assert _told(owner) == ()


def test_a_models_fact_says_which_run_it_comes_from_until_the_person_changes_it(client: Client, owner: User) -> None:
    fact, _ = add_fact(user_id=owner.pk, text="Likes tea.", run_id=RUN)
    [shown] = client.get(FACTS).json()["results"]
    assert (shown["source"], shown["run_id"]) == ("model", str(RUN))
    changed = _send(client, "patch", "Likes green tea.", f"{FACTS}{fact.pk}/").json()
    assert (changed["source"], "run_id" in changed) == ("person", False)


def test_the_same_is_noted_once(client: Client, owner: User) -> None:
    first = _send(client, "post", "Likes tea.").json()
    again = _send(client, "post", "likes  TEA.")
    assert (again.status_code, again.json()) == (200, first)
    other = _send(client, "post", "Likes coffee.").json()
    refused = _send(client, "patch", "Likes tea.", f"{FACTS}{other['id']}/")
    assert (refused.status_code, refused.json()["code"]) == (409, "fact_exists")


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("", 400, "invalid_input"),
        (" \u200b\n", 400, "invalid_input"),
        ("x" * 501, 413, "too_large"),
        (None, 400, "invalid_input"),
    ],
)
def test_what_is_no_fact(client: Client, text: object, status: int, code: str) -> None:
    answer = _send(client, "post", text)
    assert (answer.status_code, answer.json()["code"], answer.json()["details"]["field"]) == (status, code, "text")
    assert not Fact.objects.exists()


def test_what_cannot_be_seen_is_not_kept(client: Client) -> None:
    assert _send(client, "post", "a\u202eb\u2028c\x1bd").json()["text"] == "a b c d"


def test_a_full_memory_says_so(client: Client, settings: Settings) -> None:
    settings.CODAY_MAX_FACTS = 1
    _send(client, "post", "One.")
    full = _send(client, "post", "Two.")
    assert (full.status_code, full.json()["code"], full.json()["details"]) == (409, "too_many_facts", {"limit": 1})


def test_nobody_else_has_them(client: Client, owner: User, stranger: User, client_of: Callable[[User], Client]) -> None:
    address = f"{FACTS}{_send(client, 'post', 'Secret.').json()['id']}/"
    other = client_of(stranger)
    assert other.get(FACTS).json()["results"] == []
    for answer in (_send(other, "patch", "x", address), _send(other, "patch", "", address), other.delete(address)):
        assert (answer.status_code, answer.json()["code"]) == (404, "fact_not_found")
    with pytest.raises(FactNotFoundError):
        forget_fact(user_id=stranger.pk, text="Secret.")
    assert _told(owner) == ("Secret.",)
    assert _told(stranger) == ()


@pytest.mark.parametrize("by_site", [False, True])
def test_switched_off_nothing_is_told_or_noted_and_the_person_keeps_their_list(
    client: Client, owner: User, by_site: bool
) -> None:
    _send(client, "post", "Likes tea.")
    if by_site:
        ChatSettings.objects.create(user=None, memory=False)
        change_chat_settings(user_id=owner.pk, memory=True)
    else:
        change_chat_settings(user_id=owner.pk, memory=False)
    assert _told(owner) == ()
    with pytest.raises(MemoryOffError):
        add_fact(user_id=owner.pk, text="New.", run_id=RUN)
    with pytest.raises(MemoryOffError):
        forget_fact(user_id=owner.pk, text="Likes tea.")
    assert [fact["text"] for fact in client.get(FACTS).json()["results"]] == ["Likes tea."]


def test_facts_leave_with_the_person(owner: User) -> None:
    add_fact(user_id=owner.pk, text="Likes tea.")
    owner.delete()
    assert not Fact.objects.exists()
